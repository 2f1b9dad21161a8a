import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { pause } from '../../infra/local/run/follow.ts';
import { digestOfSources, projectRoot, synthesizeIfChanged } from '../../infra/local/run/synthesize.ts';

const cache = path.join(projectRoot, 'node_modules/.cache/lockstep');
const directoryOf = (lockstep?: unknown) => path.join(cache, `assembly-${digestOfSources(lockstep)}`);

/** A synthesis that has not ended after this time, in ms, was killed. */
const PATIENCE_MS = 60_000;

/**
 * The assembly of a configuration, synthesized once for all test files that ask for it.
 * @param lockstep replaces cdk.json's
 * @returns its directory; not to be changed
 */
export const testAssembly = async (lockstep?: unknown): Promise<string> => {
  const directory = directoryOf(lockstep);
  if (fs.existsSync(directory)) return directory;
  fs.mkdirSync(cache, { recursive: true });
  const lock = `${directory}.lock`;
  try {
    fs.mkdirSync(lock);
  } catch {
    await othersSynthesis(directory, lock);
    if (fs.existsSync(directory)) return directory;
  }
  try {
    const scratch = fs.mkdtempSync(path.join(cache, 'synth-'));
    await synthesizeIfChanged(scratch, lockstep);
    fs.renameSync(scratch, directory);
  } catch (error) {
    // Another worker was first.
    if (!fs.existsSync(directory)) throw error;
  } finally {
    fs.rmSync(lock, { recursive: true, force: true });
  }
  return directory;
};

/** Test files begin at the same time: one synthesizes, the others wait. */
const othersSynthesis = async (directory: string, lock: string): Promise<void> => {
  const since = fs.statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  while (!fs.existsSync(directory) && fs.existsSync(lock) && Date.now() - since < PATIENCE_MS)
    await pause(50);
};

/** The assembly of cdk.json's configuration, for tests whose very declaration depends on it. */
export const testAssemblyNow = (): string => {
  const directory = directoryOf();
  const args = ['--import', 'tsx', path.join(import.meta.dirname, 'synthesize-assembly.ts')];
  if (!fs.existsSync(directory)) execFileSync(process.execPath, args, { cwd: projectRoot });
  return directory;
};

/** Puts that assembly where a run with this state directory looks for its own, so that it need not synthesize again. */
export const seedAssembly = async (stateDir: string): Promise<void> => {
  fs.cpSync(await testAssembly(), path.join(stateDir, 'cdk.out'), { recursive: true });
};
