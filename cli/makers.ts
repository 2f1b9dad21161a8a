import type { Promotion } from '../tasks/ledger/items.ts';
import { reasonsText, shortCommit, visibleAddress, visibleText } from '../tasks/words.ts';
import type { Outcome } from './command-result.ts';
import { CommandError, type System } from './system.ts';

/**
 * Everybody who made a part of a promotion's change, as its latest request has them.
 * @throws CommandError if nobody has been asked
 */
export async function makers(
  { ledger }: Pick<System, 'ledger'>,
  { promotionId }: Promotion,
): Promise<Outcome> {
  const approvals = await ledger.approvals(promotionId);
  const [latest] = [...approvals].sort((a, b) => (a.requestedAt < b.requestedAt ? 1 : -1));
  if (latest === undefined)
    throw new CommandError(
      `${promotionId} has no request for an approval yet: its makers are read when QC is asked.`,
    );
  const { review, candidate } = latest;
  const since =
    review.live === undefined ? 'all of its history' : `since ${shortCommit(review.live.commitId)}`;
  const lines = review.makers.map(({ name, address, arn, person, because }) =>
    [
      arn ??
        [visibleText(name), address === '' ? '' : `<${visibleAddress(address)}>`].filter(Boolean).join(' '),
      ...(person === undefined ? [] : [`  is ${person}, by the configuration`]),
      `  ${reasonsText(because)}`,
    ].join('\n'),
  );
  return {
    text: [
      `Makers of ${shortCommit(candidate.commitId)} (${review.commitCount} commits, ${since}):`,
      ...lines,
      'Names in commits are free text; IAM names the pushers.',
    ].join('\n'),
    json: { promotionId, commitId: candidate.commitId, live: review.live, makers: review.makers },
  };
}
