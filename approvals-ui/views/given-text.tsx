import type { FC } from 'hono/jsx';
import type { Promotion } from '../../tasks/ledger/items.ts';
import { beginningOf } from '../../tasks/truncate-text.ts';
import { firstLine, isTitleCut, visibleLines, visibleText } from '../../tasks/words.ts';

/** Characters of a name that are shown at once. */
const LONGEST_NAME = 60;

/**
 * A line that somebody wrote: it does not reorder the text around it, what it hides is visible, and it is cut if it is long;
 * a click shows all of it. Not for headings and links.
 */
export const GivenText: FC<{ text: string; most?: number }> = ({ text, most = LONGEST_NAME }) => {
  const visible = visibleText(text);
  if (visible.length <= most) return <bdi>{visible}</bdi>;
  return (
    <details class="given">
      <summary>
        <bdi class="beginning">{beginningOf(visible, most)}…</bdi> <ShowAll what="" />
      </summary>
      <bdi>{visible}</bdi>
    </details>
  );
};

const ShowAll: FC<{ what: string }> = ({ what }) => (
  <>
    <span class="show-all">Show all{what}</span>
    <span class="show-less">Show less{what}</span>
  </>
);

/** Several lines that somebody wrote. */
export const GivenLines: FC<{ text: string }> = ({ text }) => <bdi>{visibleLines(text)}</bdi>;

/** All of a commit's subject, where the page's heading or a list's link has only its beginning. */
export const WholeTitle: FC<{ promotion: Promotion; id: string }> = ({ promotion, id }) =>
  isTitleCut(promotion) ? (
    <details id={id} class="given whole-title">
      <summary>
        <ShowAll what=" of the subject" />
      </summary>
      <bdi>{visibleText(firstLine(promotion.commitMessage))}</bdi>
    </details>
  ) : null;
