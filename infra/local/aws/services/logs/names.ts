import { createHash } from 'node:crypto';
import { AwsError } from '../../host.ts';

/** Names as CloudWatch Logs takes them. */
export const GROUP_NAME = /^[.\-_/#A-Za-z0-9]{1,512}$/;
/** A stream's name has no control characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: see above
export const STREAM_NAME = /^[^:*\x00-\x1f]{1,512}$/;

/** @throws AwsError `InvalidParameterException` */
export const checkName = (member: string, name: string, pattern: RegExp): void => {
  if (pattern.test(name)) return;
  throw new AwsError(
    'InvalidParameterException',
    `1 validation error detected: Value '${name.slice(0, 100)}' at '${member}' failed to satisfy constraint: ` +
      `Member must have 1 to 512 characters and satisfy regular expression pattern: ${pattern.source}`,
  );
};

/** Longest name of a file, in characters: file systems take 255 bytes, of which the ending and `.1` need some. */
const LONGEST_FILE_NAME = 200;

const shortened = (name: string): string =>
  name.length <= LONGEST_FILE_NAME
    ? name
    : `${name.slice(0, LONGEST_FILE_NAME - 17)}-${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;

/** `/aws/lambda/start-job` is kept in `start-job.log`, other groups under their whole name. */
export const fileName = (group: string): string =>
  `${shortened(
    group
      .replace(/^\/aws\/lambda\//, '')
      .replaceAll('/', '_')
      .replace(/^_/, ''),
  )}.log`;
