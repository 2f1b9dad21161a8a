import { heldText } from '../../tasks/calendar/hold-rules.ts';
import { jobErrors } from '../../tasks/jobs/job-errors.ts';
import { RECALLED, SUPERSEDED } from '../../tasks/payloads.ts';
import { listed, promotionName, shortCommit } from '../../tasks/words.ts';
import type { PlanFacts } from './facts.ts';
import type { Gate } from './gates.ts';
import type { LockOutlook } from './lock-outlook.ts';

/** How a promotion ends, as far as that can be foreseen. */
export interface PlannedEnd {
  /**
   * `Promoted`; the error that it fails with; `NotStarted`; `InProgress`: one of this commit runs; `States.Timeout`: nobody may decide, or a freeze has no end;
   * `Unknown`: too little could be read.
   */
  readonly name: string;
  /** Where it ends. Absent if it is not started, or not known. */
  readonly state?: string;
  readonly because: string;
}

/** What a state fails with that waits in vain. */
const TIMED_OUT = 'States.Timeout';

/** Events of instances that the next promotion replaces: this one does not run them. */
const OF_THE_NEXT: readonly string[] = ['BeforeBlockTraffic', 'AfterBlockTraffic'];
/** Events of instances that get traffic, which QAT's has none of. */
const OF_PROD: readonly string[] = ['BeforeAllowTraffic', 'AfterAllowTraffic'];

/** The deployment that CodeDeploy would fail at first, and at what. */
const failedDeployment = ({ faults = [] }: PlanFacts): PlannedEnd | undefined => {
  const [first, second] = [false, true].map((isProd) =>
    faults.find(({ event = '' }) => !OF_THE_NEXT.includes(event) && OF_PROD.includes(event) === isProd),
  );
  const fault = first ?? second;
  if (fault === undefined) return undefined;
  const { file, line, event, text } = fault;
  const place = `${file}${line === undefined ? '' : `:${line}`}${event === undefined ? '' : ` (${event})`}`;
  return {
    name: jobErrors.deploymentFailed,
    state: fault === first ? 'Deploy to QAT' : 'Deploy to Prod',
    because: `${place}: ${text}`,
  };
};

/** Alarms that are on and that keep a deployment from Prod. */
const alarmsInTheWay = ({ settings, alarms }: PlanFacts): readonly string[] =>
  (alarms?.on ?? []).map(({ name }) => name).filter((name) => settings?.watchedAlarms.includes(name));

const notStarted = (because: string): PlannedEnd => ({ name: 'NotStarted', because });

/** Why no promotion begins; undefined if a push to the branch begins one. */
function whyNoBeginning(facts: PlanFacts): PlannedEnd | undefined {
  const { place, bad, running, settings, commitId } = facts;
  if (place === undefined) return { name: 'Unknown', because: 'The commit could not be looked up.' };
  const branch = settings?.branch ?? 'the promoted branch';
  if (place === 'missing')
    return notStarted(
      `${settings?.repositoryName ?? 'The repository'} has no commit ${commitId}. Push it to another branch than ${branch}, and plan again.`,
    );
  if (running !== undefined)
    return {
      name: 'InProgress',
      because: `Its promotion ${running.promotion.promotionId} is ${running.whereabouts}. See: npm run lockstep -- show ${running.promotion.promotionId}`,
    };
  if (bad !== undefined)
    return {
      name: RECALLED,
      because: `${bad}. A push of it starts nothing; operators and its makers get a mail.`,
    };
  return undefined;
}

/**
 * How the promotion ends: at the first thing in its way, in the order of its states; as Promoted if nothing is, everybody approves, and
 * nothing fails that cannot be foreseen.
 */
export function endOf(facts: PlanFacts, gates: readonly Gate[], locks: readonly LockOutlook[]): PlannedEnd {
  const none = whyNoBeginning(facts);
  if (none !== undefined) return none;
  const { newerInProd, locks: seen = [] } = facts;
  const frozen = locks.find(({ kind, until }) => kind === 'frozen' && until === undefined);
  const atQat = locks.find(({ environment, kind }) => environment === 'qat' && kind === 'ends');
  if (atQat !== undefined) return { name: atQat.error ?? SUPERSEDED, state: 'Lock QAT', because: atQat.text };
  if (frozen !== undefined) {
    const held = seen.find(({ lock }) => lock.environment === frozen.environment)?.view.frozen;
    return {
      name: TIMED_OUT,
      state: frozen.environment === 'qat' ? 'Lock QAT' : 'Lock Prod',
      because: held === undefined ? frozen.text : `${heldText(held)}.`,
    };
  }
  const deployment = failedDeployment(facts);
  if (deployment?.state === 'Deploy to QAT') return deployment;
  // Nobody is asked about what Prod would not take: "Lock Prod" would call it stale.
  if (newerInProd !== undefined)
    return {
      name: SUPERSEDED,
      state: 'QC approval',
      because: `Prod runs a newer commit, ${promotionName(newerInProd)}, and a push does not take it back. To bring back a release: npm run lockstep -- go-back.`,
    };
  const short = gates.find(({ shortage }) => shortage !== undefined);
  if (short !== undefined)
    return {
      name: TIMED_OUT,
      state: short.role === 'qc' ? 'QC approval' : 'PMO approval',
      because: `${short.shortage} Operators get a mail.`,
    };
  const on = alarmsInTheWay(facts);
  if (on.length > 0)
    return {
      name: jobErrors.alarmOn,
      state: 'Deploy to Prod',
      because: `${listed(on)} ${on.length === 1 ? 'is' : 'are'} on: nothing is deployed to Prod until they are off, or an operator wants it despite them.`,
    };
  if (deployment !== undefined) return deployment;
  return {
    name: 'Promoted',
    state: 'Promoted',
    because: `Nothing that can be foreseen is in the way of ${shortCommit(facts.commitId)}.`,
  };
}
