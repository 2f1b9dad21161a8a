import fs from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';

/** Version of the journal's format and of what services keep in it; another version is refused. */
export const STORE_VERSION = 2;

/** One line of the journal: table put (`k`, `v`), table delete (`k` alone) or log append (`v` alone), with a name. */
export interface JournalLine {
  readonly t: string;
  readonly k?: string;
  readonly v?: unknown;
}

/** The state directory cannot be used as it is; nothing in it was changed. */
export class StateDirectoryError extends Error {
  override readonly name = 'StateDirectoryError';
}

/** The journal of a state directory, open for writing. */
export interface JournalFile {
  /** What it held when it was opened. */
  readonly lines: readonly JournalLine[];
  /** What opening found, for the operator. */
  readonly notices: readonly string[];
  /** Appends a line, which is with the operating system when this returns; nothing once it is closed. */
  readonly write: (line: JournalLine) => void;
  /**
   * Puts a journal of other lines, which come to the same, in the place of this one, if that at least halves it. Either the
   * old or the new one is there whole at any instant, a power loss included.
   * @param live asked only if the journal is large enough to be worth it
   */
  readonly compact: (live: () => Iterable<JournalLine>) => void;
  readonly close: () => void;
}

/** Size from which on a journal is compacted, in bytes: some ten promotions. */
export const COMPACT_FROM_BYTES = 8 * 1024 * 1024;

/** The first line. A snapshot is the lines that compacting wrote: they are whole only together. */
interface Header {
  readonly lockstep: number;
  readonly snapshot?: number;
}

const headerLine = (snapshot = 0): string =>
  `${JSON.stringify({ lockstep: STORE_VERSION, ...(snapshot > 0 && { snapshot }) } satisfies Header)}\n`;

/** What the first record's checksum goes on from. */
const FIRST_SUM = 0;

const checksum = (sum: number) => sum.toString(16).padStart(8, '0');

/** A journal as it was read. */
interface ReadJournal {
  readonly lines: JournalLine[];
  /** Where its last whole record ends. */
  readonly bytes: number;
  /** The last record's checksum, from which the next one's goes on. */
  readonly sum: number;
  readonly notices: string[];
}

/** The journal's whole records. @throws StateDirectoryError */
const readJournal = (file: string): ReadJournal => {
  const content = fs.readFileSync(file);
  const lines: JournalLine[] = [];
  let start = 0;
  let sum = FIRST_SUM;
  /** Up to this line nothing may be missing. */
  let lastNeeded = 1;
  for (let number = 1; start < content.length; number++) {
    const end = content.indexOf(0x0a, start);
    const isLast = end === -1 || end === content.length - 1;
    const text = content.toString('utf8', start, end === -1 ? content.length : end);
    const record =
      end === -1 ? 'it does not end' : number === 1 ? readHeader(text, file) : readRecord(text, sum);
    if (typeof record === 'string') {
      if (!isLast || number <= lastNeeded || holdsMore(text, sum)) throw damaged(file, number, start, record);
      const notice = `The last record of the journal (line ${number}, byte ${start}) was torn by a crash and is dropped: ${record}.`;
      return { lines, bytes: start, sum, notices: [notice] };
    }
    if ('lockstep' in record) lastNeeded += record.snapshot ?? 0;
    else {
      lines.push(record.line);
      sum = record.sum;
    }
    start = end + 1;
  }
  if (lines.length + 1 < lastNeeded)
    throw damaged(file, lines.length + 2, start, `the snapshot's lines end here, before line ${lastNeeded}`);
  return { lines, bytes: start, sum, notices: [] };
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

/** Whether a line is a whole record, what was a line break, and more: then that is damaged, and no crash tore the line. */
const holdsMore = (text: string, before: number): boolean => {
  let sum = before;
  for (const character of text.slice(9, -2)) {
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
  throw new StateDirectoryError(
    `The state directory of ${file} has version ${JSON.stringify(header?.lockstep)}; this Lockstep reads version ${STORE_VERSION}. ` +
      'Nothing was changed. Use another --state-dir, or the Lockstep that wrote it.',
  );
};

/**
 * Opens the journal in a directory, or makes a new one. What is written is not forced to the disk: a power loss may take
 * the last seconds of the journal, which is then as after a crash at that earlier moment.
 * @throws StateDirectoryError for another version's journal, for one damaged before its last record, and for files that
 *   cannot be used; they stay as they are
 */
export const openJournal = (directory: string): JournalFile => {
  const file = path.join(directory, 'journal.ndjson');
  const { journal, descriptor: opened } = usable(file, () => open(directory, file));
  const notices = [...journal.notices];
  let descriptor: number | undefined = opened;
  let size = journal.bytes;
  let sum = journal.sum;
  return {
    lines: journal.lines,
    notices,
    write: (line) => {
      if (descriptor === undefined) return;
      const record = recordOf(line, sum);
      size += appendWhole(descriptor, record.text, size);
      sum = record.sum;
    },
    compact: (live) => {
      if (size < COMPACT_FROM_BYTES || descriptor === undefined) return;
      let snapshot: Snapshot | undefined;
      try {
        snapshot = writeSnapshot(file, live(), size / 2);
      } catch (error) {
        notices.push(
          `The journal could not be made smaller, and goes on as it is: ${(error as Error).message}.`,
        );
      }
      if (!snapshot) return;
      const { descriptor: next, ...end } = snapshot;
      fs.closeSync(descriptor);
      descriptor = next;
      ({ size, sum } = end);
    },
    close: () => {
      if (descriptor !== undefined) fs.closeSync(descriptor);
      descriptor = undefined;
    },
  };
};

const recordOf = (line: JournalLine, before: number) => {
  const body = JSON.stringify(line);
  const sum = crc32(body, before);
  return { text: `${checksum(sum)} ${body}\n`, sum };
};

const snapshotFile = (file: string) => `${file}.new`;

/** A new journal, open for writing. */
interface Snapshot {
  readonly descriptor: number;
  readonly size: number;
  readonly sum: number;
}

/** @returns nothing if it would not be smaller than `limit`, in bytes */
const writeSnapshot = (file: string, lines: Iterable<JournalLine>, limit: number): Snapshot | undefined => {
  const texts: string[] = [];
  let sum = FIRST_SUM;
  for (const line of lines) {
    const record = recordOf(line, sum);
    texts.push(record.text);
    sum = record.sum;
  }
  const bytes = Buffer.from([headerLine(texts.length), ...texts].join(''));
  if (bytes.length > limit) return undefined;
  const temporary = snapshotFile(file);
  fs.rmSync(temporary, { force: true });
  const descriptor = fs.openSync(temporary, 'ax', 0o600);
  try {
    fs.writeFileSync(descriptor, bytes);
    // On the disk before its name is: else a power loss could leave the name with nothing behind it.
    fs.fsyncSync(descriptor);
    fs.renameSync(temporary, file);
  } catch (error) {
    fs.closeSync(descriptor);
    throw error;
  }
  return { descriptor, size: bytes.length, sum };
};

const open = (directory: string, file: string): { journal: ReadJournal; descriptor: number } => {
  fs.mkdirSync(directory, { recursive: true });
  const begun = begin(file);
  const journal = readJournal(file);
  const descriptor = fs.openSync(file, 'a', 0o600);
  if (journal.notices.length > 0) fs.ftruncateSync(descriptor, journal.bytes);
  // What a crash while compacting left behind.
  fs.rmSync(snapshotFile(file), { force: true });
  return { journal: { ...journal, notices: [...begun, ...journal.notices] }, descriptor };
};

/** Says what a file or directory lacks to be used. */
const usable = <Result>(file: string, use: () => Result): Result => {
  try {
    return use();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (error instanceof StateDirectoryError || code === undefined) throw error;
    throw new StateDirectoryError(
      `The journal ${file} cannot be used: ${message}. It must be a file that you may read and write. ` +
        'Nothing was changed. Put that right, or start with another --state-dir.',
    );
  }
};

/** Writes the header if there is none, or only the beginning of it that a crash let through. */
const begin = (file: string): string[] => {
  const start = headerLine();
  const before = fs.statSync(file, { throwIfNoEntry: false });
  if (before && !before.isFile())
    throw new StateDirectoryError(
      `The journal ${file} is not a file. Move it away, or start with another --state-dir.`,
    );
  // The size first: of a journal that has begun, nothing is read twice.
  if (before && (before.size >= start.length || !start.startsWith(fs.readFileSync(file, 'utf8')))) return [];
  fs.writeFileSync(file, start, { mode: 0o600 });
  return before ? ['The journal held no record yet; it is begun anew.'] : [];
};

/** Appends a line, or nothing of it: half a record with others behind it would make the journal unreadable. */
const appendWhole = (descriptor: number, line: string, size: number): number => {
  const bytes = Buffer.from(line);
  try {
    for (let written = 0; written < bytes.length; ) {
      written += fs.writeSync(descriptor, bytes, written);
    }
  } catch (error) {
    fs.ftruncateSync(descriptor, size);
    throw error;
  }
  return bytes.length;
};
