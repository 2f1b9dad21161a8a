import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { SiteAddress } from '../site-address.ts';

/** One cookie. */
interface Cookie {
  readonly read: (context: Context) => string | undefined;
  readonly write: (context: Context, value: string) => void;
  readonly clear: (context: Context) => void;
}

/** Gives the site's cookie of that name. @param seconds how long browsers keep it */
export type CookieJar = (name: string, seconds: number) => Cookie;

/**
 * The site's cookies, which no script reads: `__Host-` and Secure over HTTPS, plain names on a loopback address, where
 * browsers take neither.
 */
export const createCookies =
  (address: SiteAddress): CookieJar =>
  (name, seconds) => {
    const fullName = address.isSecure ? `__Host-${name}` : name;
    const options = { path: '/', httpOnly: true, sameSite: 'Lax', secure: address.isSecure } as const;
    return {
      read: (context) => getCookie(context, fullName),
      write: (context, value) => setCookie(context, fullName, value, { ...options, maxAge: seconds }),
      clear: (context) => {
        deleteCookie(context, fullName, options);
      },
    };
  };
