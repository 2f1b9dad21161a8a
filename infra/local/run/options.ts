import path from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_PORT, DEFAULT_STATE_DIRECTORY, UsageError, wholeNumber } from '../../../cli/arguments.ts';
import { people } from './people.ts';

const instanceKinds = ['process', 'sandbox', 'container'] as const;
/** What an instance can be. */
export type InstanceKind = (typeof instanceKinds)[number];

/** What the command line asks for. */
export interface RunOptions {
  /** Git working tree whose HEAD is promoted; the sample application if absent. Absolute. */
  readonly app?: string;
  /** File that holds the configuration instead of cdk.json. Absolute. */
  readonly config?: string;
  readonly unattended: boolean;
  /** User name of who decides as QC when unattended. */
  readonly qc: string;
  /** User name of who decides as PMO when unattended. */
  readonly pmo: string;
  /** What instances are made of. @default what the state directory has; else the sample's are directories, others' the strongest */
  readonly instances?: InstanceKind;
  /** Container image that instances start from, instead of Amazon Linux 2023. */
  readonly image?: string;
  /** Whether an application's scripts may run on this machine itself although they were not written for it. */
  readonly runsScriptsHere: boolean;
  /** How many attempts fail, by state name. */
  readonly failures: ReadonlyMap<string, number>;
  /** How often a failed execution is redriven when unattended. */
  readonly redrives: number;
  /** Whether Prod's old instances are kept as long as the configuration says. */
  readonly soak: boolean;
  /** File that the report is written to. Absolute. */
  readonly report?: string;
  /** Absolute. */
  readonly stateDir: string;
  readonly port: number;
}

const names: readonly string[] = people.map(({ name }) => name);

/** `quinn (qc), sam (qc and pmo), dana (developer)`. */
const peopleInOneLine = people
  .map(({ name, groups }) => `${name} (${groups.join(' and ') || 'developer'})`)
  .join(', ');

/** The options, as `--help` prints them. */
export const usage = `npm start -- [options]

  --app DIR          promote that git working tree's HEAD instead of the sample (its root holds appspec.yml)
  --config FILE      the configuration, as in examples/, instead of the one in cdk.json
  --unattended       the approvers act by themselves; ends with the promotion:
                     0 promoted, 1 failed or rejected, 2 unusable (option, port, directory, git, parameter),
                     3 an approver was denied because the two must differ, above 128 stopped by a signal
  --qc NAME          who approves as QC when unattended (quinn)
  --pmo NAME         who approves as PMO when unattended (parker)
                     people: ${peopleInOneLine}
  --instances KIND   what an instance is: process (a directory; for applications that use DESTDIR and PORT),
                     sandbox (Linux: its own view of this machine's /, root, every port; no systemd), or
                     container (podman or docker: its own /, root, users, systemd; images are really built);
                     the sample takes process, --app takes the strongest: container, sandbox, process
  --image NAME       container image that instances start from, with systemd and bash (Amazon Linux 2023)
  --run-scripts-on-this-machine
                     lets hook scripts that do not use DESTDIR run on this machine itself, as you
  --fail "STATE[=N]" the external job of that state fails in its first N attempts (1); may be repeated
  --redrive N        unattended: redrive a failed execution up to N times (0)
  --soak             keep Prod's old instances for soakMinutes after the cut-over, instead of for a second
  --report FILE      write what happened as JSON
  --state-dir DIR    where everything lives (.lockstep); a run that was killed goes on from there
  --port P           the endpoint's port (4566); the next six are used as well
  --help             this text`;

const optionTypes = {
  app: { type: 'string' },
  config: { type: 'string' },
  unattended: { type: 'boolean' },
  qc: { type: 'string' },
  pmo: { type: 'string' },
  instances: { type: 'string' },
  image: { type: 'string' },
  'run-scripts-on-this-machine': { type: 'boolean' },
  fail: { type: 'string', multiple: true },
  redrive: { type: 'string' },
  soak: { type: 'boolean' },
  report: { type: 'string' },
  'state-dir': { type: 'string' },
  port: { type: 'string' },
  help: { type: 'boolean' },
} as const;

/** How many ports beside the endpoint's are in a row behind it. */
const PORTS_IN_A_ROW = 6;

const person = (option: string, name: string): string => {
  if (names.includes(name)) return name;
  throw new UsageError(`--${option} takes one of ${names.join(', ')}, got ${JSON.stringify(name)}.`);
};

const instanceKind = (text: string): InstanceKind => {
  const kind = instanceKinds.find((one) => one === text);
  if (kind !== undefined) return kind;
  throw new UsageError(`--instances takes ${instanceKinds.join(', ')}, got ${JSON.stringify(text)}.`);
};

/** `STATE` or `STATE=N`. State names hold no `=`. */
const failure = (text: string): [state: string, attempts: number] => {
  const [state = '', attempts, ...more] = text.split('=');
  if (state.trim() === '' || more.length > 0) {
    throw new UsageError(`--fail takes "STATE" or "STATE=N", got ${JSON.stringify(text)}.`);
  }
  return [state.trim(), attempts === undefined ? 1 : wholeNumber('fail "STATE=N"', attempts, 1, 100)];
};

/**
 * Reads the command line.
 * @param workingDirectory that paths are relative to
 * @returns `help` if only the usage is asked for
 * @throws UsageError naming the option, the value and what it takes
 */
export const parseOptions = (args: readonly string[], workingDirectory: string): RunOptions | 'help' => {
  const values = readArguments(args);
  if (values.help) return 'help';
  const unattended = values.unattended ?? false;
  for (const option of ['qc', 'pmo', 'redrive'] as const) {
    if (values[option] !== undefined && !unattended) {
      throw new UsageError(`--${option} goes with --unattended; without it, people decide on the pages.`);
    }
  }
  if (values.image !== undefined && (values.instances ?? 'container') !== 'container')
    throw new UsageError('--image goes with --instances container; nothing else starts from an image.');
  const absolute = (file: string) => path.resolve(workingDirectory, file);
  return {
    unattended,
    ...(values.instances !== undefined && { instances: instanceKind(values.instances) }),
    ...(values.image !== undefined && { image: values.image }),
    runsScriptsHere: values['run-scripts-on-this-machine'] ?? false,
    qc: person('qc', values.qc ?? 'quinn'),
    pmo: person('pmo', values.pmo ?? 'parker'),
    failures: new Map((values.fail ?? []).map(failure)),
    soak: values.soak ?? false,
    redrives: wholeNumber('redrive', values.redrive ?? '0', 0, 100),
    stateDir: absolute(values['state-dir'] ?? DEFAULT_STATE_DIRECTORY),
    port: wholeNumber('port', values.port ?? String(DEFAULT_PORT), 1024, 65_535 - PORTS_IN_A_ROW),
    ...(values.config !== undefined && { config: absolute(values.config) }),
    ...(values.app !== undefined && { app: absolute(values.app) }),
    ...(values.report !== undefined && { report: absolute(values.report) }),
  };
};

const readArguments = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options: optionTypes, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message} See: npm start -- --help`);
  }
};
