import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TEST_IMAGE } from '../../infra/local/aws/test/instances/container/test-engine.ts';
import { pause } from '../../infra/local/run/follow.ts';
import type { Report } from '../../infra/local/run/report.ts';
import { seedAssembly } from '../support/assembly.ts';
import { runCommand, startCommand } from '../support/command.ts';
import { engineWithTestImage, makeMachineImage } from '../support/machine-image/make.ts';
import { freePorts } from '../support/ports.ts';

// Each waits for containers as well, on machines that do other things too.
jest.setTimeout(900_000);

const engine = engineWithTestImage();
const describeWithEngine = engine === undefined ? describe.skip : describe;

/** Waits as long as the test may last. */
const patiently = async (
  _what: string,
  ask: () => true | undefined,
  explain: () => string,
): Promise<void> => {
  for (let turn = 0; ask() !== true; turn++) {
    if (turn > 3_000) throw new Error(explain());
    await pause(200);
  }
};

const configuration = (component: string) => ({
  applications: [
    {
      name: 'shop',
      port: 80,
      healthCheckPath: '/',
      runtime: 'python',
      instanceType: 't3.micro',
      fleet: { min: 2, max: 4 },
      image: { components: [`test/support/machine-image/${component}.yaml`] },
    },
  ],
  approvers: { qc: ['qc@example.com'], pmo: ['pmo@example.com'] },
  operators: ['operators@example.com'],
  developers: ['dana@example.com'],
  approvals: { people: [{ email: 'dana@example.com', pusherNames: ['dana'] }] },
});

describeWithEngine(
  'an application whose scripts use systemd, a package manager, root, port 80 and absolute paths',
  () => {
    let directory: string;
    const at = (...names: string[]) => path.join(directory, ...names);
    const stateDir = () => at('state');

    const listed = (...what: readonly string[]) =>
      execFileSync(
        engine ?? '',
        [...what, '--quiet', `--filter=label=aws-emulator.state-directory=${stateDir()}`],
        { encoding: 'utf8' },
      )
        .split('\n')
        .filter(Boolean);
    /** Containers and images of the run's state directory. */
    const left = () => [...listed('ps', '--all'), ...listed('image', 'ls')];

    beforeAll(() => makeMachineImage(engine ?? ''));
    beforeEach(() => {
      directory = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'lockstep-machine-')));
      fs.cpSync(path.join(import.meta.dirname, 'support/machine-app'), at('app'), { recursive: true });
      const git = (...args: string[]) => execFileSync('git', ['-C', at('app'), ...args]);
      git('init', '--quiet', '--initial-branch=main');
      git('add', '--all');
      git(
        '-c',
        'user.name=Dana',
        '-c',
        'user.email=dana@example.com',
        'commit',
        '--quiet',
        '--message',
        'Shop',
      );
    });
    afterEach(() => {
      const containers = listed('ps', '--all');
      if (containers.length > 0)
        execFileSync(engine ?? '', ['rm', '--force', ...containers], { stdio: 'ignore' });
      const images = listed('image', 'ls');
      if (images.length > 0)
        execFileSync(engine ?? '', ['image', 'rm', '--force', ...images], { stdio: 'ignore' });
      fs.rmSync(directory, { recursive: true, force: true });
    });

    const options = async (component: string) => {
      fs.writeFileSync(at('config.json'), JSON.stringify(configuration(component)));
      return [
        ...['--app', at('app'), '--config', at('config.json'), '--image', `${TEST_IMAGE}-machine`],
        ...['--state-dir', stateDir(), '--port', String((await freePorts()).endpoint)],
        ...['--unattended', '--report', at('report.json')],
      ];
    };
    const report = () => JSON.parse(fs.readFileSync(at('report.json'), 'utf8')) as Report;

    it('is promoted unchanged through QAT to Prod, also over a kill, without a failed request or a file on the machine', async () => {
      const args = await options('baked');
      const killed = startCommand(args);
      await patiently(
        'the deployment to Prod',
        () => (/✔ Point Prod at image/.test(killed.output()) ? true : undefined),
        killed.output,
      );
      killed.child.kill('SIGKILL');
      await killed.ended;
      expect(killed.output()).toMatch(/Instances are containers of (podman|docker)/);
      expect(left().length).toBeGreaterThan(0);

      const { code, output } = await runCommand(args);
      expect(output).toContain('Going on with the promotion');
      expect({ code, output }).toMatchObject({ code: 0 });
      const { promotion, traffic } = report();
      expect(promotion.status).toBe('SUCCEEDED');
      expect(traffic.requests).toBeGreaterThan(10);
      expect(traffic.failed).toBe(0);
      for (const file of [
        '/etc/lockstep-machine-app',
        '/opt/shop',
        '/tmp/shop-tools.deb',
        '/etc/lockstep-baked',
      ])
        expect({ file, isOnMachine: fs.existsSync(file) }).toEqual({ file, isOnMachine: false });

      // The state directory is deleted: the next start of any run removes what it left, be it of the sample.
      expect(left().length).toBeGreaterThan(0);
      fs.rmSync(stateDir(), { recursive: true });
      await seedAssembly(at('other'));
      const other = startCommand([
        '--state-dir',
        at('other'),
        '--port',
        String((await freePorts()).endpoint),
      ]);
      try {
        await patiently('no containers', () => (left().length === 0 ? true : undefined), other.output);
      } finally {
        other.child.kill('SIGINT');
        await other.ended;
      }
    });

    it('is not promoted when a step of its image fails, and the output of the step says why', async () => {
      const { code, output } = await runCommand(await options('broken'));
      expect(code).toBe(1);
      expect(output).toMatch(/✘ Build QAT image/);
      expect(output).toContain(
        'The step Install (ExecuteBash) of the phase build of the component Broken failed with exit code 9',
      );
      expect(output).toContain('no such package: shop-lib');
      fs.rmSync(stateDir(), { recursive: true });
    });
  },
);
