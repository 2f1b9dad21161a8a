import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { STORE_VERSION } from '../journal-records.ts';
import { StateDirectoryError } from '../state-directory.ts';
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

/** The descriptor's write that lets only some bytes through and fails. */
const fullDisk = () => {
  const { writeSync } = fs;
  return jest.spyOn(fs, 'writeSync').mockImplementation((descriptor, bytes) => {
    writeSync(descriptor, (bytes as unknown as Buffer).subarray(0, 10));
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  });
};

describe('a disk that is full midway', () => {
  it('is told in words, once to who runs it and with every write from then on, and leaves no half record', () => {
    const failures: StateDirectoryError[] = [];
    const store = openStore(directory, (error) => failures.push(error));
    store.table('t').put('a', 1);
    const full = fullDisk();
    expect(() => store.table('t').put('b', 2)).toThrow(StateDirectoryError);
    full.mockRestore();
    expect(store.table('t').has('b')).toBe(false);
    // There is room again, but what was not written may have been missed by others.
    expect(() => store.table('t').put('c', 3)).toThrow(
      /the disk is full \(ENOSPC.*Free some space.*--state-dir/,
    );
    expect(failures).toEqual([expect.any(StateDirectoryError)]);
    store.close();
    store.table('t').put('d', 4);
    withStore(({ notices, table }) => {
      expect(notices).toEqual([]);
      expect(table('t').keys()).toEqual(['a']);
    });
  });

  it('leaves at most a torn record, which the next start drops', () => {
    const store = openStore(directory);
    store.table('t').put('a', 1);
    const full = fullDisk();
    const stuck = jest.spyOn(fs, 'ftruncateSync').mockImplementation(() => {
      throw new Error('EIO');
    });
    expect(() => store.table('t').put('b', 2)).toThrow(StateDirectoryError);
    full.mockRestore();
    stuck.mockRestore();
    store.close();
    withStore(({ notices, table }) => {
      expect(notices).toEqual([expect.stringContaining('torn by a crash')]);
      expect(table('t').keys()).toEqual(['a']);
    });
  });
});

/** As a kill leaves it that came before the journal's length was noted. */
const forgetLength = () => fs.rmSync(path.join(directory, 'journal.length'));

describe('a torn last record', () => {
  it.each([1, 5, 12, 30])('is dropped and said, cut by %i bytes', (missing) => {
    writeSome();
    forgetLength();
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

  it.each(['', '{"lockst'])('may be the header, of a journal that was just being made: %j', (begun) => {
    fs.writeFileSync(journal(), begun);
    withStore((store) => {
      expect(store.notices).toEqual(['The journal held no record yet; it begins again.']);
      store.table('t').put('a', 1);
    });
    withStore((store) => {
      expect(store.notices).toEqual([]);
      expect(store.table('t').get('a')).toBe(1);
    });
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

  it('fails when its last record is damaged, or stands there twice: no crash tears a line that ends', () => {
    writeSome();
    const whole = content();
    const last = whole.lastIndexOf(0x0a, whole.length - 2) + 1;
    const damaged = Buffer.from(whole).fill('#', whole.length - 4, whole.length - 1);
    fs.writeFileSync(journal(), damaged);
    expectRefusal(new RegExp(`damaged at line 7 \\(byte ${last}\\): its checksum does not match`));
    fs.writeFileSync(journal(), Buffer.concat([whole, whole.subarray(last)]));
    expectRefusal(new RegExp(`damaged at line 8 \\(byte ${whole.length}\\): its checksum does not match`));
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
    [STORE_VERSION + 1, /by another version .* another --state-dir, or use the Lockstep that made it/],
    [STORE_VERSION - 1, /by an earlier version .* another --state-dir, or remove this one/],
  ])('fails for version %i, naming both and the remedy', (version, told) => {
    writeSome();
    fs.writeFileSync(journal(), [JSON.stringify({ lockstep: version }), ...linesOf().slice(1)].join('\n'));
    expectRefusal(new RegExp(`has version ${version}; this Lockstep reads version ${STORE_VERSION}`));
    expectRefusal(told);
  });

  it('fails for a directory in its place, and for a file in the place of the state directory', () => {
    fs.mkdirSync(journal());
    expect(() => openStore(directory)).toThrow(StateDirectoryError);
    expect(() => openStore(directory)).toThrow(/is not a file\. Move it away/);
    fs.rmdirSync(journal());
    const file = path.join(directory, 'file');
    fs.writeFileSync(file, 'content');
    expect(() => openStore(file)).toThrow(StateDirectoryError);
    expect(() => openStore(file)).toThrow(/it is a file and no directory/);
    expect(() => openStore(path.join(file, 'below'))).toThrow(/a part of its path is a file/);
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
    expect(() => openStore(directory)).toThrow(
      /cannot be used: you may not read or write there \(EACCES: permission denied\).*--state-dir/,
    );
    refused.mockRestore();
    expect(content().equals(before)).toBe(true);
  });

  it.each([
    [
      'EROFS',
      /lies in a file system that is read-only .* Make that writable, or start with another --state-dir/,
    ],
    ['ENOSPC', /the disk is full .* Free some space, or start with another --state-dir/],
  ])('fails where no directory can be made (%s)', (code, told) => {
    const refused = jest.spyOn(fs, 'mkdirSync').mockImplementation(() => {
      throw Object.assign(new Error(`${code}: mkdir`), { code });
    });
    expect(() => openStore(path.join(directory, 'new'))).toThrow(told);
    refused.mockRestore();
  });

  it('fails for a file that is no journal', () => {
    fs.writeFileSync(journal(), 'some notes\nof somebody\n');
    expectRefusal(/damaged at line 1 \(byte 0\): it is not a header of Lockstep/);
    fs.writeFileSync(journal(), 'some notes of somebody');
    expectRefusal(/damaged at line 1 \(byte 0\)/);
  });
});

it('fails for a journal with any byte changed, naming the line', () => {
  writeSome();
  const whole = content();
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, difference) => {
      const bytes = Buffer.from(whole);
      bytes[at] = (whole[at] ?? 0) ^ difference;
      fs.writeFileSync(journal(), bytes);
      const line = whole.toString('latin1', 0, at).split('\n').length;
      expect(() => openStore(directory)).toThrow(
        line === 1 ? StateDirectoryError : new RegExp(`is damaged at line ${line} `),
      );
      expect(content().equals(bytes)).toBe(true);
    }),
    { numRuns: 200, examples: [[whole.length - 1, 1]] },
  );
});

it('opens after a kill while any byte was written to a state that existed', () => {
  writeSome();
  const whole = content();
  const lengths = whole.toString('latin1').split('\n').slice(1, -1);
  fc.assert(
    fc.property(fc.nat(whole.length), (size) => {
      forgetLength();
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
