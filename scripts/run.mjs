// Runs one of this project's programs, in this very process: `node scripts/run.mjs infra/local/run/main.ts [options]`.
// All programs are made one JavaScript file each at once, and kept until a source changes: a start then reads two files, where
// a loader would translate some three hundred one by one (D-054).
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const root = path.resolve(import.meta.dirname, '..');
const cache = path.join(root, 'node_modules/.cache/lockstep');

/** What can be run. */
const programs = ['infra/local/run/main.ts', 'infra/app.ts', 'cli/main.ts'];

/** Folders with the sources of all of them, and what decides how they are translated. */
const sources = ['infra', 'workflows', 'tasks', 'approvals-ui', 'cli', 'tsconfig.json', 'package-lock.json'];

/** Programs of sources that have changed since are kept for so long, in ms: another start may be about to read them. */
const KEEP_MS = 60 * 60_000;

/** One digest for the same sources at the same place. */
const digestOfSources = () => {
  const hash = createHash('sha256')
    .update(root)
    .update(readFileSync(import.meta.filename))
    .update(readFileSync(path.join(import.meta.dirname, 'build-programs.mjs')));
  /** @param {string} file */
  const add = (file) => {
    if (statSync(file).isDirectory()) {
      for (const name of readdirSync(file).sort()) add(path.join(file, name));
    } else hash.update(file).update('\0').update(readFileSync(file)).update('\0');
  };
  for (const source of sources) add(path.join(root, source));
  return hash.digest('hex').slice(0, 16);
};

const removeOld = () => {
  for (const name of readdirSync(cache)) {
    const file = path.join(cache, name);
    if (name.startsWith('programs-') && statSync(file).mtimeMs < Date.now() - KEEP_MS)
      rmSync(file, { recursive: true, force: true });
  }
};

const programsOfSources = async () => {
  const directory = path.join(cache, `programs-${digestOfSources()}`);
  if (existsSync(directory)) return directory;
  mkdirSync(cache, { recursive: true });
  removeOld();
  const scratch = mkdtempSync(path.join(cache, 'programs-'));
  // Loaded only when there is something to make.
  const { buildPrograms } = await import('./build-programs.mjs');
  await buildPrograms(programs, scratch);
  try {
    renameSync(scratch, directory);
  } catch (error) {
    // Another start was first.
    if (!existsSync(directory)) throw error;
    rmSync(scratch, { recursive: true, force: true });
  }
  return directory;
};

const program = process.argv[2] ?? '';
if (!programs.includes(program)) {
  console.error(`lockstep: ${JSON.stringify(program)} is no program. These are: ${programs.join(', ')}.`);
  process.exit(2);
}
// The program finds its arguments where it would find them if it had been started itself.
process.argv.splice(1, 2, path.join(root, program));
process.setSourceMapsEnabled(true);
const file = path.join(await programsOfSources(), program.replace(/\.ts$/, '.mjs'));
await import(pathToFileURL(file).href);
