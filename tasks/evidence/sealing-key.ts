import { createHash, createPublicKey, type KeyObject } from 'node:crypto';

/** SHA-256 of a public key in DER, as `sha256sum` prints it for what `aws kms get-public-key` gives. */
export const fingerprintOf = (key: KeyObject | string): string =>
  createHash('sha256')
    .update((typeof key === 'string' ? createPublicKey(key) : key).export({ format: 'der', type: 'spki' }))
    .digest('hex');

/** The key that a file brings; undefined if it is none of P-256, or in another text than Lockstep's. */
export const readFileKey = (pem: unknown): KeyObject | undefined => {
  try {
    const key = createPublicKey(String(pem));
    if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return undefined;
    return key.export({ format: 'pem', type: 'spki' }) === pem ? key : undefined;
  } catch {
    return undefined;
  }
};

/**
 * The fingerprint of the key that must have signed.
 * @param given the public key in PEM, or its fingerprint
 * @throws TypeError if it is neither
 */
export const readExpectedKey = (given: string | undefined): string | undefined => {
  if (given === undefined) return undefined;
  if (isFingerprint(given)) return given.toLowerCase();
  try {
    return fingerprintOf(given);
  } catch (error) {
    throw new TypeError(
      `The given key is no public key in PEM: ${(error as Error).message}. Give one, or a fingerprint of 64 hexadecimal digits.`,
      { cause: error },
    );
  }
};

/** Whether a text is a fingerprint. */
export const isFingerprint = (text: string): boolean => /^[\da-f]{64}$/i.test(text);
