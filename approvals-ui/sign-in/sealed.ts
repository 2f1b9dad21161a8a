import { hkdf } from 'node:crypto';
import { promisify } from 'node:util';
import { EncryptJWT, jwtDecrypt } from 'jose';

/** What a sealed text is for: each purpose has its own key, so that none is accepted for another. */
export type SealPurpose = 'session' | 'sign-in';

/** Encrypts what the browser keeps for the site. */
export interface Sealer {
  /**
   * @param value plain JSON
   * @param now in ms since the epoch
   */
  readonly seal: (
    purpose: SealPurpose,
    value: unknown,
    lifetimeSeconds: number,
    now: number,
  ) => Promise<string>;
  /** The value, or undefined if the site did not seal it for this purpose or it has expired. */
  readonly open: (purpose: SealPurpose, sealed: string, now: number) => Promise<unknown>;
}

/** The secret is too short to derive keys from. */
class SessionSecretError extends Error {
  override readonly name = 'SessionSecretTooShort';
}

const SHORTEST_SECRET = 32;
const derive = promisify(hkdf);

/**
 * Seals values as JWE with a key derived for each purpose (RFC 5869) from one secret, which is read once.
 * @param secret asked again after it failed
 */
export function createSealer(secret: () => Promise<string>): Sealer {
  const keys = new Map<SealPurpose, Promise<Uint8Array>>();
  const keyFor = (purpose: SealPurpose): Promise<Uint8Array> => {
    const known = keys.get(purpose);
    if (known) return known;
    const key = deriveKey(secret, purpose).catch((error: unknown) => {
      keys.delete(purpose);
      throw error;
    });
    keys.set(purpose, key);
    return key;
  };

  return {
    seal: async (purpose, value, lifetimeSeconds, now) => {
      const seconds = Math.floor(now / 1000);
      return new EncryptJWT({ value })
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .setAudience(purpose)
        .setIssuedAt(seconds)
        .setExpirationTime(seconds + lifetimeSeconds)
        .encrypt(await keyFor(purpose));
    },
    open: async (purpose, sealed, now) => {
      const key = await keyFor(purpose);
      try {
        const { payload } = await jwtDecrypt(sealed, key, {
          audience: purpose,
          currentDate: new Date(now),
          requiredClaims: ['exp', 'iat'],
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM'],
        });
        return payload.value;
      } catch {
        return undefined;
      }
    },
  };
}

const deriveKey = async (secret: () => Promise<string>, purpose: SealPurpose): Promise<Uint8Array> => {
  const text = await secret();
  if (text.length < SHORTEST_SECRET) {
    throw new SessionSecretError(
      `The session secret has ${text.length} characters; it needs at least ${SHORTEST_SECRET}. Generate another.`,
    );
  }
  return new Uint8Array(await derive('sha256', text, '', `lockstep approvals site: ${purpose}`, 32));
};
