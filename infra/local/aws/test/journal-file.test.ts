import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { COMPACT_FROM_BYTES, StateDirectoryError } from '../journal-file.ts';
import { openStore, type Store } from '../store.ts';

let directory: string;
const journal = () => path.join(directory, 'journal.ndjson');
const size = () => fs.statSync(journal()).size;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-journal-'));
});
afterEach(() => {
  jest.restoreAllMocks();
  fs.rmSync(directory, { recursive: true, force: true });
});

const withStore = <Result>(use: (store: Store) => Result): Result => {
  const store = openStore(directory);
  try {
    return use(store);
  } finally {
    store.close();
  }
};

/** Writes what is soon no more, until the journal is worth making smaller. */
const fill = (store: Store) => {
  const filler = 'x'.repeat(COMPACT_FROM_BYTES / 8);
  for (let count = 0; count < 9; count++) store.table<string>('large').put('state', `${count}${filler}`);
  store.table<string>('large').put('state', 'small');
};

const contentOf = (store: Store) => ({
  tables: ['t', 'u', 'large'].map((name) => store.table(name).entries()),
  logs: ['l', 'm'].map((name) => store.log(name).records()),
});

/** What JSON can say: a number that is -0 is written as 0. */
const json = fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value)));
const change = fc.oneof(
  fc.record({ table: fc.constantFrom('t', 'u'), key: fc.constantFrom('a', 'b', ''), value: json }),
  fc.record({ table: fc.constantFrom('t', 'u'), key: fc.constantFrom('a', 'b', '') }),
  fc.record({ log: fc.constantFrom('l', 'm'), value: json }),
);

describe('a journal that is mostly about what is no more', () => {
  it('is made smaller at the next start and holds the same, in the same order', () => {
    const apply = (store: Store, changes: readonly object[]) => {
      for (const one of changes as { table: string; key: string; log: string; value?: unknown }[]) {
        if (one.log !== undefined) store.log(one.log).append(one.value);
        else if ('value' in one) store.table(one.table).put(one.key, one.value);
        else store.table(one.table).delete(one.key);
      }
      return contentOf(store);
    };
    fc.assert(
      fc.property(fc.array(change), fc.array(change), (before, after) => {
        fs.rmSync(journal(), { force: true });
        const written = withStore((store) => {
          fill(store);
          return apply(store, before);
        });
        expect(size()).toBeGreaterThan(COMPACT_FROM_BYTES);
        const changed = withStore((store) => {
          expect(contentOf(store)).toEqual(written);
          return apply(store, after);
        });
        expect(size()).toBeLessThan(COMPACT_FROM_BYTES / 8);
        withStore((store) => {
          expect(store.notices).toEqual([]);
          expect(contentOf(store)).toEqual(changed);
        });
      }),
      { numRuns: 10 },
    );
  });

  it.each(['writeFileSync', 'fsyncSync', 'renameSync'] as const)(
    'stays as it is when a crash comes before its new one is whole and named (%s)',
    (method) => {
      withStore(fill);
      const before = fs.readFileSync(journal());
      const crash = jest.spyOn(fs, method).mockImplementation(() => {
        throw new Error('ENOSPC: no space left on device');
      });
      withStore((store) => {
        expect(store.notices).toEqual([expect.stringContaining('goes on as it is: ENOSPC')]);
        store.table('t').put('a', 1);
      });
      crash.mockRestore();
      expect(fs.readFileSync(journal()).subarray(0, before.length).equals(before)).toBe(true);
      withStore((store) => {
        expect(contentOf(store).tables).toEqual([[['a', 1]], [], [['state', 'small']]]);
      });
      expect(fs.readdirSync(directory)).toEqual(['journal.ndjson']);
      expect(size()).toBeLessThan(1000);
    },
  );

  it('stays as it is while half of it or more is still so', () => {
    withStore((store) => {
      for (let count = 0; count < 9; count++) store.log('l').append('x'.repeat(COMPACT_FROM_BYTES / 8));
    });
    const before = fs.readFileSync(journal());
    withStore(() => undefined);
    expect(fs.readFileSync(journal()).equals(before)).toBe(true);
  });

  it('fails when the last record of what was made smaller is damaged or missing: it is no crash that tore it', () => {
    withStore(fill);
    withStore((store) => store.log('l').append('first'));
    const whole = fs.readFileSync(journal(), 'utf8').split('\n');
    expect(whole).toHaveLength(4);
    const snapshot = `${whole.slice(0, 2).join('\n')}\n`;
    for (const cut of [snapshot.slice(0, -3), `${whole[0]}\n`]) {
      fs.writeFileSync(journal(), cut);
      expect(() => openStore(directory)).toThrow(StateDirectoryError);
      expect(() => openStore(directory)).toThrow(/damaged at line 2 \(byte \d+\)/);
      expect(fs.readFileSync(journal(), 'utf8')).toBe(cut);
    }
    fs.writeFileSync(journal(), `${snapshot}${whole[2]?.slice(0, 9)}`);
    withStore((store) => expect(store.notices).toHaveLength(1));
    expect(fs.readFileSync(journal(), 'utf8')).toBe(snapshot);
  });
});
