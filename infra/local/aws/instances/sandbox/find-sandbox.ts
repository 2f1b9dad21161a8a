import fs from 'node:fs';
import path from 'node:path';
import { runProgram } from '../run-program.ts';
import { findIdentities, type Identities } from './identities.ts';
import { createSandboxes } from './sandboxes.ts';

/** Programs of util-linux, iproute2 and coreutils that make a sandbox, and how to ask whether they are there. */
const PROGRAMS = [
  'unshare',
  'nsenter',
  'setpriv',
  'mount',
  'umount',
  'pivot_root',
  'chroot',
  'setsid',
  'ip',
  'bash',
];

/** Settings of the kernel that forbid user namespaces, with the value that does, and what to do about it. */
const SETTINGS = [
  {
    name: 'kernel.apparmor_restrict_unprivileged_userns',
    forbids: '1',
    remedy: 'AppArmor, as Ubuntu sets it up, lets only named programs make user namespaces',
  },
  {
    name: 'kernel.unprivileged_userns_clone',
    forbids: '0',
    remedy: 'the kernel lets only root make user namespaces',
  },
  { name: 'user.max_user_namespaces', forbids: '0', remedy: 'the kernel makes no user namespaces' },
];

/** Why there are no sandboxes. */
export interface NoSandbox {
  readonly why: string;
}

const settingsThatForbid = (): string =>
  SETTINGS.flatMap(({ name, forbids, remedy }) => {
    const file = `/proc/sys/${name.replaceAll('.', '/')}`;
    const isSo = fs.existsSync(file) && fs.readFileSync(file, 'utf8').trim() === forbids;
    return isSo ? [`${remedy} (${name} = ${forbids}; an administrator can change it with sysctl)`] : [];
  }).join('; ');

/** What an instance must be able to do, as the first check of everything that may be forbidden. */
const CHECK =
  'set -e; [ "$(id -u)" = 0 ]; echo x > /etc/aws-emulator-check; mkdir /opt/aws-emulator-check; : > /usr/bin/aws-emulator-check; [ "$PPID" = 0 ]';

/** Starts a small sandbox and ends it. @throws Error with what is in the way */
const tryOne = async (stateDir: string, identities: Identities): Promise<void> => {
  const sandboxes = createSandboxes(stateDir, identities);
  const directory = path.join(stateDir, 'sandbox', `check-${process.pid}`);
  try {
    const sandbox = await sandboxes.start(directory, 'check');
    try {
      const { code, stderr } = await sandbox.bash(CHECK, []);
      if (code !== 0) throw new Error(stderr || `a check in it ended with ${code}`);
    } finally {
      await sandbox.kill();
    }
  } finally {
    await sandboxes.removeTree(directory);
  }
};

/**
 * Whether instances can be sandboxes whose files lie in this directory: one is made and thrown away.
 * @returns whose ids users in it have
 */
export const findSandbox = async (stateDir: string): Promise<Identities | NoSandbox> => {
  if (process.platform !== 'linux')
    return { why: `sandboxes are made of Linux namespaces, and this is ${process.platform}` };
  const isThere = await Promise.all(
    PROGRAMS.map((name) =>
      runProgram('/bin/sh', ['-c', `PATH=$PATH:/usr/sbin:/sbin; command -v ${name}`]).then(
        ({ code }) => code === 0,
      ),
    ),
  );
  const missing = PROGRAMS.filter((_, index) => !isThere[index]);
  if (missing.length > 0) return { why: `these programs are missing: ${missing.join(', ')}` };
  const wasThere = fs.existsSync(path.join(stateDir, 'sandbox'));
  const identities = await findIdentities();
  try {
    await tryOne(stateDir, identities);
    return identities;
  } catch (error) {
    if (!wasThere) fs.rmSync(path.join(stateDir, 'sandbox'), { recursive: true, force: true });
    const reasons = [settingsThatForbid(), `a trial ended with: ${(error as Error).message}`];
    return { why: reasons.filter(Boolean).join('; ') };
  }
};
