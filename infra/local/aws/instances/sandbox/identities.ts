import fs from 'node:fs';
import os from 'node:os';
import { runProgram } from '../run-program.ts';

/** Whose ids the users in a sandbox have on this machine. */
export type Identities =
  /** Each its own: the user who runs the emulator is root. */
  | { readonly kind: 'all' }
  /** Root is the user who runs the emulator; the others have ids that belong to that user (subuid(5)). */
  | { readonly kind: 'subordinate'; readonly users: IdRange; readonly groups: IdRange }
  /** There is root only, which is the user who runs the emulator. */
  | { readonly kind: 'single' };

interface IdRange {
  readonly first: number;
  readonly count: number;
}

/** The range of a user in the text of `/etc/subuid` or `/etc/subgid`. */
export const subordinateRange = (text: string, user: string, uid: number): IdRange | undefined => {
  for (const line of text.split('\n')) {
    const [name, first, count] = line.split(':');
    if ((name === user || name === String(uid)) && Number(count) > 0)
      return { first: Number(first), count: Number(count) };
  }
  return undefined;
};

const textOf = (file: string): string => {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

/** What the user who runs this may map. */
export const findIdentities = async (): Promise<Identities> => {
  const { uid, username } = os.userInfo();
  if (uid === 0) return { kind: 'all' };
  const [users, groups] = ['/etc/subuid', '/etc/subgid'].map((file) =>
    subordinateRange(textOf(file), username, uid),
  );
  if (!users || !groups) return { kind: 'single' };
  try {
    // Without arguments, both print how they are used.
    await runProgram('newuidmap', [], { timeoutMs: 5_000 });
    await runProgram('newgidmap', [], { timeoutMs: 5_000 });
  } catch {
    return { kind: 'single' };
  }
  return { kind: 'subordinate', users, groups };
};

/** Every id that Linux has. */
const ALL = '0 0 4294967295';

/** Gives a process that is alone in a new user namespace its users. @throws Error if the kernel or newuidmap says no */
export const mapIdentities = async (pid: number, identities: Identities): Promise<void> => {
  const { uid, gid } = os.userInfo();
  const write = (name: string, text: string) => fs.writeFileSync(`/proc/${pid}/${name}`, text);
  if (identities.kind === 'all') {
    write('uid_map', ALL);
    write('gid_map', ALL);
  } else if (identities.kind === 'single') {
    write('setgroups', 'deny');
    write('uid_map', `0 ${uid} 1`);
    write('gid_map', `0 ${gid} 1`);
  } else
    for (const [program, own, { first, count }] of [
      ['newuidmap', uid, identities.users],
      ['newgidmap', gid, identities.groups],
    ] as const) {
      const ids = [0, own, 1, 1, first, count].map(String);
      const { code, stderr } = await runProgram(program, [String(pid), ...ids]);
      if (code !== 0) throw new Error(`${program} failed: ${stderr || `exit code ${code}`}`);
    }
};
