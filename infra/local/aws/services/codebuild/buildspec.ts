import { parse } from 'yaml';

/** Phases in their order. Source: CodeBuild's buildspec reference. */
const phaseNames = ['install', 'pre_build', 'build', 'post_build'] as const;
export type PhaseName = (typeof phaseNames)[number];

/** One phase's commands, all run by one shell. */
interface BuildPhase {
  readonly name: PhaseName;
  readonly commands: readonly string[];
  /** Run after the commands, whether they succeeded or not. */
  readonly finally: readonly string[];
  /** Whether a command that fails ends the build. */
  readonly onFailure: 'ABORT' | 'CONTINUE';
}

/** A buildspec, as far as it is followed here. */
export interface Buildspec {
  readonly variables: Readonly<Record<string, string>>;
  /** Names of SSM parameters by variable. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly phases: readonly BuildPhase[];
  /** Secrets by variable: `<id>:<key of its JSON>`, of which the key may be left out. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What the build makes. Absent if it names nothing. */
  readonly artifacts?: ArtifactSpec;
  /** Runtimes that it asks for; on this machine, the machine's own are used. */
  readonly runtimes: Readonly<Record<string, string>>;
}

/** Files that a build makes. */
export interface ArtifactSpec {
  /** Patterns. */
  readonly files: readonly string[];
  readonly baseDirectory: string;
  /** Whether all files lie side by side in the archive. */
  readonly discardsPaths: boolean;
  readonly excludePaths: readonly string[];
}

/** The buildspec cannot be followed; CodeBuild calls it YAML_FILE_ERROR. */
export class BuildspecError extends Error {
  override readonly name = 'BuildspecError';
  /** Whether CodeBuild can follow it all the same. */
  readonly isHereAlone: boolean;
  constructor(message: string, isHereAlone = false) {
    super(message);
    this.isHereAlone = isHereAlone;
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** @throws BuildspecError naming the key, the value and what it takes */
export const parseBuildspec = (text: string): Buildspec => {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    throw new BuildspecError(`It is not YAML: ${(error as Error).message.split('\n')[0]}`);
  }
  const spec = fields(document, 'the buildspec');
  only(spec, '', ['version', 'run-as', 'env', 'proxy', 'batch', 'phases', 'reports', 'artifacts', 'cache']);
  // 0.1 runs each command in a shell of its own.
  if (String(spec.version) !== '0.2')
    throw wrong('version', spec.version, 'give 0.2', String(spec.version) === '0.1');
  const env = optionalFields(spec.env, 'env');
  only(env, 'env.', [
    'shell',
    'variables',
    'parameter-store',
    'secrets-manager',
    'exported-variables',
    'git-credential-helper',
  ]);
  if (env.shell !== undefined && env.shell !== '/bin/sh' && env.shell !== 'bash')
    throw wrong('env.shell', env.shell, 'give bash, or leave it out', true);
  const phases = fields(spec.phases, 'phases');
  only(phases, 'phases.', phaseNames);
  const install = optionalFields(phases.install, 'phases.install');
  const artifacts = artifactsOf(optionalFields(spec.artifacts, 'artifacts'));
  return {
    variables: texts(env.variables, 'env.variables'),
    parameters: texts(env['parameter-store'], 'env.parameter-store'),
    secrets: texts(env['secrets-manager'], 'env.secrets-manager'),
    ...(artifacts && { artifacts }),
    phases: phaseNames.flatMap((name) =>
      phases[name] === undefined ? [] : [phaseOf(name, fields(phases[name], `phases.${name}`))],
    ),
    runtimes: texts(install['runtime-versions'], 'phases.install.runtime-versions'),
  };
};

const artifactsOf = (artifacts: Fields): ArtifactSpec | undefined => {
  only(artifacts, 'artifacts.', [
    'files',
    'name',
    'discard-paths',
    'base-directory',
    'exclude-paths',
    's3-prefix',
    'enable-symlinks',
  ]);
  const files = commandsOf(artifacts.files, 'artifacts.files');
  if (files.length === 0) return undefined;
  const { 'base-directory': baseDirectory = '.' } = artifacts;
  if (typeof baseDirectory !== 'string' || /[*?]/.test(baseDirectory))
    throw wrong('artifacts.base-directory', baseDirectory, 'give the path of one directory', true);
  return {
    files,
    baseDirectory,
    // YAML 1.2 reads `yes` as a text.
    discardsPaths: ['yes', 'true'].includes(String(artifacts['discard-paths'])),
    excludePaths: commandsOf(artifacts['exclude-paths'], 'artifacts.exclude-paths'),
  };
};

const phaseOf = (name: PhaseName, phase: Fields): BuildPhase => {
  const at = `phases.${name}`;
  only(phase, `${at}.`, ['run-as', 'on-failure', 'runtime-versions', 'commands', 'finally']);
  const onFailure = phase['on-failure'] ?? (name === 'build' ? 'CONTINUE' : 'ABORT');
  if (onFailure !== 'ABORT' && onFailure !== 'CONTINUE')
    throw wrong(`${at}.on-failure`, onFailure, 'give ABORT or CONTINUE');
  return {
    name,
    commands: commandsOf(phase.commands, `${at}.commands`),
    finally: commandsOf(phase.finally, `${at}.finally`),
    onFailure,
  };
};

const commandsOf = (value: unknown, at: string): readonly string[] => {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value)) throw wrong(at, value, 'give a list of commands');
  return value.map((command, index) => {
    // YAML reads "echo a: b" as a mapping: the most frequent mistake in a buildspec.
    if (typeof command !== 'string') throw wrong(`${at}[${index}]`, command, 'put the command in quotes');
    return command;
  });
};

const texts = (value: unknown, at: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(optionalFields(value, at)).map(([name, each]) => {
      if (typeof each === 'object') throw wrong(`${at}.${name}`, each, 'give a text');
      return [name, String(each)];
    }),
  );

const optionalFields = (value: unknown, at: string): Fields =>
  value === undefined || value === null ? {} : fields(value, at);

const fields = (value: unknown, at: string): Fields => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(at, value, 'give keys with values');
  return value as Fields;
};

const only = (value: Fields, at: string, known: readonly string[]): void => {
  for (const key of Object.keys(value))
    if (!known.includes(key)) throw wrong(`${at}${key}`, value[key], `use ${known.join(', ')}`);
};

const wrong = (at: string, value: unknown, remedy: string, isHereAlone = false) =>
  new BuildspecError(
    `${at} is ${value === undefined ? 'missing' : JSON.stringify(value)}; ${remedy}`,
    isHereAlone,
  );
