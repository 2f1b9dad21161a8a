import { fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { projectRoot, synthesize } from '../../infra/local/run/synthesize.ts';
import { buildPrograms } from '../../scripts/build-programs.mjs';
import type { Load } from '../load/promotions.ts';
import { applications } from './synthesis.ts';

const directoryOfPrograms = path.join(projectRoot, 'node_modules/.cache/lockstep', `load-run-${process.pid}`);

const APPLICATIONS = 20;

/** How long a load may take, in ms: many times what it takes. */
const PATIENCE_MS = 60 * 60 * 1000;

const loads: readonly Load[] = [
  { applications: 10, promotions: 10, patienceMs: PATIENCE_MS },
  { applications: APPLICATIONS, promotions: 200, patienceMs: PATIENCE_MS },
];

/**
 * Makes the measured program one JavaScript file, as `npm start` does with its own: a loader's share of time and memory is not
 * the local run's.
 * @returns the file; packages are found from where it is
 */
const buildLoadRun = async (): Promise<string> => {
  await buildPrograms(['test/bench/load-run.ts'], directoryOfPrograms);
  return path.join(directoryOfPrograms, 'test', 'bench', 'load-run.mjs');
};

/**
 * Promotions of twenty applications at once, few and many, each time in a process of its own: people decide on the pages,
 * applications are deployed in next to no time.
 * @param directory for the assembly and the runs' state
 * @throws Error when a run fails
 */
export const measureLoad = async (directory: string) => {
  const assemblyDirectory = path.join(directory, 'assembly-load');
  await synthesize(assemblyDirectory, applications(APPLICATIONS));
  const program = await buildLoadRun();
  const results: unknown[] = [];
  for (const load of loads) {
    const stateDir = path.join(directory, `load-${load.promotions}`);
    const child = fork(program, [JSON.stringify({ stateDir, assemblyDirectory, load })], { execArgv: [] });
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`The run under load ended with ${code} and told nothing.`);
    });
    ended.catch(() => undefined);
    const [result] = (await Promise.race([once(child, 'message'), ended])) as [unknown];
    results.push(result);
  }
  fs.rmSync(directoryOfPrograms, { recursive: true });
  return { applications: APPLICATIONS, runs: results };
};
