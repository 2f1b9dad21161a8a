import type { BuildMachine } from '../../instances/container/image-workshop.ts';
import type { ComponentDocument, ComponentStep, Phase } from './component-document.ts';
import { StepNotSupportedError, type StepWork, type Upload, workOf } from './step-scripts.ts';

/** With this code a script asks for a restart, after which its step runs again (AWSTOE's guide, "ExecuteBash"). */
const RESTART = 194;
const MOST_RESTARTS = 10;
/** How much of a step's output its failure tells: its last lines, in characters. */
const TAIL = 1_200;
/** How much of a step's output later steps can use: its last characters. */
const MOST_OUTPUT = 65_536;

/** A step failed, and the build with it. The message holds the end of its output. */
export class ComponentStepError extends Error {
  override readonly name = 'ComponentStepError';
}

/** A component of a recipe: its document, or that AWS keeps it. */
export interface RecipeComponent {
  readonly arn: string;
  readonly document?: ComponentDocument;
  /** Values of its parameters. @default their defaults */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** Puts bytes into a bucket with the rights of the instance's role. @throws AwsError */
export type PutUpload = (upload: Upload, bytes: Uint8Array) => Promise<void>;

/** What a phase runs with. */
export interface PhaseContext {
  /** Takes what is done and every output. */
  readonly log: (text: string) => void;
  readonly put: PutUpload;
}

/**
 * Runs a phase of all components in order, as AWS's task orchestrator does.
 * @throws ComponentStepError after a step that aborts, or at the end if a step failed that lets others continue
 */
export const runPhase = async (
  machine: BuildMachine,
  components: readonly RecipeComponent[],
  phase: Phase,
  context: PhaseContext,
): Promise<void> => {
  const { log } = context;
  let failure: ComponentStepError | undefined;
  for (const { arn, document, parameters } of components) {
    if (!document) {
      log(`Component ${arn}: AWS keeps its document, so its ${phase} phase is not run on this machine.\n`);
      continue;
    }
    let values: Readonly<Record<string, string>> = { ...document.values, ...parameters };
    for (const step of document.phases.find(({ name }) => name === phase)?.steps ?? []) {
      const place = `the step ${step.name} (${step.action}) of the phase ${phase} of the component ${document.name || arn}`;
      log(`${place}:\n`);
      const { failed, output } = await attempt(machine, step, values, context);
      values = { ...values, [`${phase}.${step.name}.outputs.stdout`]: output };
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

/** What came of a step: what it printed, and whether it failed. */
interface Attempt {
  readonly failed?: Failed;
  /** Both outputs together, which a machine does not tell apart; AWS passes on stdout alone. */
  readonly output: string;
}

const attempt = async (
  machine: BuildMachine,
  step: ComponentStep,
  values: Readonly<Record<string, string>>,
  context: PhaseContext,
): Promise<Attempt> => {
  let work: StepWork;
  try {
    work = workOf(step, values);
  } catch (error) {
    if (!(error instanceof StepNotSupportedError)) throw error;
    return { failed: { why: `cannot be run: ${error.message}`, tail: '' }, output: '' };
  }
  if (work.kind === 'reboot') {
    await machine.reboot();
    return { output: '' };
  }
  let last: Attempt = { output: '' };
  for (let tries = 0; tries < step.maxAttempts; tries++) {
    last =
      work.kind === 'script'
        ? await runScript(machine, work.text, step.timeoutSeconds, context.log)
        : await uploadAll(machine, work.uploads, step.timeoutSeconds, context);
    if (last.failed === undefined) return last;
  }
  return step.maxAttempts > 1 && last.failed
    ? { ...last, failed: { ...last.failed, why: `${last.failed.why}, ${step.maxAttempts} times` } }
    : last;
};

const runScript = async (
  machine: BuildMachine,
  text: string,
  timeoutSeconds: number,
  log: (text: string) => void,
): Promise<Attempt> => {
  let output = '';
  for (let restarts = 0; restarts <= MOST_RESTARTS; restarts++) {
    output = '';
    const { code, isLate } = await machine.bash(text, {
      timeoutMs: timeoutSeconds * 1_000,
      onOutput: (bytes) => {
        const said = bytes.toString('utf8');
        output = `${output}${said}`.slice(-MOST_OUTPUT);
        log(said);
      },
    });
    output = output.trim();
    if (code === 0) return { output };
    if (code !== RESTART) {
      const why = isLate ? `did not end within ${timeoutSeconds} seconds` : `failed with exit code ${code}`;
      return { failed: { why, tail: output.slice(-TAIL).trim() }, output };
    }
    log('The script asked for a restart.\n');
    await machine.reboot();
  }
  return { failed: { why: `asked for more than ${MOST_RESTARTS} restarts`, tail: '' }, output };
};

/** The machine has no credentials: its files are put into the bucket on its behalf. */
const uploadAll = async (
  machine: BuildMachine,
  uploads: readonly Upload[],
  timeoutSeconds: number,
  { log, put }: PhaseContext,
): Promise<Attempt> => {
  for (const upload of uploads) {
    const chunks: Buffer[] = [];
    const { code } = await machine.bash(`base64 -- '${upload.source.replaceAll("'", "'\\''")}'`, {
      timeoutMs: timeoutSeconds * 1_000,
      onOutput: (bytes) => void chunks.push(bytes),
    });
    const text = Buffer.concat(chunks).toString('utf8');
    if (code !== 0)
      return { failed: { why: `cannot read ${upload.source}`, tail: text.slice(-TAIL).trim() }, output: '' };
    try {
      await put(upload, Buffer.from(text, 'base64'));
    } catch (error) {
      const why = `cannot upload ${upload.source} to s3://${upload.bucket}/${upload.key}: ${error instanceof Error ? error.message : error}`;
      return { failed: { why, tail: '' }, output: '' };
    }
    log(`Uploaded ${upload.source} to s3://${upload.bucket}/${upload.key}.\n`);
  }
  return { output: '' };
};
