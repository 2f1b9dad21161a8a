import { openJournal } from './journal-file.ts';
import type { JournalLine } from './journal-records.ts';
import type { StateDirectoryError } from './state-directory.ts';

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

/** Everything the emulator remembers, in one journal: what happened before in the journal happened before. */
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

/**
 * Opens the store of a state directory, or makes a new one. Each write reaches the operating system before it returns, so it
 * outlives the process. A journal that is mostly about what is no more is made smaller first.
 * @param onFailure is told once when nothing can be written any more: the disk is full, for example. The write that found out,
 *   and each after it, throws the same error.
 * @throws StateDirectoryError see `openJournal`
 */
export const openStore = (directory: string, onFailure?: (error: StateDirectoryError) => void): Store => {
  const journal = openJournal(directory, onFailure);
  const content = replay(journal.lines);
  journal.compact(() => linesOf(content));
  const write = (line: JournalLine) => {
    journal.write(line);
    return line;
  };
  return buildStore(content, write, journal.notices, journal.close);
};

/** Everything that a store holds. */
interface Content {
  readonly tables: Map<string, Map<string, unknown>>;
  readonly logs: Map<string, unknown[]>;
}

const tableIn = ({ tables }: Content, name: string) =>
  getOrAdd(tables, name, () => new Map<string, unknown>());
const logIn = ({ logs }: Content, name: string) => getOrAdd(logs, name, () => []);

const replay = (lines: readonly JournalLine[]): Content => {
  const content: Content = { tables: new Map(), logs: new Map() };
  for (const { t, k, v } of lines) {
    if (k === undefined) logIn(content, t).push(v);
    else if (v === undefined) tableIn(content, t).delete(k);
    else tableIn(content, t).set(k, v);
  }
  return content;
};

/** The shortest journal that comes to this content, order of keys included. */
function* linesOf({ tables, logs }: Content): Generator<JournalLine> {
  for (const [t, table] of tables) for (const [k, v] of table) yield { t, k, v };
  for (const [t, log] of logs) for (const v of log) yield { t, v };
}

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
    replay(lines),
    (line) => {
      const kept = JSON.parse(JSON.stringify(line)) as JournalLine;
      onLine(kept);
      return kept;
    },
    [],
    () => undefined,
  );

const buildStore = (
  content: Content,
  /** Gives what memory is to hold. */
  write: (line: JournalLine) => JournalLine,
  notices: readonly string[],
  close: () => void,
): Store => {
  return {
    notices,
    close,
    table: <Value>(name: string): Table<Value> => {
      const map = tableIn(content, name) as Map<string, Value>;
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
      const list = logIn(content, name) as Record[];
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
