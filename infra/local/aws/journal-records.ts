import fs from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import type { KnownLength } from './journal-length.ts';
import { StateDirectoryError } from './state-directory.ts';

/** Version of the journal's format and of what services keep in it; no other version is read. */
export const STORE_VERSION = 3;

/** One line of the journal: table put (`k`, `v`), table delete (`k` alone) or log append (`v` alone), with a name. */
export interface JournalLine {
  readonly t: string;
  readonly k?: string;
  readonly v?: unknown;
}

/** The first line. A snapshot is the lines that compacting wrote: they are whole only together. */
interface Header {
  readonly lockstep: number;
  /** How often the journal was compacted. @default 0 */
  readonly generation?: number;
  readonly snapshot?: number;
}

/** The first line of a journal. */
export const headerLine = (rest: Omit<Header, 'lockstep'> = {}): string =>
  `${JSON.stringify({ lockstep: STORE_VERSION, ...rest } satisfies Header)}\n`;

/** What the first record's checksum goes on from. */
export const FIRST_SUM = 0;

const checksum = (sum: number) => sum.toString(16).padStart(8, '0');

/** A line as it stands in the journal, with its checksum. @param before the checksum of the line before */
export const recordOf = (line: JournalLine, before: number) => {
  const body = JSON.stringify(line);
  const sum = crc32(body, before);
  return { text: `${checksum(sum)} ${body}\n`, sum };
};

/** A journal as it was read. */
export interface ReadJournal {
  readonly lines: JournalLine[];
  /** Where its last whole record ends. */
  readonly bytes: number;
  /** The last record's checksum, from which the next one's goes on. */
  readonly sum: number;
  readonly generation: number;
  readonly notices: string[];
}

/** The journal's whole records. @throws StateDirectoryError */
export const readJournal = (file: string): ReadJournal => {
  const content = fs.readFileSync(file);
  const lines: JournalLine[] = [];
  let start = 0;
  let sum = FIRST_SUM;
  let generation = 0;
  /** Up to this line nothing may be missing. */
  let lastNeeded = 1;
  for (let number = 1; start < content.length; number++) {
    const end = content.indexOf(0x0a, start);
    const text = content.toString('utf8', start, end === -1 ? content.length : end);
    const record =
      end === -1 ? 'it does not end' : number === 1 ? readHeader(text, file) : readRecord(text, sum);
    if (typeof record === 'string') {
      if (end !== -1 || number <= lastNeeded || holdsMore(text, sum))
        throw damaged(file, number, start, record);
      const notice = `The last record of the journal (line ${number}, byte ${start}) was torn by a crash and is dropped: ${record}.`;
      return { lines, bytes: start, sum, generation, notices: [notice] };
    }
    if ('lockstep' in record) {
      lastNeeded += record.snapshot ?? 0;
      generation = record.generation ?? 0;
    } else {
      lines.push(record.line);
      sum = record.sum;
    }
    start = end + 1;
  }
  if (lines.length + 1 < lastNeeded)
    throw damaged(file, lines.length + 2, start, `the snapshot's lines end here, before line ${lastNeeded}`);
  return { lines, bytes: start, sum, generation, notices: [] };
};

/**
 * Makes sure that the journal has everything that the last run knew to be in it.
 * @throws StateDirectoryError
 */
export const checkLength = (
  file: string,
  { generation, bytes }: KnownLength,
  known: KnownLength | undefined,
): void => {
  // One that was made smaller since is whole, as its own header tells.
  if (!known || generation > known.generation) return;
  if (generation === known.generation && bytes >= known.bytes) return;
  throw new StateDirectoryError(
    `The journal ${file} ends at byte ${bytes}, but the last run had written ${known.bytes} bytes` +
      `${generation < known.generation ? ', and had made it smaller since' : ''}: it was cut, or is an older copy. ` +
      'Nothing was changed. Restore the file, or start with another --state-dir (RUNBOOK.md, "Journal damaged").',
  );
};

const damaged = (file: string, line: number, byte: number, problem: string) =>
  new StateDirectoryError(
    `The journal ${file} is damaged at line ${line} (byte ${byte}): ${problem}. ` +
      'Nothing was changed. Restore the file, or start with another --state-dir (RUNBOOK.md, "Journal damaged").',
  );

/**
 * Reads one record, or says what is wrong with it. A checksum goes on from the one before, so that a record which is
 * missing, doubled or out of its place is found like one whose bytes have changed.
 */
const readRecord = (text: string, before: number): { line: JournalLine; sum: number } | string => {
  const body = text.slice(9);
  const sum = crc32(body, before);
  if (text[8] !== ' ' || text.slice(0, 8) !== checksum(sum))
    return 'its checksum does not match its content and what stands before it';
  try {
    return { line: JSON.parse(body) as JournalLine, sum };
  } catch {
    return 'it is not JSON';
  }
};

/** Whether a line without an end is a whole record and more: then its line break was damaged, and no crash tore it. */
const holdsMore = (text: string, before: number): boolean => {
  let sum = before;
  for (const character of text.slice(9, -1)) {
    sum = crc32(character, sum);
    if (checksum(sum) === text.slice(0, 8)) return true;
  }
  return false;
};

const readHeader = (text: string, file: string): Header | string => {
  let header: Header;
  try {
    header = JSON.parse(text) as Header;
  } catch {
    return 'it is not a header of Lockstep';
  }
  if (header?.lockstep === STORE_VERSION) return header;
  const isOlder = typeof header?.lockstep === 'number' && header.lockstep < STORE_VERSION;
  throw new StateDirectoryError(
    `The state directory ${path.dirname(file)} was made by ${isOlder ? 'an earlier' : 'another'} version of Lockstep ` +
      `(its journal has version ${JSON.stringify(header?.lockstep)}; this Lockstep reads version ${STORE_VERSION}). Nothing was changed. ` +
      `Start again with another --state-dir${isOlder ? ', or remove this one' : ', or use the Lockstep that made it'}.`,
  );
};
