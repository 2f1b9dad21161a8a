import { AwsError, type Host, type Principal } from '../../host.ts';
import { administrator } from '../shared/arns.ts';
import { type Parameter, parameterArn } from './parameters.ts';

/** The account's own key for parameters, which everybody in the account may use by way of Parameter Store. */
export const OWN_KEY = 'alias/aws/ssm';

/** Encrypts the values of SecureString parameters. The caller needs the key's permission, unless the key is the account's own. */
export interface SecureStrings {
  /** @throws AwsError `InvalidKeyId`, `AccessDeniedException` */
  readonly encrypt: (name: string, keyId: string, value: string, principal: Principal) => Promise<string>;
  /** @throws AwsError `InvalidKeyId`, `AccessDeniedException` */
  readonly decrypt: (parameter: Parameter, principal: Principal) => Promise<string>;
}

/** Secure strings by the host's KMS. */
export const createSecureStrings = (host: Host): SecureStrings => {
  /** Parameter Store calls KMS for the caller; KMS sees that by `kms:ViaService`. */
  const perform = async <Output extends { KeyId?: string }>(
    operation: 'Encrypt' | 'Decrypt',
    { name, keyId, principal }: { name: string; keyId: string; principal: Principal },
    input: object,
  ): Promise<Output> => {
    const PARAMETER_ARN = parameterArn(host, name);
    let answer: Output;
    try {
      const EncryptionContext = { PARAMETER_ARN };
      answer = await host.call<Output>(administrator, 'kms', operation, { ...input, EncryptionContext });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      throw new AwsError('InvalidKeyId', `The key ${keyId} of the parameter ${name}: ${error.message}`);
    }
    if (keyId !== OWN_KEY)
      host.authorize(principal, {
        action: `kms:${operation}`,
        resource: answer.KeyId ?? '',
        context: {
          'kms:ViaService': `ssm.${host.region}.amazonaws.com`,
          'kms:CallerAccount': host.accountId,
          'kms:EncryptionContext:PARAMETER_ARN': PARAMETER_ARN,
        },
      });
    return answer;
  };

  return {
    encrypt: async (name, keyId, value, principal) => {
      const { CiphertextBlob } = await perform<{ KeyId?: string; CiphertextBlob: Uint8Array }>(
        'Encrypt',
        { name, keyId, principal },
        { KeyId: keyId, Plaintext: Buffer.from(value) },
      );
      return Buffer.from(CiphertextBlob).toString('base64');
    },
    decrypt: async ({ name, keyId = OWN_KEY, value }, principal) => {
      const { Plaintext } = await perform<{ KeyId?: string; Plaintext: Uint8Array }>(
        'Decrypt',
        { name, keyId, principal },
        { CiphertextBlob: Buffer.from(value, 'base64') },
      );
      return Buffer.from(Plaintext).toString('utf8');
    },
  };
};
