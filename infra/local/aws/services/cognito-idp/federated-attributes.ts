import type { IdentityProvider } from './pools.ts';

/** The longest value that a pool keeps. */
const LONGEST_VALUE = 2048;

/** Who signed in at a provider cannot be kept; the message says why, for the page. */
export class FederationError extends Error {
  override readonly name = 'FederationError';
}

/**
 * A federated user's attributes after a sign-in, as Cognito keeps them: what the provider sent replaces what was there, and
 * what it did not send stays.
 * @param writable attributes that the application may write
 * @throws FederationError for a value that cannot be kept, or without an e-mail address
 */
export const federatedAttributes = (
  provider: IdentityProvider,
  claims: Readonly<Record<string, unknown>>,
  writable: readonly string[],
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> => {
  const mapped = Object.entries(provider.attributeMapping)
    .filter(([attribute, claim]) => attribute !== 'username' && claims[claim] !== undefined)
    .map(([attribute, claim]) => [attribute, attributeText(claims[claim])] as const);
  for (const [attribute, value] of mapped) {
    if (!writable.includes(attribute))
      throw new FederationError(`The application may not write ${attribute}. Add it to WriteAttributes.`);
    if (value.length > LONGEST_VALUE)
      throw new FederationError(`${attribute} has ${value.length} characters; ${LONGEST_VALUE} fit.`);
  }
  const attributes: Record<string, string> = {
    email_verified: 'false',
    ...before,
    ...Object.fromEntries(mapped),
  };
  if (!attributes.email)
    throw new FederationError(
      `${provider.name} sent no e-mail address (${provider.attributeMapping.email ?? 'no claim is mapped'}).`,
    );
  return {
    ...attributes,
    identities: JSON.stringify([
      { userId: String(claims.sub), providerName: provider.name, providerType: provider.type, primary: true },
    ]),
  };
};

/** Several values become a list in brackets, each form-encoded. */
const attributeText = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map((item) => formEncoded(String(item))).join(', ')}]`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

/** All but letters, digits and `.-*_`. */
const formEncoded = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
