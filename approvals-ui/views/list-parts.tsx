import type { Child, FC } from 'hono/jsx';
import type { Promotion } from '../../tasks/ledger/items.ts';
import type { Whereabouts } from '../../tasks/promotions/whereabouts.ts';
import { commitTitle, environmentTitles, roleTitles } from '../../tasks/words.ts';
import type { StepStatus } from '../graph/steps.ts';
import { WholeTitle } from './given-text.tsx';
import { ChangeLine, promotionStatuses, StatusChip } from './parts.tsx';

/** A promotion in a list, with its status. */
export const Row: FC<{
  promotion: Promotion;
  href: string;
  chip: { status: StepStatus; text: string };
  children?: Child;
}> = ({ promotion, href, chip, children }) => (
  <li class="row">
    <div>
      <h2>
        <a href={href}>{commitTitle(promotion)}</a>
      </h2>
      <WholeTitle promotion={promotion} id={`title-${promotion.promotionId}`} />
      <ChangeLine promotion={promotion} />
      {children}
    </div>
    <StatusChip {...chip} />
  </li>
);

/** A promotion's status; of one that waits, for whom or for which lock. */
const chipOf = (promotion: Promotion, whereabouts: Whereabouts | undefined) => {
  const { status, name } = promotionStatuses[promotion.status];
  const waitsFor = whereabouts?.waitsFor;
  if (waitsFor === undefined) return { status, text: name };
  const title = 'role' in waitsFor ? roleTitles[waitsFor.role] : environmentTitles[waitsFor.environment];
  return { status: 'waiting', text: `Waiting for ${title}` } as const;
};

/** A promotion in a list, with a link to its page; of one that is in progress, where it is. */
export const PromotionRow: FC<{
  promotion: Promotion;
  whereabouts: Whereabouts | undefined;
  children?: Child;
}> = ({ promotion, whereabouts, children }) => (
  <Row
    promotion={promotion}
    href={`/promotions/${encodeURIComponent(promotion.promotionId)}`}
    chip={chipOf(promotion, whereabouts)}
  >
    {whereabouts === undefined ? null : <p>{sentence(whereabouts.text)}</p>}
    {children}
  </Row>
);

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

/** What a list says when there is nothing in it. */
export const Empty: FC<{ title: string; children?: Child }> = ({ title, children }) => (
  <div class="empty">
    <p class="empty-title">{title}</p>
    {children}
  </div>
);
