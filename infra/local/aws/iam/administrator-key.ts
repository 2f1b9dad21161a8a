import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { replaceFile } from '../replace-file.ts';

/** Keys of the person at the machine. */
export interface AdministratorKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Name of the profile in the file; given by `--profile`, it goes before keys in the environment. */
export const ADMINISTRATOR_PROFILE = 'lockstep';

/** File with the keys, in the form of the AWS CLI's credentials file. */
export const credentialsFile = (stateDir: string): string => path.join(stateDir, 'credentials');

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** Of 32 characters each: 130 random bits, as the id alone tells the endpoint who calls. */
const ID_LENGTH = 26;

const newKey = (): AdministratorKey => ({
  accessKeyId: `LOCAL${[...randomBytes(ID_LENGTH)].map((byte) => ALPHABET.charAt(byte % 32)).join('')}`,
  secretAccessKey: randomBytes(30).toString('base64url'),
});

/**
 * The administrator's keys of a state directory: random, made at the first call, in a file that only its owner can read. Pages
 * and programs of other users of the machine do not know them.
 * @throws Error if the file holds none
 */
export function openAdministratorKey(stateDir: string): AdministratorKey {
  const file = credentialsFile(stateDir);
  if (!fs.existsSync(file)) {
    const { accessKeyId, secretAccessKey } = newKey();
    const lines = [
      `[${ADMINISTRATOR_PROFILE}]`,
      `aws_access_key_id = ${accessKeyId}`,
      `aws_secret_access_key = ${secretAccessKey}`,
    ];
    replaceFile(file, `${lines.join('\n')}\n`, 0o600);
  }
  const text = fs.readFileSync(file, 'utf8');
  const [, accessKeyId] = /^aws_access_key_id = (\S+)$/m.exec(text) ?? [];
  const [, secretAccessKey] = /^aws_secret_access_key = (\S+)$/m.exec(text) ?? [];
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new Error(
      `${file} holds no access key, as it was written at the first start. Delete it: the next start makes another.`,
    );
  return { accessKeyId, secretAccessKey };
}
