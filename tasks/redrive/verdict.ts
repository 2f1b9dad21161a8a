import { lastEventId } from '../executions/progress.ts';
import { ENVIRONMENT_LOCKED, QAT_CHANGED, REJECTED, STALE, SUPERSEDED } from '../payloads.ts';
import { environmentTitles, promotionName, utcTime } from '../words.ts';
import type { LockOutlook } from './lock-outlook.ts';
import type { RedriveContext } from './redrive-context.ts';
import type { ResumePoint } from './resume-point.ts';
import type { RunbookHeading } from './runbook-headings.ts';

/** Why an execution may not be redriven, or `redrivable`. */
export type VerdictKind =
  | 'redrivable'
  /** Nothing has ended yet, or it ended well. */
  | 'in-progress'
  | 'succeeded'
  /** Ended on purpose: a redrive ends there again. */
  | 'rejected'
  | 'superseded'
  | 'stale'
  /** Another promotion has pointed QAT at its image since. */
  | 'qat-changed'
  | 'ended-on-purpose'
  /** Step Functions takes it no more. */
  | 'too-late'
  | 'history-full'
  | 'forgotten'
  | 'not-offered'
  /** Later, perhaps: another promotion holds the environment. */
  | 'environment-locked';

/** Whether an execution may be redriven. */
export interface Verdict {
  readonly kind: VerdictKind;
  readonly sentence: string;
  readonly heading?: RunbookHeading;
}

/** Days after the end in which Step Functions takes a redrive (T33). */
export const REDRIVE_DAYS = 14;
/** A history with as many events takes none either (T33). */
export const FULL_HISTORY = 24_999;

const DAY = 86_400_000;

/** Until when Step Functions takes a redrive. @param endedAt in ms since the epoch */
export const redrivableUntil = (endedAt: number): Date => new Date(endedAt + REDRIVE_DAYS * DAY);

const PUSH = 'Push a new commit instead.';
const PUSH_AGAIN = 'Push this commit again if it must come after that one.';

/** Ends that a redrive comes to again, by the error of the Fail state. */
const finalEnds: Readonly<Record<string, Verdict>> = {
  [REJECTED]: {
    kind: 'rejected',
    sentence: `An approver refused. A rejection is final. ${PUSH}`,
    heading: 'Rejected',
  },
  [SUPERSEDED]: {
    kind: 'superseded',
    sentence: `A newer promotion took its place, and that is final. ${PUSH_AGAIN}`,
    heading: 'Superseded',
  },
  [STALE]: {
    kind: 'stale',
    sentence: `Prod ran a newer commit when its turn came, and that is final. ${PUSH_AGAIN}`,
    heading: 'Stale',
  },
};

/** How it ended on purpose, if so: by a Fail state, or by a refusal that the execution has not heard of yet. */
const finalEnd = (
  { execution, promotion, approvals }: RedriveContext,
  point: ResumePoint | undefined,
): Verdict | undefined => {
  const denial = finalEnds[REJECTED];
  if (promotion.status === 'REJECTED' || approvals.some(({ status }) => status === 'REJECTED')) return denial;
  const named = finalEnds[execution?.error ?? promotion.error ?? ''];
  if (named !== undefined) return named;
  return point?.type === 'Fail'
    ? {
        kind: 'ended-on-purpose',
        sentence: `It ended at ${point.state}, where a redrive ends again. ${PUSH}`,
        heading: 'A redrive is not offered',
      }
    : undefined;
};

/** What a redrive would fail or end for at once, of what concerns turns. */
const keptBack = (standing: LockOutlook | undefined): Verdict | undefined => {
  if (standing?.by === undefined) return undefined;
  const title = environmentTitles[standing.environment];
  const other = promotionName(standing.by);
  switch (standing.kind) {
    case 'locked':
      return {
        kind: 'environment-locked',
        sentence: `Not now: ${title} is taken by ${other}, and a redrive would fail with ${ENVIRONMENT_LOCKED}. Redrive when that one is through.`,
        heading: 'An environment is locked',
      };
    case 'changed':
      return {
        kind: 'qat-changed',
        sentence: `QAT was pointed at the image of ${other} since: a redrive would fail with ${QAT_CHANGED}. Push this commit again.`,
        heading: 'QAT has changed',
      };
    case 'stale':
      return {
        kind: 'stale',
        sentence: `Prod runs the newer ${other}: a redrive would end as ${STALE}. ${PUSH_AGAIN}`,
        heading: 'Stale',
      };
    case 'superseded':
      return {
        kind: 'superseded',
        sentence: `The newer ${other} has gone by: a redrive would end as ${SUPERSEDED}. ${PUSH_AGAIN}`,
        heading: 'Superseded',
      };
    default:
      return undefined;
  }
};

const no = (kind: VerdictKind, sentence: string, heading?: RunbookHeading): Verdict => ({
  kind,
  sentence,
  ...(heading === undefined ? {} : { heading }),
});

/** Whether the execution may be redriven, and else why not. */
export function verdictOn(
  context: RedriveContext,
  point: ResumePoint | undefined,
  standing: LockOutlook | undefined,
): Verdict {
  const { execution, promotion, now } = context;
  const status = execution?.status ?? promotion.status;
  const NOT_OFFERED = 'A redrive is not offered';
  if (status === 'SUCCEEDED')
    return no('succeeded', 'The promotion has succeeded; there is nothing to redrive.');
  const end = status === 'RUNNING' ? undefined : finalEnd(context, point);
  if (end !== undefined) return end;
  if (execution === undefined)
    return no(
      'forgotten',
      `Step Functions has forgotten the execution: it keeps each for 90 days. ${PUSH}`,
      NOT_OFFERED,
    );
  if (status === 'RUNNING' || status === 'PENDING_REDRIVE')
    return no('in-progress', 'The promotion is in progress; there is nothing to redrive.');
  if (execution.endedAt !== undefined && now > redrivableUntil(execution.endedAt))
    return no(
      'too-late',
      `It ended at ${utcTime(execution.endedAt)}, more than ${REDRIVE_DAYS} days ago: Step Functions takes no redrive any more. ${PUSH}`,
      NOT_OFFERED,
    );
  if (lastEventId(execution.events) >= FULL_HISTORY)
    return no(
      'history-full',
      `Its history has ${lastEventId(execution.events)} events, and Step Functions keeps 25,000: it takes no redrive any more. ${PUSH}`,
      NOT_OFFERED,
    );
  if (!execution.redrivable)
    return no(
      'not-offered',
      `Step Functions offers no redrive${execution.redriveDenial === undefined ? '' : ` (${execution.redriveDenial})`}. ${PUSH}`,
      NOT_OFFERED,
    );
  return (
    keptBack(standing) ??
    no(
      'redrivable',
      execution.endedAt === undefined
        ? 'It may be redriven.'
        : `It may be redriven until ${utcTime(redrivableUntil(execution.endedAt))}.`,
    )
  );
}
