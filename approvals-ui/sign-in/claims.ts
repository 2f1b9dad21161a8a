import { parsedList } from '../../tasks/json.ts';
import type { Person } from '../../tasks/ledger/items.ts';

/** The identity provider's token does not say who the person is. */
class UnusableClaimsError extends Error {
  override readonly name = 'UnusableClaims';
}

/** Claims of an ID token whose signature, issuer, audience and expiry have been checked. */
export type Claims = Readonly<Record<string, unknown>>;

/**
 * The person whom verified claims name.
 * @throws UnusableClaimsError if there is no subject
 */
export function personFromClaims(claims: Claims): Person {
  const subject = text(claims.sub);
  if (!subject) {
    throw new UnusableClaimsError(
      `The ID token has no subject (sub: ${JSON.stringify(claims.sub)}). Check the identity provider's client.`,
    );
  }
  const verified = claims.email_verified === true || claims.email_verified === 'true';
  return {
    subject,
    name: text(claims['cognito:username']) || text(claims.preferred_username) || subject,
    verifiedEmail: verified ? text(claims.email).toLowerCase() : '',
    groups: groupsOf(claims['cognito:groups']),
  };
}

/**
 * When a person proved who they are, in ms since the epoch: the provider's `auth_time`, as it may have answered from a
 * session of its own; 0, long ago, if it does not say.
 */
export const signedInAt = ({ auth_time: seconds }: Claims, now: number): number =>
  typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0 ? Math.min(now, seconds * 1000) : 0;

/**
 * Whole group names from any form that the claim takes: a list, `[qc pmo]` as an HTTP API's authorizer writes it, a
 * list as JSON text, names with commas or spaces between them, or one name (T47).
 */
export function groupsOf(claim: unknown): readonly string[] {
  if (Array.isArray(claim)) return unique(claim.filter((name) => typeof name === 'string'));
  if (typeof claim !== 'string') return [];
  const json = parsedList(claim);
  if (json) return groupsOf(json);
  return unique(
    claim
      .trim()
      .replace(/^\[/, '')
      .replace(/\]$/, '')
      .split(/[\s,]+/),
  );
}

const text = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');

const unique = (names: readonly string[]): readonly string[] => [
  ...new Set(names.map((name) => name.trim()).filter((name) => name !== '')),
];
