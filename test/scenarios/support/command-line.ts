import { type ProgramRun, runIn } from '../../cli/run-in.ts';
import type { Scenario } from './scenario.ts';

/** Commands that read files alone. */
const offline = ['verify'];

/** Runs a command of `npm run lockstep` against the local run, in the scenario's state directory. */
export const lockstep = ({ stateDir, run }: Scenario, ...args: readonly string[]): Promise<ProgramRun> => {
  const { port } = new URL(run.host.endpointUrl);
  const local = ['--local', '--port', port, '--state-dir', '.'];
  return runIn(stateDir, offline.includes(args[0] ?? '') ? args : [...args, ...local]);
};

/** The same with its answer as JSON; undefined if it gave none. */
export const lockstepJson = async <Json = Readonly<Record<string, unknown>>>(
  scenario: Scenario,
  ...args: readonly string[]
) => {
  const { code, out, error } = await lockstep(scenario, ...args, '--json');
  return { code, error, json: out === '' ? undefined : (JSON.parse(out) as Json) };
};
