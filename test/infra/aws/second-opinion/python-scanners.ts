import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../../../infra/local/run/synthesize.ts';
import type { Finding } from './finding.ts';

const requirements = path.join(import.meta.dirname, 'requirements.txt');
const cache = path.join(projectRoot, 'node_modules/.cache/lockstep');
const digestOf = (...texts: readonly string[]): string => {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text).update('\0');
  return hash.digest('hex').slice(0, 16);
};

/** A directory with templates of ours by file name, each with the paths of its constructs. */
interface Templates {
  readonly directory: string;
  readonly texts: Readonly<Record<string, string>>;
}

/** The scanners cannot be installed on this machine: there is no Python with venv, or no package index. */
export class ScannersUnavailableError extends Error {
  override readonly name = 'ScannersUnavailable';
}

/**
 * Installs cfn-lint, checkov and pyspdxtools, which checkov needs, once for each list of versions.
 * @returns the directory with their programs
 * @throws ScannersUnavailableError where there is no Python 3 or no index
 * @throws Error if a package is another than the one that the list names
 */
export function installScanners(): string {
  const home = path.join(cache, `scanners-${digestOf(fs.readFileSync(requirements, 'utf8'))}`);
  const programs = path.join(home, 'bin');
  if (fs.existsSync(path.join(home, 'complete'))) return programs;
  fs.rmSync(home, { recursive: true, force: true });
  fs.mkdirSync(cache, { recursive: true });
  const run = (program: string, ...args: readonly string[]) => {
    const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
    if (status === 0) return;
    const reason = error?.message ?? stderr.trim().split('\n').at(-1) ?? '';
    const message = `${path.basename(program)} ${args.slice(0, 3).join(' ')}: ${reason}`;
    throw /HASH/.test(stderr) ? new Error(message) : new ScannersUnavailableError(message);
  };
  run('python3', '-m', 'venv', home);
  const options = [
    '--quiet',
    '--disable-pip-version-check',
    '--retries',
    '1',
    '--only-binary',
    ':all:',
    '--require-hashes',
  ];
  run(path.join(programs, 'python3'), '-m', 'pip', 'install', ...options, '--requirement', requirements);
  fs.writeFileSync(path.join(home, 'complete'), '');
  return programs;
}

/** Runs a program and reads the JSON that it prints. @throws Error if it prints none, with what it says instead */
const json = (program: string, args: readonly string[]): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let error = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (error += text));
    child.on('error', reject).on('close', (code) => {
      try {
        resolve(JSON.parse(out));
      } catch {
        reject(
          new Error(`${path.basename(program)} ended with ${code} and printed no JSON: ${error || out}`),
        );
      }
    });
  });

interface LintMatch {
  readonly Filename: string;
  readonly Message: string;
  readonly Rule: { readonly Id: string };
  readonly Location: { readonly Path?: readonly (string | number)[] | null };
}

interface CheckovReport {
  readonly results: {
    readonly failed_checks: readonly {
      readonly check_id: string;
      readonly check_name: string;
      readonly file_path: string;
      readonly resource: string;
    }[];
  };
  readonly summary: { readonly parsing_errors: number };
}

/** The path of a resource's construct; of what is no resource, its place in the template. */
function pathIn({ texts }: Templates, file: string, id: string | undefined): string {
  const { Resources } = JSON.parse(texts[path.basename(file)] ?? '{}') as {
    Resources?: Readonly<Record<string, { readonly Metadata?: Readonly<Record<string, string>> }>>;
  };
  return Resources?.[id ?? '']?.Metadata?.['aws:cdk:path'] ?? `${path.basename(file)}/${id}`;
}

async function lint(programs: string, templates: Templates): Promise<readonly Finding[]> {
  const files = Object.keys(templates.texts).map((file) => path.join(templates.directory, file));
  const options = ['--regions', 'us-east-1', '--format', 'json', '--'];
  const found = (await json(path.join(programs, 'cfn-lint'), [...options, ...files])) as readonly LintMatch[];
  return found.map(({ Filename, Message, Rule, Location }) => ({
    rule: Rule.Id,
    path: pathIn(templates, Filename, Location.Path?.[1]?.toString()),
    message: Message,
  }));
}

async function checkov(programs: string, templates: Templates): Promise<readonly Finding[]> {
  const options = ['--framework', 'cloudformation', '--output', 'json', '--quiet', '--compact'];
  const where = ['--skip-download', '--directory', templates.directory];
  const { results, summary } = (await json(path.join(programs, 'checkov'), [
    ...options,
    ...where,
  ])) as CheckovReport;
  if (summary.parsing_errors > 0)
    throw new Error(`checkov could not read ${summary.parsing_errors} templates.`);
  return results.failed_checks.map(({ check_id, check_name, file_path, resource }) => ({
    rule: check_id,
    path: pathIn(templates, file_path, resource.split('.')[1]),
    message: check_name,
  }));
}

/**
 * What cfn-lint and checkov find, side by side: about a minute of two cores. The same templates are scanned once.
 * @param programs of `installScanners`
 */
export async function scan(programs: string, templates: Templates): Promise<readonly Finding[]> {
  const digest = digestOf(
    programs,
    fs.readFileSync(import.meta.filename, 'utf8'),
    JSON.stringify(templates.texts),
  );
  const kept = path.join(cache, `findings-${digest}.json`);
  if (fs.existsSync(kept)) return JSON.parse(fs.readFileSync(kept, 'utf8')) as readonly Finding[];
  const findings = (await Promise.all([lint(programs, templates), checkov(programs, templates)])).flat();
  fs.writeFileSync(kept, JSON.stringify(findings));
  return findings;
}
