import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { localConfiguration } from './local-configuration.ts';

/** The project's root, where cdk.json is. */
export const projectRoot = path.resolve(import.meta.dirname, '../../..');

/** What an assembly is made from. */
const sources = [
  'infra/app.ts',
  'infra/config.ts',
  'infra/config',
  'infra/aws',
  'workflows',
  'tasks',
  'approvals-ui',
  'cdk.json',
  'package-lock.json',
];

/**
 * A digest of everything that an assembly is made from: the same digest, the same assembly.
 * @param lockstep the configuration, if it is not cdk.json's
 */
export const digestOfSources = (lockstep?: unknown): string => {
  const hash = createHash('sha256')
    .update(process.version)
    .update(JSON.stringify(lockstep ?? null));
  const add = (file: string) => {
    const absolute = path.join(projectRoot, file);
    if (fs.statSync(absolute).isDirectory()) {
      for (const name of fs.readdirSync(absolute).sort()) add(`${file}/${name}`);
      return;
    }
    hash.update(file).update('\0').update(fs.readFileSync(absolute)).update('\0');
  };
  for (const source of [...sources, ...ownDocuments(lockstep ?? readCdk().context.lockstep)]) add(source);
  return hash.digest('hex').slice(0, 16);
};

/**
 * Synthesizes unless the directory holds what these very sources made.
 * @param lockstep replaces cdk.json's `lockstep` context
 * @param signal ends the synthesis
 * @returns keys of the configuration that were left out, because only an AWS account has what they name
 * @throws SynthesisError
 */
export const synthesizeIfChanged = async (
  outputDirectory: string,
  lockstep?: unknown,
  signal?: AbortSignal,
): Promise<readonly string[]> => {
  const mark = path.join(outputDirectory, 'sources.sha256');
  const digest = digestOfSources(lockstep);
  if (fs.existsSync(mark) && fs.readFileSync(mark, 'utf8') === digest)
    return localConfiguration(lockstep ?? readCdk().context.lockstep).leftOut;
  fs.rmSync(mark, { force: true });
  const leftOut = await synthesize(outputDirectory, lockstep, signal);
  fs.writeFileSync(mark, digest);
  return leftOut;
};

/** Files that a configuration names, as far as they exist: synthesis says which do not. */
const ownDocuments = (lockstep: unknown): readonly string[] => {
  const { applications } = (lockstep ?? {}) as { readonly applications?: unknown };
  if (!Array.isArray(applications)) return [];
  const named = applications.flatMap(({ image }: { image?: { components?: unknown; tests?: unknown } }) => [
    image?.components ?? [],
    image?.tests ?? [],
  ]);
  return named
    .flat()
    .map(String)
    .filter((file) => fs.existsSync(path.join(projectRoot, file)));
};

const readCdk = () =>
  JSON.parse(fs.readFileSync(path.join(projectRoot, 'cdk.json'), 'utf8')) as {
    readonly app: string;
    readonly context: Record<string, unknown>;
  };

/** The configuration in cdk.json. */
export const configurationOfCdk = (): unknown => readCdk().context.lockstep;

/** The CDK application could not be synthesized; the message is what it printed. */
export class SynthesisError extends Error {
  override readonly name = 'SynthesisError';
}

/**
 * Synthesizes the CDK application as the CDK CLI does, without its start-up time: runs the `app` command of cdk.json with
 * its context and an output directory.
 * @param outputDirectory receives the assembly
 * @param lockstep replaces cdk.json's `lockstep` context
 * @param signal ends the synthesis
 * @returns keys of the configuration that were left out, because only an AWS account has what they name
 * @throws SynthesisError
 */
export const synthesize = async (
  outputDirectory: string,
  lockstep?: unknown,
  signal?: AbortSignal,
): Promise<readonly string[]> => {
  const cdk = readCdk();
  const local = localConfiguration(lockstep ?? cdk.context.lockstep);
  const context = {
    ...cdk.context,
    // Checking the templates against CloudFormation's rules takes 2 s and changes nothing in them: `npx cdk synth` and the tests do it.
    '@aws-cdk/core:validateAgainstDefaultRules': false,
    lockstep: local.lockstep,
  };
  const [, entry = 'infra/app.ts'] = cdk.app.split(' ');
  const child = spawn(process.execPath, ['scripts/run.mjs', entry], {
    cwd: projectRoot,
    env: {
      ...process.env,
      CDK_OUTDIR: outputDirectory,
      CDK_CONTEXT_JSON: JSON.stringify(context),
      // Where each resource was declared is for the CDK command to tell; nothing here reads it.
      CDK_DISABLE_STACK_TRACE: '1',
      // esbuild is written in Go, and lives for a second: it need not collect garbage as often as it usually does.
      GOGC: '400',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal && { signal }),
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new SynthesisError(Buffer.concat(output).toString('utf8').trim());
  return local.leftOut;
};
