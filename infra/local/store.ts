import fs from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';

/** A persistent map of plain JSON values. Values are replaced, never changed in place. */
export interface Table<Value> {
  readonly get: (key: string) => Value | undefined;
  readonly has: (key: string) => boolean;
  readonly put: (key: string, value: Value) => void;
  readonly delete: (key: string) => void;
  readonly keys: () => string[];
  /** In the order of each key's first `put`. */
  readonly values: () => Value[];
  readonly entries: () => [string, Value][];
}

/** A persistent append-only list of plain JSON records. */
export interface Log<Record> {
  readonly append: (record: Record) => void;
  readonly records: () => readonly Record[];
}

/** Everything the embedded run remembers, in one journal: what happened before in the journal happened before. */
export interface Store {
  /** The table of that name; the same one at every call. */
  readonly table: <Value>(name: string) => Table<Value>;
  /** The log of that name; the same one at every call. */
  readonly log: <Record>(name: string) => Log<Record>;
  /** What opening found, for the operator: a torn last record that was dropped. */
  readonly notices: readonly string[];
  /** Ends writing to disk: what comes afterwards is dropped, as by a process that was killed. */
  readonly close: () => void;
}

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

/** What the first record's checksum goes on from. */
const FIRST_SUM = 0;

const checksum = (sum: number) => sum.toString(16).padStart(8, '0');

const header = (): string => JSON.stringify({ lockstep: STORE_VERSION });

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
  for (let number = 1; start < content.length; number++) {
    const end = content.indexOf(0x0a, start);
    const isLast = end === -1 || end === content.length - 1;
    const text = content.toString('utf8', start, end === -1 ? content.length : end);
    const record =
      end === -1 ? 'it does not end' : number === 1 ? checkHeader(text, file) : parseLine(text, sum);
    if (typeof record === 'string') {
      if (!isLast || number === 1) {
        throw new StateDirectoryError(
          `The journal ${file} is damaged at line ${number} (byte ${start}): ${record}. ` +
            'Nothing was changed. Restore the file, or start with another --state-dir (RUNBOOK.md, "Journal damaged").',
        );
      }
      const notice = `The last record of the journal (line ${number}, byte ${start}) was torn by a crash and is dropped: ${record}.`;
      return { lines, bytes: start, sum, notices: [notice] };
    }
    if (record) {
      lines.push(record.line);
      sum = record.sum;
    }
    start = end + 1;
  }
  return { lines, bytes: start, sum, notices: [] };
};

/**
 * Reads one record, or says what is wrong with it. A checksum goes on from the one before, so that a record which is
 * missing, doubled or out of its place is found like one whose bytes have changed.
 */
const parseLine = (text: string, before: number): { line: JournalLine; sum: number } | string => {
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

const checkHeader = (text: string, file: string): string | undefined => {
  let version: unknown;
  try {
    version = (JSON.parse(text) as { lockstep?: unknown }).lockstep;
  } catch {
    return 'it is not a header of Lockstep';
  }
  if (version === STORE_VERSION) return undefined;
  throw new StateDirectoryError(
    `The state directory of ${file} has version ${JSON.stringify(version)}; this Lockstep reads version ${STORE_VERSION}. ` +
      'Nothing was changed. Use another --state-dir, or the Lockstep that wrote it.',
  );
};

/**
 * Opens the journal in a directory, or makes a new one; replays it into memory.
 * Each write reaches the operating system before it returns, so it outlives the process. It is not forced to the disk: a
 * power loss may take the last seconds of the journal, which is then as after a crash at that earlier moment.
 * @throws StateDirectoryError for another version's journal, for one damaged before its last record, and for files that
 *   cannot be used; they stay as they are
 */
export const openStore = (directory: string): Store => {
  const file = path.join(directory, 'journal.ndjson');
  const { journal, descriptor: opened } = usable(file, () => open(directory, file));
  const { lines, notices } = journal;
  let descriptor: number | undefined = opened;
  let size = journal.bytes;
  let sum = journal.sum;
  const write = (line: JournalLine) => {
    if (descriptor === undefined) return line;
    const body = JSON.stringify(line);
    const next = crc32(body, sum);
    size += appendWhole(descriptor, `${checksum(next)} ${body}\n`, size);
    sum = next;
    return line;
  };
  return buildStore(lines, write, notices, () => {
    if (descriptor !== undefined) fs.closeSync(descriptor);
    descriptor = undefined;
  });
};

const open = (directory: string, file: string): { journal: ReadJournal; descriptor: number } => {
  fs.mkdirSync(directory, { recursive: true });
  const begun = begin(file);
  const journal = readJournal(file);
  const descriptor = fs.openSync(file, 'a', 0o600);
  if (journal.notices.length > 0) fs.ftruncateSync(descriptor, journal.bytes);
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
  const start = `${header()}\n`;
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

/**
 * A store that lives in memory only, for tests of services. It gives values as they would come back from disk, so
 * that a date or a class kept by mistake is seen at once and not after a restart.
 * @param lines what it holds already
 * @param onLine takes what a journal would be given
 */
export const createMemoryStore = (
  lines: readonly JournalLine[] = [],
  onLine: (line: JournalLine) => void = () => undefined,
): Store =>
  buildStore(
    lines,
    (line) => {
      const kept = JSON.parse(JSON.stringify(line)) as JournalLine;
      onLine(kept);
      return kept;
    },
    [],
    () => undefined,
  );

const buildStore = (
  lines: readonly JournalLine[],
  /** Gives what memory is to hold. */
  write: (line: JournalLine) => JournalLine,
  notices: readonly string[],
  close: () => void,
): Store => {
  const tables = new Map<string, Map<string, unknown>>();
  const logs = new Map<string, unknown[]>();
  const tableOf = (name: string) => getOrAdd(tables, name, () => new Map<string, unknown>());
  const logOf = (name: string) => getOrAdd(logs, name, () => []);

  for (const { t, k, v } of lines) {
    if (k === undefined) logOf(t).push(v);
    else if (v === undefined) tableOf(t).delete(k);
    else tableOf(t).set(k, v);
  }

  return {
    notices,
    close,
    table: <Value>(name: string): Table<Value> => {
      const map = tableOf(name) as Map<string, Value>;
      return {
        get: (key) => map.get(key),
        has: (key) => map.has(key),
        put: (key, value) => {
          checkKept(value, `the table ${name} at ${key}`);
          map.set(key, write({ t: name, k: key, v: value }).v as Value);
        },
        delete: (key) => {
          if (!map.has(key)) return;
          write({ t: name, k: key });
          map.delete(key);
        },
        keys: () => [...map.keys()],
        values: () => [...map.values()],
        entries: () => [...map.entries()],
      };
    },
    log: <Record>(name: string): Log<Record> => {
      const list = logOf(name) as Record[];
      return {
        append: (record) => {
          checkKept(record, `the log ${name}`);
          list.push(write({ t: name, v: record }).v as Record);
        },
        records: () => list,
      };
    },
  };
};

/** The journal tells a deletion by the absence of a value. */
const checkKept = (value: unknown, where: string): void => {
  if (value === undefined || typeof value === 'function' || typeof value === 'symbol') {
    throw new TypeError(
      `A value of type ${typeof value} cannot be kept in ${where}; keep null, or delete the key.`,
    );
  }
};

const getOrAdd = <Value>(map: Map<string, Value>, key: string, make: () => Value): Value => {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
};
