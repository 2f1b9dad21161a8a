import { AwsError } from '../../host.ts';

/** One failed constraint, as AWS words it: `Value '<value>' at '<member>' failed to satisfy constraint: <constraint>`. */
export const validationError = (member: string, value: unknown, constraint: string): AwsError => {
  const shown = value === undefined ? 'Value' : `Value '${String(value)}'`;
  return new AwsError(
    'ValidationException',
    `1 validation error detected: ${shown} at '${member}' failed to satisfy constraint: ${constraint}`,
  );
};

/** @throws AwsError `ValidationException` unless the text is there and has `low` to `high` characters */
export const checkLength = (member: string, value: string | undefined, low: number, high: number): string => {
  if (value === undefined) throw validationError(member, undefined, 'Member must not be null');
  if (value.length < low) {
    throw validationError(member, value, `Member must have length greater than or equal to ${low}`);
  }
  // What is too long to take is too long to repeat.
  if (value.length > high) {
    throw validationError(member, undefined, `Member must have length less than or equal to ${high}`);
  }
  return value;
};

/** Items per page that a caller may ask for. */
const MAX_RESULTS = 1000;
const DEFAULT_RESULTS = 100;

/** @throws AwsError `ValidationException` above 1000; 0 and nothing stand for 100 */
export const checkMaxResults = (value: number | undefined): number => {
  if (value !== undefined && value < 0) {
    throw validationError('maxResults', value, 'Member must have value greater than or equal to 0');
  }
  if (value !== undefined && value > MAX_RESULTS) {
    throw validationError('maxResults', value, `Member must have value less than or equal to ${MAX_RESULTS}`);
  }
  return value || DEFAULT_RESULTS;
};

const FORBIDDEN_IN_NAMES = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]/u;

/** @throws AwsError `InvalidName` unless it is a name that a state machine or execution may have */
export const checkName = (name: string): string => {
  if (name.length < 1 || name.length > 80 || FORBIDDEN_IN_NAMES.test(name)) {
    throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
  }
  return name;
};

/** @throws AwsError `InvalidArn` unless the text is the ARN of a `stateMachine` or an `execution` */
export const checkArn = (kind: 'stateMachine' | 'execution', arn: string | undefined): string => {
  const text = arn ?? '';
  const parts = text.split(':');
  if (parts[0] !== 'arn') throw new AwsError('InvalidArn', `Invalid Arn: 'Invalid ARN prefix: ${text}'`);
  if (parts[2] !== 'states' || parts.length < 7) {
    throw new AwsError('InvalidArn', `Invalid Arn: 'Not an ARN of Step Functions: ${text}'`);
  }
  if (parts[5] !== kind) {
    throw new AwsError('InvalidArn', `Invalid Arn: 'Resource type not valid in this context: ${parts[5]}'`);
  }
  return text;
};

/** The error for an execution that is not known. */
export const executionDoesNotExist = (arn: string): AwsError =>
  new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);

/** The error for a state machine that is not known. */
export const stateMachineDoesNotExist = (arn: string): AwsError =>
  new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);

/** The error for a state machine that takes nothing new. */
export const stateMachineDeleting = (arn: string): AwsError =>
  new AwsError('StateMachineDeleting', `State Machine Deleting: '${arn}'`);
