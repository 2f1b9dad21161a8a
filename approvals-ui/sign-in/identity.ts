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

/** What a sign-in keeps while the person is at the provider. */
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
   * The claims of the person who came back.
   * @param returned the redirect URI with the provider's parameters
   * @throws Error if state, nonce, code, code verifier or ID token; any that is not valid
   */
  readonly finish: (returned: URL, transaction: SignInTransaction) => Promise<Claims>;
}

/** The provider's address cannot be used. */
class IssuerError extends Error {
  override readonly name = 'IssuerNotAllowed';
}

/**
 * An OpenID provider, used by a public client with authorization code, PKCE, state and nonce. Tokens are verified with
 * the provider's keys, although they come over its own connection.
 * @param issuer `https:` anywhere; `http:` on loopback addresses only
 * @throws IssuerError for any other issuer
 */
export function createOpenIdIdentity(issuer: string, clientId: string): Identity {
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
      // The next sign-in asks a provider again that could not be reached.
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
        // Another person may sign in on this browser: the provider's session must not answer for them.
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
}
