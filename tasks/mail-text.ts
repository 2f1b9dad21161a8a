import { breakLinks } from './break-links.ts';
import { visibleLines } from './words.ts';

/** SNS accepts less than 100 characters in a mail's subject, and less than 998 in a line (T49). */
const MAX_SUBJECT = 99;
const MAX_LINE = 990;

/** A mail's subject as SNS accepts it: printable ASCII, one line, begun with a letter or digit. */
export const asciiSubject = (text: string): string =>
  breakLinks(text.normalize('NFKD'))
    .replace(/\p{Mark}/gu, '')
    .replace(/\s+/g, ' ')
    .replace(/[^\x20-\x7e]/g, '?')
    .trim()
    .slice(0, MAX_SUBJECT)
    .trim();

/** A line that mail servers accept, in bytes as they count; never cut within a character. */
const fitLine = (line: string): string => {
  if (Buffer.byteLength(line) <= MAX_LINE) return line;
  let fitted = '';
  let bytes = Buffer.byteLength('…');
  for (const character of line) {
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_LINE) break;
    fitted += character;
  }
  return `${fitted}…`;
};

/** A line of Lockstep's own, with or without a link. In every other line, mail programs find none. */
export interface Ours {
  readonly ours: string;
}
/** A line in which nothing is of anybody else. */
export const ours = (line: string): Ours => ({ ours: line });

/**
 * A mail's text. People choose names, subjects, comments and what scripts print: these become plain text without links, control
 * characters and what hides or reorders.
 */
export const plain = (lines: readonly (string | Ours)[]): string =>
  lines
    .flatMap((line) =>
      typeof line === 'string'
        ? line
            .split(/\r\n|[\r\n\u2028\u2029]/)
            .map((one) => breakLinks(visibleLines(one.replace(/[^\P{Cc}\t]/gu, ''))))
        : line.ours,
    )
    .map(fitLine)
    .join('\n');
