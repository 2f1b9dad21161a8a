import type { MiddlewareHandler } from 'hono';
import type { SiteAddress } from './site-address.ts';

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Headers on every answer: nothing from other sites, nothing inline, no framing, no storing. */
export const securityHeaders =
  (address: SiteAddress): MiddlewareHandler =>
  async (context, next) => {
    await next();
    const headers = context.res.headers;
    headers.set('Content-Security-Policy', contentSecurityPolicy);
    headers.set('X-Content-Type-Options', 'nosniff');
    headers.set('X-Frame-Options', 'DENY');
    // Not `no-referrer`: with it browsers send `Origin: null` on our own forms.
    headers.set('Referrer-Policy', 'same-origin');
    headers.set('Cross-Origin-Opener-Policy', 'same-origin');
    headers.set('Cross-Origin-Resource-Policy', 'same-origin');
    headers.set('Permissions-Policy', 'camera=(), geolocation=(), microphone=()');
    headers.set('X-Robots-Tag', 'noindex');
    if (!headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store');
    if (address.isSecure) headers.set('Strict-Transport-Security', 'max-age=63072000; includeSubDomains');
  };

/**
 * Whether a request that changes something comes from a page of this site. Browsers tell both headers by themselves
 * and no page can forge them; a request with neither is no browser's form.
 */
export function comesFromThisSite(
  headers: { readonly origin: string | undefined; readonly fetchSite: string | undefined },
  address: SiteAddress,
): boolean {
  if (headers.origin === undefined && headers.fetchSite === undefined) return false;
  if (headers.origin !== undefined && headers.origin !== address.origin) return false;
  return headers.fetchSite === undefined || headers.fetchSite === 'same-origin';
}
