import { parseDocument } from 'yaml';

/** Lifecycle events that an appspec may hook into on EC2 (AppSpec 'hooks' section for EC2). */
export const hookNames = [
  'ApplicationStop',
  'BeforeInstall',
  'AfterInstall',
  'ApplicationStart',
  'ValidateService',
  'BeforeBlockTraffic',
  'AfterBlockTraffic',
  'BeforeAllowTraffic',
  'AfterAllowTraffic',
] as const;
/** A lifecycle event that an appspec may hook into. */
export type HookName = (typeof hookNames)[number];

/** Events that CodeDeploy itself acts in. */
const reservedNames: readonly string[] = [
  'DownloadBundle',
  'Install',
  'BlockTraffic',
  'AllowTraffic',
  'Start',
  'End',
];

/** What happens to a file that is there and comes from no earlier deployment (T31). */
const fileExistsBehaviors = ['DISALLOW', 'OVERWRITE', 'RETAIN'] as const;
/** One of `fileExistsBehaviors`. */
export type FileExistsBehavior = (typeof fileExistsBehaviors)[number];

/** The longest and the default timeout of a script, in seconds. */
const LONGEST_TIMEOUT_SECONDS = 3_600;

/** One script of a hook. */
export interface HookScript {
  /** Path in the bundle. */
  readonly location: string;
  readonly timeoutSeconds: number;
  readonly runas?: string;
}

/** One entry of `permissions`. */
export interface PermissionRule {
  readonly object: string;
  readonly pattern: string;
  readonly except: readonly string[];
  readonly types: readonly ('file' | 'directory')[];
  /** Permission bits. */
  readonly mode?: number;
  /** What is asked for beside the mode and cannot be given without being root. */
  readonly unapplied: readonly string[];
}

/** An `appspec.yml` that has been checked. */
export interface AppSpec {
  readonly files: readonly { readonly source: string; readonly destination: string }[];
  readonly fileExistsBehavior?: FileExistsBehavior;
  readonly permissions: readonly PermissionRule[];
  readonly hooks: Readonly<Partial<Record<HookName, readonly HookScript[]>>>;
}

/** An `appspec.yml` cannot be used. */
export class AppSpecError extends Error {
  override readonly name = 'AppSpecError';

  constructor(problem: string) {
    super(`appspec.yml: ${problem}`);
  }
}

/**
 * Reads and checks the text of an `appspec.yml` for EC2.
 * @throws AppSpecError with the line, for what is not YAML, or the place, for what is not an appspec
 */
export const parseAppSpec = (text: string): AppSpec => {
  const document = parseDocument(text);
  const error = document.errors[0];
  if (error) throw new AppSpecError(`it is not valid YAML. ${error.message.trim()}`);
  const root = asMap(contentOf(document), 'the file');
  rejectOthers(root, 'the file', ['version', 'os', 'files', 'file_exists_behavior', 'permissions', 'hooks']);
  if (!['0', '0.0'].includes(String(root.version)))
    throw new AppSpecError(`version must be 0.0; found ${show(root.version)}`);
  if (root.os !== 'linux') throw new AppSpecError(`os must be linux; found ${show(root.os)}`);
  const behavior = root.file_exists_behavior;
  const known = fileExistsBehaviors.find((one) => one === behavior);
  if (behavior !== undefined && !known) {
    throw new AppSpecError(
      `file_exists_behavior must be ${fileExistsBehaviors.join(', ')}; found ${show(behavior)}`,
    );
  }
  return {
    files: asList(root.files, 'files').map(readFile),
    ...(known ? { fileExistsBehavior: known } : {}),
    permissions: asList(root.permissions, 'permissions').map(readPermission),
    hooks: readHooks(root.hooks),
  };
};

/** @throws AppSpecError for an alias that names nothing, which is found only here */
const contentOf = (document: ReturnType<typeof parseDocument>): unknown => {
  try {
    return document.toJS();
  } catch (error) {
    throw new AppSpecError(`it is not valid YAML. ${(error as Error).message}`);
  }
};

const readFile = (value: unknown, index: number) => {
  const place = `files[${index}]`;
  const file = asMap(value, place);
  rejectOthers(file, place, ['source', 'destination']);
  const source = asText(file.source, `${place}.source`);
  const destination = asText(file.destination, `${place}.destination`);
  if (!destination.startsWith('/')) {
    throw new AppSpecError(
      `${place}.destination must be an absolute path, as /opt/app; found ${show(destination)}`,
    );
  }
  return { source, destination };
};

const readHooks = (value: unknown): AppSpec['hooks'] => {
  const hooks: Partial<Record<HookName, readonly HookScript[]>> = {};
  if (value === undefined || value === null) return hooks;
  for (const [name, scripts] of Object.entries(asMap(value, 'hooks'))) {
    const known = hookNames.find((one) => one === name);
    if (!known) {
      const problem = reservedNames.includes(name) ? 'cannot run scripts' : 'is not a lifecycle event';
      throw new AppSpecError(`hooks.${name} ${problem}; those that can are ${hookNames.join(', ')}`);
    }
    hooks[known] = asList(scripts, `hooks.${name}`).map((script, index) =>
      readScript(script, `hooks.${name}[${index}]`),
    );
  }
  return hooks;
};

const readScript = (value: unknown, place: string): HookScript => {
  const script = asMap(value, place);
  rejectOthers(script, place, ['location', 'timeout', 'runas', 'sudo']);
  const seconds = script.timeout ?? LONGEST_TIMEOUT_SECONDS;
  const timeoutSeconds = Number(seconds);
  if (!Number.isInteger(timeoutSeconds) || timeoutSeconds < 1 || timeoutSeconds > LONGEST_TIMEOUT_SECONDS) {
    throw new AppSpecError(
      `${place}.timeout must be a whole number of seconds from 1 to ${LONGEST_TIMEOUT_SECONDS}; found ${show(seconds)}`,
    );
  }
  return {
    location: asText(script.location, `${place}.location`),
    timeoutSeconds,
    ...(script.runas === undefined ? {} : { runas: asText(script.runas, `${place}.runas`) }),
  };
};

const readPermission = (value: unknown, index: number): PermissionRule => {
  const place = `permissions[${index}]`;
  const rule = asMap(value, place);
  rejectOthers(rule, place, [
    'object',
    'pattern',
    'except',
    'owner',
    'group',
    'mode',
    'acls',
    'context',
    'type',
  ]);
  const object = asText(rule.object, `${place}.object`);
  if (!object.startsWith('/'))
    throw new AppSpecError(`${place}.object must be an absolute path; found ${show(object)}`);
  const mode = rule.mode === undefined ? undefined : String(rule.mode);
  if (mode !== undefined && !/^[0-7]{1,4}$/.test(mode))
    throw new AppSpecError(`${place}.mode must be 1 to 4 octal digits, as "0755"; found ${show(rule.mode)}`);
  const types = asList(rule.type, `${place}.type`).map((type) => {
    if (type !== 'file' && type !== 'directory')
      throw new AppSpecError(`${place}.type must list file or directory; found ${show(type)}`);
    return type;
  });
  return {
    object,
    pattern: rule.pattern === undefined ? '**' : asText(rule.pattern, `${place}.pattern`),
    except: asList(rule.except, `${place}.except`).map((one, at) => asText(one, `${place}.except[${at}]`)),
    types: types.length > 0 ? types : ['file', 'directory'],
    ...(mode === undefined ? {} : { mode: Number.parseInt(mode, 8) }),
    unapplied: ['owner', 'group', 'acls', 'context'].filter((name) => rule[name] !== undefined),
  };
};

const asMap = (value: unknown, place: string): Record<string, unknown> => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new AppSpecError(`${place} must hold names and values; found ${show(value)}`);
};

const asList = (value: unknown, place: string): unknown[] => {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw new AppSpecError(`${place} must be a list; found ${show(value)}`);
};

const asText = (value: unknown, place: string): string => {
  if (typeof value === 'string' && value !== '') return value;
  throw new AppSpecError(`${place} must be a text; found ${show(value)}`);
};

const rejectOthers = (map: Record<string, unknown>, place: string, names: readonly string[]) => {
  const other = Object.keys(map).find((name) => !names.includes(name));
  if (other !== undefined)
    throw new AppSpecError(`${place} holds ${show(other)}, which is not one of ${names.join(', ')}`);
};

const show = (value: unknown): string => {
  const json = JSON.stringify(value) ?? 'nothing';
  return json.length > 80 ? `${json.slice(0, 80)}…` : json;
};
