import { AwsError } from '../host.ts';

/** Required members that a request lacks, by their path as AWS writes it (`tags.1.member.key`). */
export type Missing = string[];

/** AWS names members in its texts with a small first letter, in any case on the wire. */
export const memberPath = (path: string, name: string): string => {
  const member = name.charAt(0).toLowerCase() + name.slice(1);
  return path === '' ? member : `${path}.${member}`;
};

/** The path of a list's item. */
export const itemPath = (path: string, index: number): string => `${path}.${index + 1}.member`;

/** @throws AwsError with that code for required members that are missing */
export const checkMissing = (missing: Missing, code: string): void => {
  if (missing.length === 0) return;
  const texts = missing.map(
    (path) => `Value null at '${path}' failed to satisfy constraint: Member must not be null`,
  );
  const count = missing.length === 1 ? '1 validation error' : `${missing.length} validation errors`;
  throw new AwsError(code, `${count} detected: ${texts.join('; ')}`);
};
