import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describeWithSandbox } from '../../infra/local/aws/test/instances/sandbox/test-sandbox.ts';
import { pause } from '../../infra/local/run/follow.ts';
import type { Report } from '../../infra/local/run/report.ts';
import { runCommand, startCommand } from '../support/command.ts';
import { freePorts } from '../support/ports.ts';

// It starts the program twice, on machines that do other things too.
jest.setTimeout(600_000);

const configuration = {
  applications: [
    {
      name: 'shop',
      port: 80,
      healthCheckPath: '/',
      runtime: 'python',
      instanceType: 't3.micro',
      fleet: { min: 2, max: 4 },
    },
  ],
  approvers: { qc: ['qc@example.com'], pmo: ['pmo@example.com'] },
  operators: ['operators@example.com'],
  developers: ['dana@example.com'],
  approvals: { people: [{ email: 'dana@example.com', pusherNames: ['dana'] }] },
};

/** Where the application writes on an instance. */
const WRITTEN = [
  '/opt/lockstep-root-app',
  '/etc/lockstep-root-app',
  '/var/lib/lockstep-root-app',
  '/var/log/lockstep-root-app.log',
  '/run/lockstep-root-app.pid',
  '/usr/local/bin/lockstep-root-app',
  path.join(os.homedir(), 'lockstep-root-app'),
  '/root/lockstep-root-app',
];

describeWithSandbox(
  'an application whose scripts use root, port 80 and absolute paths, and no systemd',
  () => {
    let directory: string;
    const at = (...names: string[]) => path.join(directory, ...names);
    const onMachine = () => WRITTEN.filter((file) => fs.existsSync(file));
    const processes = () =>
      execFileSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8' })
        .split('\n')
        .filter((line) => line.includes('lockstep-root-app/server.py') || line.includes(at('state')));

    beforeEach(() => {
      directory = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-root-app-')));
      fs.cpSync(path.join(import.meta.dirname, 'support/root-app'), at('app'), { recursive: true });
      const git = (...args: string[]) => execFileSync('git', ['-C', at('app'), ...args]);
      git('init', '--quiet', '--initial-branch=main');
      git('add', '--all');
      const author = ['-c', 'user.name=Dana', '-c', 'user.email=dana@example.com'];
      git(...author, 'commit', '--quiet', '--message', 'Shop');
      fs.writeFileSync(at('config.json'), JSON.stringify(configuration));
    });
    afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

    it('is promoted unchanged, also over a kill, without a failed request or a trace on the machine', async () => {
      const args = [
        ...['--app', at('app'), '--config', at('config.json'), '--instances', 'sandbox'],
        ...['--state-dir', at('state'), '--port', String((await freePorts()).endpoint)],
        ...['--unattended', '--report', at('report.json')],
      ];
      expect(onMachine()).toEqual([]);
      const killed = startCommand(args);
      for (let turn = 0; !/✔ Point Prod at image/.test(killed.output()); turn++) {
        if (turn > 2_000 || killed.child.exitCode !== null) throw new Error(killed.output());
        await pause(100);
      }
      expect(processes().length).toBeGreaterThan(1);
      killed.child.kill('SIGKILL');
      await killed.ended;
      for (let turn = 0; processes().length > 0; turn++) {
        if (turn > 200) throw new Error(`Left after the kill:\n${processes().join('\n')}`);
        await pause(50);
      }
      expect(fs.readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(directory);

      const { code, output } = await runCommand(args);
      expect(output).toContain('Going on with the promotion');
      expect({ code, output }).toMatchObject({ code: 0 });
      const { promotion, traffic } = JSON.parse(fs.readFileSync(at('report.json'), 'utf8')) as Report;
      expect(promotion.status).toBe('SUCCEEDED');
      expect(traffic.requests).toBeGreaterThan(10);
      expect(traffic.failed).toBe(0);
      expect(onMachine()).toEqual([]);
      expect(processes()).toEqual([]);
      const [instance = ''] = fs.readdirSync(at('state', 'instances'));
      expect(
        fs.readFileSync(at('state', 'instances', instance, 'upper/etc/lockstep-root-app/settings'), 'utf8'),
      ).toBe('prepared\n');
    });
  },
);
