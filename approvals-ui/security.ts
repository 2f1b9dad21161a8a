import type { MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import type { SiteAddress } from './site-address.ts';

/** Headers on every response: nothing from other sites, nothing inline, no framing, no storing. */
export function securityHeaders(address: SiteAddress): MiddlewareHandler {
  const addHeaders = secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
    permissionsPolicy: { camera: [], geolocation: [], microphone: [] },
    // With `no-referrer`, browsers send `Origin: null` on our own forms.
    referrerPolicy: 'same-origin',
    strictTransportSecurity: address.isSecure && 'max-age=63072000; includeSubDomains',
    xFrameOptions: 'DENY',
  });
  return async function securityHeaders(context, next) {
    await addHeaders(context, next);
    const { headers } = context.res;
    headers.set('X-Robots-Tag', 'noindex');
    if (!headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store');
  };
}

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
