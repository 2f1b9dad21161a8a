import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type AdjustableClock, createClock } from '../../clock.ts';
import { createProcessGroups, type ProcessGroups } from '../../instances/process-groups.ts';
import { listProcesses } from '../../instances/processes.ts';
import { createMemoryStore, type Store } from '../../store.ts';
import { eventually } from './fleet-host.ts';

/** Real processes on a machine that may be busy. */
jest.setTimeout(30_000);

let directory: string;
let store: Store;
let clock: AdjustableClock;
let groups: ProcessGroups;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-groups-'));
  store = createMemoryStore();
  clock = createClock();
  groups = createProcessGroups(store, clock, () => path.join(directory, 'root'));
});

afterEach(async () => {
  await groups.kill({ instanceId: 'i-1' });
  clock.stop();
  fs.rmSync(directory, { recursive: true, force: true });
});

const isAlive = (pid: number) => listProcesses().some((one) => one.pid === pid);
const pidIn = (file: string) => Number(fs.readFileSync(path.join(directory, file), 'utf8'));

/** Runs shell text as a script. */
const run = (
  text: string,
  more: { label?: string; timeoutMs?: number; env?: Record<string, string> } = {},
) => {
  const file = path.join(directory, `${Math.random()}.sh`);
  fs.writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return groups.run({
    instanceId: 'i-1',
    label: more.label ?? 'label',
    file,
    cwd: directory,
    env: { PATH: process.env.PATH ?? '', ...more.env },
    log: path.join(directory, 'log'),
    timeoutMs: more.timeoutMs ?? 20_000,
  });
};

describe('a script', () => {
  it.each([
    ['exit 0', { kind: 'exited', code: 0 }],
    ['exit 9', { kind: 'exited', code: 9 }],
    ['kill -TERM $$', { kind: 'killed', signal: 'SIGTERM' }],
  ])('that does %s', async (text, end) => {
    expect(await run(text)).toEqual(end);
  });

  it('writes its output into the log and has no input', async () => {
    await run('cat; echo out; echo err >&2');
    expect(fs.readFileSync(path.join(directory, 'log'), 'utf8')).toBe('out\nerr\n');
  });

  it('is killed with its children when its time is over by the clock', async () => {
    const ending = run('sleep 600 & echo $! > child; sleep 600', { timeoutMs: 3_600_000 });
    await eventually(() => (fs.existsSync(path.join(directory, 'child')) && pidIn('child') > 0) || undefined);
    clock.advance(3_600_000);
    expect(await ending).toEqual({ kind: 'timed-out' });
    await eventually(() => !isAlive(pidIn('child')) || undefined);
  });
});

describe('killing', () => {
  it('ends what a script left running, also by another process over the same store', async () => {
    await run('sleep 600 & echo $! > child');
    expect(isAlive(pidIn('child'))).toBe(true);
    await createProcessGroups(store, clock, () => directory).kill({ instanceId: 'i-1' });
    expect(isAlive(pidIn('child'))).toBe(false);
  });

  it('ends processes that ignore SIGTERM', async () => {
    await run(`(trap '' TERM; echo ready > ready; while true; do sleep 0.05; done) & echo $! > child`);
    await eventually(() => fs.existsSync(path.join(directory, 'ready')) || undefined);
    await groups.kill({ instanceId: 'i-1' });
    expect(isAlive(pidIn('child'))).toBe(false);
  });

  it('ends only the groups of the label that is asked for', async () => {
    await run('sleep 600 & echo $! > one', { label: 'one' });
    await run('sleep 600 & echo $! > two', { label: 'two' });
    await groups.kill({ instanceId: 'i-1', label: 'one' });
    expect([isAlive(pidIn('one')), isAlive(pidIn('two'))]).toEqual([false, true]);
  });

  it('never touches a stranger whose group has the same number', async () => {
    await run('sleep 600 & echo $! > child');
    const table = store.table<{ members: { pid: number; startedAt: string }[] }>('ec2.processGroups');
    const [key = ''] = table.keys();
    const record = table.get(key);
    // As after a reboot: the numbers are those of other processes, which started at another time.
    const members = (record?.members ?? []).map(({ pid }) => ({ pid, startedAt: 'another boot' }));
    table.put(key, { ...record, members });
    await groups.kill({ instanceId: 'i-1' });
    expect(isAlive(pidIn('child'))).toBe(true);
    process.kill(pidIn('child'), 'SIGKILL');
  });

  it('finds by their DESTDIR processes that have left their group, where the system shows environments', async () => {
    const env = { DESTDIR: path.join(directory, 'root') };
    await run(
      `node -e '
        const { spawn } = require("node:child_process");
        const child = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
        require("node:fs").writeFileSync("child", String(child.pid));
        child.unref();'`,
      { env },
    );
    await groups.kill({ instanceId: 'i-1' });
    const showsEnvironments = process.platform === 'linux';
    expect(isAlive(pidIn('child'))).toBe(!showsEnvironments);
    if (!showsEnvironments) process.kill(pidIn('child'), 'SIGKILL');
  });
});
