import type { FC } from 'hono/jsx';
import { shortageText } from '../../tasks/approvals/shortage.ts';
import type { Approval, Promotion } from '../../tasks/ledger/items.ts';
import { roleTitles, visibleText } from '../../tasks/words.ts';
import { Notice } from './layout.tsx';
import { isOpen } from './parts.tsx';

/** Warns everybody, while a request is open, that too few members may decide, as the group was when the role was asked. */
export const ShortageNotice: FC<{
  approvals: readonly Approval[];
  promotion: Promotion;
  now: number;
}> = ({ approvals, promotion, now }) => (
  <>
    {approvals.map((approval) =>
      approval.shortage === undefined || !isOpen(approval, promotion, now) ? null : (
        <Notice kind="bad" title={shortageText(approval.role, approval.shortage)}>
          <ul class="shortage">
            {approval.shortage.unable.map(({ why }) => (
              <li>
                <bdi>{visibleText(why)}</bdi>
              </li>
            ))}
          </ul>
          <p>
            That was so when {roleTitles[approval.role]} was asked; operators have a mail. Another member of
            the group can decide, also one who joins it now.
          </p>
        </Notice>
      ),
    )}
  </>
);
