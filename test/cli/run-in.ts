import { runProgram } from '../../cli/program.ts';

/** What a run of the command line printed, and its exit code. */
export interface ProgramRun {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** Runs the command line in a directory. */
export const runIn = async (directory: string, args: readonly string[]): Promise<ProgramRun> => {
  const printed = { out: '', error: '' };
  const code = await runProgram(args, {
    directory,
    out: (text) => {
      printed.out += text;
    },
    error: (text) => {
      printed.error += text;
    },
  });
  return { code, ...printed };
};
