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
export const STORE_VERSION = 1;

/** One line of the journal: table put (`k`, `v`), table delete (`k` alone) or log append (`v` alone), with a name. */
interface JournalLine {
  readonly t: string;
  readonly k?: string;
  readonly v?: unknown;
}

/** The state directory cannot be used as it is; nothing in it was changed. */
export class StateDirectoryError extends Error {
  override readonly name = 'StateDirectoryError';
}

const checksum = (text: string) => crc32(text).toString(16).padStart(8, '0');

const header = (): string => JSON.stringify({ lockstep: STORE_VERSION });

/** The journal's whole lines, with how many bytes of it they take and what was dropped. */
const readLines = (file: string): { lines: JournalLine[]; bytes: number; notices: string[] } => {
  const content = fs.readFileSync(file);
  const lines: JournalLine[] = [];
  let start = 0;
  let number = 0;
  while (start < content.length) {
    number++;
    const end = content.indexOf(0x0a, start);
    const isLast = end === -1 || end === content.length - 1;
    const text = content.toString('utf8', start, end === -1 ? content.length : end);
    const problem = end === -1 ? 'it does not end' : parseLine(text, number, file, lines);
    if (problem) {
      if (!isLast || number === 1) {
        throw new StateDirectoryError(
          `The journal ${file} is damaged at line ${number} (byte ${start}): ${problem}. ` +
            'Nothing was changed. Restore the file, or start with another --state-dir.',
        );
      }
      const notice = `The last record of the journal (line ${number}) was torn by a crash and is dropped: ${problem}.`;
      return { lines, bytes: start, notices: [notice] };
    }
    start = end + 1;
  }
  return { lines, bytes: start, notices: [] };
};

/** Adds one line's content to `lines`. Returns what is wrong with it, if anything. */
const parseLine = (text: string, number: number, file: string, lines: JournalLine[]): string | undefined => {
  if (number === 1) return checkHeader(text, file);
  const body = text.slice(9);
  if (text[8] !== ' ' || text.slice(0, 8) !== checksum(body)) return 'its checksum does not match';
  try {
    lines.push(JSON.parse(body) as JournalLine);
  } catch {
    return 'it is not JSON';
  }
  return undefined;
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
      'Use another --state-dir, or the Lockstep that wrote it.',
  );
};

/**
 * Opens the journal in a directory, or makes a new one; replays it into memory.
 * Each write reaches the operating system before it returns, so it outlives the process.
 * @throws StateDirectoryError for another version's journal and for one damaged before its last record
 */
export const openStore = (directory: string): Store => {
  fs.mkdirSync(directory, { recursive: true });
  const file = path.join(directory, 'journal.ndjson');
  if (isUnbegun(file)) fs.writeFileSync(file, `${header()}\n`, { mode: 0o600 });
  const { lines, bytes, notices } = readLines(file);
  if (notices.length > 0) fs.truncateSync(file, bytes);
  let descriptor: number | undefined = fs.openSync(file, 'a', 0o600);
  let size = bytes;
  const write = (line: JournalLine) => {
    if (descriptor === undefined) return line;
    const body = JSON.stringify(line);
    size += appendWhole(descriptor, `${checksum(body)} ${body}\n`, size);
    return line;
  };
  return buildStore(lines, write, notices, () => {
    if (descriptor !== undefined) fs.closeSync(descriptor);
    descriptor = undefined;
  });
};

/** Whether there is no journal yet, or only the beginning of the header that a crash let through. */
const isUnbegun = (file: string): boolean => {
  const start = `${header()}\n`;
  if (!fs.existsSync(file)) return true;
  return fs.statSync(file).size < start.length && start.startsWith(fs.readFileSync(file, 'utf8'));
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
 * A store that lives in memory only, for tests of single services. It gives values as they would come back from disk, so
 * that a date or a class kept by mistake is seen at once and not after a restart.
 */
export const createMemoryStore = (): Store =>
  buildStore(
    [],
    (line) => JSON.parse(JSON.stringify(line)) as JournalLine,
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
