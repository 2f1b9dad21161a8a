import fs from 'node:fs';
import path from 'node:path';
import { lengthFile, noteLength, readLength } from './journal-length.ts';
import {
  checkLength,
  FIRST_SUM,
  headerLine,
  type JournalLine,
  type ReadJournal,
  readJournal,
  recordOf,
} from './journal-records.ts';
import { asStateDirectoryError, StateDirectoryError, usable } from './state-directory.ts';

/** The journal of a state directory, open for writing. */
export interface JournalFile {
  /** What it held when it was opened. */
  readonly lines: readonly JournalLine[];
  /** What opening found, for the operator. */
  readonly notices: readonly string[];
  /**
   * Appends a line, which is with the operating system when this returns; nothing once it is closed.
   * @throws StateDirectoryError if the line cannot be written; from then on nothing can
   */
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

/** How much is appended before the journal's length is written down again, in bytes: some ten times in a promotion. */
export const NOTE_EVERY_BYTES = 64 * 1024;

/**
 * Opens the journal in a directory, or makes a new one. Not every record is forced to the disk: a power loss may take the
 * last ones, and the journal is then as after a crash at that earlier moment.
 * @param onFailure is told once when a line cannot be written, before `write` throws
 * @throws StateDirectoryError for another version's journal, for one that is damaged or ends earlier than the last run knew,
 *   and for files that cannot be used; they stay as they are
 */
export const openJournal = (
  directory: string,
  onFailure: (error: StateDirectoryError) => void = () => undefined,
): JournalFile => {
  const file = path.join(directory, 'journal.ndjson');
  const { journal, descriptor: opened } = usable(file, () => open(directory, file));
  const notices = [...journal.notices];
  let descriptor: number | undefined = opened;
  let { bytes: size, sum, generation } = journal;
  let noted = 0;
  let failure: StateDirectoryError | undefined;
  const note = () => {
    if (descriptor !== undefined) noteLength(directory, descriptor, { generation, bytes: size });
    noted = size;
  };
  note();
  return {
    lines: journal.lines,
    notices,
    write: (line) => {
      if (descriptor === undefined) return;
      if (failure) throw failure;
      // Before the line and not behind it: what a kill may tear is never part of what is noted.
      if (size - noted >= NOTE_EVERY_BYTES) note();
      const record = recordOf(line, sum);
      try {
        size += appendWhole(descriptor, record.text, size);
      } catch (error) {
        const told = asStateDirectoryError(file, error);
        if (!(told instanceof StateDirectoryError)) throw told;
        failure = told;
        onFailure(failure);
        throw failure;
      }
      sum = record.sum;
    },
    compact: (live) => {
      if (size < COMPACT_FROM_BYTES || descriptor === undefined) return;
      let snapshot: Snapshot | undefined;
      try {
        snapshot = writeSnapshot(file, live(), generation + 1, size / 2);
      } catch (error) {
        notices.push(
          `The journal could not be made smaller, and goes on as it is: ${(error as Error).message}.`,
        );
      }
      if (!snapshot) return;
      fs.closeSync(descriptor);
      ({ descriptor, size, sum } = snapshot);
      generation++;
      note();
    },
    close: () => {
      note();
      if (descriptor !== undefined) fs.closeSync(descriptor);
      descriptor = undefined;
    },
  };
};

const snapshotFile = (file: string) => `${file}.new`;

/** A new journal, open for writing. */
interface Snapshot {
  readonly descriptor: number;
  readonly size: number;
  readonly sum: number;
}

/** @returns nothing if it would not be smaller than `limit`, in bytes */
const writeSnapshot = (
  file: string,
  lines: Iterable<JournalLine>,
  generation: number,
  limit: number,
): Snapshot | undefined => {
  const texts: string[] = [];
  let sum = FIRST_SUM;
  for (const line of lines) {
    const record = recordOf(line, sum);
    texts.push(record.text);
    sum = record.sum;
  }
  const bytes = Buffer.from([headerLine({ generation, snapshot: texts.length }), ...texts].join(''));
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
  const known = readLength(directory);
  const begun = begin(directory, file);
  const journal = readJournal(file);
  checkLength(file, journal, known);
  const descriptor = fs.openSync(file, 'a', 0o600);
  if (journal.notices.length > 0) fs.ftruncateSync(descriptor, journal.bytes);
  // What a crash while compacting left behind.
  fs.rmSync(snapshotFile(file), { force: true });
  return { journal: { ...journal, notices: [...begun, ...journal.notices] }, descriptor };
};

/** What only a run leaves in its state directory, and only once there is a journal. */
const runLeaves = (directory: string) => [lengthFile(directory), path.join(directory, 'lockstep.log')];

/** Writes the header if there is none, or only the beginning of it that a crash let through. */
const begin = (directory: string, file: string): string[] => {
  const start = headerLine();
  const before = fs.statSync(file, { throwIfNoEntry: false });
  if (before && !before.isFile())
    throw new StateDirectoryError(
      `The journal ${file} is not a file. Move it away, or start with another --state-dir.`,
    );
  // The size first: of a journal that has begun, nothing is read twice.
  if (before && (before.size >= start.length || !start.startsWith(fs.readFileSync(file, 'utf8')))) return [];
  const trace = runLeaves(directory).find((left) => fs.existsSync(left));
  if (trace !== undefined)
    throw new StateDirectoryError(
      `The journal ${file} is ${before ? 'empty' : 'missing'}, but ${path.basename(trace)} beside it shows that there was one. ` +
        'Nothing was changed. Restore the file, or start with another --state-dir (RUNBOOK.md, "Journal damaged").',
    );
  fs.writeFileSync(file, start, { mode: 0o600 });
  return before ? ['The journal held no record yet; it begins again.'] : [];
};

/** Appends a line, or nothing of it. */
const appendWhole = (descriptor: number, line: string, size: number): number => {
  const bytes = Buffer.from(line);
  try {
    for (let written = 0; written < bytes.length; ) {
      written += fs.writeSync(descriptor, bytes, written);
    }
  } catch (error) {
    try {
      fs.ftruncateSync(descriptor, size);
    } catch {
      // Nothing is appended any more, so the half stays the last line, and the next start drops it.
    }
    throw error;
  }
  return bytes.length;
};
