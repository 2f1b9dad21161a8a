import type { functions } from './functions.ts';
import { wholeNumberIn } from './whole-number.ts';

/** Every variable that some function is given; the region is always set by Lambda itself. */
export type VariableName = (typeof functions)[keyof typeof functions]['environment'][number] | 'AWS_REGION';

/**
 * The environment variables of a function, read once when it loads.
 * @throws Error that names the variable which is missing or empty
 */
export const readEnv = <Name extends VariableName>(
  ...names: readonly Name[]
): Readonly<Record<Name, string>> => {
  const values = {} as Record<Name, string>;
  for (const name of names) {
    const value = process.env[name];
    if (value === undefined || value === '')
      throw new Error(
        `The environment variable ${name} is ${value === undefined ? 'missing' : 'empty'}: set it on the function`,
      );
    values[name] = value;
  }
  return values;
};

/** A variable's whole number. @throws RangeError naming the variable */
export const wholeNumber = (name: VariableName, value: string): number => {
  const number = wholeNumberIn(value);
  if (number === undefined)
    throw new RangeError(`The environment variable ${name} is "${value}": set a whole number of 0 or more`);
  return number;
};
