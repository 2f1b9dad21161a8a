import { createHash, randomUUID } from 'node:crypto';
import type {
  CreateSecretCommandInput,
  CreateSecretCommandOutput,
  GetSecretValueCommandInput,
  GetSecretValueCommandOutput,
} from '@aws-sdk/client-secrets-manager';
import { type PropertyReader, readProperties } from '../../assembly/properties.ts';
import {
  AwsError,
  type CallContext,
  type Host,
  type Operation,
  type ResourceContext,
  type ResourceProperties,
  type ResourceProvider,
  type ResourceState,
  type Service,
} from '../../host.ts';
import { arnOf } from '../shared/arns.ts';
import { generatePassword } from './generate.ts';

type Answer<Output> = Omit<Output, '$metadata'>;

interface SecretRecord {
  readonly arn: string;
  readonly name: string;
  readonly description: string;
  readonly kmsKeyId?: string;
  readonly value: string;
  readonly versionId: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly changedAt: number;
}

const SECRET = 'AWS::SecretsManager::Secret';

/** Secrets Manager, with secrets of the account that no template makes. */
interface SecretsManagerService extends Service {
  /** Keeps a text under an ARN, as somebody does who stores it by hand. */
  readonly keep: (arn: string, value: string) => void;
}

/** Secrets Manager: one current version per secret. Values are kept in the state directory only and never logged. */
export const createSecretsManagerService = (host: Host): SecretsManagerService => {
  const secrets = host.store.table<SecretRecord>('secretsmanager.secrets');

  const arnOfSecret = (name: string) => arnOf(host, 'secretsmanager', `secret:${name}-${suffix(name)}`);

  /** By ARN, ARN without its random end, or name. */
  const find = (given: string | undefined): SecretRecord => {
    const found =
      secrets.get(given ?? '') ??
      secrets.values().find(({ arn, name }) => name === given || arn.slice(0, -7) === given);
    if (found) return found;
    throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  };

  /** The key must let the caller in too, unless it is the account's own `aws/secretsmanager`. */
  const authorizeKey = ({ arn, kmsKeyId }: SecretRecord, { principal }: CallContext) => {
    if (kmsKeyId === undefined) return;
    host.authorize(principal, {
      action: 'kms:Decrypt',
      resource: kmsKeyId.startsWith('arn:') ? kmsKeyId : arnOf(host, 'kms', `key/${kmsKeyId}`),
      context: {
        'kms:ViaService': `secretsmanager.${host.region}.amazonaws.com`,
        'kms:CallerAccount': host.accountId,
        'kms:EncryptionContext:SecretARN': arn,
      },
    });
  };

  const getSecretValue: Operation<GetSecretValueCommandInput, Answer<GetSecretValueCommandOutput>> = {
    requires: ({ SecretId }) => ({ action: 'secretsmanager:GetSecretValue', resource: find(SecretId).arn }),
    run: ({ SecretId, VersionId, VersionStage = 'AWSCURRENT' }, call) => {
      const secret = find(SecretId);
      authorizeKey(secret, call);
      if (VersionStage !== 'AWSCURRENT' || (VersionId !== undefined && VersionId !== secret.versionId))
        throw new AwsError(
          'ResourceNotFoundException',
          `Secrets Manager can't find the specified secret value for VersionId: ${VersionId ?? VersionStage}`,
        );
      return {
        ARN: secret.arn,
        Name: secret.name,
        SecretString: secret.value,
        VersionId: secret.versionId,
        VersionStages: ['AWSCURRENT'],
        CreatedDate: new Date(secret.changedAt),
      };
    },
  };

  /** For secrets that people make, and templates only refer to. */
  const createSecret: Operation<CreateSecretCommandInput, Answer<CreateSecretCommandOutput>> = {
    requires: ({ Name = '' }) => ({ action: 'secretsmanager:CreateSecret', resource: arnOfSecret(Name) }),
    run: ({ Name = '', Description = '', SecretString }) => {
      if (SecretString === undefined)
        throw new AwsError(
          'InvalidParameterException',
          'The emulator keeps secrets that are text: give SecretString.',
        );
      const arn = arnOfSecret(Name);
      if (secrets.has(arn))
        throw new AwsError(
          'ResourceExistsException',
          `The operation failed because the secret ${Name} already exists.`,
        );
      const now = host.clock.now();
      const versionId = randomUUID();
      secrets.put(arn, {
        arn,
        name: Name,
        description: Description,
        value: SecretString,
        versionId,
        createdAt: now,
        changedAt: now,
      });
      return { ARN: arn, Name, VersionId: versionId };
    },
  };

  const put = (
    properties: ResourceProperties,
    context: ResourceContext,
    before?: ResourceProperties,
  ): ResourceState => {
    const read = readProperties(SECRET, context, properties);
    // No difference locally: one region, tags.
    read.only(
      'Description',
      'GenerateSecretString',
      'KmsKeyId',
      'Name',
      'SecretString',
      'ReplicaRegions',
      'Tags',
    );
    const name = read.optionalString('Name') ?? context.generatedName(256);
    const arn = arnOfSecret(name);
    const known = secrets.get(arn);
    const isSame = known && (!before || sameSource(before, properties)) && !hasChangedText(known, read);
    const value = isSame ? known.value : readValue(read);
    const kmsKeyId = read.optionalString('KmsKeyId');
    secrets.put(arn, {
      arn,
      name,
      description: read.optionalString('Description') ?? '',
      ...(kmsKeyId !== undefined && { kmsKeyId }),
      value,
      versionId: isSame ? known.versionId : randomUUID(),
      createdAt: known?.createdAt ?? host.clock.now(),
      changedAt: isSame ? known.changedAt : host.clock.now(),
    });
    return { physicalId: arn, attributes: { Id: arn } };
  };

  const provider: ResourceProvider = {
    create: (properties, context) => put(properties, context),
    update: (properties, context, before) => put(properties, context, before.properties),
    delete: ({ physicalId }) => secrets.delete(physicalId),
  };

  return {
    name: 'secretsmanager',
    operations: { CreateSecret: createSecret, GetSecretValue: getSecretValue },
    resources: { [SECRET]: provider },
    keep: (arn, value) => {
      if (secrets.get(arn)?.value === value) return;
      const name = arn.split(':').slice(6).join(':').slice(0, -7);
      const now = host.clock.now();
      const versionId = randomUUID();
      secrets.put(arn, { arn, name, description: '', value, versionId, createdAt: now, changedAt: now });
    },
  };
};

/** Secrets Manager ends each ARN with a hyphen and six random characters; these stay the same over starts. */
const suffix = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 6);

/** A generated value stays until the rules that it was generated by change. */
const sameSource = (before: ResourceProperties, after: ResourceProperties): boolean =>
  JSON.stringify(before.GenerateSecretString) === JSON.stringify(after.GenerateSecretString);

const hasChangedText = (known: SecretRecord, read: PropertyReader): boolean => {
  const text = read.optionalString('SecretString');
  return text !== undefined && text !== known.value;
};

const readValue = (read: PropertyReader): string => {
  const rules = read.optionalAt('GenerateSecretString');
  if (!rules) return read.optionalString('SecretString') ?? '';
  const password = generate(rules);
  const key = rules.optionalString('GenerateStringKey');
  const template = rules.optionalString('SecretStringTemplate');
  if (key === undefined && template === undefined) return password;
  if (key === undefined || template === undefined)
    throw rules.error('GenerateStringKey', 'and SecretStringTemplate go together');
  try {
    return JSON.stringify({ ...JSON.parse(template), [key]: password });
  } catch {
    throw rules.error('SecretStringTemplate', 'must be a JSON object');
  }
};

const generate = (rules: PropertyReader): string => {
  try {
    return generatePassword({
      length: rules.optionalNumber('PasswordLength'),
      excludeCharacters: rules.optionalString('ExcludeCharacters'),
      excludeLowercase: rules.optionalBoolean('ExcludeLowercase'),
      excludeUppercase: rules.optionalBoolean('ExcludeUppercase'),
      excludeNumbers: rules.optionalBoolean('ExcludeNumbers'),
      excludePunctuation: rules.optionalBoolean('ExcludePunctuation'),
      includeSpace: rules.optionalBoolean('IncludeSpace'),
      requireEachIncludedType: rules.optionalBoolean('RequireEachIncludedType'),
    });
  } catch (error) {
    if (error instanceof RangeError) throw rules.error('PasswordLength', `cannot be met: ${error.message}`);
    throw error;
  }
};
