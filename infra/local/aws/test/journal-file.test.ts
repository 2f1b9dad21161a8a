import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { COMPACT_FROM_BYTES, NOTE_EVERY_BYTES } from '../journal-file.ts';
import { StateDirectoryError } from '../state-directory.ts';
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
        for (const name of fs.readdirSync(directory)) fs.rmSync(path.join(directory, name));
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
      expect(fs.readdirSync(directory)).toEqual(['journal.length', 'journal.ndjson']);
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
    fs.rmSync(path.join(directory, 'journal.length'));
    fs.writeFileSync(journal(), `${snapshot}${whole[2]?.slice(0, 9)}`);
    withStore((store) => expect(store.notices).toHaveLength(1));
    expect(fs.readFileSync(journal(), 'utf8')).toBe(snapshot);
  });
});

describe('a journal that ends earlier than the last run knew', () => {
  const lineEnds = (bytes: Buffer) =>
    [...bytes.keys()].filter((at) => bytes[at] === 0x0a).map((at) => at + 1);
  const fillSome = (store: Store, records = 12) => {
    for (let count = 0; count < records; count++)
      store.log('l').append('x'.repeat(NOTE_EVERY_BYTES / 4 + count));
  };
  const expectTold = (message: RegExp) => {
    const found = () => (fs.existsSync(journal()) ? fs.readFileSync(journal()) : Buffer.from('none'));
    const before = found();
    expect(() => openStore(directory)).toThrow(StateDirectoryError);
    expect(() => openStore(directory)).toThrow(message);
    expect(found().equals(before)).toBe(true);
  };

  it('is told after an orderly end, wherever it was cut', () => {
    withStore((store) => fillSome(store));
    const whole = fs.readFileSync(journal());
    for (const end of lineEnds(whole).slice(0, -1)) {
      fs.writeFileSync(journal(), whole.subarray(0, end));
      expectTold(
        new RegExp(
          `ends at byte ${end}, but the last run had written ${whole.length} bytes: it was cut.*Restore`,
        ),
      );
    }
    fs.writeFileSync(journal(), whole);
    withStore(({ log }) => expect(log('l').records()).toHaveLength(12));
  });

  it('is told after a kill, too, except for what was written since its length was last noted', () => {
    const killed = openStore(directory);
    fillSome(killed);
    const whole = fs.readFileSync(journal());
    const known = Number(fs.readFileSync(path.join(directory, 'journal.length'), 'utf8').split(' ')[1]);
    expect(whole.length - known).toBeLessThan(2 * NOTE_EVERY_BYTES);
    const ends = lineEnds(whole);
    for (const end of ends) {
      const length = fs.readFileSync(path.join(directory, 'journal.length'));
      fs.writeFileSync(journal(), whole.subarray(0, end));
      if (end < known) expectTold(/it was cut/);
      else withStore(({ log }) => expect(log('l').records()).toHaveLength(ends.indexOf(end)));
      fs.writeFileSync(path.join(directory, 'journal.length'), length);
    }
  });

  it.each(['and its length stays', 'and its length is gone, too'])(
    'is told when it is missing, %s',
    (which) => {
      withStore((store) => fillSome(store, 1));
      fs.rmSync(journal());
      if (which.endsWith('too')) {
        fs.rmSync(path.join(directory, 'journal.length'));
        fs.writeFileSync(path.join(directory, 'lockstep.log'), '');
      }
      expectTold(
        /journal.ndjson is missing, but (journal.length|lockstep.log) beside it shows.*Restore the file/,
      );
      fs.writeFileSync(journal(), '{"lock');
      expectTold(/journal.ndjson is empty, but/);
    },
  );

  it('is told when an older copy stands where it was made smaller since', () => {
    withStore(fill);
    const older = fs.readFileSync(journal());
    withStore((store) => store.log('l').append('since'));
    fs.writeFileSync(journal(), older);
    expectTold(/and had made it smaller since: it was cut, or is an older copy/);
  });

  it('is told when the note of its length is damaged', () => {
    withStore((store) => fillSome(store, 1));
    fs.writeFileSync(path.join(directory, 'journal.length'), 'many\n');
    expectTold(/journal.length is damaged: it must hold two numbers, but holds "many/);
  });

  it('is not what a kill at any moment leaves, noting and making it smaller included', () => {
    const methods = [
      'writeSync',
      'writeFileSync',
      'fsyncSync',
      'renameSync',
      'openSync',
      'closeSync',
    ] as const;
    const work = (kept: string[]) => {
      const store = openStore(directory);
      for (const one of ['a', 'b', 'c', 'd']) {
        store.log('l').append(one + 'x'.repeat(NOTE_EVERY_BYTES / 2));
        kept.push(one);
      }
      store.close();
    };
    withStore(fill);
    const filled = fs.readFileSync(journal());
    let moments = 0;
    for (let moment = 1; moments === 0; moment++) {
      for (const name of fs.readdirSync(directory)) fs.rmSync(path.join(directory, name));
      fs.writeFileSync(journal(), filled);
      const kept: string[] = [];
      let calls = 0;
      const isDead = () => calls > moment;
      // From that moment on nothing reaches the disk, and nobody hears of it.
      for (const method of methods) {
        const real = fs[method] as (...values: unknown[]) => unknown;
        jest.spyOn(fs, method).mockImplementation(((...values: unknown[]) => {
          calls++;
          if (isDead()) throw new Error('killed');
          return real(...values);
        }) as never);
      }
      try {
        work(kept);
        if (!isDead()) moments = moment;
      } catch {
        // Killed.
      }
      jest.restoreAllMocks();
      withStore(({ log, table }) => {
        const found = log<string>('l')
          .records()
          .map(([first]) => first);
        expect(found.slice(0, kept.length)).toEqual(kept);
        expect(table('large').get('state')).toBe('small');
      });
    }
    expect(moments).toBeGreaterThan(20);
  });
});
