import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createClock } from '../../../clock.ts';
import { createHost } from '../../../create-host.ts';
import { instancesOf } from '../../../instances/instances.ts';
import { createRealBuilds } from '../../../services/imagebuilder/real-builds.ts';
import {
  type Component,
  type Image,
  type ImageRecipe,
  tablesOf,
} from '../../../services/imagebuilder/records.ts';
import type { Upload } from '../../../services/imagebuilder/step-scripts.ts';
import { stageInstance } from '../../../services/imagebuilder/workflow-runs.ts';
import { createMemoryStore } from '../../../store.ts';
import { describeWithEngine, TEST_IMAGE, testEngine } from '../../instances/container/test-engine.ts';

jest.setTimeout(300_000);

const COMPONENT = 'arn:aws:imagebuilder:us-east-1:000000000000:component/web/1.0.0/1';

describeWithEngine('builds in containers', () => {
  let opened: Awaited<ReturnType<typeof open>>;
  const open = async () => {
    const stateDir = fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-builds-'));
    const host = createHost({
      stateDir,
      store: createMemoryStore(),
      clock: createClock(),
      ports: { endpoint: 0, approvals: 0, signIn: 0, overview: 0, qat: 0, prod: 0, forge: 0 },
      log: () => undefined,
      containers: { engine: await testEngine(), baseImage: TEST_IMAGE, applicationPort: () => 80 },
    });
    host.register({
      name: 'ec2',
      operations: {
        DescribeImages: {
          requires: () => [],
          run: () => ({ Images: [{ ImageId: 'ami-0123456789abcdef0', Architecture: 'x86_64' }] }),
        },
      },
      resources: {},
    });
    const { workshop } = instancesOf(host);
    if (!workshop) throw new Error('containers have a workshop');
    return {
      stateDir,
      host,
      workshop,
      builds: createRealBuilds({ ...host, authorize: () => undefined }, workshop),
    };
  };
  const made: string[] = [];
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(async () => {
    for (const image of made) await opened.workshop.forget(image);
    fs.rmSync(opened.stateDir, { recursive: true, force: true });
  });

  let number = 0;
  const build = async (phases: string) => {
    const recipe = {
      componentArns: [COMPONENT],
      parentImage: 'ami-0123456789abcdef0',
    } as unknown as ImageRecipe;
    const data = `name: web\nschemaVersion: 1.0\nphases:\n${phases}`;
    tablesOf(opened.host).components.put(COMPONENT, { arn: COMPONENT, data } as Component);
    const image = { arn: `arn:build/${++number}`, name: 'web', version: '1.0.0', build: number } as Image;
    const logs: Record<string, string> = {};
    const uploads: Record<string, string> = {};
    const instance = {
      recipe,
      put: async ({ bucket, key }: Upload, bytes: Uint8Array) =>
        void Object.assign(uploads, { [`${bucket}/${key}`]: Buffer.from(bytes).toString() }),
      writeLog: async (name: string, text: string) => void Object.assign(logs, { [name]: text }),
    };
    return {
      image,
      logs,
      uploads,
      build: () =>
        opened.builds.build(image, instance).then((result) => {
          if (result.containerImage) made.push(result.containerImage);
          return { ...image, ...result };
        }),
      test: (built: Image) => opened.builds.test(built, instance),
    };
  };
  /** What a script prints on an instance of an image. */
  const printed = async (image: string | undefined, script: string) => {
    const machine = await opened.workshop.open('look', image ?? '', 'i-0123456789abcdef0');
    const output: Buffer[] = [];
    await machine.bash(script, { timeoutMs: 60_000, onOutput: (bytes) => output.push(bytes) });
    await machine.remove();
    return Buffer.concat(output).toString().trim();
  };

  it('run their steps as root of a machine, restart it, and make what instances start from', async () => {
    const one = await build(`
  - name: build
    steps:
      - { name: mark, action: ExecuteBash, inputs: { commands: ['id -un > /etc/who', 'cat /proc/sys/kernel/random/uuid > /run/boot'] } }
      - { name: reboot, action: Reboot }
      - { name: gone, action: ExecuteBash, inputs: { commands: ['! [ -e /run/boot ]'] } }
      - { name: folder, action: CreateFolder, inputs: [{ path: /opt/web, permissions: 0750 }] }
      - { name: file, action: CreateFile, inputs: [{ path: /opt/web/a, content: "it's \\"$HOME\\"", owner: nobody, permissions: 0600 }] }
      - { name: more, action: AppendFile, inputs: [{ path: /opt/web/a, content: "!" }] }
      - { name: copy, action: CopyFile, inputs: [{ source: /opt/web/a, destination: /opt/web/b }] }
      - { name: modes, action: SetFilePermissions, inputs: [{ path: /opt/web/b, permissions: 0644 }] }
      - { name: link, action: CreateSymlink, inputs: [{ path: /opt/web/c, target: /opt/web/b }] }
      - { name: move, action: MoveFile, inputs: [{ source: /opt/web/a, destination: /opt/web/d }] }
  - name: validate
    steps:
      - { name: unit, action: ExecuteBash, inputs: { commands: ['systemctl is-system-running'] } }
  - name: test
    steps:
      - { name: baked, action: ExecuteBash, inputs: { commands: ['grep -qx root /etc/who'] } }
`);
    const built = await one.build();
    await one.test(built);
    expect(one.logs['console.log']).toContain('running');
    expect(Object.keys(one.logs)).toEqual(['console.log', 'test-console.log']);
    expect(
      await printed(
        built.containerImage,
        "cat /opt/web/d; echo; cd /opt/web; stat -c '%n %U %a' . b d; readlink c",
      ),
    ).toBe(`it's "$HOME"!\n. root 750\nb root 644\nd nobody 600\n/opt/web/b`);
    opened.builds.register('ami-00000000000000001', built);
    expect(await opened.workshop.imageOf('ami-00000000000000001')).toBe(built.containerImage);
    await opened.workshop.discard('ami-00000000000000001');
    expect(await opened.workshop.imageOf('ami-00000000000000001')).toBe(TEST_IMAGE);
  });

  it('hand out a file under the id that the instance has by its metadata and by the workflow', async () => {
    const one = await build(`
  - name: build
    steps:
      - name: id
        action: ExecuteBash
        inputs:
          commands:
            - |
              set -euo pipefail
              printf 'é\\n' > /var/tmp/report
              token=$(curl -fsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
              curl -fsS -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/instance-id
      - { name: up, action: S3Upload, inputs: [{ source: /var/tmp/report, destination: 's3://b/{{ build.id.outputs.stdout }}.json' }] }
      - { name: clean, action: DeleteFile, inputs: [{ path: /var/tmp/report }] }
`);
    const built = await one.build();
    expect(one.uploads).toEqual({ [`b/${stageInstance(one.image.arn, 'BUILD')}.json`]: 'é\n' });
    expect(await printed(built.containerImage, '[ -e /var/tmp/report ] || echo gone')).toBe('gone');
  });

  it('fail with the output of the step that fails, and leave nothing', async () => {
    const one = await build(`
  - name: build
    steps:
      - { name: broken, action: ExecuteBash, inputs: { commands: ['echo no such package >&2', 'exit 3'] } }
      - { name: never, action: ExecuteBash, inputs: { commands: ['echo never'] } }
`);
    await expect(one.build()).rejects.toThrow(
      /The step broken .* failed with exit code 3\. Its output ends with:\nno such package/,
    );
    expect(one.logs['console.log']).toContain('no such package');
    expect(one.logs['console.log']).not.toContain('never');
  });

  it('fail for a step that takes too long, and end what it runs', async () => {
    const one = await build(`
  - name: build
    steps:
      - { name: slow, action: ExecuteBash, timeoutSeconds: 1, inputs: { commands: ['sleep 600'] } }
`);
    await expect(one.build()).rejects.toThrow('did not end within 1 seconds');
  });

  it('fail when the image fails its tests, and delete it', async () => {
    const one = await build(`
  - name: build
    steps:
      - { name: fine, action: ExecuteBash, inputs: { commands: ['true'] } }
  - name: test
    steps:
      - { name: bad, action: ExecuteBash, inputs: { commands: ['echo unfit', 'false'] } }
`);
    const built = await one.build();
    await expect(one.test(built)).rejects.toThrow(/phase test .*\n?.*unfit/);
    opened.builds.register('ami-00000000000000002', built);
    await expect(opened.workshop.imageOf('ami-00000000000000002')).rejects.toThrow(/is gone/);
  });

  it('end at once when they are cancelled', async () => {
    const one = await build(`
  - name: build
    steps:
      - { name: long, action: ExecuteBash, inputs: { commands: ['touch /run/began', 'sleep 600'] } }
`);
    const ended = one.build().then(
      () => 'built',
      () => 'ended',
    );
    const abort = setInterval(() => opened.builds.abort(one.image.arn), 500);
    expect(await ended).toBe('ended');
    clearInterval(abort);
  });
});
