import fs from 'node:fs';
import path from 'node:path';
import { type RunBash, wordsInput } from '../bash/bash-files.ts';
import { runProgram } from '../run-program.ts';
import { layerDirectory, makeCommonLayer, mirrorInLayer } from './common-layer.ts';
import type { Identities } from './identities.ts';
import { lookHere, mirrorDirectory, mountsHere, nodeDirectory, privatePlaces } from './machine-look.ts';
import { type Inhabitant, openNamespaces, PLAIN_ENVIRONMENT } from './namespaces.ts';
import { emptyDirectory, ownDirectories, setUpScript, workDirectory } from './set-up.ts';
import { isApart, type Mount, type Part, planView } from './view.ts';

/** What root of a sandbox may: as in a container, nothing about mounts, networks, devices, other users' processes or the kernel. */
const CAPABILITIES = [
  ...['chown', 'dac_override', 'fowner', 'fsetid', 'kill', 'setgid', 'setuid', 'setpcap', 'setfcap'],
  ...['net_bind_service', 'net_raw', 'sys_chroot', 'audit_write'],
];

const NAMESPACES = ['--mount', '--pid', '--net', '--ipc', '--uts'];

/** How long processes may take to end, in twentieths of a second. */
const GRACE = 40;

/** Asks everything in a sandbox to end, and waits a little. */
const END = `kill -TERM -1
for ((turn = 0; turn < ${GRACE}; turn++)); do
  busy=
  for directory in /proc/[0-9]*; do
    pid=\${directory#/proc/}
    [ "$pid" = 1 ] || [ "$pid" = $$ ] || [ "$(cat "$directory/comm" 2>/dev/null)" = sleep ] || busy=1
  done
  [ -n "$busy" ] || break
  sleep 0.05
done`;

/** A machine in namespaces, as long as this process lives. */
export interface Sandbox {
  /** Its first process. */
  readonly pid: number;
  readonly bash: RunBash;
  /** Ends what runs there, first by asking for it. */
  readonly stop: () => Promise<void>;
  readonly kill: () => Promise<void>;
}

/** Makes the sandboxes of a state directory. */
export interface Sandboxes {
  /** Starts one. What was written in an earlier one with the same directory is there. @throws SandboxError */
  readonly start: (directory: string, name: string) => Promise<Sandbox>;
  /** Deletes a directory with files of whichever user of a sandbox. */
  readonly removeTree: (directory: string) => Promise<void>;
}

/** The sandboxes of a state directory, over the machine as it is when each starts. */
export const createSandboxes = (stateDir: string, identities: Identities): Sandboxes => {
  const isRoot = identities.kind === 'all';
  const hidden = privatePlaces(stateDir);
  const node = nodeDirectory();
  const shown = node === undefined ? [] : [node];
  let layer: Promise<void> | undefined;

  const prepare = async (directory: string, mounts: readonly Mount[]) => {
    const apart = mounts.filter(isApart).map((mount) => mount.path);
    layer ??= makeCommonLayer(stateDir, isRoot, [...hidden, ...apart]);
    await layer;
    const own = path.join(directory, 'upper');
    for (const name of ['upper', 'stage', 'codedeploy-agent/deployment-root'])
      fs.mkdirSync(path.join(directory, name), { recursive: true });
    // Root there can make programs that run as their owner; no other user of the machine is to come across them.
    fs.chmodSync(directory, 0o700);
    for (const { path: name, mode } of ownDirectories()) {
      if (fs.existsSync(path.join(own, name))) continue;
      fs.mkdirSync(path.join(own, name));
      fs.chmodSync(path.join(own, name), mode);
    }
    const parts = planView(mounts, lookHere);
    for (const part of parts) {
      fillIn(own, part);
      if (part.kind !== 'overlay') continue;
      mirrorInLayer(stateDir, part.path);
      fs.mkdirSync(workDirectory(directory, part), { recursive: true });
    }
    const covered = hidden.filter((place) => parts.some((part) => place.startsWith(`${part.path}/`)));
    for (const place of covered) mirrorDirectory(place, emptyDirectory(directory, place));
    return { parts, hidden: covered };
  };

  const start: Sandboxes['start'] = async (directory, name) => {
    const mounts = mountsHere();
    const script = setUpScript({
      ...(await prepare(directory, mounts)),
      directory,
      name,
      layer: path.relative(directory, layerDirectory(stateDir)),
      shown,
      mounts,
    });
    const inhabitant = await openNamespaces(NAMESPACES, identities, script);
    await inhabitant.line();
    return sandboxOf(inhabitant, shown);
  };

  return {
    start,
    removeTree: async (directory) => {
      if (!fs.existsSync(directory)) return;
      if (isRoot) return fs.rmSync(directory, { recursive: true, force: true });
      const quoted = `'${directory.replaceAll("'", `'\\''`)}'`;
      const removal = await openNamespaces([], identities, `rm -rf -- ${quoted}`);
      await removal.ended;
    },
  };
};

/** Makes what the instance has itself; what it has deleted since is made once more, as the kernel needs it. */
const fillIn = (own: string, part: Part) => {
  const to = path.join(own, part.path);
  if (part.kind === 'overlay' || part.kind === 'directory') return mirrorDirectory(part.path, to);
  if (fs.lstatSync(to, { throwIfNoEntry: false })) return;
  if (part.kind === 'link') fs.symlinkSync(part.target, to);
  else fs.copyFileSync(part.path, to);
};

const sandboxOf = ({ pid, kill }: Inhabitant, shown: readonly string[]): Sandbox => {
  const enter = ['--target', String(pid), '--user', ...NAMESPACES, '--preserve-credentials'];
  const limited = [`--bounding-set=-all,${CAPABILITIES.map((name) => `+${name}`).join(',')}`];
  const searched = [...shown.map((directory) => `${directory}/bin`), PLAIN_ENVIRONMENT.PATH].join(':');
  const bash: RunBash = (script, words, { env = {}, ...call } = {}) =>
    runProgram(
      'nsenter',
      [...enter, '--', 'setsid', 'setpriv', ...limited, 'chroot', '/machine', '/bin/bash', '-c', script],
      {
        ...call,
        env: { ...PLAIN_ENVIRONMENT, PATH: searched, HOME: '/root', USER: 'root', LOGNAME: 'root', ...env },
        input: wordsInput(words),
      },
    );
  return {
    pid,
    bash,
    kill,
    stop: async () => {
      await bash(END, []);
      await kill();
    },
  };
};
