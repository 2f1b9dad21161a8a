import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openStore } from '@lockstep/aws-emulator';
import { git } from '../../infra/local/run/git.ts';
import type { Report } from '../../infra/local/run/report.ts';
import { seedAssembly } from '../support/assembly.ts';
import { runCommand, startCommand } from '../support/command.ts';
import { freePorts } from '../support/ports.ts';
import { eventually } from './support/scenario.ts';

jest.setTimeout(400_000);

describe('npm start', () => {
  let directory: string;
  beforeEach(() => {
    directory = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'lockstep-command-')));
  });
  afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

  /** Options of a run that starts from nothing. */
  const fresh = async () => [
    '--state-dir',
    path.join(directory, 'state'),
    '--port',
    String((await freePorts()).endpoint),
  ];
  /** Options of a run that need not synthesize. */
  const base = async () => {
    await seedAssembly(path.join(directory, 'state'));
    return fresh();
  };
  const reportFile = () => path.join(directory, 'report.json');
  const report = () => JSON.parse(fs.readFileSync(reportFile(), 'utf8')) as Report;

  /** Starts a run that goes on serving, and stops it when it has shown something. */
  const servedUntil = async (options: readonly string[], text: RegExp): Promise<string> => {
    const command = startCommand([...options]);
    try {
      await eventually(
        `"${text}" on the terminal`,
        () => (text.test(command.output()) ? true : undefined),
        command.output,
      );
      command.child.kill('SIGINT');
      expect(await command.ended).toBe(0);
      return command.output();
    } finally {
      command.child.kill('SIGKILL');
    }
  };

  it('promotes unattended, exits with 0 and reports, also after a kill before that; no request to Prod fails meanwhile', async () => {
    const command = [...(await fresh()), '--unattended', '--report', reportFile()];
    const { code, output } = await runCommand(command);
    expect(output).toContain('Deploy to Prod');
    expect(code).toBe(0);
    const { promotion, traffic, iam, states } = report();
    expect(promotion).toMatchObject({
      status: 'SUCCEEDED',
      redrives: 0,
      commitId: expect.stringMatching(/^[0-9a-f]{40}$/),
    });
    expect(states.map(({ name }) => name).at(-1)).toBe('Promoted');
    expect(traffic.requests).toBeGreaterThan(10);
    expect(traffic.failed).toBe(0);
    expect(traffic.versionsSeen.at(-1)).toBe(promotion.commitId);
    expect(iam.denied).toEqual([]);

    // As a kill between the promotion's end and its report leaves it.
    const store = openStore(path.join(directory, 'state'));
    const notes = store.table('run.unreported');
    expect(notes.keys()).toEqual([]);
    notes.put('orders', { commitId: promotion.commitId, before: null });
    store.close();
    fs.rmSync(reportFile());
    const reported = await runCommand(command);
    expect(reported.output).toContain('Going on with the promotion');
    expect(reported.output).toContain('Promoted');
    expect(reported.code).toBe(0);
    expect(report().promotion).toEqual(promotion);

    // It has been told: the same command promotes the commit again.
    const again = await runCommand(command);
    expect([again.code, again.output]).toEqual([0, expect.stringContaining('Promoting')]);
    expect(report().promotion).toMatchObject({ status: 'SUCCEEDED', commitId: promotion.commitId });
    expect(report().promotion.id).not.toBe(promotion.id);
  });

  it('fails with 3 when QC and PMO are the same person, and goes on with another in the same directory', async () => {
    const shared = await base();
    const denied = await runCommand([
      ...shared,
      '--unattended',
      '--qc',
      'sam',
      '--pmo',
      'sam',
      '--report',
      reportFile(),
    ]);
    expect(denied.output).toContain('ApproversMustDiffer');
    expect(denied.code).toBe(3);
    expect(report()).toMatchObject({
      promotion: { status: 'RUNNING' },
      denials: [{ role: 'pmo', approver: 'sam', reason: 'ApproversMustDiffer' }],
    });
    expect(report().deployments.map(({ environment }) => environment)).toEqual(['qat']);

    const approved = await runCommand([...shared, '--unattended', '--report', reportFile()]);
    expect(approved.output).toContain('Going on with the promotion');
    expect(approved.code).toBe(0);
    expect(report().approvals.map(({ approver }) => approver)).toEqual(['sam', 'parker']);
  });

  it('promotes with one redrive when a job fails once, and fails with 1 without', async () => {
    const shared = await base();
    const fail = ['--unattended', '--fail', 'Build Prod image', '--report', reportFile()];
    const failed = await runCommand([...shared, ...fail]);
    expect(failed.output).toContain('ImageBuildFailed');
    expect(failed.output).toContain('A redrive resumes at Build Prod image. First: ');
    expect(failed.code).toBe(1);
    const served = await servedUntil(shared, /npm run lockstep -- redrive orders-.*\n.*olga/);
    expect(served).toMatch(
      /[0-9a-f]{7} was pushed before, and its promotion ended FAILED\.\nA redrive resumes at/,
    );
    const redriven = await runCommand([...shared, ...fail, '--redrive', '1']);
    expect(redriven.code).toBe(0);
    expect(report().promotion).toMatchObject({ status: 'SUCCEEDED', redrives: 1 });
    expect(report().jobs.map(({ state }) => state)).toEqual([
      'Build QAT image',
      'Refresh QAT instance',
      'Deploy to QAT',
      'Build Prod image',
      'Build Prod image',
      'Deploy to Prod',
    ]);
    await servedUntil(shared, /[0-9a-f]{7} has been promoted to Prod\. Push another commit/);
    // Neither causes nor mails nor records lead to a console that does not know of this machine.
    const journal = fs
      .readFileSync(path.join(directory, 'state/journal.ndjson'), 'utf8')
      .split('\n')
      .filter((line) => /^\w{8} \{"t":"(states|dynamodb|sns)\./.test(line))
      .join('\n');
    expect(journal).toContain('ImageBuildFailed');
    expect(`${journal}${failed.output}`).not.toContain('console.aws.amazon.com');
  });

  it('serves until Ctrl-C, and a git push starts another promotion', async () => {
    const shared = await base();
    const command = startCommand(shared);
    try {
      const shown = (text: string | RegExp) =>
        eventually(
          `"${text}" on the terminal`,
          () => (command.output().match(text) ? true : undefined),
          command.output,
        );
      await shown(/QC decides.*\n.*\/approvals\//);
      const working = path.join(directory, 'state/applications/orders');
      fs.writeFileSync(path.join(working, 'NOTES.md'), 'More.\n');
      await git(working, ['add', '--all']);
      await git(working, ['commit', '--quiet', '--message', 'Add notes']);
      await git(working, ['push', '--quiet']);
      const commitId = await git(working, ['rev-parse', 'HEAD']);
      await shown(`Promotion .*${commitId.slice(0, 7)}`);
      await git(working, ['tag', 'v1']);
      const remote = (ref: string) =>
        spawnSync('git', ['-C', working, 'push', 'lockstep', ref], { encoding: 'utf8' }).stderr;
      const nothing = 'starts nothing; only pushes to main are promoted.';
      expect(remote('v1')).toContain(`Lockstep: the tag v1 ${nothing}`);
      expect(remote('HEAD:refs/heads/side')).toContain(`Lockstep: the branch side ${nothing}`);
      await shown('The tag v1 of orders was pushed. This starts nothing: only pushes to main are promoted.');
      await shown('The branch side of orders was pushed. This starts nothing');
      command.child.kill('SIGINT');
      expect(await command.ended).toBe(0);
    } finally {
      command.child.kill('SIGKILL');
    }
  });

  it.each<[string, (at: string) => Promise<string[]> | string[], string]>([
    ['an unknown option', () => ['--colour'], '--colour'],
    [
      'an unknown state',
      () => ['--unattended', '--fail', 'QC approval'],
      'These have one: "Build QAT image"',
    ],
    ['a directory that is no repository', (at) => ['--app', at], 'takes a git working tree'],
    [
      'a state directory that is a file',
      (at) => {
        fs.writeFileSync(path.join(at, 'file'), '');
        return ['--state-dir', path.join(at, 'file')];
      },
      'file cannot be used: it is a file. Choose another with --state-dir.',
    ],
    [
      'a state directory of another version',
      (at) => {
        fs.mkdirSync(path.join(at, 'old'));
        fs.writeFileSync(path.join(at, 'old/journal.ndjson'), '{"lockstep":0}\n');
        return ['--state-dir', path.join(at, 'old')];
      },
      'has version 0; this Lockstep reads version',
    ],
  ])('fails with 2 on %s', async (_, args, message) => {
    const { code, output } = await runCommand([...(await base()), ...(await args(directory))]);
    expect(output).toContain(message);
    expect(code).toBe(2);
  });

  it('fails with 2 where git is missing, before anything starts', async () => {
    const { code, output } = await runCommand(['--state-dir', path.join(directory, 'state')], {
      PATH: directory,
    });
    expect(output.trim()).toBe(
      'lockstep: git was not found, and pushes go through it. Install git, see that it is on the PATH, and start again.',
    );
    expect(code).toBe(2);
    expect(fs.existsSync(path.join(directory, 'state'))).toBe(false);
  });
});
