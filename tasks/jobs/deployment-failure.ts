import type { DeploymentInfo, InstanceTarget, LifecycleEvent } from '@aws-sdk/client-codedeploy';
import { consoleLine, deploymentLink } from '../console-links.ts';
import type { FailureCause, FailureCode } from '../failure-cause.ts';
import type { Promotion } from '../ledger/items.ts';
import { listed, promotionName } from '../words.ts';

/** Log lines and instances that a cause shows: enough to see what happened, the rest is behind the link. */
const LOG_LINES = 20;
const INSTANCES = 5;

function logOf(logTail: string | undefined): string[] {
  const lines = (logTail ?? '').trimEnd().split('\n').slice(-LOG_LINES);
  return lines.join('').trim() === ''
    ? []
    : ['    Last lines of its log:', ...lines.map((line) => `      ${line}`)];
}

function eventFailure({ lifecycleEventName, diagnostics }: LifecycleEvent): string[] {
  const { errorCode, scriptName, message, logTail } = diagnostics ?? {};
  const script = scriptName === undefined || scriptName === '' ? '' : ` in ${scriptName}`;
  return [
    `  ${lifecycleEventName}: ${errorCode ?? 'failed'}${script}${message === undefined || message === '' ? '' : `: ${message}`}`,
    ...logOf(logTail),
  ];
}

/** Names of the alarms that stopped a deployment, in CodeDeploy's words: `Activated alarms: <one>, <other>`. */
export const activatedAlarms = (deployment: DeploymentInfo | undefined): readonly string[] => {
  const { code, message = '' } = deployment?.errorInformation ?? {};
  const named = code === 'ALARM_ACTIVE' ? (message.split('Activated alarms:')[1] ?? '') : '';
  return [...named.matchAll(/<([^>]+)>/g)].flatMap(([, name]) => name ?? []);
};

/** CodeDeploy's words when the agent on the instance never asked for its commands (T32). */
const agentSilent = /agent was not able to receive the lifecycle event/i;

const hasReported = (event: LifecycleEvent): boolean =>
  event.status === 'Succeeded' ||
  (event.status === 'Failed' && !agentSilent.test(event.diagnostics?.message ?? ''));

const failedEvents = ({ lifecycleEvents = [] }: InstanceTarget): readonly LifecycleEvent[] =>
  lifecycleEvents.filter(({ status }) => status === 'Failed');

const isSilent = (target: InstanceTarget): boolean =>
  failedEvents(target).some((event) => !hasReported(event)) ||
  !(target.lifecycleEvents ?? []).some(hasReported);

/** CodeDeploy's codes of a script's failure (API reference, "Diagnostics"). */
const scriptCodes: ReadonlySet<string | undefined> = new Set([
  'ScriptFailed',
  'ScriptTimedOut',
  'ScriptMissing',
  'ScriptNotExecutable',
]);

/**
 * Hooks that a blue/green deployment runs on the original instances. Their scripts come from the revision that these run
 * (CodeDeploy's API reference, `ignoreApplicationStopFailures`; its guide, "AppSpec 'hooks' section").
 */
const hooksOfLive: ReadonlySet<string | undefined> = new Set(['BeforeBlockTraffic', 'AfterBlockTraffic']);

/** Events that run scripts of an earlier revision; they read no AppSpec file of this one. */
const eventsOfEarlier: ReadonlySet<string | undefined> = new Set([...hooksOfLive, 'ApplicationStop']);

/**
 * What CodeDeploy's agents say of an AppSpec file that they cannot use, and of sources that are not in the unpacked revision. The
 * first generation gives YAML's own words, which name no file.
 */
const appSpecWords =
  /app ?spec|application specification|yaml|\bat line \d+|no such file.*deployment-archive/i;

/** The agent cannot use the commit's AppSpec file, or a script that it names is missing. A file in the way is not its fault (T31). */
const isAppSpecFault = ({ lifecycleEventName, diagnostics = {} }: LifecycleEvent): boolean => {
  const { errorCode, scriptName = '', message = '' } = diagnostics;
  if (eventsOfEarlier.has(lifecycleEventName)) return false;
  if (errorCode === 'ScriptMissing') return true;
  return (
    errorCode === 'UnknownError' &&
    scriptName === '' &&
    appSpecWords.test(message) &&
    !/already exists at this location/.test(message)
  );
};

const failedHooksOfLive = (target: InstanceTarget): readonly string[] =>
  target.instanceLabel === 'Blue' && !isSilent(target)
    ? failedEvents(target).flatMap(({ lifecycleEventName: name }) =>
        name !== undefined && hooksOfLive.has(name) ? [name] : [],
      )
    : [];

/** Hooks of what is live that failed, each with the instances on which it did (T70). */
export function liveHookFailures(targets: readonly InstanceTarget[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const target of targets)
    for (const hook of failedHooksOfLive(target))
      found.set(hook, [...(found.get(hook) ?? []), target.targetId ?? '']);
  return found;
}

const liveHookLines = (
  targets: readonly InstanceTarget[],
  live: Pick<Promotion, 'promotionId' | 'commitId'> | undefined,
): string[] =>
  [...liveHookFailures(targets)].map(
    ([hook, instances]) =>
      `The hook ${hook} of what Prod runs now${live === undefined ? '' : `, ${promotionName(live)},`} failed on the old ` +
      `${instances.length === 1 ? 'instance' : 'instances'} ${listed(instances)}; it is not a fault of this commit. ` +
      'Every promotion fails like this until the script is repaired there: RUNBOOK.md, "A hook of what is live fails".',
  );

const codeOf = (target: InstanceTarget): FailureCode | undefined => {
  if (isSilent(target)) return 'AgentSilent';
  if (failedEvents(target).some(isAppSpecFault)) return 'AppSpecInvalid';
  return failedEvents(target).some(({ diagnostics }) => scriptCodes.has(diagnostics?.errorCode))
    ? 'ScriptFailed'
    : undefined;
};

function instanceFailure(target: InstanceTarget): string[] {
  const { targetId, instanceLabel, status } = target;
  const where = `Instance ${targetId}${instanceLabel === undefined ? '' : ` (${instanceLabel})`}, ${status}:`;
  return [
    where,
    ...(isSilent(target)
      ? [
          '  Its CodeDeploy agent was silent: no script ran. Check that the agent runs, that the instance reaches CodeDeploy,',
          '  and that its role may read the artifact bucket and its key.',
        ]
      : []),
    ...failedEvents(target).flatMap(eventFailure),
  ];
}

/**
 * Why a deployment failed, for operators: where, in which script, with its log's last lines; a silent agent is distinguished
 * from a failed script (T25, T32), a hook of what is live from one of the commit (T70), and the commit's AppSpec file from the environment.
 * @param live what Prod runs, if a hook of it failed
 */
export function deploymentFailure(
  region: string,
  deploymentId: string,
  deployment: DeploymentInfo | undefined,
  targets: readonly InstanceTarget[],
  live: Pick<Promotion, 'promotionId' | 'commitId'> | undefined,
): Pick<FailureCause, 'cause' | 'code'> {
  const { code: errorCode, message } = deployment?.errorInformation ?? {};
  const group =
    deployment?.deploymentGroupName === undefined
      ? ''
      : ` of ${deployment.applicationName}/${deployment.deploymentGroupName}`;
  // An alarm is about all instances: what some of them had not done yet is not why.
  const isStoppedByAlarm = errorCode === 'ALARM_ACTIVE';
  const bad = (isStoppedByAlarm ? [] : targets).filter(
    ({ status }) => status !== 'Succeeded' && status !== 'Skipped',
  );
  // What failed says more than what was still waiting when the deployment was given up.
  const ordered = [
    ...bad.filter(({ status }) => status === 'Failed'),
    ...bad.filter(({ status }) => status !== 'Failed'),
  ];
  // CodeDeploy's own message only counts instances; an instance's own failure replaces it.
  const hasInstanceFailure = ordered.some(({ status }) => status === 'Failed');
  // If the commit failed on its own instances, too, that is the first thing to fix.
  const ofCommit = ordered.filter((target) => failedHooksOfLive(target).length === 0);
  const isOnlyOfLive =
    !ofCommit.some(({ status }) => status === 'Failed') && ofCommit.length < ordered.length;
  const code = isStoppedByAlarm
    ? 'AlarmActive'
    : isOnlyOfLive
      ? 'LiveHookFailed'
      : ofCommit.map(codeOf).find((found) => found !== undefined);
  const cause = [
    ...liveHookLines(ordered, live),
    ...(code === 'AppSpecInvalid'
      ? ["The commit's appspec.yml is at fault, not the environment. Push a commit that fixes it."]
      : []),
    `CodeDeploy deployment ${deploymentId}${group} is ${deployment?.status ?? 'unknown'}: ${errorCode ?? 'no error code'}${hasInstanceFailure || message === undefined ? '' : `: ${message}`}`,
    ...ordered.slice(0, INSTANCES).flatMap(instanceFailure),
    ...(ordered.length > INSTANCES ? [`… and ${ordered.length - INSTANCES} more instances`] : []),
    ...consoleLine(deploymentLink(region, deploymentId)),
  ].join('\n');
  return { cause, ...(code && { code }) };
}
