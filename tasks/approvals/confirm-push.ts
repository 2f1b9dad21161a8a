import type { Promotion } from '../ledger/items.ts';
import { type Candidate, PUSH_NOT_CONFIRMED, UNKNOWN_PUSHER } from '../payloads.ts';
import type { Source, SourcePush } from '../source/source.ts';
import { isPushOf, PusherUnknownError, pushedAt, type RecordedPushes, recordsSince } from './pushes.ts';

/** The provider's record does not have the push, or not yet: the state is tried again. */
class PushNotConfirmedError extends Error {
  override readonly name = PUSH_NOT_CONFIRMED;
}

/** No push led to this execution: somebody started it by hand, with any input. */
class NotStartedByPushError extends Error {
  override readonly name = 'NotStartedByPush';
}

const told = ({ pushedBy, pushedAt }: SourcePush): string => `by ${pushedBy} at ${pushedAt}`;

/**
 * The push that the promotion stands for and those before it, by the provider's own record. A push event is a claim: its caller and its
 * time count only if the record has a push of that commit, by that caller, at about that time.
 * @param candidate as the execution's input has it
 * @param promotion as the ledger has it
 * @param live what Prod runs
 * @throws NotStartedByPushError, PusherUnknownError, PushNotConfirmedError; what `pushes` throws
 */
export async function confirmPush(
  pushes: Source['pushes'],
  promotionId: string,
  candidate: Pick<Candidate, 'commitId' | 'pushedBy'>,
  promotion: Promotion | undefined,
  live: Promotion | undefined,
): Promise<RecordedPushes> {
  const isSame = promotion?.commitId === candidate.commitId && promotion.pushedBy === candidate.pushedBy;
  if (promotion === undefined || promotion.startedByHand === true || !isSame)
    throw new NotStartedByPushError(
      `No push led to ${promotionId}: its execution was started by hand, so nobody can tell who made the change. ` +
        'Push the commit instead.',
    );
  const { commitId, branch, pushedBy } = promotion;
  if (pushedBy === UNKNOWN_PUSHER)
    throw new PusherUnknownError(
      `The event of the push does not say who pushed ${commitId}, so nobody can tell whether an approver did. Push the commit again.`,
    );
  if (pushes === undefined) return { all: [] };
  const all = await pushes(recordsSince(promotion, live));
  const own = all.find((one) => isPushOf(one, promotion));
  if (own !== undefined) return { own, all };
  const ofCommit = all.filter((one) => one.commitId === commitId);
  throw new PushNotConfirmedError(
    `The record of pushes to ${branch} has none of ${commitId} by ${pushedBy} at ${pushedAt(promotion)}; of this commit it has ` +
      `${ofCommit.length === 0 ? 'none' : ofCommit.map(told).join(', ')}. A push is recorded within minutes. ` +
      'If it is still missing after 20 minutes, the event that started this promotion is not true.',
  );
}
