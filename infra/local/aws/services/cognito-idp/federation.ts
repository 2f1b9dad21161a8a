import { createHash, randomBytes } from 'node:crypto';
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';
import type { Host } from '../../host.ts';
import { FederationError, federatedAttributes } from './federated-attributes.ts';
import { standardAttributes } from './identity-provider.ts';
import {
  type IdentityProvider,
  inPool,
  issuerOf,
  type PoolTables,
  type PoolUser,
  type UserPoolClient,
  usersOf,
} from './pools.ts';

/** Where a provider sends people back to, below the pool's path; the same as on AWS. */
const RETURN_PATH = '/oauth2/idpresponse';

/** How long somebody may take at the provider, in milliseconds. */
const LONGEST_VISIT = 10 * 60_000;

/** Somebody who is at a provider. */
interface Visit {
  readonly poolId: string;
  /** The sign-in at the pool that this is a part of. */
  readonly interaction: string;
  readonly provider: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  readonly expiresAt: number;
}

/** What a provider's discovery document must say. */
interface Endpoints {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly jwks_uri: string;
  readonly userinfo_endpoint?: string;
}

const random = () => randomBytes(32).toString('base64url');

/** Signs people in at other OpenID providers, by authorization code with PKCE, state and nonce. */
export const createFederation = (host: Host, tables: PoolTables) => {
  const visits = new Map<string, Visit>();
  const redirectUri = (poolId: string) => `${issuerOf(host, poolId)}${RETURN_PATH}`;

  const take = (state: string): Visit | undefined => {
    const visit = visits.get(state);
    visits.delete(state);
    return visit && visit.expiresAt > Date.now() ? visit : undefined;
  };

  return {
    /**
     * Where to send somebody who picked a provider.
     * @param prompt what the application asked for; the provider is asked for the same
     * @throws FederationError if the emulator does not speak with the provider
     */
    begin: async (poolId: string, interaction: string, name: string, prompt: string): Promise<string> => {
      const provider = openIdProvider(tables, poolId, name);
      const endpoints = await discover(provider);
      const state = random();
      const visit = { poolId, interaction, provider: name, nonce: random(), codeVerifier: random() };
      for (const [key, { expiresAt }] of visits) if (expiresAt <= Date.now()) visits.delete(key);
      visits.set(state, { ...visit, expiresAt: Date.now() + LONGEST_VISIT });
      const url = new URL(endpoints.authorization_endpoint);
      const parameters = {
        client_id: provider.details.client_id ?? '',
        redirect_uri: redirectUri(poolId),
        response_type: 'code',
        scope: provider.details.authorize_scopes ?? 'openid',
        state,
        nonce: visit.nonce,
        code_challenge: createHash('sha256').update(visit.codeVerifier).digest('base64url'),
        code_challenge_method: 'S256',
        ...(prompt && { prompt }),
      };
      for (const [key, value] of Object.entries(parameters)) url.searchParams.set(key, value);
      return url.href;
    },

    /** The sign-in that a provider's answer belongs to. @returns undefined for another path or an unknown state */
    interactionOf: (poolId: string, url: URL): string | undefined => {
      if (url.pathname !== `/${poolId}${RETURN_PATH}`) return undefined;
      return visits.get(url.searchParams.get('state') ?? '')?.interaction;
    },

    /**
     * The user who came back, created or updated.
     * @throws FederationError for an answer that is not valid, or not of this sign-in
     */
    finish: async (
      poolId: string,
      interaction: string,
      client: UserPoolClient | undefined,
      answer: URLSearchParams,
    ): Promise<PoolUser> => {
      const visit = take(answer.get('state') ?? '');
      if (visit?.poolId !== poolId || visit.interaction !== interaction)
        throw new FederationError('The answer belongs to another sign-in, or came too late. Sign in again.');
      const error = answer.get('error');
      if (error)
        throw new FederationError(
          `${visit.provider} answers ${[error, answer.get('error_description')].filter(Boolean).join(': ')}.`,
        );
      const provider = openIdProvider(tables, poolId, visit.provider);
      const claims = await exchange(provider, visit, answer.get('code') ?? '', redirectUri(poolId));
      const name = `${provider.name}_${claims.sub}`;
      const key = inPool(poolId, name);
      const writable = client?.writeAttributes ?? standardAttributes;
      const attributes = federatedAttributes(
        provider,
        claims,
        writable,
        tables.federatedUsers.get(key)?.attributes,
      );
      tables.federatedUsers.put(key, { userPoolId: poolId, name, provider: provider.name, attributes });
      const user = usersOf(tables, poolId).find((one) => one.name === name);
      if (!user) throw new Error(`The user ${name} was not kept.`);
      return user;
    },
  };
};

/** @throws FederationError for an unknown provider, for SAML, and for one that is not on this machine */
const openIdProvider = (tables: PoolTables, poolId: string, name: string): IdentityProvider => {
  const provider = tables.identityProviders.get(inPool(poolId, name));
  if (!provider) throw new FederationError(`The pool has no provider ${JSON.stringify(name)}.`);
  if (provider.type !== 'OIDC')
    throw new FederationError(
      `${name} is a ${provider.type} provider, and the emulator speaks OpenID Connect only. Sign in another way here.`,
    );
  const issuer = provider.details.oidc_issuer ?? '';
  if (!URL.canParse(issuer) || new URL(issuer).hostname !== '127.0.0.1')
    throw new FederationError(
      `${name} is at ${issuer}, and the emulator speaks with providers on 127.0.0.1 only. Sign in another way here.`,
    );
  return provider;
};

const json = async (provider: IdentityProvider, url: string, init: RequestInit = {}): Promise<unknown> => {
  const answer = await fetch(url, { ...init, redirect: 'error' }).catch((error: Error) => {
    throw new FederationError(`${provider.name} at ${url} cannot be reached (${error.message}).`);
  });
  const text = await answer.text();
  if (!answer.ok)
    throw new FederationError(`${provider.name} at ${url} answers ${answer.status}: ${text.slice(0, 200)}`);
  return JSON.parse(text);
};

const discover = async (provider: IdentityProvider): Promise<Endpoints> => {
  const issuer = provider.details.oidc_issuer ?? '';
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const endpoints = (await json(provider, url)) as Endpoints;
  if (endpoints.issuer !== issuer)
    throw new FederationError(`${provider.name} calls itself ${endpoints.issuer}, and not ${issuer}.`);
  return endpoints;
};

/** What the provider says about the person whom a code stands for. */
const exchange = async (
  provider: IdentityProvider,
  { nonce, codeVerifier }: Visit,
  code: string,
  redirectUri: string,
): Promise<JWTPayload> => {
  const endpoints = await discover(provider);
  const { client_id = '', client_secret = '' } = provider.details;
  const tokens = (await json(provider, endpoints.token_endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      code_verifier: codeVerifier,
      client_id,
      client_secret,
    }),
  })) as { readonly id_token?: string; readonly access_token?: string };
  const { payload } = await jwtVerify(
    tokens.id_token ?? '',
    createRemoteJWKSet(new URL(endpoints.jwks_uri)),
    {
      issuer: endpoints.issuer,
      audience: client_id,
      requiredClaims: ['sub', 'exp', 'iat'],
    },
  ).catch((error: Error) => {
    throw new FederationError(`The ID token of ${provider.name} is not valid (${error.message}).`);
  });
  if (payload.nonce !== nonce)
    throw new FederationError(`The ID token of ${provider.name} is of another sign-in.`);
  if (!endpoints.userinfo_endpoint) return payload;
  const more = (await json(provider, endpoints.userinfo_endpoint, {
    headers: { authorization: `Bearer ${tokens.access_token}` },
  })) as JWTPayload;
  if (more.sub !== payload.sub)
    throw new FederationError(`${provider.name} tells about another person than its ID token.`);
  return { ...more, ...payload };
};
