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
