import { subordinateRange } from '../../../instances/sandbox/identities.ts';
import { type Lies, type Look, mountsIn, planView } from '../../../instances/sandbox/view.ts';

/** A machine with these files; a text is a link's target. */
const machine = (
  files: Readonly<Record<string, 'directory' | 'file' | 'secret' | `-> ${string}`>>,
): Look => ({
  at: (file): Lies => {
    const what = files[file];
    if (what === 'directory' || what === 'file') return { kind: what };
    return what?.startsWith('-> ') ? { kind: 'link', target: what.slice(3) } : { kind: 'nothing' };
  },
  in: (directory) =>
    Object.keys(files).flatMap((file) => {
      const name = file.startsWith(`${directory}/`) ? file.slice(directory.length + 1) : '/';
      return name.includes('/') ? [] : [name];
    }),
});

const text = (look: Look, mounts: readonly [path: string, fileSystem: string][]) =>
  planView(
    mounts.map(([path, fileSystem]) => ({ path, fileSystem })),
    look,
  ).map((part) => `${part.kind} ${part.path}${part.kind === 'link' ? ` ${part.target}` : ''}`);

const usual = {
  '/bin': '-> usr/bin',
  '/usr': 'directory',
  '/etc': 'directory',
  '/home': 'directory',
} as const;

describe('what an instance sees', () => {
  it('is the system, under a layer of its own, and no home', () => {
    expect(text(machine(usual), [['/', 'ext4']])).toEqual([
      'link /bin usr/bin',
      'overlay /usr',
      'overlay /etc',
    ]);
  });

  it('is a directory that was taken apart where something is mounted in it', () => {
    const look = machine({
      ...usual,
      '/var': 'directory',
      '/var/log': 'directory',
      '/var/lib': 'directory',
      '/var/lib/docker': 'secret',
      '/var/lib/pipes': 'directory',
      '/var/lib/note': 'file',
      '/var/run': '-> /run',
    });
    const mounts: [string, string][] = [
      ['/', 'ext4'],
      ['/var/log', 'xfs'],
      ['/var/lib/docker/overlay2/x/merged', 'overlay'],
      ['/var/lib/pipes', 'rpc_pipefs'],
    ];
    expect(text(look, mounts).slice(3)).toEqual([
      'directory /var',
      'overlay /var/log',
      'directory /var/lib',
      'directory /var/lib/pipes',
      'file /var/lib/note',
      'link /var/run /run',
    ]);
  });

  it('is a copy of a file that something is mounted on, and of its neighbors', () => {
    const look = machine({ ...usual, '/etc/hosts': 'file', '/etc/ssl': 'directory' });
    expect(text(look, [['/etc/hosts', 'ext4']]).slice(2)).toEqual([
      'directory /etc',
      'file /etc/hosts',
      'overlay /etc/ssl',
    ]);
  });
});

it('mounts are read from the kernel, odd names too', () => {
  const line = '36 35 98:0 /mnt1 /mnt\\040two rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n';
  expect(mountsIn(line)).toEqual([{ path: '/mnt two', fileSystem: 'ext3' }]);
});

it.each([
  ['dana:100000:65536\nsam:165536:65536\n', { first: 165536, count: 65536 }],
  ['1001:5:10\n', { first: 5, count: 10 }],
  ['dana:100000:65536\nsam:0:0\n', undefined],
  ['', undefined],
])('the ids that belong to a user are found in %j', (lines, range) => {
  expect(subordinateRange(lines, 'sam', 1001)).toEqual(range);
});
