import type { Context } from 'hono';
import { isObject, parsedJson } from '../../tasks/json.ts';
import type { CookieJar } from './cookies.ts';
import type { SignInTransaction } from './identity.ts';

/** Seconds within which a person must come back from the provider. */
const SIGN_IN_SECONDS = 10 * 60;

/** A sign-in in progress, and the page that it returns to. */
interface PendingSignIn extends SignInTransaction {
  readonly returnTo: string;
}

/** What the browser keeps while its person is at the provider. */
export interface PendingSignIns {
  /** Undefined if it was not begun in this browser, or too long ago. */
  readonly read: (context: Context) => PendingSignIn | undefined;
  readonly write: (context: Context, pending: PendingSignIn) => void;
  readonly clear: (context: Context) => void;
}

/**
 * Sign-ins in progress, in a cookie of their browser. Who changes it harms only their own sign-in: the provider's answer
 * must match it, and the page to return to is checked again.
 */
export function createPendingSignIns(cookies: CookieJar, now: () => number): PendingSignIns {
  const cookie = cookies('lockstep-sign-in', SIGN_IN_SECONDS);
  return {
    read: (context) => {
      const value = parsedJson(Buffer.from(cookie.read(context) ?? '', 'base64url').toString('utf8'));
      if (!isObject(value)) return undefined;
      const { state, nonce, codeVerifier, returnTo, begunAt } = value;
      const isWhole = [state, nonce, codeVerifier, returnTo].every(
        (one) => typeof one === 'string' && one !== '',
      );
      if (!isWhole || typeof begunAt !== 'number' || now() - begunAt > SIGN_IN_SECONDS * 1000)
        return undefined;
      return { state, nonce, codeVerifier, returnTo } as PendingSignIn;
    },
    write: (context, pending) =>
      cookie.write(
        context,
        Buffer.from(JSON.stringify({ ...pending, begunAt: now() })).toString('base64url'),
      ),
    clear: cookie.clear,
  };
}
