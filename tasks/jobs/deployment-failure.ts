import type { DeploymentInfo, InstanceTarget, LifecycleEvent } from '@aws-sdk/client-codedeploy';
import { consoleLine, deploymentLink } from '../console-links.ts';
import type { FailureCause, FailureCode } from '../failure-cause.ts';

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

const codeOf = (target: InstanceTarget): FailureCode | undefined => {
  if (isSilent(target)) return 'AgentSilent';
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
 * from a failed script (T25, T32).
 */
export function deploymentFailure(
  region: string,
  deploymentId: string,
  deployment: DeploymentInfo | undefined,
  targets: readonly InstanceTarget[],
): Pick<FailureCause, 'cause' | 'code'> {
  const { code: errorCode, message } = deployment?.errorInformation ?? {};
  const group =
    deployment?.deploymentGroupName === undefined
      ? ''
      : ` of ${deployment.applicationName}/${deployment.deploymentGroupName}`;
  const bad = targets.filter(({ status }) => status !== 'Succeeded' && status !== 'Skipped');
  // What failed says more than what was still waiting when the deployment was given up.
  const ordered = [
    ...bad.filter(({ status }) => status === 'Failed'),
    ...bad.filter(({ status }) => status !== 'Failed'),
  ];
  // CodeDeploy's own message only counts instances; an instance's own failure replaces it.
  const hasInstanceFailure = ordered.some(({ status }) => status === 'Failed');
  const code = ordered.map(codeOf).find((found) => found !== undefined);
  const cause = [
    `CodeDeploy deployment ${deploymentId}${group} is ${deployment?.status ?? 'unknown'}: ${errorCode ?? 'no error code'}${hasInstanceFailure || message === undefined ? '' : `: ${message}`}`,
    ...ordered.slice(0, INSTANCES).flatMap(instanceFailure),
    ...(ordered.length > INSTANCES ? [`… and ${ordered.length - INSTANCES} more instances`] : []),
    ...consoleLine(deploymentLink(region, deploymentId)),
  ].join('\n');
  return { cause, ...(code && { code }) };
}
