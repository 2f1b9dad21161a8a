import type { Promotion } from '../ledger/items.ts';
import { type Ours, ours } from '../mail-text.ts';
import type { ApproverRole } from '../payloads.ts';
import { cutText } from '../truncate-text.ts';
import { firstLine } from '../words.ts';

interface Mail {
  /** Subscriptions may be to some applications only. */
  readonly application: string;
  /** Below 100 printable ASCII characters. */
  readonly subject: string;
  readonly message: string;
}

/** A mail to all members of a role who subscribed, or to the developers whom it names. */
export type Notice = Mail &
  (
    | { readonly role: ApproverRole | 'operator' }
    /** `recipients`: addresses as the configuration has them, at least one. */
    | { readonly role: 'developer'; readonly recipients: readonly string[] }
  );

/** Sends notices. */
export interface Notices {
  readonly send: (notice: Notice) => Promise<void>;
}

/** Characters of a cause that a mail shows; the page shows all of it. */
export const MAX_CAUSE = 6_000;

/** Longest subject of a commit that a mail repeats; the page shows all of it. */
const MAX_TITLE = 200;

/** First line of a commit's message. */
export const titleOf = (promotion: Promotion | undefined): string => {
  return cutText(firstLine(promotion?.commitMessage ?? ''), MAX_TITLE);
};

/** A commit and its subject. */
export const commitText = (commitId: string, promotion: Promotion | undefined): string => {
  const title = titleOf(promotion);
  return title === '' ? commitId : `${commitId} (${title})`;
};

/** The promotion's page. */
export const promotionLink = (promotionId: string, siteUrl: string): Ours =>
  ours(`${siteUrl}/promotions/${encodeURIComponent(promotionId)}`);
