import { heldText } from '../calendar/hold-rules.ts';
import { DAY_MS } from '../durations.ts';
import { lastEventId } from '../executions/progress.ts';
import {
  ENVIRONMENT_FROZEN,
  ENVIRONMENT_LOCKED,
  QAT_CHANGED,
  RECALLED,
  REJECTED,
  STALE,
  SUPERSEDED,
} from '../payloads.ts';
import { environmentTitles, promotionName, utcTime } from '../words.ts';
import type { LockOutlook } from './lock-outlook.ts';
import type { RedriveContext } from './redrive-context.ts';
import { REDRIVE_DAYS } from './redrive-days.ts';
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
  | 'recalled'
  /** Another promotion has pointed QAT at its image since. */
  | 'qat-changed'
  | 'ended-on-purpose'
  /** Step Functions no longer allows it. */
  | 'too-late'
  | 'history-full'
  | 'forgotten'
  | 'not-offered'
  /** Later, perhaps: another promotion holds the environment. */
  | 'environment-locked'
  /** Later, or with an override: the calendar holds the environment. */
  | 'environment-frozen';

/** Whether an execution may be redriven. */
interface Verdict {
  readonly kind: VerdictKind;
  readonly sentence: string;
  readonly heading?: RunbookHeading;
}

/** A history with as many events allows none either (T33). */
export const FULL_HISTORY = 24_999;

/** Until when Step Functions allows a redrive. @param endedAt in ms since the epoch */
export const redrivableUntil = (endedAt: number): Date => new Date(endedAt + REDRIVE_DAYS * DAY_MS);

const PUSH = 'Push a new commit instead.';
const PUSH_AGAIN = 'To promote this commit anyway, push it again.';

/** Ends that a redrive comes to again, by the error of the Fail state. */
const finalEnds: Readonly<Record<string, Verdict>> = {
  [REJECTED]: {
    kind: 'rejected',
    sentence: `An approver rejected this promotion. A rejection is final. ${PUSH}`,
    heading: 'Rejected',
  },
  [SUPERSEDED]: {
    kind: 'superseded',
    sentence: `A newer promotion superseded this one. That is final. ${PUSH_AGAIN}`,
    heading: 'Superseded',
  },
  [STALE]: {
    kind: 'stale',
    sentence: `Prod already ran a newer commit. That is final. ${PUSH_AGAIN}`,
    heading: 'Stale',
  },
  [RECALLED]: {
    kind: 'recalled',
    sentence: `Its commit, an image of it or a package in one was marked bad. That is final. ${PUSH} Once somebody else has unmarked what was bad, this one can be pushed again.`,
    heading: 'Recalled',
  },
};

/** How it ended on purpose, if so: by a Fail state, or by a rejection that its execution has not received yet. */
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
        sentence: `It ended at ${point.state}, and a redrive would end there again. ${PUSH}`,
        heading: 'A redrive is not offered',
      }
    : undefined;
};

/** Why a redrive would fail or end at once for the sake of an environment lock. */
const keptBack = (outlook: LockOutlook | undefined): Verdict | undefined => {
  if (outlook?.kind === 'frozen')
    return {
      kind: 'environment-frozen',
      sentence: `Not now: ${environmentTitles[outlook.environment]} is frozen${outlook.held === undefined ? '' : ` (${heldText(outlook.held)})`}, and a redrive would fail with ${ENVIRONMENT_FROZEN}. Redrive after that, or have an operator and an approver agree to go on during the freeze.`,
      heading: 'An environment is frozen',
    };
  if (outlook?.by === undefined) return undefined;
  const title = environmentTitles[outlook.environment];
  const other = promotionName(outlook.by);
  switch (outlook.kind) {
    case 'locked':
      return {
        kind: 'environment-locked',
        sentence: `Not now: ${title} is locked by ${other}, and a redrive would fail with ${ENVIRONMENT_LOCKED}. Redrive when that one has ended.`,
        heading: 'An environment is locked',
      };
    case 'changed':
      return {
        kind: 'qat-changed',
        sentence: `QAT now runs the image of ${other}: a redrive would fail with ${QAT_CHANGED}. Push this commit again.`,
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
        sentence: `The newer ${other} supersedes it: a redrive would end as ${SUPERSEDED}. ${PUSH_AGAIN}`,
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
  outlook: LockOutlook | undefined,
): Verdict {
  const { execution, promotion, now } = context;
  const status = execution?.status ?? promotion.status;
  const NOT_OFFERED = 'A redrive is not offered';
  if (status === 'SUCCEEDED') return no('succeeded', 'The promotion succeeded. There is nothing to redrive.');
  const end = status === 'RUNNING' ? undefined : finalEnd(context, point);
  if (end !== undefined) return end;
  if (execution === undefined)
    return no(
      'forgotten',
      `Step Functions no longer has the execution: it keeps executions for 90 days. ${PUSH}`,
      NOT_OFFERED,
    );
  if (status === 'RUNNING' || status === 'PENDING_REDRIVE')
    return no('in-progress', 'The promotion is in progress. There is nothing to redrive.');
  if (execution.endedAt !== undefined && now > redrivableUntil(execution.endedAt))
    return no(
      'too-late',
      `It ended at ${utcTime(execution.endedAt)}, more than ${REDRIVE_DAYS} days ago. Step Functions no longer allows a redrive. ${PUSH}`,
      NOT_OFFERED,
    );
  if (lastEventId(execution.events) >= FULL_HISTORY)
    return no(
      'history-full',
      `Its history has ${lastEventId(execution.events)} events of 25,000. Step Functions no longer allows a redrive. ${PUSH}`,
      NOT_OFFERED,
    );
  if (!execution.redrivable)
    return no(
      'not-offered',
      `Step Functions offers no redrive${execution.redriveDenial === undefined ? '' : ` (${execution.redriveDenial})`}. ${PUSH}`,
      NOT_OFFERED,
    );
  if (context.bad !== undefined)
    return no(
      'recalled',
      `${context.bad}. A redrive would end as ${RECALLED}. Push a new commit, or have somebody else unmark it.`,
      'Recalled',
    );
  return (
    keptBack(outlook) ??
    no(
      'redrivable',
      execution.endedAt === undefined
        ? 'You can redrive it.'
        : `You can redrive it until ${utcTime(redrivableUntil(execution.endedAt))}.`,
    )
  );
}
