import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import type {
  GetPublicKeyCommandInput,
  GetPublicKeyCommandOutput,
  SignCommandInput,
  SignCommandOutput,
  VerifyCommandInput,
  VerifyCommandOutput,
} from '@aws-sdk/client-kms';
import { AwsError, type Host, type Operation } from '../../host.ts';
import { findKey, type KeyRecord, requireSpec, requireUsable } from './keys.ts';

type Answer<Output> = Omit<Output, '$metadata'>;

/** Bytes that KMS takes as a message; of longer ones the digest is sent. */
const MAX_MESSAGE = 4096;
const ALGORITHM = 'ECDSA_SHA_256';

/** A new private key on the curve P-256, PKCS #8 in base64. */
export const newSigningKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
    .privateKey.export({ format: 'der', type: 'pkcs8' })
    .toString('base64');

const privateKeyOf = ({ material }: KeyRecord) =>
  createPrivateKey({ key: Buffer.from(material, 'base64'), format: 'der', type: 'pkcs8' });

/** Sign, Verify and GetPublicKey of asymmetric keys. */
export const signingOperations = (host: Host): Readonly<Record<string, Operation>> => {
  const access = (action: string, { arn }: KeyRecord, algorithm?: string) => ({
    action,
    resource: arn,
    ...(algorithm !== undefined && { context: { 'kms:SigningAlgorithm': algorithm } }),
  });
  const signing = (given: string | undefined): KeyRecord => {
    const key = findKey(host, given);
    requireUsable(key);
    requireSpec(key, 'ECC_NIST_P256');
    return key;
  };
  const messageOf = ({ Message, MessageType, SigningAlgorithm }: SignCommandInput | VerifyCommandInput) => {
    if (SigningAlgorithm !== ALGORITHM)
      throw new AwsError(
        'InvalidKeyUsageException',
        `Algorithm ${SigningAlgorithm} is incompatible with key spec ECC_NIST_P256.`,
      );
    if (MessageType === 'DIGEST' || MessageType === 'EXTERNAL_MU')
      throw new AwsError(
        'ValidationException',
        `MessageType ${MessageType}: the emulator signs whole messages; send RAW.`,
      );
    if (Message === undefined || Message.byteLength === 0 || Message.byteLength > MAX_MESSAGE)
      throw new AwsError(
        'ValidationException',
        `Message must have 1 to ${MAX_MESSAGE} bytes, got ${Message?.byteLength ?? 0}.`,
      );
    return Message;
  };

  const signMessage: Operation<SignCommandInput, Answer<SignCommandOutput>> = {
    requires: ({ KeyId, SigningAlgorithm }) => access('kms:Sign', findKey(host, KeyId), SigningAlgorithm),
    run: (input) => {
      const key = signing(input.KeyId);
      const signature = sign('sha256', messageOf(input), privateKeyOf(key));
      return { KeyId: key.arn, Signature: new Uint8Array(signature), SigningAlgorithm: ALGORITHM };
    },
  };

  const verifyMessage: Operation<VerifyCommandInput, Answer<VerifyCommandOutput>> = {
    requires: ({ KeyId, SigningAlgorithm }) => access('kms:Verify', findKey(host, KeyId), SigningAlgorithm),
    run: (input) => {
      const key = signing(input.KeyId);
      const publicKey = createPublicKey(privateKeyOf(key));
      if (!verify('sha256', messageOf(input), publicKey, input.Signature ?? new Uint8Array()))
        throw new AwsError('KMSInvalidSignatureException', 'The signature is not of this message and key.');
      return { KeyId: key.arn, SignatureValid: true, SigningAlgorithm: ALGORITHM };
    },
  };

  const getPublicKey: Operation<GetPublicKeyCommandInput, Answer<GetPublicKeyCommandOutput>> = {
    requires: ({ KeyId }) => access('kms:GetPublicKey', findKey(host, KeyId)),
    run: ({ KeyId }) => {
      const key = signing(KeyId);
      const publicKey = createPublicKey(privateKeyOf(key)).export({ format: 'der', type: 'spki' });
      return {
        KeyId: key.arn,
        PublicKey: new Uint8Array(publicKey),
        KeySpec: 'ECC_NIST_P256',
        CustomerMasterKeySpec: 'ECC_NIST_P256',
        KeyUsage: 'SIGN_VERIFY',
        SigningAlgorithms: [ALGORITHM],
      };
    },
  };

  return { Sign: signMessage, Verify: verifyMessage, GetPublicKey: getPublicKey };
};
