import type { BuildMachine } from '../../instances/container/image-workshop.ts';
import type { ComponentDocument, ComponentStep, Phase } from './component-document.ts';
import { StepNotSupportedError, type StepWork, workOf } from './step-scripts.ts';

/** With this code a script asks for a restart, after which its step runs again (AWSTOE's guide, "ExecuteBash"). */
const RESTART = 194;
const MOST_RESTARTS = 10;
/** How much of a step's output its failure tells: its last lines, in characters. */
const TAIL = 1_200;

/** A step failed, and the build with it. The message holds the end of its output. */
export class ComponentStepError extends Error {
  override readonly name = 'ComponentStepError';
}

/** A component of a recipe: its document, or that AWS keeps it. */
export interface RecipeComponent {
  readonly arn: string;
  readonly document?: ComponentDocument;
}

/**
 * Runs a phase of all components in order, as AWS's task orchestrator does.
 * @param log takes what is done and every output
 * @throws ComponentStepError after a step that aborts, or at the end if a step failed that lets others continue
 */
export const runPhase = async (
  machine: BuildMachine,
  components: readonly RecipeComponent[],
  phase: Phase,
  log: (text: string) => void,
): Promise<void> => {
  let failure: ComponentStepError | undefined;
  for (const { arn, document } of components) {
    if (!document) {
      log(`Component ${arn}: AWS keeps its document, so its ${phase} phase is not run on this machine.\n`);
      continue;
    }
    for (const step of document.phases.find(({ name }) => name === phase)?.steps ?? []) {
      const place = `the step ${step.name} (${step.action}) of the phase ${phase} of the component ${document.name || arn}`;
      log(`${place}:\n`);
      const failed = await attempt(machine, step, document, log);
      if (failed === undefined) continue;
      log(`${place} ${failed.why}\n`);
      if (step.onFailure === 'Ignore') continue;
      failure ??= new ComponentStepError(
        `${place[0]?.toUpperCase()}${place.slice(1)} ${failed.why}.${failed.tail === '' ? '' : ` Its output ends with:\n${failed.tail}`}`,
      );
      if (step.onFailure === 'Abort') throw failure;
    }
  }
  if (failure) throw failure;
};

interface Failed {
  readonly why: string;
  readonly tail: string;
}

const attempt = async (
  machine: BuildMachine,
  step: ComponentStep,
  { values }: ComponentDocument,
  log: (text: string) => void,
): Promise<Failed | undefined> => {
  let work: StepWork;
  try {
    work = workOf(step, values);
  } catch (error) {
    if (!(error instanceof StepNotSupportedError)) throw error;
    return { why: `cannot be run: ${error.message}`, tail: '' };
  }
  if (work.kind === 'reboot') {
    await machine.reboot();
    return undefined;
  }
  let failed: Failed | undefined;
  for (let tries = 0; tries < step.maxAttempts; tries++) {
    failed = await runScript(machine, work.text, step.timeoutSeconds, log);
    if (failed === undefined) return undefined;
  }
  return step.maxAttempts > 1 && failed
    ? { ...failed, why: `${failed.why}, ${step.maxAttempts} times` }
    : failed;
};

const runScript = async (
  machine: BuildMachine,
  text: string,
  timeoutSeconds: number,
  log: (text: string) => void,
): Promise<Failed | undefined> => {
  for (let restarts = 0; restarts <= MOST_RESTARTS; restarts++) {
    let tail = '';
    const { code, isLate } = await machine.bash(text, {
      timeoutMs: timeoutSeconds * 1_000,
      onOutput: (bytes) => {
        const output = bytes.toString('utf8');
        tail = `${tail}${output}`.slice(-TAIL);
        log(output);
      },
    });
    if (code === 0) return undefined;
    if (code !== RESTART) {
      const why = isLate ? `did not end within ${timeoutSeconds} seconds` : `failed with exit code ${code}`;
      return { why, tail: tail.trim() };
    }
    log('The script asked for a restart.\n');
    await machine.reboot();
  }
  return { why: `asked for more than ${MOST_RESTARTS} restarts`, tail: '' };
};
