import type { FC } from 'hono/jsx';
import type { MissingSubscription } from '../../tasks/ledger/items.ts';
import { visibleAddress } from '../../tasks/words.ts';
import { Notice } from './layout.tsx';

/** Whom to warn about. */
export interface UnreachedNoticeProps {
  readonly unreached: readonly (Pick<MissingSubscription, 'address' | 'state'> & {
    readonly application: string;
  })[];
}

/** Warns approvers that requests reach some of them here alone (T59). */
export const UnreachedNotice: FC<UnreachedNoticeProps> = ({ unreached }) =>
  unreached.length === 0 ? null : (
    <Notice kind="warning" title="Not every approver gets a mail about requests">
      <ul>
        {unreached.map(({ address, application, state }) => (
          <li>
            <bdi>{visibleAddress(address)}</bdi> ({application}):{' '}
            {state === 'pending' ? 'has not confirmed the subscription' : 'is not subscribed'}
          </li>
        ))}
      </ul>
      <p>Requests appear on this page all the same. Operators have a mail that says what to do.</p>
    </Notice>
  );
