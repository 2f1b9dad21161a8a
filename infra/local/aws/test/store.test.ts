import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { STORE_VERSION, StateDirectoryError } from '../journal-file.ts';
import { createMemoryStore, openStore, type Store } from '../store.ts';

let directory: string;
const journal = () => path.join(directory, 'journal.ndjson');
const content = () => fs.readFileSync(journal());

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-store-'));
});

afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

const withStore = <Result>(use: (store: Store) => Result): Result => {
  const store = openStore(directory);
  try {
    return use(store);
  } finally {
    store.close();
  }
};

const writeSome = () =>
  withStore((store) => {
    const jobs = store.table<{ status: string }>('jobs');
    jobs.put('a', { status: 'running' });
    jobs.put('b', { status: 'running' });
    jobs.put('a', { status: 'done ü' });
    jobs.delete('b');
    store.log<string>('mails').append('first');
    store.log<string>('mails').append('second');
  });

const expectSome = (store: Store) => {
  expect(store.table('jobs').entries()).toEqual([['a', { status: 'done ü' }]]);
  expect(store.log('mails').records()).toEqual(['first', 'second']);
};

it('remembers tables and logs over restarts', () => {
  writeSome();
  withStore((store) => {
    expectSome(store);
    expect(store.notices).toEqual([]);
  });
});

it('has each write on disk before it returns', () => {
  const store = openStore(directory);
  store.table('jobs').put('a', { status: 'running' });
  // Another process reads, as after a kill: the store was not closed.
  const copy = fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-store-'));
  fs.copyFileSync(journal(), path.join(copy, 'journal.ndjson'));
  const survivor = openStore(copy);
  expect(survivor.table('jobs').get('a')).toEqual({ status: 'running' });
  survivor.close();
  store.close();
  fs.rmSync(copy, { recursive: true });
});

it('keeps the same table and log under a name, in the order of first writing', () => {
  const store = createMemoryStore();
  store.table<number>('t').put('z', 1);
  store.table<number>('t').put('a', 2);
  store.table<number>('t').put('z', 3);
  expect(store.table('t').entries()).toEqual([
    ['z', 3],
    ['a', 2],
  ]);
  expect(store.table('t').keys()).toEqual(['z', 'a']);
  expect(store.table('t').values()).toEqual([3, 2]);
  expect(store.table('t').has('q')).toBe(false);
  expect(store.table('other').keys()).toEqual([]);
});

it('keeps falsy values apart from nothing', () => {
  withStore((store) => {
    store.table('t').put('null', null);
    store.table('t').put('zero', 0);
    store.table('t').put('', false);
    store.log('l').append(null);
  });
  withStore((store) => {
    expect(store.table('t').entries()).toEqual([
      ['null', null],
      ['zero', 0],
      ['', false],
    ]);
    expect(store.log('l').records()).toEqual([null]);
  });
});

it('fails to keep a value that JSON cannot hold, and forgets nothing', () => {
  withStore((store) => {
    store.table<unknown>('t').put('a', 1);
    expect(() => store.table<unknown>('t').put('a', undefined)).toThrow('undefined');
    expect(() => store.log<unknown>('l').append(undefined)).toThrow('undefined');
    expect(store.table('t').get('a')).toBe(1);
    expect(store.log('l').records()).toEqual([]);
  });
  withStore((store) => expect(store.table('t').get('a')).toBe(1));
});

it('drops what is written after closing, as a killed process would', () => {
  writeSome();
  const store = openStore(directory);
  store.close();
  store.close();
  store.table('jobs').put('late', {});
  store.log('mails').append('late');
  withStore(expectSome);
});

it('gives values in memory as they would come back from disk', () => {
  const store = createMemoryStore();
  const value = { at: new Date(0), left: undefined };
  store.table<unknown>('t').put('a', value);
  store.log<unknown>('l').append(value);
  expect(store.table('t').get('a')).toStrictEqual({ at: '1970-01-01T00:00:00.000Z' });
  expect(store.log('l').records()).toStrictEqual([{ at: '1970-01-01T00:00:00.000Z' }]);
});

it('fails on a full disk without leaving half a record behind', () => {
  withStore((store) => {
    store.table('t').put('a', 1);
    const { writeSync } = fs;
    const full = jest.spyOn(fs, 'writeSync').mockImplementationOnce((descriptor, bytes) => {
      writeSync(descriptor, (bytes as unknown as Buffer).subarray(0, 10));
      throw new Error('ENOSPC: no space left on device');
    });
    expect(() => store.table('t').put('b', 2)).toThrow('ENOSPC');
    full.mockRestore();
    expect(store.table('t').has('b')).toBe(false);
    store.table('t').put('c', 3);
  });
  withStore((store) => {
    expect(store.notices).toEqual([]);
    expect(store.table('t').keys()).toEqual(['a', 'c']);
  });
});

describe('a torn last record', () => {
  it.each([1, 5, 12, 30])('is dropped and said, cut by %i bytes', (missing) => {
    writeSome();
    const whole = content();
    fs.writeFileSync(journal(), whole.subarray(0, whole.length - missing));
    withStore((store) => {
      expect(store.notices).toEqual([
        expect.stringMatching(
          /^The last record of the journal \(line 7, byte \d+\) was torn by a crash and is dropped: /,
        ),
      ]);
      expect(store.log('mails').records()).toEqual(['first']);
      store.log('mails').append('again');
    });
    withStore((store) => {
      expect(store.notices).toEqual([]);
      expect(store.log('mails').records()).toEqual(['first', 'again']);
    });
  });

  it('is dropped when a crash left its bytes wrong', () => {
    writeSome();
    const whole = content();
    whole.fill('#', whole.length - 4, whole.length - 1);
    fs.writeFileSync(journal(), whole);
    withStore((store) => {
      expect(store.notices).toHaveLength(1);
      expect(store.log('mails').records()).toEqual(['first']);
    });
  });

  it.each(['', '{"lockst'])('may be the header, of a journal that was just being made: %j', (begun) => {
    fs.writeFileSync(journal(), begun);
    withStore((store) => {
      expect(store.notices).toEqual(['The journal held no record yet; it is begun anew.']);
      store.table('t').put('a', 1);
    });
    withStore((store) => {
      expect(store.notices).toEqual([]);
      expect(store.table('t').get('a')).toBe(1);
    });
  });

  it('may be a record that stands there twice', () => {
    writeSome();
    const whole = content();
    const last = whole.subarray(whole.lastIndexOf(0x0a, whole.length - 2) + 1);
    fs.appendFileSync(journal(), last);
    withStore((store) => {
      expect(store.notices).toEqual([expect.stringContaining('(line 8, byte ')]);
      expect(store.log('mails').records()).toEqual(['first', 'second']);
    });
    expect(content().equals(whole)).toBe(true);
  });
});

describe('a journal that cannot be used', () => {
  const expectRefusal = (message: RegExp) => {
    const before = content();
    expect(() => openStore(directory)).toThrow(StateDirectoryError);
    expect(() => openStore(directory)).toThrow(message);
    expect(content().equals(before)).toBe(true);
  };

  it('fails when it is damaged before its last record, naming the place', () => {
    writeSome();
    const bytes = content();
    const second = bytes.indexOf(0x0a, bytes.indexOf(0x0a) + 1) + 1;
    bytes[second + 20] = 0x23;
    fs.writeFileSync(journal(), bytes);
    expectRefusal(
      new RegExp(
        `damaged at line 3 \\(byte ${second}\\): its checksum does not match.*--state-dir.*RUNBOOK.md, "Journal damaged"`,
      ),
    );
  });

  it('fails when a record is missing its line end in the middle', () => {
    writeSome();
    const text = content().toString('utf8').split('\n');
    text.splice(2, 2, `${text[2]}${text[3]}`);
    fs.writeFileSync(journal(), text.join('\n'));
    expectRefusal(/damaged at line 3/);
  });

  const linesOf = () => content().toString('utf8').split('\n');

  it.each([
    ['stands there twice', (lines: string[]) => lines.splice(3, 0, lines[2] ?? '')],
    ['is missing', (lines: string[]) => lines.splice(3, 1)],
    [
      'has changed places with the next',
      (lines: string[]) => lines.splice(3, 2, lines[4] ?? '', lines[3] ?? ''),
    ],
    ['is empty', (lines: string[]) => lines.splice(3, 1, '')],
  ])('fails when a record before the last %s', (_, change) => {
    writeSome();
    const lines = linesOf();
    const byte = Buffer.byteLength(`${lines.slice(0, 3).join('\n')}\n`);
    change(lines);
    fs.writeFileSync(journal(), lines.join('\n'));
    expectRefusal(new RegExp(`damaged at line 4 \\(byte ${byte}\\): its checksum does not match`));
  });

  it.each([
    ['newer', STORE_VERSION + 1],
    ['older', STORE_VERSION - 1],
  ])('fails for a %s version, naming both', (_, version) => {
    writeSome();
    fs.writeFileSync(journal(), [JSON.stringify({ lockstep: version }), ...linesOf().slice(1)].join('\n'));
    expectRefusal(new RegExp(`has version ${version}; this Lockstep reads version ${STORE_VERSION}`));
  });

  it('fails for a directory in its place, and for a file in the place of the state directory', () => {
    fs.mkdirSync(journal());
    expect(() => openStore(directory)).toThrow(StateDirectoryError);
    expect(() => openStore(directory)).toThrow(/is not a file\. Move it away/);
    fs.rmdirSync(journal());
    const file = path.join(directory, 'file');
    fs.writeFileSync(file, 'content');
    expect(() => openStore(file)).toThrow(StateDirectoryError);
    expect(fs.readFileSync(file, 'utf8')).toBe('content');
  });

  it.each(['readFileSync', 'openSync'] as const)('fails for one that may not be used (%s)', (method) => {
    writeSome();
    const before = content();
    // The administrator, as whom tests may run, is refused nothing.
    const refused = jest.spyOn(fs, method).mockImplementation(() => {
      throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    });
    expect(() => openStore(directory)).toThrow(StateDirectoryError);
    expect(() => openStore(directory)).toThrow(/cannot be used: EACCES: permission denied.*--state-dir/);
    refused.mockRestore();
    expect(content().equals(before)).toBe(true);
  });

  it('fails for a file that is no journal', () => {
    fs.writeFileSync(journal(), 'some notes\nof somebody\n');
    expectRefusal(/damaged at line 1 \(byte 0\): it is not a header of Lockstep/);
    fs.writeFileSync(journal(), 'some notes of somebody');
    expectRefusal(/damaged at line 1 \(byte 0\)/);
  });
});

it('refuses a journal with any byte changed before its last record, and drops the last one, as they are', () => {
  writeSome();
  const whole = content();
  const last = whole.lastIndexOf(0x0a, whole.length - 2) + 1;
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, difference) => {
      const bytes = Buffer.from(whole);
      bytes[at] = (whole[at] ?? 0) ^ difference;
      fs.writeFileSync(journal(), bytes);
      const isInLast = at >= last && bytes[at] !== 0x0a;
      if (isInLast) return withStore((store) => expect(store.log('mails').records()).toEqual(['first']));
      const line = whole.toString('latin1', 0, at).split('\n').length;
      expect(() => openStore(directory)).toThrow(
        line === 1 ? StateDirectoryError : new RegExp(`is damaged at line ${line} `),
      );
      expect(content().equals(bytes)).toBe(true);
    }),
    {
      numRuns: 200,
      examples: [
        [last - 1, 1],
        [whole.length - 1, 1],
      ],
    },
  );
});

it('opens after a cut at any byte to a state that existed', () => {
  writeSome();
  const whole = content();
  const lengths = whole.toString('latin1').split('\n').slice(1, -1);
  fc.assert(
    fc.property(fc.nat(whole.length), (size) => {
      fs.writeFileSync(journal(), whole.subarray(0, size));
      withStore((store) => {
        const kept = whole.subarray(0, size).toString('latin1').split('\n').length - 2;
        const puts = lengths.slice(0, Math.max(0, kept)).filter((line) => line.includes('"mails"')).length;
        expect(store.log('mails').records()).toHaveLength(puts);
      });
    }),
    { numRuns: 60 },
  );
});
