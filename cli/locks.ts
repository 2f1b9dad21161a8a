import type { LockView, QueueEntryView } from '../tasks/environment-locks/lock-view.ts';
import { environmentTitles } from '../tasks/words.ts';
import { printable, utc } from './format.ts';

const waitingText = ({
  place,
  promotionId,
  commitId,
  title,
  since,
  behind,
  because,
}: QueueEntryView): string[] => [
  `  ${place}. ${commitId.slice(0, 8)} ${printable(title)} (${promotionId}), waits since ${utc(since)} UTC${behind === undefined ? '' : ` for ${behind.promotionId}`}:`,
  `     ${because}`,
];

/** Who has each environment of each application, and who waits: one text for each. */
export const locksText = (views: readonly LockView[]): readonly string[] =>
  views.map(({ application, environment, holder, waiting }) => {
    const name = `${environmentTitles[environment]} of ${application}`;
    return [
      holder === undefined
        ? `${name}: free`
        : `${name}: ${holder.commitId.slice(0, 8)} ${printable(holder.title)} (${holder.promotionId}) ${holder.doing}, since ${utc(holder.since)} UTC`,
      ...waiting.flatMap(waitingText),
    ].join('\n');
  });
