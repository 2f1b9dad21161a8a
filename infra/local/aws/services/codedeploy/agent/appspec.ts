import {
  AppSpecError,
  isNumber,
  listOf,
  mapOf,
  optionalNumber,
  optionalText,
  readAppSpecYaml,
  written,
} from './appspec-nodes.ts';
import { type PermissionRule, readPermission } from './permissions.ts';

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

/** Events that the agent itself acts in: it knows them and never runs scripts there. */
const agentsOwn: readonly string[] = ['DownloadBundle', 'Install'];

/** What happens to a file that is there and comes from no earlier deployment (T31). */
const fileExistsBehaviors = ['DISALLOW', 'OVERWRITE', 'RETAIN'] as const;
/** One of `fileExistsBehaviors`. */
export type FileExistsBehavior = (typeof fileExistsBehaviors)[number];

/** Seconds that a script may run if the appspec does not say. The agent knows no upper limit. */
const DEFAULT_TIMEOUT_SECONDS = 3_600;

/** One script of a hook. */
export interface HookScript {
  /** Path in the bundle, as it is written. */
  readonly location: string;
  readonly timeoutSeconds: number;
  readonly runas?: string;
}

/** An `appspec.yml` as the agent reads it. */
export interface AppSpec {
  readonly files: readonly { readonly source: string; readonly destination: string }[];
  readonly fileExistsBehavior?: FileExistsBehavior;
  readonly permissions: readonly PermissionRule[];
  /** Scripts by lifecycle event; also under names that are none (`checkEvents`). */
  readonly hooks: Readonly<Record<string, readonly HookScript[]>>;
}

const failed = (why: string) => new AppSpecError(`The deployment failed because ${why}`);

/**
 * Reads an `appspec.yml` for Linux as CodeDeploy's agent does: what it does not know, it ignores. Where the generations of the agent
 * differ, this is the second (D-131).
 * @throws AppSpecError
 */
export const parseAppSpec = (bytes: Uint8Array): AppSpec => {
  const root = mapOf(readAppSpecYaml(bytes), 'the top level');
  if (!isNumber(root.get('version'), 0)) {
    throw failed(
      `an invalid version value (${written(root.get('version'))}) was entered in the application specification file. Write version: 0.0, a number without quotes.`,
    );
  }
  if (optionalText(root.get('os'), 'os') !== 'linux') {
    throw failed(
      `the application specification file specifies an unsupported operating system (${written(root.get('os'))}). Write os: linux.`,
    );
  }
  const behavior = optionalText(root.get('file_exists_behavior'), 'file_exists_behavior');
  const known = fileExistsBehaviors.find((one) => one === behavior);
  if (behavior !== undefined && !known) {
    throw failed(
      `an invalid file_exists_behavior value (${behavior}) was entered in the application specification file. Write one of ${fileExistsBehaviors.join(', ')}.`,
    );
  }
  return {
    files: listOf(root.get('files'), 'files').map(readFile),
    ...(known ? { fileExistsBehavior: known } : {}),
    permissions: listOf(root.get('permissions'), 'permissions').map(readPermission),
    hooks: readHooks(root.get('hooks')),
  };
};

/**
 * What the agent checks when it installs: that it knows every event with scripts.
 * @throws AppSpecError
 */
export const checkEvents = ({ hooks }: AppSpec): void => {
  const known: readonly string[] = [...hookNames, ...agentsOwn];
  const unknown = Object.keys(hooks).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new AppSpecError(
      `appspec.yml file contains unknown lifecycle events: ${unknown.join(', ')}. Those that can run scripts are ${hookNames.join(', ')}.`,
    );
  }
};

const readFile = (node: unknown, index: number): AppSpec['files'][number] => {
  const place = `files[${index}]`;
  const file = mapOf(node, place);
  const source = optionalText(file.get('source'), `${place}.source`);
  const destination = optionalText(file.get('destination'), `${place}.destination`);
  if (!source || !destination) {
    const missing = source ? 'destination' : 'source';
    throw failed(`${place} in the application specification file has no ${missing}. Add it.`);
  }
  return { source, destination };
};

const readHooks = (node: unknown): AppSpec['hooks'] =>
  Object.fromEntries(
    [...mapOf(node, 'hooks')]
      .map(([name, scripts]) => [
        name,
        listOf(scripts, `hooks.${name}`).map((script, index) =>
          readScript(script, `hooks.${name}[${index}]`),
        ),
      ])
      .filter(([, scripts]) => scripts !== undefined && scripts.length > 0),
  );

const readScript = (node: unknown, place: string): HookScript => {
  const script = mapOf(node, place);
  const location = optionalText(script.get('location'), `${place}.location`);
  if (!location) {
    throw failed(
      `the application specification file specifies a script with no location value (${place}). Add its path in the revision.`,
    );
  }
  const timeoutSeconds = optionalNumber(script.get('timeout')) ?? DEFAULT_TIMEOUT_SECONDS;
  if (!(timeoutSeconds > 0)) {
    throw failed(
      `an invalid timeout value (${written(script.get('timeout'))}) was provided for a script in the application specification file (${place}). Write a number of seconds.`,
    );
  }
  const runas = optionalText(script.get('runas'), `${place}.runas`)?.trim();
  return { location, timeoutSeconds, ...(runas ? { runas } : {}) };
};
