import type { ComponentStep } from './component-document.ts';

/** A step that cannot be executed on this machine. */
export class StepNotSupportedError extends Error {
  override readonly name = 'StepNotSupportedError';
}

type Input = Readonly<Record<string, unknown>>;

const quote = (value: unknown): string => `'${String(value).replaceAll("'", "'\\''")}'`;

const ownership = ({ owner, group }: Input, path: string, recursive = false): string[] =>
  owner === undefined && group === undefined
    ? []
    : [
        `chown ${recursive ? '-R ' : ''}-- ${quote(`${owner ?? ''}${group === undefined ? '' : `:${group}`}`)} ${path}`,
      ];
const mode = ({ permissions }: Input, path: string, recursive = false): string[] =>
  permissions === undefined
    ? []
    : [`chmod ${recursive ? '-R ' : ''}-- ${quote(String(permissions))} ${path}`];

/** Writes a text as it is, also one that a shell would change. */
const writing = (content: unknown, operator: '>' | '>>', path: string): string =>
  `base64 -d ${operator} ${path} <<< ${quote(Buffer.from(String(content ?? '')).toString('base64'))}`;

const isSet = (value: unknown, fallback: boolean) => (value === undefined ? fallback : value === true);

/** Actions that take a list of inputs, each as the lines of a shell that stops at the first error. */
const listed: Readonly<Record<string, (input: Input) => readonly string[]>> = {
  AppendFile: (input) => {
    const path = quote(input.path);
    return [writing(input.content, '>>', path), ...ownership(input, path), ...mode(input, path)];
  },
  CopyFile: ({ source, destination, overwrite }) => [
    `cp ${isSet(overwrite, true) ? '' : '-n '}-- ${quote(source)} ${quote(destination)}`,
  ],
  CopyFolder: ({ source, destination }) => [
    `mkdir -p -- ${quote(destination)}`,
    `cp -R -- ${quote(source)}/. ${quote(destination)}`,
  ],
  CreateFile: (input) => {
    const path = quote(input.path);
    return [
      ...(isSet(input.overwrite, true)
        ? []
        : [`[ ! -e ${path} ] || { echo ${path} is there already >&2; exit 1; }`]),
      writing(input.content, '>', path),
      ...ownership(input, path),
      ...mode(input, path),
    ];
  },
  CreateFolder: (input) => {
    const path = quote(input.path);
    return [`mkdir -p -- ${path}`, ...ownership(input, path), ...mode(input, path)];
  },
  CreateSymlink: ({ path, target, force }) => [
    `ln -s${isSet(force, false) ? 'f' : ''} -- ${quote(target)} ${quote(path)}`,
  ],
  DeleteFile: ({ path }) => [`rm -- ${quote(path)}`],
  DeleteFolder: ({ path, force }) => [`${isSet(force, false) ? 'rm -rf' : 'rmdir'} -- ${quote(path)}`],
  ListFiles: ({ path }) => [`ls -lA -- ${quote(path)}`],
  MoveFile: ({ source, destination }) => [`mv -- ${quote(source)} ${quote(destination)}`],
  MoveFolder: ({ source, destination }) => [`mv -- ${quote(source)} ${quote(destination)}`],
  ReadFile: ({ path }) => [`cat -- ${quote(path)}`],
  SetFileOwner: (input) => ownership(input, quote(input.path)),
  SetFilePermissions: (input) => mode(input, quote(input.path)),
  SetFolderOwner: (input) => ownership(input, quote(input.path), isSet(input.recursive, true)),
  SetFolderPermissions: (input) => mode(input, quote(input.path), isSet(input.recursive, true)),
  WebDownload: ({ source, destination, ignoreCertificateErrors }) => [
    `curl -fsSL --retry 3 ${isSet(ignoreCertificateErrors, false) ? '-k ' : ''}-o ${quote(destination)} -- ${quote(source)}`,
  ],
};

const UPDATE = `if command -v dnf >/dev/null; then dnf -y update
elif command -v yum >/dev/null; then yum -y update
elif command -v apt-get >/dev/null; then apt-get update && DEBIAN_FRONTEND=noninteractive apt-get -y upgrade
else echo 'no dnf, yum or apt-get here' >&2; exit 1; fi`;

/** A file that a step S3Upload puts into a bucket. */
export interface Upload {
  /** Path on the instance. */
  readonly source: string;
  readonly bucket: string;
  readonly key: string;
}

/** What a step does: a bash script, a restart of the machine, or files that go to S3. */
export type StepWork =
  | { readonly kind: 'script'; readonly text: string }
  | { readonly kind: 'reboot' }
  | { readonly kind: 'upload'; readonly uploads: readonly Upload[] };

const uploadOf = ({ source, destination, recurse, ...other }: Input): Upload => {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.*[^/])$/.exec(String(destination)) ?? [];
  if (bucket === undefined || key === undefined || String(source).includes('*') || isSet(recurse, false))
    throw new StepNotSupportedError(
      `S3Upload of ${source} to ${destination} is not executed on this machine, only of one file to an s3:// address that names an object`,
    );
  const [unknown] = Object.keys(other);
  if (unknown !== undefined)
    throw new StepNotSupportedError(`S3Upload with ${unknown} is not executed on this machine`);
  return { source: String(source), bucket, key };
};

/**
 * What a step of a component document comes to on the build instance.
 * @throws StepNotSupportedError for an action, expression or condition that only AWS's task orchestrator knows
 */
export const workOf = (step: ComponentStep, values: Readonly<Record<string, string>>): StepWork => {
  if (step.unsupported !== undefined)
    throw new StepNotSupportedError(
      `${step.unsupported} is not executed on this machine; write the steps out, or build on AWS`,
    );
  const inputs = resolved(step.inputs, values);
  const input = (inputs ?? {}) as Input;
  switch (step.action) {
    // Its exit code is the last command's.
    case 'ExecuteBash':
      return { kind: 'script', text: (input.commands as string[]).join('\n') };
    case 'ExecuteBinary':
      return {
        kind: 'script',
        text: [input.path, ...((input.arguments as unknown[] | undefined) ?? [])].map(quote).join(' '),
      };
    case 'UpdateOS':
      if (input.include !== undefined || input.exclude !== undefined)
        throw new StepNotSupportedError('UpdateOS with include or exclude is not executed on this machine');
      return { kind: 'script', text: UPDATE };
    case 'Reboot':
      return { kind: 'reboot' };
    case 'S3Upload':
      return { kind: 'upload', uploads: (inputs as Input[]).map(uploadOf) };
    default: {
      const lines = listed[step.action];
      if (!lines)
        throw new StepNotSupportedError(
          `the action ${step.action} is not executed on this machine; use ExecuteBash, or build on AWS`,
        );
      return {
        kind: 'script',
        text: ['set -e', ...(inputs as Input[]).flatMap((one) => [...lines(one)])].join('\n'),
      };
    }
  }
};

/** Texts with constants, parameters and outputs of earlier steps put in. */
const resolved = (value: unknown, values: Readonly<Record<string, string>>): unknown => {
  if (typeof value === 'string')
    return value.replace(/\{\{\s*([A-Za-z_][\w.-]*)\s*\}\}/g, (expression, name: string) => {
      const known = values[name];
      if (known === undefined)
        throw new StepNotSupportedError(
          `${expression} is neither a constant, nor a parameter with a value, nor what an earlier step of the document printed (phase.step.outputs.stdout)`,
        );
      return known;
    });
  if (Array.isArray(value)) return value.map((one) => resolved(one, values));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolved(one, values)]));
  return value;
};
