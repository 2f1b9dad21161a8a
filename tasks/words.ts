/** Words and formats that pages, mails, messages and the command line share. */
import type { ApproverRole, Environment } from './payloads.ts';

/** The roles that decide, in the order in which they are asked. */
export const approverRoles: readonly ApproverRole[] = ['qc', 'pmo'];

/** Roles as people write them. */
export const roleTitles: Readonly<Record<ApproverRole, string>> = { qc: 'QC', pmo: 'PMO' };

/** Environments as people write them. */
export const environmentTitles: Readonly<Record<Environment, string>> = { qat: 'QAT', prod: 'Prod' };

const dayAndTime = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'UTC',
});

/** A time for people: `29 Nov 2026, 10:10 UTC`. @param at ISO 8601, or milliseconds since the epoch */
export const utcTime = (at: string | number | Date): string => `${dayAndTime.format(new Date(at))} UTC`;

/** The first digits of a commit. */
export const shortCommit = (commitId: string): string => commitId.slice(0, 8);

/** The first line of a commit's message. */
export const firstLine = (message: string): string => message.trim().split(/\r?\n/, 1)[0]?.trim() ?? '';

/** What a list calls a commit: the first line of its message, or its first digits if it has none. */
export const commitTitle = (commit: { readonly commitId: string; readonly commitMessage: string }): string =>
  firstLine(commit.commitMessage) || `Commit ${shortCommit(commit.commitId)}`;

/** How a sentence refers to another promotion: `commit 8f0c1d2e (promotion shop-8f0c…)`. */
export const promotionName = (promotion: {
  readonly commitId: string;
  readonly promotionId: string;
}): string => `commit ${shortCommit(promotion.commitId)} (promotion ${promotion.promotionId})`;

const escaped = (text: string): string =>
  [...text]
    .map((character) => {
      const digits = (character.codePointAt(0) ?? 0).toString(16);
      return digits.length > 4 ? `\\u{${digits}}` : `\\u${digits.padStart(4, '0')}`;
    })
    .join('');

/**
 * A name that somebody chose, with what hides, reorders or imitates other text made visible: control and format characters and
 * odd spaces; in a word with Latin letters, letters of other scripts.
 */
export const visibleName = (name: string): string =>
  name
    .replace(/[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, escaped)
    .replace(/[\p{L}\p{M}]+/gu, (word) =>
      /\p{Script=Latin}/u.test(word)
        ? word.replace(/[^\p{Script=Latin}\p{Script=Inherited}]/gu, escaped)
        : word,
    );

/** An e-mail address that somebody chose, with every character outside ASCII made visible. */
export const visibleAddress = (address: string): string => address.replace(/[^\x20-\x7e]/gu, escaped);

/** Why somebody is a maker: `author of 8f0c1d2e and 2 more, pusher of 8f0c1d2e`. */
export const reasonsText = (
  because: readonly { readonly role: string; readonly commitId: string; readonly count: number }[],
): string =>
  because
    .map(({ role, commitId, count }) => {
      const more = count > 1 ? ` and ${count - 1} more` : '';
      return `${role === 'signed off' ? 'signed off' : `${role} of`} ${shortCommit(commitId)}${more}`;
    })
    .join(', ');
