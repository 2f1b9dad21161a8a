import { generateKeyPairSync, sign } from 'node:crypto';

/** A key as KMS has one for evidence. */
export const statementKey = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    publicKey: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
    sign: async (message: string) => {
      // KMS signs no longer message.
      if (Buffer.byteLength(message) > 4_096) throw new Error('the message is too long');
      return sign('sha256', Buffer.from(message, 'utf8'), privateKey).toString('base64');
    },
  };
};
