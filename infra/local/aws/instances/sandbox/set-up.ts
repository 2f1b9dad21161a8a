import path from 'node:path';
import type { Mount, Part } from './view.ts';

/** What a sandbox's first process makes its `/` of. */
export interface SetUp {
  /** The instance's directory, in which everything lies. */
  readonly directory: string;
  readonly name: string;
  readonly parts: readonly Part[];
  /** The layer that lies between, relative to `directory`. */
  readonly layer: string;
  /** Paths below parts in place of which there are empty directories. */
  readonly hidden: readonly string[];
  /** Directories that are shown as they are, and cannot be written. */
  readonly shown: readonly string[];
  readonly mounts: readonly Mount[];
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** Of `/proc`: what root could change or read of the machine itself (as container engines have it). */
const FIXED = ['sys', 'bus', 'fs', 'irq', 'sysrq-trigger'];
const COVERED = [
  'acpi',
  'asound',
  'kcore',
  'keys',
  'kmsg',
  'latency_stats',
  'scsi',
  'timer_list',
  'interrupts',
];

const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];

/** A directory's name as a name. */
const flat = (file: string) => file.slice(1).replaceAll('/', '+');

/** Directories of programs that run what is run in the sandbox. They are the machine's own and read-only. */
const PROGRAMS = ['usr', 'bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32', 'nix', 'gnu'];

const showReadOnly = (directory: string, mounts: readonly Mount[], to: string): string[] => [
  `mkdir -p ${quoted(to + directory)}`,
  `mount --rbind ${quoted(directory)} ${quoted(to + directory)}`,
  ...[directory, ...mounts.map((mount) => mount.path).filter((one) => one.startsWith(`${directory}/`))].map(
    (one) => `mount -o remount,bind,ro ${quoted(to + one)}`,
  ),
];

/**
 * The script of a sandbox's first process. It begins in the machine's own files, and ends in `stage`: a small `/` with the machine's
 * programs, which cannot be written, and the instance's `/` in `machine`. The machine's files are gone then. What the instance runs is
 * started from these programs and changes to `machine` as its `/`: although it may replace files there, it never gets what this script may.
 */
export const setUpScript = ({ directory, name, parts, layer, hidden, shown, mounts }: SetUp): string => {
  const machine = 'stage/machine';
  const programs = parts.filter((part) => PROGRAMS.includes(part.path.split('/')[1] ?? ''));
  const topLevel = (part: Part) => part.path.split('/').length === 2;
  return [
    'set -e',
    `cd ${quoted(directory)}`,
    'echo 0 > /proc/sys/user/max_user_namespaces',
    `hostname ${quoted(name)} 2>/dev/null || :`,
    'ip link set lo up',
    'mount -t tmpfs -o mode=755,size=1m tmpfs stage',
    ...programs
      .filter(topLevel)
      .flatMap((part) =>
        part.kind === 'link'
          ? [`ln -s ${quoted(part.target)} stage${part.path}`]
          : showReadOnly(part.path, mounts, 'stage'),
      ),
    'mkdir stage/dev stage/etc stage/machine stage/proc stage/old',
    // The shell reads it for what runs in the background.
    ': > stage/dev/null; mount --bind /dev/null stage/dev/null',
    'if [ -f /etc/ld.so.cache ]; then cp /etc/ld.so.cache stage/etc/; fi',
    `mount --bind upper ${machine}`,
    ...parts.flatMap((part) => {
      if (part.kind !== 'overlay') return [];
      const options = `lowerdir=${layer}${part.path}:${part.path},upperdir=upper${part.path},workdir=work/${flat(part.path)},userxattr`;
      return [`mount -t overlay overlay -o ${quoted(options)} ${quoted(machine + part.path)}`];
    }),
    ...hidden.flatMap((place) => [
      `mkdir -p ${quoted(machine + place)}`,
      `mount --bind ${quoted(`own/${flat(place)}`)} ${quoted(machine + place)}`,
    ]),
    ...shown.flatMap((place) => showReadOnly(place, [], machine)),
    `mount -t tmpfs -o mode=755,size=1m,nosuid tmpfs ${machine}/dev`,
    `for name in ${DEVICES.join(' ')}; do : > ${machine}/dev/$name; mount --bind /dev/$name ${machine}/dev/$name; done`,
    `mkdir ${machine}/dev/pts ${machine}/dev/shm`,
    `mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts ${machine}/dev/pts`,
    `mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs ${machine}/dev/shm`,
    `ln -s pts/ptmx ${machine}/dev/ptmx; ln -s /proc/self/fd ${machine}/dev/fd`,
    `for name in 0:stdin 1:stdout 2:stderr; do ln -s /proc/self/fd/\${name%%:*} ${machine}/dev/\${name#*:}; done`,
    `mount -t tmpfs -o mode=755,nosuid,nodev tmpfs ${machine}/run; mkdir -m 1777 ${machine}/run/lock`,
    'mount -t proc -o nosuid,nodev,noexec proc stage/proc',
    `for name in ${FIXED.join(' ')}; do if [ -e stage/proc/$name ]; then mount --bind stage/proc/$name stage/proc/$name; mount -o remount,bind,ro stage/proc/$name; fi; done`,
    `for name in ${COVERED.join(' ')}; do if [ -d stage/proc/$name ]; then mount -t tmpfs -o ro tmpfs stage/proc/$name; elif [ -e stage/proc/$name ]; then mount --bind /dev/null stage/proc/$name; fi; done`,
    `mount --rbind stage/proc ${machine}/proc`,
    `mkdir -p ${machine}/opt/codedeploy-agent/deployment-root`,
    `mount --bind codedeploy-agent/deployment-root ${machine}/opt/codedeploy-agent/deployment-root`,
    'cd stage; pivot_root . old; cd /; umount -l old; rmdir old; mount -o remount,bind,ro /',
    'echo ready',
    // As the first process it takes over those whose parents have ended, and outlives every signal from inside.
    'while :; do sleep infinity & wait; done',
  ].join('\n');
};

/** Directories that the instance's own files have at first. */
export const ownDirectories = (): readonly { readonly path: string; readonly mode: number }[] => [
  ...['home', 'mnt', 'media', 'boot', 'proc', 'sys', 'dev', 'run'].map((name) => ({
    path: `/${name}`,
    mode: 0o755,
  })),
  { path: '/root', mode: 0o700 },
  { path: '/tmp', mode: 0o1777 },
];

/** Names of directories beside the instance's own files. */
export const workDirectory = (directory: string, part: Part): string =>
  path.join(directory, 'work', flat(part.path));
export const emptyDirectory = (directory: string, place: string): string =>
  path.join(directory, 'own', flat(place));
