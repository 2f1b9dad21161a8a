import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { Person } from '../../tasks/ledger/items.ts';
import type { SiteAddress } from '../site-address.ts';
import type { SignInTransaction } from './identity.ts';
import type { Sealer, SealPurpose } from './sealed.ts';

/** Seconds after which a person must sign in again. */
const SESSION_SECONDS = 8 * 60 * 60;
/** Seconds within which a person must come back from the provider. */
const SIGN_IN_SECONDS = 10 * 60;

/** A signed-in person's session. */
export interface Session {
  readonly person: Person;
  /** Milliseconds since the epoch. */
  readonly signedInAt: number;
}

/** A sign-in in progress, and the page that it returns to. */
type PendingSignIn = SignInTransaction & { readonly returnTo: string };

/** What the browser keeps for us, encrypted. */
export interface Cookies {
  readonly session: CookieSlot<Session>;
  readonly signIn: CookieSlot<PendingSignIn>;
}

/** One cookie. */
interface CookieSlot<Value> {
  readonly name: string;
  readonly read: (context: Context) => Promise<Value | undefined>;
  readonly write: (context: Context, value: Value) => Promise<void>;
  readonly clear: (context: Context) => void;
}

/**
 * The site's cookies: `__Host-` and Secure over HTTPS, plain names on a loopback address, where browsers take neither.
 */
export function createCookies(address: SiteAddress, sealer: Sealer, now: () => number): Cookies {
  const slot = <Value>(name: string, purpose: SealPurpose, seconds: number): CookieSlot<Value> => {
    const fullName = address.isSecure ? `__Host-${name}` : name;
    const options = { path: '/', httpOnly: true, sameSite: 'Lax', secure: address.isSecure } as const;
    return {
      name: fullName,
      read: async (context) => {
        const sealed = getCookie(context, fullName);
        // Only a value that this site has encrypted opens, so its shape is the one that was written.
        return sealed ? ((await sealer.open(purpose, sealed, now())) as Value | undefined) : undefined;
      },
      write: async (context, value) => {
        const sealed = await sealer.seal(purpose, value, seconds, now());
        setCookie(context, fullName, sealed, { ...options, maxAge: seconds });
      },
      clear: (context) => {
        deleteCookie(context, fullName, options);
      },
    };
  };
  return {
    session: slot<Session>('lockstep', 'session', SESSION_SECONDS),
    signIn: slot<PendingSignIn>('lockstep-sign-in', 'sign-in', SIGN_IN_SECONDS),
  };
}
