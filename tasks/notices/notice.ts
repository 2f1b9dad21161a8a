import type { Promotion } from '../ledger/items.ts';
import { asciiSubject, type Ours, ours } from '../mail-text.ts';
import type { ApproverRole } from '../payloads.ts';
import { cutText } from '../truncate-text.ts';
import { firstLine, shortCommit } from '../words.ts';

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
export const titleOf = (promotion: Pick<Promotion, 'commitMessage'> | undefined): string => {
  return cutText(firstLine(promotion?.commitMessage ?? ''), MAX_TITLE);
};

/** A commit and its subject. */
export const commitText = (
  commitId: string,
  promotion: Pick<Promotion, 'commitMessage'> | undefined,
): string => {
  const title = titleOf(promotion);
  return title === '' ? commitId : `${commitId} (${title})`;
};

/** The promotion's page. */
export const promotionLink = (promotionId: string, siteUrl: string): Ours =>
  ours(`${siteUrl}/promotions/${encodeURIComponent(promotionId)}`);

/** A promotion that was not started, as its commit is marked bad: the ledger does not have it. */
export type NotStarted = Pick<
  Promotion,
  'application' | 'commitId' | 'commitMessage' | 'commitAuthor' | 'branch' | 'pushedBy'
>;

/** Subject of mails about it. */
export const notStartedSubject = ({ application, commitId, ...promotion }: NotStarted): string =>
  asciiSubject(
    `Not started, the commit is bad: ${application} ${shortCommit(commitId)} ${titleOf(promotion)}`,
  );

/** What mails about it say to everybody. @param cause who marked the commit, and why */
export const notStartedLines = (
  promotion: NotStarted,
  cause: string,
  siteUrl: string,
): readonly (string | Ours)[] => [
  `Commit:    ${commitText(promotion.commitId, promotion)}`,
  `Author:    ${promotion.commitAuthor || 'unknown'}`,
  `Branch:    ${promotion.branch}`,
  `Pushed by: ${promotion.pushedBy}`,
  '',
  `${cause}.`,
  ours(`${siteUrl}/search?q=${encodeURIComponent(promotion.commitId)}`),
];
