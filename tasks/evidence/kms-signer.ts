import { createPublicKey } from 'node:crypto';
import { GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms';
import type { SealingKey } from './evidence-file.ts';
import type { Signer } from './seal-evidence.ts';

/** A KMS key's public half. @throws Error if KMS gives none */
export async function readPublicKey(keyArn: string, client = new KMSClient({})): Promise<SealingKey> {
  const { KeyId, PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: keyArn }));
  if (KeyId === undefined || PublicKey === undefined)
    throw new Error(`KMS gave no public key of ${keyArn}: the evidence key must be an asymmetric one`);
  const key = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
  return { arn: KeyId, publicKey: key.export({ format: 'pem', type: 'spki' }).toString() };
}

/** Signs with a KMS key (ECC_NIST_P256); its public half is read once. */
export function createKmsSigner(keyArn: string, client = new KMSClient({})): Signer {
  let key: Promise<SealingKey> | undefined;
  return {
    key: async () => {
      key ??= readPublicKey(keyArn, client);
      try {
        return await key;
      } catch (error) {
        key = undefined;
        throw error;
      }
    },
    sign: async (message) => {
      const { Signature } = await client.send(
        new SignCommand({
          KeyId: keyArn,
          Message: Buffer.from(message, 'utf8'),
          MessageType: 'RAW',
          SigningAlgorithm: 'ECDSA_SHA_256',
        }),
      );
      if (Signature === undefined) throw new Error(`KMS gave no signature of ${keyArn}`);
      return Buffer.from(Signature).toString('base64');
    },
  };
}
