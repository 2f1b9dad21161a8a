import { randomBytes } from 'node:crypto';
import { AwsError, type Host, type Principal } from '../../host.ts';
import { decryptWith, encryptWith, findKey, type KeyRecord, keyTable, requireUsable } from '../kms/keys.ts';
import { arnOf } from '../shared/arns.ts';
import { stableUuid } from '../shared/ids.ts';
import { type Parameter, parameterArn } from './parameters.ts';

/** The account's own key for parameters, which everybody in the account may use by way of Parameter Store. */
export const OWN_KEY = 'alias/aws/ssm';

/** Encrypts the values of SecureString parameters. The caller needs the key's permission, unless the key is the account's own. */
export interface SecureStrings {
  /** @throws AwsError `InvalidKeyId`, `AccessDeniedException` */
  readonly encrypt: (name: string, keyId: string, value: string, principal: Principal) => string;
  /** @throws AwsError `InvalidKeyId`, `AccessDeniedException` */
  readonly decrypt: (parameter: Parameter, principal: Principal) => string;
}

export const createSecureStrings = (host: Host): SecureStrings => {
  const ownKey = (): KeyRecord => {
    const keys = keyTable(host);
    const id = stableUuid('kms', OWN_KEY);
    const known = keys.get(id);
    if (known) return known;
    const key: KeyRecord = {
      id,
      arn: arnOf(host, 'kms', `key/${id}`),
      description: 'Default key that protects my SSM parameters when no other key is defined',
      isEnabled: true,
      isPendingDeletion: false,
      policy: { Version: '2012-10-17', Statement: [] },
      material: randomBytes(32).toString('base64'),
      createdAt: host.clock.now(),
    };
    keys.put(id, key);
    return key;
  };

  const keyFor = (action: 'Encrypt' | 'Decrypt', name: string, keyId: string, principal: Principal) => {
    if (keyId === OWN_KEY) return ownKey();
    let key: KeyRecord;
    try {
      key = findKey(host, keyId);
      requireUsable(key);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      throw new AwsError('InvalidKeyId', `The key ${keyId} of the parameter ${name}: ${error.message}`);
    }
    host.authorize(principal, {
      action: `kms:${action}`,
      resource: key.arn,
      context: {
        'kms:ViaService': `ssm.${host.region}.amazonaws.com`,
        'kms:CallerAccount': host.accountId,
        'kms:EncryptionContext:PARAMETER_ARN': parameterArn(host, name),
      },
    });
    return key;
  };
  const contextOf = (name: string) => ({ PARAMETER_ARN: parameterArn(host, name) });

  return {
    encrypt: (name, keyId, value, principal) =>
      Buffer.from(
        encryptWith(keyFor('Encrypt', name, keyId, principal), Buffer.from(value), contextOf(name)),
      ).toString('base64'),
    decrypt: ({ name, keyId = OWN_KEY, value }, principal) =>
      Buffer.from(
        decryptWith(keyFor('Decrypt', name, keyId, principal), Buffer.from(value, 'base64'), contextOf(name)),
      ).toString('utf8'),
  };
};
