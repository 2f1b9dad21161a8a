import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AwsError, type Host, type PolicyDocument } from '../../host.ts';
import { arnOf } from '../shared/arns.ts';
import { stableUuid } from '../shared/ids.ts';

/** Kinds of keys that there are. */
type KeySpec = 'SYMMETRIC_DEFAULT' | 'ECC_NIST_P256';

/** A key as the store keeps it. Its material never leaves the state directory. */
export interface KeyRecord {
  readonly id: string;
  readonly arn: string;
  readonly description: string;
  readonly isEnabled: boolean;
  readonly isPendingDeletion: boolean;
  readonly policy: PolicyDocument;
  /** `ECC_NIST_P256` signs, `SYMMETRIC_DEFAULT` encrypts. @default 'SYMMETRIC_DEFAULT' */
  readonly spec?: KeySpec;
  /** 256 bits, or the private key in PKCS #8; base64. */
  readonly material: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** Keys by id. */
export const keyTable = (host: Host) => host.store.table<KeyRecord>('kms.keys');

/** Key ids by alias (`alias/…`). */
export const aliasTable = (host: Host) => host.store.table<string>('kms.aliases');

/** Aliases of the keys that AWS manages for a service, such as `alias/aws/ssm`. */
const MANAGED = /^alias\/aws\/[a-z]{1,32}$/;

/** AWS makes such a key when it is first used. Its users reach it by way of its service only. */
const managedKey = (host: Host, alias: string): KeyRecord => {
  const id = stableUuid('kms', alias);
  const known = keyTable(host).get(id);
  if (known) return known;
  const key: KeyRecord = {
    id,
    arn: arnOf(host, 'kms', `key/${id}`),
    description: `The account's key behind ${alias}`,
    isEnabled: true,
    isPendingDeletion: false,
    policy: { Version: '2012-10-17', Statement: [] },
    material: randomBytes(32).toString('base64'),
    createdAt: host.clock.now(),
  };
  keyTable(host).put(id, key);
  return key;
};

/**
 * A key by id, ARN, alias or alias ARN.
 * @throws AwsError `NotFoundException`
 */
export const findKey = (host: Host, given: string | undefined): KeyRecord => {
  if (given !== undefined && MANAGED.test(given)) return managedKey(host, given);
  const name = given?.startsWith('arn:') ? given.split(':').slice(5).join(':') : (given ?? '');
  const id = name.startsWith('alias/') ? aliasTable(host).get(name) : name.replace(/^key\//, '');
  const key = keyTable(host).get(id ?? '');
  if (key) return key;
  const subject = name.startsWith('alias/')
    ? `Alias ${arnOf(host, 'kms', name)} is not found.`
    : `Key '${arnOf(host, 'kms', `key/${id}`)}' does not exist`;
  throw new AwsError('NotFoundException', subject);
};

/** @throws AwsError `DisabledException`, `KMSInvalidStateException` */
export const requireUsable = ({ arn, isEnabled, isPendingDeletion }: KeyRecord): void => {
  if (isPendingDeletion) throw new AwsError('KMSInvalidStateException', `${arn} is pending deletion.`);
  if (!isEnabled) throw new AwsError('DisabledException', `${arn} is disabled.`);
};

/** @throws AwsError `InvalidKeyUsageException` for a key of the other kind */
export const requireSpec = ({ arn, spec = 'SYMMETRIC_DEFAULT' }: KeyRecord, wanted: KeySpec): void => {
  if (spec !== wanted)
    throw new AwsError(
      'InvalidKeyUsageException',
      `${arn} key usage is ${spec === 'ECC_NIST_P256' ? 'SIGN_VERIFY' : 'ENCRYPT_DECRYPT'} which is not valid for this operation.`,
    );
};

type EncryptionContext = Readonly<Record<string, string>>;

/** Lengths in bytes: key id (a UUID as text), initialization vector and tag of AES-256-GCM. */
const ID_LENGTH = 36;
const IV_LENGTH = 12;
const TAG_LENGTH = 16;

/** Key id, vector, tag and cipher text in one blob; the encryption context is authenticated with it, as KMS does. */
export const encryptWith = (
  { id, material }: KeyRecord,
  plaintext: Uint8Array,
  context: EncryptionContext = {},
): Uint8Array => {
  const vector = randomBytes(IV_LENGTH);
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(material, 'base64'), vector);
  cipher.setAAD(canonical(context));
  const text = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([Buffer.from(id), vector, cipher.getAuthTag(), text]);
};

/** The id of the key that a blob was encrypted with. */
export const keyIdOf = (blob: Uint8Array): string => Buffer.from(blob).toString('utf8', 0, ID_LENGTH);

/** @throws AwsError `InvalidCiphertextException` if the blob or the encryption context is not what was encrypted */
export const decryptWith = (
  { material }: KeyRecord,
  blob: Uint8Array,
  context: EncryptionContext = {},
): Uint8Array => {
  const bytes = Buffer.from(blob).subarray(ID_LENGTH);
  try {
    const vector = bytes.subarray(0, IV_LENGTH);
    const decipher = createDecipheriv('aes-256-gcm', Buffer.from(material, 'base64'), vector);
    decipher.setAAD(canonical(context));
    decipher.setAuthTag(bytes.subarray(IV_LENGTH, IV_LENGTH + TAG_LENGTH));
    return Buffer.concat([decipher.update(bytes.subarray(IV_LENGTH + TAG_LENGTH)), decipher.final()]);
  } catch {
    throw new AwsError(
      'InvalidCiphertextException',
      'The ciphertext refers to another key or context, or is damaged.',
    );
  }
};

const canonical = (context: EncryptionContext): Buffer =>
  Buffer.from(JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))));
