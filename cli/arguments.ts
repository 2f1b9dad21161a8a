import { wholeNumberIn } from '../tasks/whole-number.ts';

/** The command line is wrong; the program ends with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Where the local run keeps its state, unless told otherwise; below the directory that npm was called in. */
export const DEFAULT_STATE_DIRECTORY = '.lockstep';

/** Port of the local run's endpoint, unless told otherwise. */
export const DEFAULT_PORT = 4566;

/** An option's whole number. @throws UsageError naming the option, the value and what it takes */
export const wholeNumber = (option: string, text: string, least: number, most: number): number => {
  const value = wholeNumberIn(text, least, most);
  if (value !== undefined) return value;
  throw new UsageError(
    `--${option} takes a whole number from ${least} to ${most}, got ${JSON.stringify(text)}.`,
  );
};
