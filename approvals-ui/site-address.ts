/** Whether a host name is this machine's own (where plain HTTP is safe). */
export const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);

/** The site's address cannot be used. */
class SiteAddressError extends Error {
  override readonly name = 'SiteAddressNotAllowed';
}

/** Where people reach the site. */
export interface SiteAddress {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly host: string;
  readonly isSecure: boolean;
  readonly isLoopback: boolean;
}

/**
 * Reads the site's address.
 * @param siteUrl `https:` anywhere; `http:` on loopback addresses only
 * @throws SiteAddressError for any other
 */
export function readSiteAddress(siteUrl: string): SiteAddress {
  const url = URL.canParse(siteUrl) ? new URL(siteUrl) : undefined;
  const loopback = url !== undefined && isLoopback(url.hostname);
  if (!url || (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback))) {
    throw new SiteAddressError(
      `SITE_URL must be an https URL (plain http is for loopback addresses only); it is ${siteUrl}.`,
    );
  }
  return {
    origin: url.origin,
    host: url.host,
    isSecure: url.protocol === 'https:',
    isLoopback: loopback,
  };
}

/** Longest return address; paths of this site are far shorter. */
const LONGEST_PATH = 512;

/** A path of this site to return to after sign-in; the start page for anything that could lead elsewhere. */
export function localPath(value: string | undefined, origin: string): string {
  if (!value?.startsWith('/') || value.length > LONGEST_PATH || !URL.canParse(value, origin)) return '/';
  const url = new URL(value, origin);
  if (url.origin !== origin || /^\/(sign-|signed-)/.test(url.pathname)) return '/';
  // A path such as `/x/..//host` becomes `//host`, which a browser takes for another host.
  return url.pathname.startsWith('//') ? '/' : `${url.pathname}${url.search}`;
}
