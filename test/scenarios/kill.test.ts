import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pause } from '../../infra/local/run/follow.ts';
import type { Report } from '../../infra/local/run/report.ts';
import { projectRoot } from '../../infra/local/run/synthesize.ts';
import { seedAssembly } from '../support/assembly.ts';
import { startCommand } from '../support/command.ts';
import { freePorts } from '../support/ports.ts';
import { eventually } from './support/scenario.ts';

jest.setTimeout(300_000);

/**
 * Where in a promotion the process is killed, by the size that the journal has reached since the promotion began, as parts of
 * a whole promotion's.
 */
const kills = [0.08, 0.25, 0.4, 0.55, 0.72, 0.86];

describe('a run that is killed', () => {
  let directory: string;
  beforeEach(() => {
    directory = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'lockstep-kill-')));
  });
  afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

  const lines = (stateDir: string): string[] => {
    const file = path.join(stateDir, 'journal.ndjson');
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n') : [];
  };
  /** Journal lines since the first record of an execution. */
  const linesOfPromotion = (stateDir: string): number => {
    const all = lines(stateDir);
    const first = all.findIndex((line) => line.includes('PROMOTION#'));
    return first === -1 ? 0 : all.length - first;
  };

  it('goes on where it was, at whatever moment, and nothing is built, deployed, asked or decided twice', async () => {
    const { endpoint } = await freePorts();
    const port = ['--port', String(endpoint)];
    const reportFile = path.join(directory, 'report.json');
    const args = (stateDir: string) => [
      '--unattended',
      ...port,
      '--state-dir',
      stateDir,
      '--report',
      reportFile,
    ];

    const whole = path.join(directory, 'whole');
    await seedAssembly(whole);
    expect(await startCommand(args(whole)).ended).toBe(0);
    const length = linesOfPromotion(whole);

    const stateDir = path.join(directory, 'killed');
    await seedAssembly(stateDir);
    for (const part of kills) {
      const command = startCommand(args(stateDir));
      while (linesOfPromotion(stateDir) < part * length && command.child.exitCode === null) await pause(5);
      command.child.kill('SIGKILL');
      expect([await command.ended, command.output()]).toEqual(['SIGKILL', expect.anything()]);
    }
    const last = startCommand(args(stateDir));
    const code = await last.ended;
    expect([code, last.output()]).toEqual([0, expect.stringContaining('Going on with the promotion')]);

    const report = JSON.parse(fs.readFileSync(reportFile, 'utf8')) as Report;
    expect(report.promotion).toMatchObject({ status: 'SUCCEEDED', redrives: 0 });
    expect(report.jobs.map(({ state, status }) => [state, status])).toEqual([
      ['Build QAT image', 'SUCCEEDED'],
      ['Refresh QAT instance', 'SUCCEEDED'],
      ['Deploy to QAT', 'SUCCEEDED'],
      ['Build Prod image', 'SUCCEEDED'],
      ['Deploy to Prod', 'SUCCEEDED'],
    ]);
    expect(report.deployments.map(({ environment }) => environment)).toEqual(['qat', 'prod']);
    expect(report.approvals.map(({ approver }) => approver)).toEqual(['quinn', 'parker']);
    const requests = report.mails.filter(({ subject }) => /^(QC|PMO) approval: /.test(subject));
    expect(requests.map(({ to }) => to).sort()).toEqual(['pmo@example.com', 'qc@example.com']);
    // A notice that was sent right before the kill, and not yet noted as sent, may come again: SNS sends at least once.
    const told = new Set(report.mails.map(({ to, subject }) => `${to}: ${subject}`));
    expect(told.size).toBe(5);
    expect(report.iam.denied).toEqual([]);
  });

  it('ends with npm when only npm is killed, so that the next start finds ports and directory free', async () => {
    const { endpoint } = await freePorts();
    const stateDir = path.join(directory, 'state');
    const npm = spawn('npm', ['start', '--', '--state-dir', stateDir, '--port', String(endpoint)], {
      cwd: projectRoot,
      stdio: 'ignore',
    });
    const lock = path.join(stateDir, 'lock');
    const pid = await eventually('the lock', () =>
      fs.existsSync(lock) ? Number.parseInt(fs.readFileSync(lock, 'utf8'), 10) || undefined : undefined,
    );
    npm.kill('SIGKILL');
    await eventually('the end of the run', () => {
      try {
        process.kill(pid, 0);
        return undefined;
      } catch {
        return true;
      }
    });
  });
});
