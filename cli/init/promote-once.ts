import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { readWorkingDirectory } from '../check/read-revision.ts';
import { CommandError } from '../system.ts';

/** What is promoted, and where. Paths are absolute. */
export interface PromoteOnce {
  /** The application's directory. */
  readonly directory: string;
  /** As it was typed. */
  readonly asGiven: string;
  /** The configuration, as JSON. */
  readonly configuration: string;
  /** The local run's state directory. @default a new one, which is deleted if the application was promoted */
  readonly stateDirectory?: string;
  readonly port: number;
  /** Gets what the local run prints, line by line. */
  readonly tell: (line: string) => void;
}

/** How it went. */
export interface PromotedOnce {
  /** As `npm start -- --unattended` exits: 0 is promoted. */
  readonly exitCode: number;
  /** The local run's report. Absent if the promotion did not end. */
  readonly report?: LocalRunReport;
  /** Where the local run's state is, if it is kept. */
  readonly keptIn?: string;
}

/** What is told of the local run's report. */
interface LocalRunReport {
  readonly promotion: { readonly status: string; readonly commitId: string };
  readonly states: readonly { readonly name: string; readonly status: string }[];
  readonly traffic: { readonly requests: number; readonly failed: number };
  readonly seconds: { readonly promotion: number };
}

/** Signals that a terminal sends to the local run as well: it stops in order, and says so with its exit code. */
const SIGNALS = ['SIGINT', 'SIGHUP'] as const;
/** The exit code of a shell for a program that a signal ended. */
const KILLED = 128;

const git = (directory: string, ...args: readonly string[]): void => {
  const settings = ['core.hooksPath=/dev/null', 'commit.gpgsign=false', 'core.autocrlf=false'];
  const identity = ['user.name=lockstep init', 'user.email=init@localhost'];
  try {
    execFileSync(
      'git',
      [...[...settings, ...identity].flatMap((one) => ['-c', one]), '-C', directory, ...args],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'))),
      },
    );
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { readonly stderr?: Buffer };
    throw new CommandError(
      code === 'ENOENT'
        ? '--promote needs git: install it, or promote later with npm start.'
        : `git ${args[0]} failed in a copy of the directory: ${stderr?.toString().trim() ?? ''}`,
    );
  }
};

/** Commits, in a repository of its own, what a commit of everything in a directory would have. The directory's own stays as it is. */
function commitCopy({ directory, asGiven }: PromoteOnce, copy: string): void {
  const { files, isGit } = readWorkingDirectory(directory, asGiven);
  // What an earlier call copied may have been deleted since; its commits stay.
  for (const name of fs.existsSync(copy) ? fs.readdirSync(copy) : [])
    if (name !== '.git') fs.rmSync(path.join(copy, name), { recursive: true, force: true });
  for (const { path: name } of files)
    fs.cpSync(path.join(directory, name), path.join(copy, name), { verbatimSymlinks: true });
  if (!fs.existsSync(path.join(copy, '.git'))) git(copy, 'init', '--quiet', '--initial-branch=main');
  git(copy, 'add', '--all', ...(isGit ? ['--force'] : []));
  git(copy, 'commit', '--quiet', '--allow-empty', '--message', `Promote ${path.basename(directory)}`);
}

const readReport = (file: string): LocalRunReport | undefined =>
  fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as LocalRunReport) : undefined;

/**
 * Promotes a directory once on a local run, as `npm start -- --app DIR --config FILE --unattended` would after a commit.
 * @throws CommandError if git does not take its files
 */
export async function promoteOnce(options: PromoteOnce): Promise<PromotedOnce> {
  const { configuration, port, tell } = options;
  const stateDirectory = options.stateDirectory ?? fs.mkdtempSync(path.join(tmpdir(), 'lockstep-init-'));
  const inputs = path.join(stateDirectory, 'init');
  const copy = path.join(inputs, path.basename(options.directory));
  const config = path.join(inputs, 'configuration.json');
  const report = path.join(inputs, 'report.json');
  fs.mkdirSync(copy, { recursive: true });
  fs.rmSync(report, { force: true });
  fs.writeFileSync(config, configuration);
  commitCopy(options, copy);
  const root = path.resolve(import.meta.dirname, '../..');
  const child = spawn(
    process.execPath,
    [
      ...[path.join(root, 'scripts/run.mjs'), 'infra/local/run/main.ts', '--unattended', '--app', copy],
      ...['--config', config, '--report', report, '--state-dir', stateDirectory, '--port', String(port)],
    ],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const wait = () => undefined;
  for (const signal of SIGNALS) process.on(signal, wait);
  try {
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', tell);
    const [code] = (await once(child, 'close')) as [number | null];
    const exitCode = code ?? KILLED;
    const isKept = options.stateDirectory !== undefined || exitCode !== 0;
    const found = readReport(report);
    if (!isKept) fs.rmSync(stateDirectory, { recursive: true, force: true });
    return { exitCode, ...(found && { report: found }), ...(isKept && { keptIn: stateDirectory }) };
  } finally {
    for (const signal of SIGNALS) process.off(signal, wait);
  }
}

/** How it went, in a few lines. */
export function promotedText({ exitCode, report, keptIn }: PromotedOnce): string {
  const failed = report?.states.find(({ status }) => status === 'FAILED' || status === 'TIMED_OUT');
  const lines = [
    exitCode === 0 && report !== undefined
      ? `Promoted once on the local run, in ${Math.round(report.seconds.promotion)} s: ${report.traffic.failed} of ${report.traffic.requests} requests to Prod failed meanwhile.`
      : `Not promoted on the local run: it ended with ${exitCode}${failed === undefined ? '' : `, at ${failed.name}`}. What it printed says why.`,
    ...(keptIn === undefined ? [] : [`Its state is kept in ${keptIn}.`]),
  ];
  return lines.join('\n');
}
