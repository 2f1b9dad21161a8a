import { heldText } from '../tasks/calendar/hold-rules.ts';
import type { LockView, QueueEntryView } from '../tasks/environment-locks/lock-view.ts';
import { environmentTitles, shortCommit } from '../tasks/words.ts';
import { printable, time } from './format.ts';

const waitingText = ({
  place,
  promotionId,
  commitId,
  title,
  since,
  behind,
  because,
}: QueueEntryView): string[] => [
  `  ${place}. ${shortCommit(commitId)} ${printable(title)} (${promotionId}), waiting since ${time(since)}${behind === undefined ? '' : ` for ${behind.promotionId}`}:`,
  `     ${because}`,
];

/** Who holds each environment's lock, and who waits for it: one text for each lock. */
export const locksText = (views: readonly LockView[]): readonly string[] =>
  views.map(({ application, environment, holder, waiting, frozen }) => {
    const name = `${environmentTitles[environment]} of ${application}`;
    return [
      holder === undefined
        ? `${name}: free`
        : `${name}: ${shortCommit(holder.commitId)} ${printable(holder.title)} (${holder.promotionId}) ${holder.doing}, since ${time(holder.since)}`,
      ...(frozen === undefined ? [] : [`  ${printable(heldText(frozen))}`]),
      ...waiting.flatMap(waitingText),
    ].join('\n');
  });
