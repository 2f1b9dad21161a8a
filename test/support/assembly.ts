import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { projectRoot, synthesize } from '../../infra/local/run/synthesize.ts';

/** What the assembly is made from. */
const sources = [
  'infra/app.ts',
  'infra/config.ts',
  'infra/aws',
  'workflows',
  'tasks',
  'approvals-ui',
  'cdk.json',
  'package-lock.json',
];

const hashSources = (): string => {
  const hash = createHash('sha256');
  const add = (file: string) => {
    const absolute = path.join(projectRoot, file);
    if (fs.statSync(absolute).isDirectory()) {
      for (const name of fs.readdirSync(absolute).sort()) add(`${file}/${name}`);
      return;
    }
    hash.update(file).update('\0').update(fs.readFileSync(absolute)).update('\0');
  };
  for (const source of sources) add(source);
  return hash.digest('hex').slice(0, 16);
};

/**
 * The assembly of cdk.json's configuration, synthesized once for all test files that ask for it.
 * @returns its directory; not to be changed
 */
export const testAssembly = async (): Promise<string> => {
  const cache = path.join(projectRoot, 'node_modules/.cache/lockstep');
  const directory = path.join(cache, `assembly-${hashSources()}`);
  if (fs.existsSync(directory)) return directory;
  fs.mkdirSync(cache, { recursive: true });
  const scratch = fs.mkdtempSync(path.join(cache, 'synth-'));
  await synthesize(scratch);
  try {
    fs.renameSync(scratch, directory);
  } catch (error) {
    // Another worker was first.
    if (!fs.existsSync(directory)) throw error;
    fs.rmSync(scratch, { recursive: true, force: true });
  }
  return directory;
};
