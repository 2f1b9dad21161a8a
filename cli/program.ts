import fs from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { UsageError } from './arguments.ts';
import type { Outcome } from './command-result.ts';
import { runCommand } from './commands.ts';
import { type Files, verifyFile } from './evidence.ts';
import { printable } from './format.ts';
import { type Options, parseOptions } from './options.ts';
import type { Ask } from './redrive.ts';
import { CommandError, clientOf, openSystem } from './system.ts';
import { createAwsAccount } from './teardown/aws-account.ts';
import { teardown } from './teardown/teardown.ts';
import { usage } from './usage.ts';

/** Where the program writes, and what its paths are relative to. */
interface Surroundings {
  readonly directory: string;
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** What a long command is doing. @default it is not told */
  readonly progress?: (text: string) => void;
  /** Absent without a terminal. */
  readonly ask?: Ask;
}

/** The program's exit codes. */
const exitCodes = { done: 0, failed: 1, usage: 2, 'not-valid': 3 } as const;

const filesBelow = (directory: string): Files => {
  const attempt = <Value>(file: string, work: (absolute: string) => Value): Value => {
    try {
      return work(path.resolve(directory, file));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const reasons: Readonly<Record<string, string>> = {
        ENOENT: 'there is no such file or directory',
        EEXIST: 'it exists already; choose another name',
        EACCES: 'you may not read or write it',
        EISDIR: 'it is a directory',
      };
      throw new CommandError(`${file}: ${reasons[code ?? ''] ?? message}.`);
    }
  };
  return {
    read: (file) => attempt(file, (absolute) => fs.readFileSync(absolute)),
    create: (file, text) => attempt(file, (absolute) => fs.writeFileSync(absolute, text, { flag: 'wx' })),
  };
};

/** How often a tear-down looks, in ms. */
const LOOK_MS = { aws: 5000, local: 200 };

const perform = async (
  { command, local: given }: Options,
  { directory, progress, ask }: Surroundings,
  files: Files,
): Promise<Outcome> => {
  if (command.name === 'help') return { text: usage, json: { usage } };
  if (command.name === 'verify') return verifyFile(command, files);
  if (command.name === 'check') {
    const { check } = await import('./check/check.ts');
    return check(command, directory, files.read);
  }
  if (command.name === 'init') {
    const { init } = await import('./init/init.ts');
    return init(command, directory, files, (line) => progress?.(printable(line)));
  }
  const local = given && { ...given, stateDirectory: path.resolve(directory, given.stateDirectory) };
  if (command.name === 'doctor') {
    // It takes clients of many services, whose loading the other commands need not wait for.
    const { doctor } = await import('./doctor/doctor.ts');
    const assembly = command.assembly ?? path.join(given?.stateDirectory ?? '', 'cdk.out');
    return doctor({
      assembly,
      read: (file) => files.read(path.join(assembly, file)).toString(),
      config: local === undefined ? {} : clientOf(local),
    });
  }
  if (command.name === 'teardown')
    return teardown(command, {
      account: createAwsAccount(local),
      system: () => openSystem(local),
      now: () => new Date(),
      pause: () => setTimeout(local ? LOOK_MS.local : LOOK_MS.aws),
      tell: (text) => progress?.(text.split('\n').map(printable).join('\n')),
      ...(ask && { ask }),
    });
  return runCommand(command, await openSystem(local), files, ask);
};

/** What failed, in words for people. */
const explained = (error: Error, local: Options['local']): string => {
  if (error instanceof CommandError) return error.message;
  const isUnreached =
    ('code' in error && error.code === 'ECONNREFUSED') || /ECONNREFUSED/.test(error.message);
  if (isUnreached && local !== undefined)
    return `No local run answers on port ${local.port}. Start one with npm start, or give its port with --port.`;
  if (error.name === 'CredentialsProviderError' && local !== undefined)
    return `${local.stateDirectory} is no state directory of a local run: it has no file "credentials". Give --state-dir as npm start has it.`;
  if (error.name === 'CredentialsProviderError')
    return `There are no AWS credentials (${error.message}). Sign in to AWS, or use --local for the local run.`;
  if (error.message === 'Region is missing')
    return 'There is no AWS region: set AWS_REGION, or use --local for the local run.';
  return `${error.name}: ${error.message}`;
};

/**
 * The program.
 * @param args after `npm run lockstep --`
 * @returns the exit code
 */
export async function runProgram(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { directory, out, error: tell } = surroundings;
  let options: Options | undefined;
  try {
    options = parseOptions(args);
    const {
      text,
      json,
      end = 'done',
      exitCode = exitCodes[end],
    } = await perform(options, surroundings, filesBelow(directory));
    out(options.json ? JSON.stringify(json, null, 2) : text);
    return exitCode;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error instanceof UsageError) {
      tell(`${error.message} See: npm run lockstep -- --help`);
      return exitCodes.usage;
    }
    tell(explained(error, options?.local));
    return exitCodes.failed;
  }
}
