import { UsageError } from './arguments.ts';

/** Says what CodeDeploy would say of a working directory. */
export interface CheckCommand {
  readonly name: 'check';
  /** As given, as are all files here. */
  readonly directory: string;
  readonly application?: string;
  readonly config?: string;
}

/** Makes a working directory promotable. */
export interface InitCommand {
  readonly name: 'init';
  readonly directory: string;
  readonly application?: string;
  readonly config?: string;
  /** A new file for the configuration with the application in it. */
  readonly writeConfiguration?: string;
}

/** Reads one of these commands. @throws UsageError */
export function readWorkingDirectoryCommand(
  name: 'check' | 'init',
  values: {
    readonly application?: string | undefined;
    readonly config?: string | undefined;
    readonly 'write-configuration'?: string | undefined;
  },
  [directory, surplus]: readonly string[],
): CheckCommand | InitCommand {
  if (!directory) throw new UsageError(`${name} takes the application's directory, got none.`);
  if (surplus !== undefined) throw new UsageError(`${name} does not take ${JSON.stringify(surplus)}.`);
  const { application, config, 'write-configuration': file } = values;
  const base = {
    directory,
    ...(application !== undefined && { application }),
    ...(config !== undefined && { config }),
  };
  return name === 'check'
    ? { name, ...base }
    : { name, ...base, ...(file !== undefined && { writeConfiguration: file }) };
}
