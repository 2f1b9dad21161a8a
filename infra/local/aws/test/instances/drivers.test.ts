import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createClock } from '../../clock.ts';
import { createHost } from '../../create-host.ts';
import type { Launch } from '../../instances/driver.ts';
import {
  bytePath,
  type FileChangeError,
  type InstanceSystem,
  textOf,
} from '../../instances/instance-system.ts';
import { instancesOf } from '../../instances/instances.ts';
import { createMemoryStore, type Store } from '../../store.ts';
import { describeWithEngine, TEST_IMAGE, testEngine } from './container/test-engine.ts';
import { describeWithSandbox, sandboxOptions } from './sandbox/test-sandbox.ts';

jest.setTimeout(240_000);

const launch: Launch = { hasAgent: true, hasStub: false, imageId: 'ami-1', instanceType: 't3.micro' };
const ID = 'i-0123456789abcdef0';

/** What instances are made with. */
type Kind = Pick<Parameters<typeof createHost>[0], 'containers' | 'sandboxes'>;

const open = (stateDir: string, store: Store, kind: Kind) => {
  const clock = createClock();
  const host = createHost({
    stateDir,
    store,
    clock,
    ports: { endpoint: 0, approvals: 0, signIn: 0, overview: 0, qat: 0, prod: 0, forge: 0 },
    log: () => undefined,
    ...kind,
  });
  return { instances: instancesOf(host), stop: clock.stop };
};

/** What every driver does. */
const contract = (kindOf: () => Promise<Kind>) => {
  let stateDir: string;
  let store: Store;
  let opened: ReturnType<typeof open>;
  let system: InstanceSystem;

  /** The application's own files, where the agent put them. */
  const archive = '/opt/codedeploy-agent/deployment-root/g/d-1/deployment-archive';
  const there = (name = '') => path.join(system.agentRoot, 'deployment-root/g/d-1/deployment-archive', name);
  const write = (name: string, text: string, mode = 0o755) => {
    fs.mkdirSync(path.dirname(there(name)), { recursive: true });
    fs.writeFileSync(there(name), text);
    fs.chmodSync(there(name), mode);
  };
  const run = async (text: string, more: { timeoutMs?: number; user?: string } = {}) => {
    write('run.sh', text);
    const log = path.join(stateDir, 'log');
    fs.rmSync(log, { force: true });
    const end = await system.run({
      label: 'd-1/Hook',
      file: bytePath(`${archive}/run.sh`),
      env: { DEPLOYMENT_ID: 'd-1' },
      log,
      timeoutMs: 60_000,
      ...more,
    });
    return { end, output: fs.readFileSync(log, 'utf8') };
  };

  beforeAll(async () => {
    stateDir = fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-driver-'));
    store = createMemoryStore();
    opened = open(stateDir, store, await kindOf());
    await opened.instances.start(new Set());
    await opened.instances.boot(ID, launch);
    system = opened.instances.system(ID);
  });
  afterAll(async () => {
    await opened.instances.remove(ID);
    opened.stop();
    fs.rmSync(stateDir, { recursive: true, force: true });
  });

  it('runs a command with its environment and takes both of its outputs', async () => {
    const { end, output } = await run('#!/bin/sh\necho "out $DEPLOYMENT_ID"\necho err >&2\nexit 3\n');
    expect(end).toEqual({ kind: 'exited', code: 3 });
    expect(output.split('\n').sort()).toEqual(['', 'err', 'out d-1']);
  });

  it('ends a command at its timeout with all that it started', async () => {
    const { end } = await run('#!/bin/sh\n(sleep 1; touch "$(dirname "$0")/late") &\nsleep 100\n', {
      timeoutMs: 500,
    });
    expect(end).toEqual({ kind: 'timed-out' });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(fs.existsSync(there('late'))).toBe(false);
  });

  it('waits for outputs, and tells those that stay open from a command that does not end', async () => {
    expect((await run('#!/bin/sh\n(sleep 0.3; echo later) &\n')).output).toBe('later\n');
    const { end } = await run('#!/bin/sh\nsleep 100 &\n', { timeoutMs: 1_000 });
    expect(end).toEqual({ kind: 'outputs-open' });
  });

  it('leaves what runs in the background with outputs of its own', async () => {
    await run('#!/bin/sh\nsleep 100 >/dev/null 2>&1 </dev/null &\necho $! > "$(dirname "$0")/pid"\n');
    const { end } = await run('#!/bin/sh\nkill -0 "$(cat "$(dirname "$0")/pid")"\n');
    expect(end).toEqual({ kind: 'exited', code: 0 });
  });

  it('kills a command by its label', async () => {
    const running = run('#!/bin/sh\ntouch "$(dirname "$0")/began"\nsleep 100\n');
    while (!fs.existsSync(there('began'))) await new Promise((resolve) => setTimeout(resolve, 50));
    await opened.instances.kill({ instanceId: ID, label: 'd-1/Other' });
    await opened.instances.kill({ instanceId: ID, label: 'd-1/Hook' });
    expect((await running).end).not.toEqual({ kind: 'exited', code: 0 });
  });

  it('makes changes of files and tells how many came before one that fails', async () => {
    write('tree/a', 'A', 0o640);
    const at = (name: string) => bytePath(`/srv/files/${name}`);
    const changes = [
      { kind: 'directory', path: bytePath('/srv') },
      { kind: 'directory', path: bytePath('/srv/files') },
      { kind: 'copy', from: bytePath(`${archive}/tree/a`), path: at('a') },
      { kind: 'link', target: bytePath('a'), path: at('link') },
      { kind: 'mode', path: at('a'), mode: 0o600 },
      { kind: 'executable', path: at('a') },
    ] as const;
    const known = await system.files.kindsOf([bytePath('/srv')]);
    await system.files.apply(changes.filter(({ path: one }) => !known.has(one)));
    const failure = system.files.apply([
      { kind: 'mode', path: at('a'), mode: 0o644 },
      { kind: 'directory', path: at('a') },
      { kind: 'remove', path: at('a') },
    ]);
    await expect(failure).rejects.toMatchObject({
      name: 'FileChangeError',
      done: 1,
    } satisfies Partial<FileChangeError>);
    expect([
      ...(await system.files.kindsOf([at('a'), at('link'), at('none'), bytePath('/srv')])).values(),
    ]).toEqual(['file', 'file', 'directory']);
    await system.files.apply([
      { kind: 'remove', path: at('a') },
      { kind: 'remove', path: bytePath('/srv/files') },
      { kind: 'remove', path: at('none') },
    ]);
    expect((await system.files.kindsOf([at('a'), bytePath('/srv/files')])).size).toBe(1);
  });

  it('lists a tree with names that are bytes, links and what they lead to', async () => {
    write('tree/sub/b', 'B');
    fs.symlinkSync('sub', there('tree/link'));
    fs.symlinkSync('nowhere', there('tree/broken'));
    const odd = Buffer.concat([Buffer.from(there('tree/')), Buffer.from([0xff, 0x0a, 0x5c])]);
    fs.writeFileSync(odd, '');
    const entries = await system.files.tree(bytePath(`${archive}/tree`));
    const listed = entries.map(({ path: one, kind, target }) =>
      [textOf(one).slice(archive.length), kind, target].filter(Boolean).join(' '),
    );
    expect(entries[0]?.path).toBe(bytePath(`${archive}/tree`));
    expect(listed).toEqual(
      expect.arrayContaining([
        '/tree directory',
        '/tree/a file',
        '/tree/sub directory',
        '/tree/sub/b file',
        '/tree/link directory sub',
        '/tree/link/b file',
        '/tree/broken file nowhere',
      ]),
    );
    expect(entries.some(({ path: one }) => one.endsWith('/\u00ff\n\\'))).toBe(true);
    await system.files.deleteTrees([bytePath(`${archive}/tree`), bytePath('/none')]);
    expect(fs.existsSync(there('tree'))).toBe(false);
    expect(await system.files.tree(bytePath(`${archive}/tree`))).toEqual([]);
  });
};

describe('an instance that is a directory', () => contract(async () => ({})));

describeWithSandbox('an instance that is a sandbox', () =>
  contract(async () => ({ sandboxes: await sandboxOptions() })),
);

describeWithEngine('an instance that is a container', () =>
  contract(async () => ({
    containers: { engine: await testEngine(), baseImage: TEST_IMAGE, applicationPort: () => 80 },
  })),
);
