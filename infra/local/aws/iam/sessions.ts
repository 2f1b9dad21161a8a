import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { AwsError, type Principal } from '../host.ts';
import type { Store } from '../store.ts';
import type { AdministratorKey } from './administrator-key.ts';

/** Keys of a session, as the SDK's clients take them. */
interface SessionCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** The sessions of the account's roles. They do not expire: nothing here outlives the state directory. */
export interface Sessions {
  /** The same keys for the same session, over restarts. */
  readonly credentialsFor: (principal: Principal) => SessionCredentials;
  /**
   * Whose an access key is: a session's, or the person's at the machine.
   * @throws AwsError `UnrecognizedClientException` for any other, and for a session's key without its token
   */
  readonly principalOf: (accessKeyId: string, sessionToken: string | undefined) => Principal;
}

/** Marks keys of sessions. */
const KEY_PREFIX = 'ASIALOCK';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * Sessions that the store keeps, with keys derived from a secret of this state directory.
 * @param administratorKey the keys of the person at the machine
 */
export const createSessions = (store: Store, administratorKey: () => AdministratorKey): Sessions => {
  const secrets = store.table<string>('iam.secrets');
  const principals = store.table<Principal>('iam.sessions');
  const secret = () => {
    if (!secrets.has('sessions')) secrets.put('sessions', randomBytes(32).toString('base64'));
    return secrets.get('sessions') ?? '';
  };
  const derive = (purpose: string, of: string): Buffer =>
    createHmac('sha256', secret()).update(`${purpose}\n${of}`).digest();
  const tokenOf = (accessKeyId: string): string => derive('token', accessKeyId).toString('base64');

  return {
    credentialsFor: (principal) => {
      const bytes = derive('key', JSON.stringify(Object.entries(principal).sort()));
      const accessKeyId =
        KEY_PREFIX + [...bytes.subarray(0, 12)].map((byte) => ALPHABET.charAt(byte % 32)).join('');
      if (!principals.has(accessKeyId)) principals.put(accessKeyId, principal);
      return {
        accessKeyId,
        secretAccessKey: derive('secret', accessKeyId).toString('base64').slice(0, 40),
        sessionToken: tokenOf(accessKeyId),
      };
    },
    principalOf: (accessKeyId, sessionToken) => {
      const principal = principals.get(accessKeyId);
      if (isSame(accessKeyId, administratorKey().accessKeyId)) return { kind: 'administrator' };
      if (!principal || !isSame(sessionToken ?? '', tokenOf(accessKeyId))) {
        throw new AwsError(
          'UnrecognizedClientException',
          `The security token included in the request is invalid: the access key ${accessKeyId.slice(0, 40)} ` +
            (principal
              ? 'came without its session token.'
              : 'is not of this state directory. Use the key in its file "credentials".'),
          403,
        );
      }
      return principal;
    },
  };
};

const isSame = (given: string, expected: string): boolean => {
  const left = Buffer.from(given);
  const right = Buffer.from(expected);
  return left.length === right.length && timingSafeEqual(left, right);
};
