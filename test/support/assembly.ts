import fs from 'node:fs';
import path from 'node:path';
import { digestOfSources, projectRoot, synthesizeIfChanged } from '../../infra/local/run/synthesize.ts';

/**
 * The assembly of a configuration, synthesized once for all test files that ask for it.
 * @param lockstep replaces cdk.json's
 * @returns its directory; not to be changed
 */
export const testAssembly = async (lockstep?: unknown): Promise<string> => {
  const cache = path.join(projectRoot, 'node_modules/.cache/lockstep');
  const directory = path.join(cache, `assembly-${digestOfSources(lockstep)}`);
  if (fs.existsSync(directory)) return directory;
  fs.mkdirSync(cache, { recursive: true });
  const scratch = fs.mkdtempSync(path.join(cache, 'synth-'));
  await synthesizeIfChanged(scratch, lockstep);
  try {
    fs.renameSync(scratch, directory);
  } catch (error) {
    // Another worker was first.
    if (!fs.existsSync(directory)) throw error;
    fs.rmSync(scratch, { recursive: true, force: true });
  }
  return directory;
};

/** Puts that assembly where a run with this state directory looks for its own, so that it need not synthesize again. */
export const seedAssembly = async (stateDir: string): Promise<void> => {
  fs.cpSync(await testAssembly(), path.join(stateDir, 'cdk.out'), { recursive: true });
};
