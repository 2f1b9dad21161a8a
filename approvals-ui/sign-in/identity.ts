import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  discovery,
  enableNonRepudiationChecks,
  None,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import { isLoopback } from '../site-address.ts';
import type { Claims } from './claims.ts';

/** What one sign-in must remember between leaving for the provider and coming back. */
export interface SignInTransaction {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/** The identity provider. */
export interface Identity {
  /** Where to send the browser, and what to remember. */
  readonly begin: (
    redirectUri: string,
  ) => Promise<{ readonly url: URL; readonly transaction: SignInTransaction }>;
  /**
   * The claims of whoever came back.
   * @param returned the redirect URI with the provider's parameters
   * @throws Error if state, nonce, code, code verifier or ID token are not as they must be
   */
  readonly finish: (returned: URL, transaction: SignInTransaction) => Promise<Claims>;
}

/** The provider's address cannot be used. */
export class IssuerError extends Error {
  override readonly name = 'IssuerNotAllowed';
}

/**
 * An OpenID provider, asked by authorization code with PKCE, state and nonce, as a public client. Tokens are checked
 * against the provider's keys, although they come over its own connection.
 * @param issuer `https:` anywhere; `http:` on loopback addresses only
 * @throws IssuerError for any other issuer
 */
export const createOpenIdIdentity = (issuer: string, clientId: string): Identity => {
  const server = new URL(issuer);
  const plain = server.protocol === 'http:';
  if (server.protocol !== 'https:' && !(plain && isLoopback(server.hostname))) {
    throw new IssuerError(
      `OIDC_ISSUER must be an https URL (plain http is for loopback addresses only); it is ${issuer}.`,
    );
  }
  let discovered: Promise<Configuration> | undefined;
  const configuration = () => {
    discovered ??= discovery(server, clientId, { id_token_signed_response_alg: 'RS256' }, None(), {
      execute: [enableNonRepudiationChecks, ...(plain ? [allowInsecureRequests] : [])],
    }).catch((error: unknown) => {
      // A provider that could not be reached is asked again by the next sign-in.
      discovered = undefined;
      throw error;
    });
    return discovered;
  };

  return {
    begin: async (redirectUri) => {
      const config = await configuration();
      const codeVerifier = randomPKCECodeVerifier();
      const transaction = { state: randomState(), nonce: randomNonce(), codeVerifier };
      const url = buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: 'openid email profile',
        code_challenge: await calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
        state: transaction.state,
        nonce: transaction.nonce,
        // Somebody else may want to sign in on this browser; the provider's own session must not answer for them.
        prompt: 'login',
      });
      return { url, transaction };
    },
    finish: async (returned, { state, nonce, codeVerifier }) => {
      const tokens = await authorizationCodeGrant(await configuration(), returned, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: codeVerifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (!claims) throw new Error('The provider answered without an ID token.');
      return claims;
    },
  };
};
