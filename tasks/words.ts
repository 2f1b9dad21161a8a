/** Words and formats that pages, mails, messages and the command line share. */
import type { ApproverRole, Asker, Environment } from './payloads.ts';
import { cutText } from './truncate-text.ts';

/** The roles that decide, in the order in which they are asked. */
export const approverRoles: readonly ApproverRole[] = ['qc', 'pmo'];

/** Roles as people write them. */
export const roleTitles: Readonly<Record<ApproverRole, string>> = { qc: 'QC', pmo: 'PMO' };

/** Environments as people write them. */
export const environmentTitles: Readonly<Record<Environment, string>> = { qat: 'QAT', prod: 'Prod' };

/** Who asked for something: the name of a person, or the ARN of the command line's caller. */
export const askerName = (asker: Asker): string => (asker.type === 'person' ? asker.name : asker.arn);

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

/** How a sentence refers to another promotion: `commit 8f0c1d2e (promotion shop-8f0c…)`. */
export const promotionName = (promotion: {
  readonly commitId: string;
  readonly promotionId: string;
}): string => `commit ${shortCommit(promotion.commitId)} (promotion ${promotion.promotionId})`;

/** Names in a sentence: `quinn, sam and olga`. */
export const listed = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

const escaped = (text: string): string =>
  [...text]
    .map((character) => {
      const digits = (character.codePointAt(0) ?? 0).toString(16);
      return digits.length > 4 ? `\\u{${digits}}` : `\\u${digits.padStart(4, '0')}`;
    })
    .join('');

/** A word with letters of Latin and of others; Chinese, Japanese and Korean imitate none and stand beside Latin (UTS 39). */
const withoutImitations = (word: string): string =>
  /\p{Script=Latin}/u.test(word)
    ? word.replace(
        /[^\p{Script=Latin}\p{Script=Inherited}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}]/gu,
        escaped,
      )
    : word;

/**
 * A line that somebody wrote, with what hides, reorders or imitates other text made visible: control and format characters and
 * odd spaces; in a word with Latin letters, letters of scripts that imitate them. Joined emoji stay as they are.
 */
export const visibleText = (line: string): string =>
  line
    .replace(
      /((?<=\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)\u200d(?=\p{Extended_Pictographic}))|[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu,
      (character, joins: string | undefined) => joins ?? escaped(character),
    )
    .replace(/[\p{L}\p{M}]+/gu, withoutImitations);

/** Several lines that somebody wrote, each as `visibleText` shows it. Tabs stay. */
export const visibleLines = (text: string): string =>
  text
    .replace(/\r\n?/g, '\n')
    .split(/([\n\t])/)
    .map((part, index) => (index % 2 === 0 ? visibleText(part) : part))
    .join('');

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

/** Characters of a subject that headings and lists show. */
const LONGEST_TITLE = 120;

const subjectOf = (commit: { readonly commitMessage: string }): string =>
  visibleText(firstLine(commit.commitMessage));

/** What a list calls a commit: the beginning of its message's first line, or its first digits if it has none. */
export const commitTitle = (commit: { readonly commitId: string; readonly commitMessage: string }): string =>
  cutText(subjectOf(commit), LONGEST_TITLE) || `Commit ${shortCommit(commit.commitId)}`;

/** Whether `commitTitle` leaves out a part of the first line. */
export const isTitleCut = (commit: { readonly commitMessage: string }): boolean =>
  subjectOf(commit).length > LONGEST_TITLE;
