import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pause } from '../../infra/local/run/follow.ts';
import type { Report } from '../../infra/local/run/report.ts';
import { projectRoot } from '../../infra/local/run/synthesize.ts';
import { seedAssembly } from '../support/assembly.ts';
import { startCommand } from '../support/command.ts';
import { freePorts } from '../support/ports.ts';
import { LATEST_MS, randomNumbers } from './support/kills.ts';
import { eventually } from './support/scenario.ts';

jest.setTimeout(600_000);

/** How often the process is killed within one promotion. */
const KILLS = 20;

/**
 * Steps that a promotion writes down once, however often it is taken up: inputs of the execution and changes of the ledger. It
 * has some 90; the last few are left alone, since a promotion that has ended would be made again.
 */
const step = /^\w{8} \{"t":"(states|dynamodb)\.journal"/gm;
const STEPS = 78;

describe('a run that is killed', () => {
  let directory: string;
  beforeEach(() => {
    directory = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'lockstep-kill-')));
  });
  afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

  it(`goes on where it was, ${KILLS} times in one promotion, and nothing is built, deployed, asked or decided twice`, async () => {
    const seed = Number(process.env.KILL_SEED ?? 20);
    await promoteThroughKills(seed).catch((error: unknown) => {
      throw new Error(`KILL_SEED=${seed}: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
    });
  });

  const promoteThroughKills = async (seed: number) => {
    const random = randomNumbers(seed);
    const kills = Array.from({ length: KILLS }, () => random() * STEPS).sort((one, other) => one - other);
    const { endpoint } = await freePorts();
    const stateDir = path.join(directory, 'killed');
    const journal = path.join(stateDir, 'journal.ndjson');
    const reportFile = path.join(directory, 'report.json');
    const start = () =>
      startCommand([
        '--unattended',
        ...['--port', String(endpoint)],
        ...['--state-dir', stateDir],
        ...['--report', reportFile],
      ]);
    /** Steps since the execution was started. */
    const stepsSoFar = () => {
      const text = fs.existsSync(journal) ? fs.readFileSync(journal, 'latin1') : '';
      return text.slice(Math.max(0, text.search(/"t":"states.journal"/) - 20)).match(step)?.length ?? 0;
    };
    await seedAssembly(stateDir);

    for (const at of kills) {
      const command = start();
      while (stepsSoFar() <= at && command.child.exitCode === null) await pause(5);
      await pause(random() * LATEST_MS);
      command.child.kill('SIGKILL');
      expect([await command.ended, command.output()]).toEqual(['SIGKILL', expect.anything()]);
    }
    // The last kill comes in the middle of a record.
    fs.truncateSync(journal, fs.statSync(journal).size - 1 - Math.floor(random() * 8));
    const last = start();
    const code = await last.ended;
    expect([code, last.output()]).toEqual([0, expect.stringContaining('Going on with the promotion')]);
    expect(last.output()).toMatch(
      /The last record of the journal \(line \d+, byte \d+\) was torn by a crash and is dropped/,
    );

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
    // A mail that was sent right before a kill, and not yet noted as sent, may come again: SNS sends at least once. Notices that
    // a kill has cut off come by reconciling, for which this run does not stay: every-prefix.test.ts waits for them.
    const told = new Set(report.mails.map(({ to, subject }) => `${to}: ${subject.split(' orders ')[0]}`));
    const requests = ['qc@example.com: QC approval:', 'pmo@example.com: PMO approval:'];
    expect([...told]).toEqual(expect.arrayContaining(requests));
    const notices = [
      'qc@example.com: QC approved:',
      'qc@example.com: PMO approved:',
      'pmo@example.com: PMO approved:',
      'dana@example.com: Promoted:',
    ];
    expect([...requests, ...notices]).toEqual(expect.arrayContaining([...told]));
    expect(report.iam.denied).toEqual([]);
  };

  it('stops in order when npm or its process group is asked to end, or npm is killed, and goes on afterwards', async () => {
    const { endpoint, qat } = await freePorts();
    const stateDir = path.join(directory, 'state');
    await seedAssembly(stateDir);
    const processes = () =>
      execFileSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8' })
        .split('\n')
        .filter((line) => line.includes(stateDir));
    const endings: readonly (readonly [signal: NodeJS.Signals, target: 'npm' | 'group'])[] = [
      ['SIGTERM', 'group'],
      ['SIGHUP', 'group'],
      ['SIGTERM', 'npm'],
      ['SIGKILL', 'npm'],
    ];
    for (const [signal, target] of endings) {
      const { child, output, hasClosed } = startNpm(['--state-dir', stateDir, '--port', String(endpoint)]);
      try {
        await eventually(
          `QC to be asked, before ${signal} to ${target}`,
          () => output().includes('QC decides') || undefined,
          output,
        );
        await eventually('QAT to serve', async () => (await answers(qat)) || undefined, output);
        expect(processes()).toContainEqual(expect.stringContaining('server.mjs'));
        process.kill(target === 'group' ? -(child.pid ?? 0) : (child.pid ?? 0), signal);
        await eventually(
          `the end after ${signal} to ${target}`,
          // What was printed last may still be in the pipe when the processes are gone.
          () => (processes().length === 0 && hasClosed() ? true : undefined),
          () => `${processes().join('\n')}\n${output()}`,
        );
        expect([signal, target, output()]).toEqual([signal, target, expect.stringContaining('Stopping …')]);
        expect(fs.existsSync(path.join(stateDir, 'lock'))).toBe(false);
      } finally {
        if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), 'SIGKILL');
      }
    }
  });
});

/** Starts `npm start` in a process group of its own, as a shell does. */
const startNpm = (options: readonly string[]) => {
  const child = spawn('npm', ['start', '--', ...options], {
    cwd: projectRoot,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  let isClosed = false;
  child.once('close', () => {
    isClosed = true;
  });
  return { child, output: () => Buffer.concat(chunks).toString('utf8'), hasClosed: () => isClosed };
};

/** Whether an application answers on a port. */
const answers = (port: number): Promise<boolean> =>
  fetch(`http://localhost:${port}/`).then(
    (response) => response.ok,
    () => false,
  );
