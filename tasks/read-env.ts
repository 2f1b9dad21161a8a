import { type FunctionEnvironment, type FunctionName, functions } from './functions.ts';
import { wholeNumberIn } from './whole-number.ts';

/** The variables that a function reads: its own, and the region that Lambda sets for every function. */
type EnvironmentOf<Name extends FunctionName> = Readonly<
  FunctionEnvironment<Name> & Record<'AWS_REGION', string>
>;

/**
 * The environment variables of a function, read once when it loads.
 * @throws Error that names the variable which is missing or empty
 */
export function readEnv<Name extends FunctionName>(name: Name): EnvironmentOf<Name> {
  const variables: readonly string[] = [...functions[name].environment, 'AWS_REGION'];
  const values = variables.map((variable) => {
    const value = process.env[variable];
    if (value === undefined || value === '')
      throw new Error(
        `The environment variable ${variable} is ${value === undefined ? 'missing' : 'empty'}: set it on the function`,
      );
    return [variable, value];
  });
  return Object.fromEntries(values) as EnvironmentOf<Name>;
}

/** A variable's whole number. @throws RangeError naming the variable */
export function wholeNumber(name: string, value: string): number {
  const number = wholeNumberIn(value);
  if (number === undefined)
    throw new RangeError(`The environment variable ${name} is "${value}": set a whole number of 0 or more`);
  return number;
}
