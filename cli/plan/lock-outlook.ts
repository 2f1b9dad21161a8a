import { type Held, heldText } from '../../tasks/calendar/hold-rules.ts';
import type {
  EnvironmentLock,
  LockWaiter,
  PromotionReference,
  WhenNewer,
} from '../../tasks/environment-locks/environment-lock.ts';
import { enqueue, nextLockAction, type OrderedPromotion } from '../../tasks/environment-locks/lock-rules.ts';
import type { Environment } from '../../tasks/payloads.ts';
import { environmentTitles, promotionName } from '../../tasks/words.ts';
import type { PlannedLock } from './facts.ts';

/** What happens at a lock, as it stands now. */
export interface LockOutlook {
  readonly environment: Environment;
  readonly kind: 'acquires' | 'waits' | 'frozen' | 'ends';
  /** In one sentence. */
  readonly text: string;
  /** Promotions that end because this one comes. */
  readonly supersedes: readonly PromotionReference[];
  /** The promotion that it waits for. */
  readonly behind?: PromotionReference;
  /** If it is frozen: until when, ISO 8601. */
  readonly until?: string;
  /** Why the promotion ends here. */
  readonly error?: string;
}

/** More steps than any lock needs. */
const MOST_STEPS = 50;

const reference = ({ promotionId, commitId }: PromotionReference): PromotionReference => ({
  promotionId,
  commitId,
});

/**
 * Lets the rules of locks run on a lock that the promotion has asked for, until there is nothing to do. Nothing is written.
 * @param live what Prod runs, if it is newer
 */
export function lockOutlook(
  seen: PlannedLock,
  waiter: LockWaiter,
  facts: { readonly whenNewer: WhenNewer; readonly live: OrderedPromotion | undefined; readonly now: Date },
): LockOutlook {
  const { environment } = seen.lock;
  const title = environmentTitles[environment];
  const supersedes: PromotionReference[] = [];
  let ended: { readonly error: string; readonly by?: PromotionReference } | undefined;
  let holder = seen.holder;
  let lock: EnvironmentLock = enqueue(seen.lock, waiter);
  for (let step = 0; step < MOST_STEPS; step++) {
    const action = nextLockAction(lock, {
      ...facts,
      holder,
      gone: seen.gone,
      bad: seen.bad,
      held: new Set(seen.held.keys()),
    });
    if (action.do === 'nothing') break;
    if (action.do === 'withdraw') {
      supersedes.push(reference(action.holder));
      holder = 'done';
      continue;
    }
    for (const one of lock.dequeued)
      if (one.promotionId === waiter.promotionId)
        ended = { error: one.error, ...('by' in one && { by: one.by }) };
      else if (one.error === 'Superseded' && one.by.promotionId === waiter.promotionId)
        supersedes.push(reference(one));
    if (action.after.holder?.promotionId !== lock.holder?.promotionId) holder = 'working';
    lock = action.after;
  }
  const base = { environment, supersedes };
  if (ended !== undefined)
    return {
      ...base,
      kind: 'ends',
      error: ended.error,
      text: `Ends at Lock ${title}${ended.by === undefined ? '' : `, for ${promotionName(ended.by)}`}.`,
    };
  if (lock.holder?.promotionId === waiter.promotionId)
    return {
      ...base,
      kind: 'acquires',
      text:
        supersedes.length === 0
          ? `${title} is free: acquires the lock at once.`
          : `Takes the place of ${supersedes.map(promotionName).join(', ')}: acquires the lock at once.`,
    };
  const held: Held | undefined = seen.held.get(waiter.promotionId);
  if (held !== undefined)
    return {
      ...base,
      kind: 'frozen',
      text: `${heldText(held)}. Waits at Lock ${title} until then.`,
      ...(held.until !== undefined && { until: held.until }),
    };
  const place = lock.waiting.findIndex(({ promotionId }) => promotionId === waiter.promotionId);
  const behind = lock.waiting[place - 1] ?? lock.holder;
  const doing =
    behind?.promotionId === seen.view.holder?.promotionId ? `, which ${seen.view.holder?.doing}` : '';
  return {
    ...base,
    kind: 'waits',
    text: `Waits at Lock ${title}${behind === undefined ? '' : ` for ${promotionName(behind)}${doing}`}.`,
    ...(behind && { behind: reference(behind) }),
  };
}
