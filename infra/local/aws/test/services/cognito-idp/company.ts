import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ResourceProperties } from '../../../host.ts';
import { type createCookieJar, createResource, type startUserPool } from './user-pool.ts';

type Pool = Awaited<ReturnType<typeof startUserPool>>;

/** What a company says about a person; a claim that is left out is not sent. */
export type CompanyPerson = Readonly<Record<string, unknown>>;

/** The client that a company's provider knows. */
export const COMPANY_CLIENT = { id: 'lockstep', secret: 'a secret of the company, for tests' };

/** A company's own OpenID provider on a free port, whose people a test can change at any time. */
export const startCompany = async (redirectUri: string, people: Map<string, CompanyPerson>) => {
  const { Provider } = await import('oidc-provider/lib/provider.js');
  let visitor = '';
  const asked: URLSearchParams[] = [];
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // It warns that its keys and its memory are for tests.
  const warnings = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: COMPANY_CLIENT.id,
        client_secret: COMPANY_CLIENT.secret,
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    // Cookies know no ports: the pool has these names on the same host.
    cookies: {
      keys: ['company'],
      names: { session: 'company', interaction: 'company_interaction', resume: 'company_resume' },
    },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
    conformIdTokenClaims: false,
    clientBasedCORS: () => false,
    features: { devInteractions: { enabled: false } },
    findAccount: (_context, accountId) => ({
      accountId,
      claims: () => ({ ...people.get(accountId), sub: accountId }),
    }),
    ttl: { AccessToken: 60, Grant: 60, IdToken: 60, Interaction: 60, Session: 60 },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    loadExistingGrant: async ({ oidc }) => {
      if (!oidc.client || !oidc.session?.accountId) return undefined;
      const grant = new oidc.provider.Grant({
        clientId: oidc.client.clientId,
        accountId: oidc.session.accountId,
      });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
  });
  warnings.mockRestore();
  const callback = provider.callback();
  server.on('request', async (request, response) => {
    const url = new URL(request.url ?? '/', issuer);
    if (url.pathname === '/auth') asked.push(url.searchParams);
    if (!url.pathname.startsWith('/interaction/')) return callback(request, response);
    // Stands for the company's page, where this person signs in.
    const login = visitor ? { accountId: visitor } : undefined;
    await provider.interactionFinished(request, response, login ? { login } : { error: 'access_denied' });
  });
  return {
    issuer,
    /** What the pool asked for, each time. */
    asked,
    /** Who signs in next; nobody if empty. */
    signsIn: (subject: string) => {
      visitor = subject;
    },
    people,
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};

/** Where the pool takes answers of providers. */
export const redirectUriOf = (pool: Pool): string => `${pool.issuer}/oauth2/idpresponse`;

/** Properties of a provider of the pool, as a template has them. */
export const openIdProvider = (
  pool: Pool,
  issuer: string,
  change: Record<string, unknown> = {},
): ResourceProperties => ({
  UserPoolId: pool.poolId,
  ProviderName: 'Company',
  ProviderType: 'OIDC',
  ProviderDetails: {
    client_id: COMPANY_CLIENT.id,
    client_secret: COMPANY_CLIENT.secret,
    oidc_issuer: issuer,
    authorize_scopes: 'openid email profile',
    attributes_request_method: 'GET',
  },
  AttributeMapping: { email: 'email', name: 'name', 'custom:groups': 'groups' },
  ...change,
});

/** Lets the pool's client use providers. */
export const offer = (pool: Pool, providers: readonly string[], writeAttributes?: readonly string[]) =>
  createResource(pool.service, 'AWS::Cognito::UserPoolClient', 'Client', {
    ...pool.clientProperties,
    SupportedIdentityProviders: providers,
    WriteAttributes: writeAttributes ?? ['email', 'email_verified', 'name', 'custom:groups'],
  });

/** Follows redirects as a browser does, up to an address that begins so, or to a page. */
export const follow = async (
  jar: ReturnType<typeof createCookieJar>,
  start: string | URL,
  until: string,
): Promise<{ readonly url: URL; readonly answer?: Response }> => {
  let url = new URL(start);
  for (let step = 0; step < 20; step++) {
    if (url.href.startsWith(until)) return { url };
    const answer = await jar.fetch(url);
    const location = answer.headers.get('location');
    if (location === null) return { url, answer };
    url = new URL(location, url);
  }
  throw new Error(`No end of redirects at ${url.href}`);
};

/** Goes from the pool's page to a provider and back, up to the application or to a page that says why not. */
export const signInAt = async (
  jar: ReturnType<typeof createCookieJar>,
  authorize: string | URL,
  provider: string,
  callbackUrl: string,
) => {
  const page = await follow(jar, authorize, callbackUrl);
  return follow(jar, `${page.url.origin}${page.url.pathname}?provider=${provider}`, callbackUrl);
};
