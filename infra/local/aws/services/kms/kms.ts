import { randomBytes } from 'node:crypto';
import type {
  DecryptCommandInput,
  DecryptCommandOutput,
  DescribeKeyCommandInput,
  DescribeKeyCommandOutput,
  EncryptCommandInput,
  EncryptCommandOutput,
  GenerateDataKeyCommandInput,
  GenerateDataKeyCommandOutput,
  ScheduleKeyDeletionCommandInput,
  ScheduleKeyDeletionCommandOutput,
} from '@aws-sdk/client-kms';
import { readProperties } from '../../assembly/properties.ts';
import {
  type Access,
  AwsError,
  type Host,
  type Operation,
  type PolicyDocument,
  type ResourceProvider,
  type Service,
} from '../../host.ts';
import { arnOf } from '../shared/arns.ts';
import { stableUuid } from '../shared/ids.ts';
import {
  aliasTable,
  decryptWith,
  encryptWith,
  findKey,
  type KeyRecord,
  keyIdOf,
  keyTable,
  requireSpec,
  requireUsable,
} from './keys.ts';
import { newSigningKey, signingOperations } from './signing.ts';

type Answer<Output> = Omit<Output, '$metadata'>;

/** Days from the request to the key's end; KMS takes 7 to 30. */
const SHORTEST_WINDOW = 7;
const LONGEST_WINDOW = 30;
/** In ms. */
const DAY = 86_400_000;

/** In bytes. */
const LONGEST_DATA_KEY = 1024;

const KEY = 'AWS::KMS::Key';
const ALIAS = 'AWS::KMS::Alias';

/** KMS: symmetric keys, each 256 random bits in the store, and key pairs that sign. Key policies decide who may use them. */
export const createKmsService = (host: Host): Service => ({
  name: 'kms',
  operations: { ...kmsOperations(host), ...signingOperations(host) },
  resources: { [KEY]: keyProvider(host), [ALIAS]: aliasProvider(host) },
  resourcePolicy: (arn) => keyTable(host).get(arn.split('/').at(-1) ?? '')?.policy,
});

const kmsOperations = (host: Host): Readonly<Record<string, Operation>> => {
  const access = (
    action: string,
    key: KeyRecord,
    context: Readonly<Record<string, string>> = {},
  ): Access => ({
    action,
    resource: key.arn,
    context: Object.fromEntries(
      Object.entries(context).map(([name, value]) => [`kms:EncryptionContext:${name}`, value]),
    ),
  });
  const usable = (given: string | undefined): KeyRecord => {
    const key = findKey(host, given);
    requireUsable(key);
    requireSpec(key, 'SYMMETRIC_DEFAULT');
    return key;
  };
  const ofBlob = ({ KeyId, CiphertextBlob = new Uint8Array() }: DecryptCommandInput): KeyRecord => {
    const key = keyTable(host).get(keyIdOf(CiphertextBlob));
    if (!key)
      throw new AwsError(
        'InvalidCiphertextException',
        'The ciphertext was not made by a key of this account.',
      );
    if (KeyId !== undefined && findKey(host, KeyId).id !== key.id)
      throw new AwsError('IncorrectKeyException', `The ciphertext was made by another key than ${KeyId}.`);
    return key;
  };

  const encrypt: Operation<EncryptCommandInput, Answer<EncryptCommandOutput>> = {
    requires: ({ KeyId, EncryptionContext }) =>
      access('kms:Encrypt', findKey(host, KeyId), EncryptionContext),
    run: ({ KeyId, Plaintext = new Uint8Array(), EncryptionContext }) => {
      const key = usable(KeyId);
      return {
        KeyId: key.arn,
        CiphertextBlob: encryptWith(key, Plaintext, EncryptionContext),
        EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      };
    },
  };

  const decrypt: Operation<DecryptCommandInput, Answer<DecryptCommandOutput>> = {
    requires: (input) => access('kms:Decrypt', ofBlob(input), input.EncryptionContext),
    run: (input) => {
      const key = ofBlob(input);
      requireUsable(key);
      return {
        KeyId: key.arn,
        Plaintext: decryptWith(key, input.CiphertextBlob as Uint8Array, input.EncryptionContext),
        EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      };
    },
  };

  const dataKey = ({ KeyId, NumberOfBytes, KeySpec, EncryptionContext }: GenerateDataKeyCommandInput) => {
    const key = usable(KeyId);
    if (NumberOfBytes !== undefined && !(NumberOfBytes >= 1 && NumberOfBytes <= LONGEST_DATA_KEY))
      throw new AwsError(
        'ValidationException',
        `1 validation error detected: Value '${NumberOfBytes}' at 'numberOfBytes' failed to satisfy constraint: ` +
          `Member must have value between 1 and ${LONGEST_DATA_KEY}`,
      );
    const plaintext = randomBytes(NumberOfBytes ?? (KeySpec === 'AES_128' ? 16 : 32));
    return { KeyId: key.arn, plaintext, CiphertextBlob: encryptWith(key, plaintext, EncryptionContext) };
  };

  const generateDataKey: Operation<GenerateDataKeyCommandInput, Answer<GenerateDataKeyCommandOutput>> = {
    requires: ({ KeyId, EncryptionContext }) =>
      access('kms:GenerateDataKey', findKey(host, KeyId), EncryptionContext),
    run: (input) => {
      const { plaintext, ...answer } = dataKey(input);
      return { ...answer, Plaintext: plaintext };
    },
  };

  const describeKey: Operation<DescribeKeyCommandInput, Answer<DescribeKeyCommandOutput>> = {
    requires: ({ KeyId }) => access('kms:DescribeKey', findKey(host, KeyId)),
    run: ({ KeyId }) => {
      const { id, arn, description, isEnabled, isPendingDeletion, createdAt, ...key } = findKey(host, KeyId);
      const spec = key.spec ?? 'SYMMETRIC_DEFAULT';
      const isSymmetric = spec === 'SYMMETRIC_DEFAULT';
      return {
        KeyMetadata: {
          KeyId: id,
          Arn: arn,
          AWSAccountId: host.accountId,
          CreationDate: new Date(createdAt),
          Description: description,
          Enabled: isEnabled && !isPendingDeletion,
          KeyState: isPendingDeletion ? 'PendingDeletion' : isEnabled ? 'Enabled' : 'Disabled',
          KeyManager: 'CUSTOMER',
          KeySpec: spec,
          KeyUsage: isSymmetric ? 'ENCRYPT_DECRYPT' : 'SIGN_VERIFY',
          Origin: 'AWS_KMS',
          ...(isSymmetric
            ? { EncryptionAlgorithms: ['SYMMETRIC_DEFAULT' as const] }
            : { SigningAlgorithms: ['ECDSA_SHA_256' as const] }),
          MultiRegion: false,
        },
      };
    },
  };

  const schedule: Operation<ScheduleKeyDeletionCommandInput, Answer<ScheduleKeyDeletionCommandOutput>> = {
    requires: ({ KeyId }) => access('kms:ScheduleKeyDeletion', findKey(host, KeyId)),
    run: ({ KeyId, PendingWindowInDays: days = LONGEST_WINDOW }) => {
      const key = findKey(host, KeyId);
      if (key.isPendingDeletion)
        throw new AwsError('KMSInvalidStateException', `${key.arn} is pending deletion.`);
      if (!(days >= SHORTEST_WINDOW && days <= LONGEST_WINDOW))
        throw new AwsError(
          'ValidationException',
          `PendingWindowInDays takes ${SHORTEST_WINDOW} to ${LONGEST_WINDOW} days, got ${days}.`,
        );
      keyTable(host).put(key.id, { ...key, isPendingDeletion: true });
      return {
        KeyId: key.arn,
        KeyState: 'PendingDeletion',
        PendingWindowInDays: days,
        DeletionDate: new Date(host.clock.now() + days * DAY),
      };
    },
  };

  return {
    ScheduleKeyDeletion: schedule,
    Encrypt: encrypt,
    Decrypt: decrypt,
    GenerateDataKey: generateDataKey,
    DescribeKey: describeKey,
  };
};

const keyProvider = (host: Host): ResourceProvider => {
  const table = keyTable(host);
  const put = (
    id: string,
    properties: Parameters<ResourceProvider['create']>[0],
    context: Parameters<ResourceProvider['create']>[1],
  ) => {
    const read = readProperties(KEY, context, properties);
    read.only(
      ...['Description', 'Enabled', 'KeyPolicy', 'KeySpec', 'KeyUsage'],
      // No difference locally: nothing rotates, and nothing is deleted for good while a run may still need it.
      ...[
        'BypassPolicyLockoutSafetyCheck',
        'EnableKeyRotation',
        'MultiRegion',
        'Origin',
        'PendingWindowInDays',
      ],
      ...['RotationPeriodInDays', 'Tags'],
    );
    const spec = read.optionalString('KeySpec') ?? 'SYMMETRIC_DEFAULT';
    if (spec !== 'SYMMETRIC_DEFAULT' && spec !== 'ECC_NIST_P256')
      throw read.error(
        'KeySpec',
        'must be SYMMETRIC_DEFAULT or ECC_NIST_P256, the kinds of key that the emulator has',
      );
    const usage = spec === 'SYMMETRIC_DEFAULT' ? 'ENCRYPT_DECRYPT' : 'SIGN_VERIFY';
    if ((read.optionalString('KeyUsage') ?? 'ENCRYPT_DECRYPT') !== usage)
      throw read.error('KeyUsage', `must be ${usage} with the key spec ${spec}`);
    if (spec !== 'SYMMETRIC_DEFAULT' && read.optionalBoolean('EnableKeyRotation') === true)
      throw read.error('EnableKeyRotation', 'must be false: KMS rotates symmetric keys only');
    const known = table.get(id);
    const key: KeyRecord = {
      id,
      arn: arnOf(host, 'kms', `key/${id}`),
      description: read.optionalString('Description') ?? '',
      isEnabled: read.optionalBoolean('Enabled') ?? true,
      isPendingDeletion: false,
      policy: read.has('KeyPolicy')
        ? (read.object('KeyPolicy') as unknown as PolicyDocument)
        : defaultPolicy(host),
      spec,
      material:
        known?.material ??
        (spec === 'SYMMETRIC_DEFAULT' ? randomBytes(32).toString('base64') : newSigningKey()),
      createdAt: known?.createdAt ?? host.clock.now(),
    };
    table.put(id, key);
    return { physicalId: id, attributes: { Arn: key.arn, KeyId: id } };
  };
  return {
    create: (properties, context) =>
      put(stableUuid(KEY, context.stackName, context.logicalId), properties, context),
    update: (properties, context, { state }) => put(state.physicalId, properties, context),
    // As on AWS, the key stays for a while but can no longer be used.
    delete: ({ physicalId }) => {
      const key = table.get(physicalId);
      if (key) table.put(physicalId, { ...key, isPendingDeletion: true });
    },
  };
};

/** What KMS gives a key without a policy of its own: IAM policies of the account decide. */
const defaultPolicy = (host: Host): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: {
    Effect: 'Allow',
    Principal: { AWS: `arn:${host.partition}:iam::${host.accountId}:root` },
    Action: 'kms:*',
    Resource: '*',
  },
});

const aliasProvider = (host: Host): ResourceProvider => {
  const put: ResourceProvider['create'] = (properties, context) => {
    const read = readProperties(ALIAS, context, properties);
    read.only('AliasName', 'TargetKeyId');
    const name = read.string('AliasName');
    if (!/^alias\/(?!aws\/)[\w/-]+$/.test(name))
      throw read.error('AliasName', 'must be alias/… and not alias/aws/…');
    aliasTable(host).put(name, findKey(host, read.string('TargetKeyId')).id);
    return { physicalId: name, attributes: {} };
  };
  return {
    create: put,
    update: put,
    delete: ({ physicalId }) => aliasTable(host).delete(physicalId),
  };
};
