import type { Held } from '../../../tasks/calendar/hold-rules.ts';
import { freeLock, type LockHolder } from '../../../tasks/environment-locks/environment-lock.ts';
import type { HolderStatus } from '../../../tasks/environment-locks/lock-rules.ts';
import type { Execution } from '../../../tasks/executions/execution.ts';
import { type AdvicePoint, redriveAdvice } from '../../../tasks/redrive/redrive-advice.ts';
import type { LockSeen, RedriveContext } from '../../../tasks/redrive/redrive-context.ts';
import { createHistory, type History } from '../../approvals-ui/support/history.ts';
import { promotionDefinition } from '../../support/promotion-definition.ts';
import { aPromotion, aWaiter } from '../doubles/samples.ts';

export const STARTED = Date.parse('2026-11-22T10:00:00.000Z');
export const ENDED = Date.parse('2026-11-22T12:00:00.000Z');
export const DAY = 86_400_000;

/** An execution that failed two hours after its start, and may be redriven. */
export const anExecution = (
  write: (history: History) => History,
  change: Partial<Execution> = {},
): Execution => ({
  status: 'FAILED',
  redrivable: true,
  redrives: 0,
  startedAt: STARTED,
  endedAt: ENDED,
  definition: promotionDefinition,
  currentDefinition: promotionDefinition,
  events: write(createHistory(STARTED)).events,
  ...change,
});

/** An hour after the end, with nothing recorded. */
export const context = (
  execution: Execution | undefined,
  change: Partial<RedriveContext> = {},
): RedriveContext => ({
  execution,
  promotion: aPromotion({ status: 'FAILED' }),
  jobs: [],
  approvals: [],
  locks: [],
  now: new Date(ENDED + 3_600_000),
  ...change,
});

/** A lock that somebody holds, or nobody. */
export const aLock = (
  environment: 'qat' | 'prod',
  holder?: {
    readonly promotionId: string;
    readonly standing: HolderStatus;
    readonly change?: Partial<LockHolder>;
  },
  waiting: readonly string[] = [],
): LockSeen => {
  const lock = { ...freeLock('shop', environment), waiting: waiting.map((id) => aWaiter(id)) };
  const held = new Map<string, Held>();
  if (holder === undefined) return { lock, held };
  const { taskToken: _, ...locking } = aWaiter(holder.promotionId);
  return { lock: { ...lock, holder: { ...locking, ...holder.change } }, holder: holder.standing, held };
};

/** The same lock, of an environment that a promotion has pointed at its image. */
export const pointed = (seen: LockSeen, by: string | undefined): LockSeen =>
  by === undefined ? seen : { ...seen, lock: { ...seen.lock, pointedBy: { promotionId: by, commitId: by } } };

/** What the advice says about one matter. */
export const about = (of: RedriveContext, what: AdvicePoint['about']): readonly string[] =>
  redriveAdvice(of)
    .points.filter((point) => point.about === what)
    .map(({ text }) => text);
