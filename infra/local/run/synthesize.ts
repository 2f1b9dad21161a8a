import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** The project's root, where cdk.json is. */
export const projectRoot = path.resolve(import.meta.dirname, '../../..');

/** The CDK application could not be synthesized; the message is what it printed. */
export class SynthesisError extends Error {
  override readonly name = 'SynthesisError';
}

/**
 * Synthesizes the CDK application as the CDK CLI does, without its start-up time: runs the `app` command of cdk.json with
 * its context and an output directory.
 * @param outputDirectory receives the assembly
 * @param lockstep replaces cdk.json's `lockstep` context (tests try other configurations)
 * @throws SynthesisError
 */
export const synthesize = async (outputDirectory: string, lockstep?: unknown): Promise<void> => {
  const cdk = JSON.parse(fs.readFileSync(path.join(projectRoot, 'cdk.json'), 'utf8')) as {
    readonly app: string;
    readonly context: Record<string, unknown>;
  };
  const context = {
    ...cdk.context,
    // Checking the templates against CloudFormation's rules takes 2 s and changes nothing in them: `npx cdk synth` and the tests do it.
    '@aws-cdk/core:validateAgainstDefaultRules': false,
    ...(lockstep !== undefined && { lockstep }),
  };
  const [, entry = 'infra/app.ts'] = cdk.app.split(' ');
  const child = spawn(process.execPath, ['--import', 'tsx', entry], {
    cwd: projectRoot,
    env: { ...process.env, CDK_OUTDIR: outputDirectory, CDK_CONTEXT_JSON: JSON.stringify(context) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new SynthesisError(Buffer.concat(output).toString('utf8').trim());
};
