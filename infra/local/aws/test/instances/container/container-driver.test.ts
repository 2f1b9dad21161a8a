import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createClock } from '../../../clock.ts';
import { createHost } from '../../../create-host.ts';
import type { Engine } from '../../../instances/container/engine.ts';
import { removeAbandoned } from '../../../instances/container/labels.ts';
import type { Launch } from '../../../instances/driver.ts';
import { bytePath } from '../../../instances/instance-system.ts';
import { instancesOf } from '../../../instances/instances.ts';
import { createMemoryStore, type Store } from '../../../store.ts';
import { describeWithEngine, TEST_IMAGE, testEngine } from './test-engine.ts';

jest.setTimeout(300_000);

const launch: Launch = { hasAgent: true, hasStub: false, imageId: 'ami-1', instanceType: 't3.micro' };
const server =
  'from http.server import *; ThreadingHTTPServer(("", 80), SimpleHTTPRequestHandler).serve_forever()';

describeWithEngine('instances that are containers', () => {
  let engine: Engine;
  const directories: string[] = [];
  beforeAll(async () => {
    engine = await testEngine();
  });
  afterAll(async () => {
    for (const directory of directories) fs.rmSync(directory, { recursive: true, force: true });
    await removeAbandoned(engine);
  });

  const makeDirectory = () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-containers-'));
    directories.push(directory);
    return directory;
  };
  /** As the emulator after a start; a second one over the same store is one that was killed and started again. */
  const open = (stateDir: string, store: Store = createMemoryStore()) => {
    const log: string[] = [];
    const host = createHost({
      stateDir,
      store,
      clock: createClock(),
      ports: { endpoint: 0, approvals: 0, signIn: 0, overview: 0, qat: 0, prod: 0, forge: 0 },
      log: ({ message, details }) => log.push(`${message} ${JSON.stringify(details)}`),
      containers: { engine, baseImage: TEST_IMAGE, applicationPort: () => 80 },
    });
    const instances = instancesOf(host);
    const run = async (instanceId: string, script: string, user?: string) => {
      const system = instances.system(instanceId);
      const file = path.join(system.agentRoot, 'deployment-root', 'script.sh');
      fs.writeFileSync(file, `#!/bin/bash\n${script}\n`);
      fs.chmodSync(file, 0o755);
      const output = path.join(stateDir, 'output');
      fs.rmSync(output, { force: true });
      const end = await system.run({
        label: 'script',
        file: bytePath('/opt/codedeploy-agent/deployment-root/script.sh'),
        ...(user !== undefined && { user }),
        env: {},
        log: output,
        timeoutMs: 120_000,
      });
      expect({ end, output: fs.readFileSync(output, 'utf8') }).toMatchObject({
        end: { kind: 'exited', code: 0 },
      });
      return fs.readFileSync(output, 'utf8').trim();
    };
    return { instances, store, run, log };
  };
  const containersOf = async (stateDir: string) =>
    (
      await engine.call([
        'ps',
        '--all',
        `--filter=label=aws-emulator.state-directory=${stateDir}`,
        '--format={{.Names}}',
      ])
    )
      .split('\n')
      .filter(Boolean);
  const ask = async (port: number | undefined) => (await fetch(`http://127.0.0.1:${port}/`)).status;

  it('have users, owners and ACLs: A23', async () => {
    const { instances, run } = open(makeDirectory());
    await instances.boot('i-1', launch);
    await run('i-1', 'useradd --system --user-group web; mkdir /srv/app; touch /srv/app/file');
    await instances.system('i-1').files.apply([
      { kind: 'owner', path: bytePath('/srv/app/file'), owner: 'web', group: 'web' },
      { kind: 'mode', path: bytePath('/srv/app/file'), mode: 0o640 },
      { kind: 'acl', path: bytePath('/srv/app/file'), entries: ['user:nobody:r--'] },
    ]);
    expect(
      await run('i-1', "stat -c '%U:%G %a' /srv/app/file; getfacl -cp /srv/app/file | grep nobody"),
    ).toBe('web:web 640\nuser:nobody:r--');
    expect(await run('i-1', 'id -un; pwd', 'web')).toBe('web\n/');
    await instances.remove('i-1');
  });

  it('can all listen on port 80, at ports of 127.0.0.1 of their own, and what they write stays in them', async () => {
    const stateDir = makeDirectory();
    const { instances, run } = open(stateDir);
    const mark = `/etc/lockstep-test-${path.basename(stateDir)}`;
    await Promise.all(['i-1', 'i-2'].map((id) => instances.boot(id, launch)));
    for (const id of ['i-1', 'i-2'])
      await run(
        id,
        `touch ${mark}; systemd-run --quiet python3 -c '${server}'; until curl -fs -o /dev/null localhost; do sleep 0.1; done`,
      );
    const ports = ['i-1', 'i-2'].map((id) => instances.machine(id)?.port);
    expect(new Set(ports).size).toBe(2);
    expect(await Promise.all(ports.map(ask))).toEqual([200, 200]);
    expect(fs.existsSync(mark)).toBe(false);
    await Promise.all(['i-1', 'i-2'].map((id) => instances.remove(id)));
    expect(await containersOf(stateDir)).toEqual([]);
    expect(fs.existsSync(instances.directory('i-1'))).toBe(false);
  });

  it('tell their metadata to a client that has a token, and run their user data', async () => {
    const { instances, run } = open(makeDirectory());
    const userData = `#!/bin/bash\necho ran > /etc/user-data\nsystemd-run --quiet python3 -c '${server}'\nsleep 600\n`;
    await instances.boot('i-1', {
      ...launch,
      hasStub: true,
      userData: Buffer.from(userData).toString('base64'),
    });
    expect(await run('i-1', 'cat /etc/user-data')).toBe('ran');
    expect(await ask(instances.machine('i-1')?.port)).toBe(200);
    const metadata = 'http://169.254.169.254/latest';
    expect(await run('i-1', `curl -s -o /dev/null -w '%{http_code}' ${metadata}/meta-data/instance-id`)).toBe(
      '401',
    );
    expect(
      await run(
        'i-1',
        `token=$(curl -fsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' ${metadata}/api/token)
        for name in instance-id ami-id instance-type placement/region; do
          curl -fsS -H "X-aws-ec2-metadata-token: $token" ${metadata}/meta-data/$name; echo; done`,
      ),
    ).toBe('i-1\nami-1\nt3.micro\nus-east-1');
    await instances.remove('i-1');
  });

  it('outlive a killed emulator: the next start takes over what it knows and removes the rest', async () => {
    const stateDir = makeDirectory();
    const { instances, run, store } = open(stateDir);
    await Promise.all(['i-1', 'i-2'].map((id) => instances.boot(id, launch)));
    await run('i-1', 'echo kept > /run/kept');
    const again = open(stateDir, store);
    await again.instances.start(new Set(['i-1']));
    expect(await containersOf(stateDir)).toEqual([expect.stringMatching(/i-1$/)]);
    expect(await again.instances.recover('i-1')).toBe('running');
    expect(await again.run('i-1', 'cat /run/kept')).toBe('kept');
    await again.instances.remove('i-1');
  });

  it('are shut down with the emulator and started again with their files and port', async () => {
    const stateDir = makeDirectory();
    const { instances, run, store } = open(stateDir);
    await instances.boot('i-1', launch);
    const port = instances.machine('i-1')?.port;
    await run(
      'i-1',
      `printf '[Service]\\nExecStart=/usr/bin/python3 -m http.server 80\\n[Install]\\nWantedBy=multi-user.target\\n' > /etc/systemd/system/web.service; systemctl enable web`,
    );
    await instances.halt('i-1');
    const again = open(stateDir, store);
    await again.instances.start(new Set(['i-1']));
    expect(await again.instances.recover('i-1')).toBe('restarted');
    await again.run(
      'i-1',
      'for turn in $(seq 100); do curl -fs -o /dev/null localhost && exit; sleep 0.2; done; exit 1',
    );
    expect(again.instances.machine('i-1')?.port).toBe(port);
    expect(await ask(port)).toBe(200);
    await again.instances.remove('i-1');
  });

  it('are gone, with their images, at the next start of any run when their state directory is deleted', async () => {
    const [gone, kept] = [makeDirectory(), makeDirectory()];
    const [one, other] = [open(gone), open(kept)];
    await one.instances.boot('i-1', launch);
    await other.instances.boot('i-2', launch);
    const machine = await one.instances.workshop?.open('build-1', TEST_IMAGE, 'i-0123456789abcdef0');
    const image = (await machine?.commit()) ?? '';
    fs.rmSync(gone, { recursive: true });
    await removeAbandoned(engine);
    expect(await containersOf(gone)).toEqual([]);
    expect((await engine.ask(['image', 'inspect', image])).code).not.toBe(0);
    expect(await containersOf(kept)).toHaveLength(1);
    // Another state directory at the same path has none of the old one's.
    await other.instances.halt('i-2');
    fs.rmSync(kept, { recursive: true });
    fs.mkdirSync(kept);
    await removeAbandoned(engine);
    expect(await containersOf(kept)).toEqual([]);
  });

  it('have no more than their instance type says', async () => {
    const { instances } = open(makeDirectory());
    await instances.boot('i-1', launch);
    const name =
      (await engine.call(['ps', '--filter=label=aws-emulator.machine=i-1', '--format={{.Names}}'])).split(
        '\n',
      )[0] ?? '';
    const limits = await engine.call([
      'inspect',
      '--format',
      '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}}',
      name,
    ]);
    expect(limits).toBe(`${2 ** 30} ${Math.min(2, os.availableParallelism()) * 1e9}`);
    await instances.remove('i-1');
  });

  it('that cannot be started say what the engine says', async () => {
    const { instances, store } = open(makeDirectory());
    store.table<string>('ec2.containerImages').put('ami-2', 'localhost/no-such-image:1');
    await expect(instances.boot('i-1', { ...launch, imageId: 'ami-2' })).rejects.toThrow(
      /localhost\/no-such-image:1, which stands for ami-2, is gone/,
    );
    await instances.remove('i-1');
  });
});
