import { parse } from 'yaml';

/** A component document that Image Builder rejects. */
class ComponentDocumentError extends Error {
  override readonly name = 'ComponentDocumentError';
}

/** One step of a phase. */
export interface ComponentStep {
  readonly name: string;
  readonly action: string;
  /** As the action takes them: one object, or a list of them. */
  readonly inputs: unknown;
  readonly onFailure: 'Abort' | 'Continue' | 'Ignore';
  readonly maxAttempts: number;
  readonly timeoutSeconds: number;
  /** `loop` or `if`, which are checked by nobody here and can be executed by AWS only. */
  readonly unsupported?: string;
}

/** What a component document does. */
export interface ComponentDocument {
  readonly name: string;
  readonly phases: readonly { readonly name: Phase; readonly steps: readonly ComponentStep[] }[];
  /** Constants, and parameters' defaults. */
  readonly values: Readonly<Record<string, string>>;
}

/** A phase of a component document. */
export type Phase = (typeof PHASES)[number];
/** How often, and for how long, AWS's task orchestrator tries a step that says nothing of it. */
const ATTEMPTS = 1;
const TIMEOUT_SECONDS = 7_200;

const PHASES = ['build', 'validate', 'test'] as const;

/** The action modules of AWS's task orchestrator, each with the inputs it cannot do without. */
const ACTIONS: Readonly<Record<string, { readonly list?: boolean; readonly needs: readonly string[] }>> = {
  AppendFile: { list: true, needs: ['path', 'content'] },
  Assert: { list: true, needs: ['condition'] },
  CopyFile: { list: true, needs: ['source', 'destination'] },
  CopyFolder: { list: true, needs: ['source', 'destination'] },
  CreateFile: { list: true, needs: ['path', 'content'] },
  CreateFolder: { list: true, needs: ['path'] },
  CreateSymlink: { list: true, needs: ['path', 'target'] },
  DeleteFile: { list: true, needs: ['path'] },
  DeleteFolder: { list: true, needs: ['path'] },
  ExecuteBash: { needs: ['commands'] },
  ExecuteBinary: { needs: ['path'] },
  ExecuteDocument: { needs: ['document'] },
  ExecutePowerShell: { needs: [] },
  ListFiles: { list: true, needs: ['path'] },
  MoveFile: { list: true, needs: ['source', 'destination'] },
  MoveFolder: { list: true, needs: ['source', 'destination'] },
  ReadFile: { list: true, needs: ['path'] },
  Reboot: { needs: [] },
  S3Download: { list: true, needs: ['source', 'destination'] },
  S3Upload: { list: true, needs: ['source', 'destination'] },
  SetFileEncoding: { list: true, needs: ['path', 'encoding'] },
  SetFileOwner: { list: true, needs: ['path', 'owner'] },
  SetFilePermissions: { list: true, needs: ['path', 'permissions'] },
  SetFolderOwner: { list: true, needs: ['path', 'owner'] },
  SetFolderPermissions: { list: true, needs: ['path', 'permissions'] },
  SetRegistry: { list: true, needs: ['path', 'name', 'value', 'type'] },
  UpdateOS: { needs: [] },
  WebDownload: { list: true, needs: ['source', 'destination'] },
};

const STEP_KEYS = ['name', 'action', 'inputs', 'onFailure', 'maxAttempts', 'timeoutSeconds', 'loop', 'if'];
const DOCUMENT_KEYS = ['name', 'description', 'schemaVersion', 'parameters', 'constants', 'phases'];

type Json = Readonly<Record<string, unknown>>;

/**
 * Parses a component's YAML and checks it as Image Builder does when the component is made.
 * @see https://docs.aws.amazon.com/imagebuilder/latest/userguide/toe-use-documents.html
 * @throws ComponentDocumentError naming the place
 */
export const parseComponentDocument = (data: string): ComponentDocument => {
  let document: unknown;
  try {
    document = parse(data);
  } catch (error) {
    throw fail(`it is not YAML: ${error instanceof Error ? error.message : error}`);
  }
  const root = object(document, 'the document');
  only(root, DOCUMENT_KEYS, 'the document');
  // YAML reads an unquoted 1.0 as a number.
  if (root.schemaVersion !== '1.0' && root.schemaVersion !== 1)
    throw fail(`schemaVersion must be 1.0; received ${show(root.schemaVersion)}`);
  const phases = list(root.phases, 'phases').map((phase, index) => readPhase(phase, `phases[${index}]`));
  const names = phases.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) throw fail(`the phase ${twice} is there twice`);
  return { name: typeof root.name === 'string' ? root.name : '', phases, values: readValues(root) };
};

/** Both are lists of objects with one key, the name (AWSTOE's guide, "Define variables"). */
const readValues = ({ constants, parameters }: Json): Record<string, string> => {
  const named = (value: unknown, what: 'value' | 'default') =>
    (Array.isArray(value) ? value : []).flatMap((one: unknown) =>
      Object.entries(one ?? {}).flatMap(([name, definition]) => {
        const text = (definition as Json | null)?.[what];
        return text === undefined ? [] : [[name, String(text)] as const];
      }),
    );
  return Object.fromEntries([...named(constants, 'value'), ...named(parameters, 'default')]);
};

const readPhase = (value: unknown, place: string) => {
  const phase = object(value, place);
  only(phase, ['name', 'steps'], place);
  const name = PHASES.find((known) => known === phase.name);
  if (!name) throw fail(`${place}.name must be one of ${PHASES.join(', ')}; received ${show(phase.name)}`);
  const steps = list(phase.steps, `${place}.steps`).map((step, index) =>
    readStep(step, `${place}.steps[${index}]`),
  );
  const names = steps.map((step) => step.name);
  const twice = names.find((step, index) => names.indexOf(step) !== index);
  if (twice) throw fail(`the phase ${name} has two steps named ${show(twice)}`);
  return { name, steps };
};

const readStep = (value: unknown, place: string): ComponentStep => {
  const step = object(value, place);
  only(step, STEP_KEYS, place);
  const { name, action, onFailure } = step;
  if (typeof name !== 'string' || name === '') throw fail(`${place}.name is required`);
  if (typeof action !== 'string' || !ACTIONS[action])
    throw fail(
      `${place}.action must be an action module such as ExecuteBash or UpdateOS; received ${show(action)}`,
    );
  if (onFailure !== undefined && !['Abort', 'Continue', 'Ignore'].includes(String(onFailure)))
    throw fail(`${place}.onFailure must be Abort, Continue or Ignore; received ${show(onFailure)}`);
  for (const key of ['maxAttempts', 'timeoutSeconds'])
    if (step[key] !== undefined && !Number.isInteger(step[key]))
      throw fail(`${place}.${key} must be a whole number; received ${show(step[key])}`);
  checkInputs(action, ACTIONS[action], step.inputs, `${place}.inputs`);
  const number = (key: string, fallback: number) => (Number(step[key]) > 0 ? Number(step[key]) : fallback);
  const unsupported = ['loop', 'if'].find((key) => step[key] !== undefined);
  return {
    name,
    action,
    inputs: step.inputs,
    onFailure: (onFailure ?? 'Abort') as ComponentStep['onFailure'],
    maxAttempts: number('maxAttempts', ATTEMPTS),
    timeoutSeconds: number('timeoutSeconds', TIMEOUT_SECONDS),
    ...(unsupported !== undefined && { unsupported }),
  };
};

const checkInputs = (
  action: string,
  { list: takesList = false, needs }: { readonly list?: boolean; readonly needs: readonly string[] },
  inputs: unknown,
  place: string,
) => {
  if (inputs === undefined || inputs === null) {
    if (needs.length > 0) throw fail(`${place} is required: ${action} takes ${needs.join(', ')}`);
    return;
  }
  const items = takesList ? list(inputs, place) : [inputs];
  items.forEach((item, index) => {
    const here = takesList ? `${place}[${index}]` : place;
    const input = object(item, here);
    for (const need of needs)
      if (input[need] === undefined) throw fail(`${here}.${need} is required for ${action}`);
    if (action === 'ExecuteBash') checkCommands(input.commands, `${here}.commands`);
  });
};

const checkCommands = (commands: unknown, place: string) => {
  list(commands, place).forEach((command, index) => {
    // `- echo a: b` is an object in YAML, and not what was meant.
    if (typeof command !== 'string')
      throw fail(`${place}[${index}] must be a text (quote it in YAML); received ${show(command)}`);
  });
};

const object = (value: unknown, place: string): Json => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw fail(`${place} must be an object; received ${show(value)}`);
  return value as Json;
};

const list = (value: unknown, place: string): readonly unknown[] => {
  if (!Array.isArray(value) || value.length === 0)
    throw fail(`${place} must be a list of at least one; received ${show(value)}`);
  return value;
};

const only = (value: Json, known: readonly string[], place: string) => {
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw fail(`${place} has the unknown key ${show(unknown)}; known are ${known.join(', ')}`);
};

const fail = (problem: string) =>
  new ComponentDocumentError(`The component document is invalid: ${problem}.`);
const show = (value: unknown) => (JSON.stringify(value) ?? 'nothing').slice(0, 200);
