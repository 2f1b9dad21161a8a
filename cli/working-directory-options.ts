import { DEFAULT_PORT, UsageError, wholeNumber } from './arguments.ts';

/** Says what CodeDeploy would say of a working directory. */
export interface CheckCommand {
  readonly name: 'check';
  /** As given, as are all files here. */
  readonly directory: string;
  readonly application?: string;
  readonly config?: string;
  /** Whether the local run's instances are sandboxes. */
  readonly isSandbox: boolean;
}

/** Makes a working directory promotable. */
export interface InitCommand {
  readonly name: 'init';
  readonly directory: string;
  readonly application?: string;
  readonly config?: string;
  /** A new file for the configuration with the application in it. */
  readonly writeConfiguration?: string;
  /** Promote it once on a local run. */
  readonly promote?: {
    readonly port: number;
    /** @default a new one */
    readonly stateDirectory?: string;
  };
}

/** Reads one of these commands. @throws UsageError */
export function readWorkingDirectoryCommand(
  name: 'check' | 'init',
  values: {
    readonly application?: string | undefined;
    readonly config?: string | undefined;
    readonly sandbox?: boolean | undefined;
    readonly 'write-configuration'?: string | undefined;
    readonly promote?: boolean | undefined;
    readonly port?: string | undefined;
    readonly 'state-dir'?: string | undefined;
  },
  [directory, surplus]: readonly string[],
): CheckCommand | InitCommand {
  if (!directory) throw new UsageError(`${name} takes the application's directory, got none.`);
  if (surplus !== undefined) throw new UsageError(`${name} does not take ${JSON.stringify(surplus)}.`);
  const { application, config, 'write-configuration': file, 'state-dir': stateDirectory } = values;
  const base = {
    directory,
    ...(application !== undefined && { application }),
    ...(config !== undefined && { config }),
  };
  return name === 'check'
    ? { name, ...base, isSandbox: values.sandbox ?? false }
    : {
        name,
        ...base,
        ...(file !== undefined && { writeConfiguration: file }),
        ...(values.promote && {
          promote: {
            port: wholeNumber('port', values.port ?? String(DEFAULT_PORT), 1024, 65_535),
            ...(stateDirectory !== undefined && { stateDirectory }),
          },
        }),
      };
}
