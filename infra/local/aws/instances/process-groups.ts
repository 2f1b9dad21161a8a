import { spawn } from 'node:child_process';
import fs from 'node:fs';
import type { Clock } from '../clock.ts';
import type { Store } from '../store.ts';
import { hasEnvironment, isSameProcess, listProcesses, type ProcessIdentity } from './processes.ts';

/** How long processes may take to end after SIGTERM before SIGKILL, in ms. */
const GRACE_MS = 2_000;
const POLL_MS = 20;

/** A process group that a script on an instance started, with the members that were alive when last looked. */
interface ProcessGroup {
  readonly instanceId: string;
  /** Why it runs, for example `d-ABC/ApplicationStart`. */
  readonly label: string;
  readonly group: number;
  readonly members: readonly ProcessIdentity[];
}

/** A script to run in a process group of its own. */
export interface ScriptRun {
  readonly instanceId: string;
  readonly label: string;
  /** Absolute path of the executable. */
  readonly file: string;
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** File to which its output is appended; what it leaves running may go on writing there. */
  readonly log: string;
  readonly timeoutMs: number;
  /**
   * It has ended when its outputs are closed, too: nothing that it leaves running may keep them, as they are pipes.
   * @default false
   */
  readonly endsWithOutputs?: boolean;
}

/** How a script ended. */
export type ScriptEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'timed-out' }
  /** It has ended in time; what it left running kept its outputs open. */
  | { readonly kind: 'outputs-open' };

/** Which groups are meant: all of an instance, or those of one label. */
export interface GroupSelection {
  readonly instanceId: string;
  readonly label?: string;
}

/** Starts and ends the processes of instances, across deaths of this process and reboots of the machine. */
export interface ProcessGroups {
  /** Runs a script. What it leaves running in its group belongs to the instance; at the timeout all of it is killed. */
  readonly run: (script: ScriptRun) => Promise<ScriptEnd>;
  /** Ends the groups (SIGTERM, then SIGKILL) and resolves when they are gone. Never touches another process. */
  readonly kill: (selection: GroupSelection) => Promise<void>;
}

/**
 * The shell waits for a line, which comes after the group is recorded: were this process killed in between, the script
 * would never run, so no process runs that no record knows. Then the script takes the shell's place.
 */
const GATE = 'read -r go || exit 125; exec "$0" </dev/null';

/**
 * @param rootOf an instance's root directory. On Linux, processes that were started with it as `DESTDIR` and have left
 * their group (by `setsid`) are found by that.
 */
export const createProcessGroups = (
  store: Store,
  clock: Clock,
  rootOf: (instanceId: string) => string,
): ProcessGroups => {
  const table = store.table<ProcessGroup>('ec2.processGroups');
  const keyOf = ({ instanceId, group }: ProcessGroup) => `${instanceId}/${group}`;
  /** Closes this process's end of outputs that are waited for, by the script's group. */
  const waits = new Map<number, { readonly script: ScriptRun; readonly close: () => void }>();
  const sleep = (ms: number) => new Promise<void>((resolve) => clock.at(clock.now() + ms, () => resolve()));

  /**
   * Writes down whom a script has left running when it has just ended: while one of them lives, the number of its group
   * is given to nobody else. Forgets a group of which nobody lives.
   */
  const finish = (recorded: ProcessGroup) => {
    const members = membersOf(recorded.group);
    if (members.length === 0) table.delete(keyOf(recorded));
    else table.put(keyOf(recorded), { ...recorded, members });
  };

  const run = async (script: ScriptRun): Promise<ScriptEnd> => {
    const log = fs.openSync(script.log, 'a');
    try {
      const output = script.endsWithOutputs ? 'pipe' : log;
      const child = spawn('/bin/sh', ['-c', GATE, script.file], {
        cwd: script.cwd,
        env: { ...script.env },
        detached: true,
        stdio: ['pipe', output, output],
      });
      const outputs = [child.stdout, child.stderr].filter((stream) => stream !== null);
      for (const stream of outputs) stream.on('data', (bytes: Buffer) => fs.writeSync(log, bytes));
      const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
      const ended = new Promise<ScriptEnd>((resolve, reject) => {
        child.once('error', reject);
        child.once('exit', (code, signal) =>
          resolve(signal ? { kind: 'killed', signal } : { kind: 'exited', code: code ?? 0 }),
        );
      });
      const { pid } = child;
      if (pid === undefined) return await ended;
      const { instanceId, label } = script;
      const recorded: ProcessGroup = { instanceId, label, group: pid, members: membersOf(pid) };
      table.put(keyOf(recorded), recorded);
      child.stdin?.on('error', () => undefined);
      child.stdin?.end('\n');
      const close = () => {
        for (const stream of outputs) stream.destroy();
      };
      waits.set(pid, { script, close });
      let late: ScriptEnd | undefined;
      let hasEnded = false;
      const cancel = clock.at(clock.now() + script.timeoutMs, () => {
        late = { kind: hasEnded ? 'outputs-open' : 'timed-out' };
        if (!hasEnded) signalGroup(pid, 'SIGKILL');
        close();
      });
      const end = await ended;
      hasEnded = true;
      if (late === undefined) finish(recorded);
      if (outputs.length > 0) await closed;
      cancel();
      waits.delete(pid);
      finish(recorded);
      return late ?? end;
    } finally {
      fs.closeSync(log);
    }
  };

  const kill = async ({ instanceId, label }: GroupSelection) => {
    const groups = table
      .values()
      .filter((one) => one.instanceId === instanceId && (label === undefined || one.label === label));
    const root = rootOf(instanceId);
    const isStray = (pid: number) => label === undefined && hasEnvironment(pid, 'DESTDIR', root);
    const signalAll = (signal: NodeJS.Signals): boolean => {
      const living = groups.filter((one) => livingMembers(one).length > 0);
      for (const { group } of living) signalGroup(group, signal);
      const known = new Set(living.map(({ group }) => group));
      const strays = listProcesses().filter(
        ({ pid, group }) => pid !== process.pid && !known.has(group) && isStray(pid),
      );
      for (const { pid } of strays) signalProcess(pid, signal);
      return living.length + strays.length > 0;
    };
    const anyLeft = () =>
      groups.some((one) => livingMembers(one).length > 0) ||
      listProcesses().some(({ pid }) => pid !== process.pid && isStray(pid));

    if (signalAll('SIGTERM')) {
      for (let waited = 0; waited < GRACE_MS && anyLeft(); waited += POLL_MS) await sleep(POLL_MS);
      for (let waited = 0; waited < GRACE_MS && signalAll('SIGKILL'); waited += POLL_MS) await sleep(POLL_MS);
    }
    for (const one of groups) table.delete(keyOf(one));
    // Those who have left their group may live on with the outputs; nobody waits for them any more.
    for (const { script, close } of waits.values())
      if (script.instanceId === instanceId && (label === undefined || script.label === label)) close();
  };

  return { run, kill };
};

/**
 * The living members of a recorded group, none if the number now means a stranger's group. A group's number is not given
 * away while any member lives, so one recorded member that lives there proves the whole group to be the recorded one.
 */
const livingMembers = ({ group, members }: ProcessGroup): ProcessIdentity[] => {
  const living = membersOf(group);
  return living.some((one) => members.some((member) => isSameProcess(one, member))) ? living : [];
};

const membersOf = (group: number): ProcessIdentity[] =>
  listProcesses()
    .filter((one) => one.group === group)
    .map(({ pid, startedAt }) => ({ pid, startedAt }));

const signalGroup = (group: number, signal: NodeJS.Signals) => signalProcess(-group, signal);

const signalProcess = (pid: number, signal: NodeJS.Signals) => {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself meanwhile.
  }
};
