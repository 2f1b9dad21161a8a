import { decodeJwt } from 'jose';
import { calculatePKCECodeChallenge } from 'openid-client';
import {
  type CompanyPerson,
  follow,
  offer,
  openIdProvider,
  redirectUriOf,
  signInAt,
  startCompany,
} from './company.ts';
import { createCookieJar, createResource, pickPerson, startUserPool } from './user-pool.ts';

const administrator = { kind: 'administrator' } as const;
const verifier = 'v'.repeat(43);
const PROVIDER = 'AWS::Cognito::UserPoolIdentityProvider';

const ada: CompanyPerson = { email: 'ada@example.com', name: 'Ada', groups: ['Lockstep QC', 'staff'] };
const bob: CompanyPerson = { email: 'bob@example.com', email_verified: true, groups: 'staff' };
const eve: CompanyPerson = { name: 'Eve' };

let pool: Awaited<ReturnType<typeof startUserPool>>;
let company: Awaited<ReturnType<typeof startCompany>>;
beforeEach(async () => {
  pool = await startUserPool();
  company = await startCompany(redirectUriOf(pool), new Map(Object.entries({ ada, bob, eve })));
  await createResource(pool.service, PROVIDER, 'Company', openIdProvider(pool, company.issuer));
  await offer(pool, ['COGNITO', 'Company']);
});
afterEach(async () => {
  await company.stop();
  await pool.stop();
});

const authorizeUrl = async (prompt = 'login') => {
  const url = new URL(`${pool.issuer}/auth`);
  const parameters = {
    client_id: pool.clientId,
    redirect_uri: pool.callbackUrl,
    response_type: 'code',
    scope: 'openid email profile',
    state: 'state-1',
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    prompt,
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
};

const arrive = async (subject: string, jar = createCookieJar()) => {
  company.signsIn(subject);
  return signInAt(jar, await authorizeUrl(), 'Company', pool.callbackUrl);
};

const claimsOf = async (url: URL) => {
  const answer = await fetch(`${pool.issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: pool.clientId,
      redirect_uri: pool.callbackUrl,
      code: url.searchParams.get('code') ?? '',
      code_verifier: verifier,
    }),
  });
  return decodeJwt(((await answer.json()) as { id_token: string }).id_token);
};

const userNamed = async (Username: string) => {
  const user = await pool.host.call<{
    UserStatus: string;
    UserAttributes: { Name: string; Value: string }[];
  }>(administrator, 'cognito-idp', 'AdminGetUser', { UserPoolId: pool.poolId, Username });
  return {
    status: user.UserStatus,
    attributes: Object.fromEntries(user.UserAttributes.map(({ Name, Value }) => [Name, Value])),
  };
};

it('signs somebody in at a provider, with code, PKCE, state and nonce, and keeps what it says', async () => {
  const { url } = await arrive('ada');
  expect(url.searchParams.get('state')).toBe('state-1');
  expect(Object.fromEntries(company.asked[0] ?? [])).toMatchObject({
    response_type: 'code',
    code_challenge_method: 'S256',
    state: expect.stringMatching(/^[\w-]{43}$/),
    nonce: expect.stringMatching(/^[\w-]{43}$/),
    redirect_uri: redirectUriOf(pool),
    prompt: 'login',
  });
  const claims = await claimsOf(url);
  expect(claims).toMatchObject({
    'cognito:username': 'Company_ada',
    email: 'ada@example.com',
    email_verified: false,
  });
  expect(claims).not.toHaveProperty('cognito:groups');
  const { status, attributes } = await userNamed('Company_ada');
  expect(status).toBe('EXTERNAL_PROVIDER');
  expect(attributes).toMatchObject({
    sub: claims.sub,
    email: 'ada@example.com',
    name: 'Ada',
    'custom:groups': '[Lockstep+QC, staff]',
  });
  expect(JSON.parse(attributes.identities ?? '')).toMatchObject([
    { userId: 'ada', providerName: 'Company', providerType: 'OIDC' },
  ]);
});

it('updates the account at the next sign-in, and keeps what the provider no longer sends', async () => {
  const first = await claimsOf((await arrive('ada')).url);
  company.people.set('ada', { email: 'ada@new.example', groups: ['staff'] });
  const second = await claimsOf((await arrive('ada')).url);
  expect([second.sub, second.email]).toEqual([first.sub, 'ada@new.example']);
  company.people.set('ada', { email: 'ada@new.example' });
  await arrive('ada');
  expect((await userNamed('Company_ada')).attributes).toMatchObject({
    name: 'Ada',
    'custom:groups': '[staff]',
  });
});

it('keeps accounts of providers out of the list of people, and lets them be put into groups', async () => {
  await arrive('ada');
  const page = await follow(createCookieJar(), await authorizeUrl(), pool.callbackUrl);
  const html = (await page.answer?.text()) ?? '';
  expect(html).toContain('value="quinn"');
  expect(html).not.toContain('Company_ada');
  expect(html).toContain('Sign in at Company');
  await pool.host.call(administrator, 'cognito-idp', 'AdminAddUserToGroup', {
    UserPoolId: pool.poolId,
    Username: 'Company_ada',
    GroupName: 'qc',
  });
  expect(await claimsOf((await arrive('ada')).url)).toMatchObject({ 'cognito:groups': ['qc'] });
});

it('lets nobody of the pool itself in where only the provider is offered', async () => {
  await offer(pool, ['Company']);
  const jar = createCookieJar();
  const page = await follow(jar, await authorizeUrl(), pool.callbackUrl);
  expect(await page.answer?.text()).not.toContain('quinn');
  const answer = await jar.fetch(page.url, {
    method: 'POST',
    body: new URLSearchParams({ person: 'quinn' }),
    headers: { origin: page.url.origin },
  });
  expect(answer.status).toBe(400);
});

it('offers no provider that the client does not name', async () => {
  await offer(pool, ['COGNITO']);
  const { answer } = await arrive('ada');
  expect(await answer?.text()).not.toContain('Sign in at');
  expect(company.asked).toEqual([]);
  expect((await pickPerson(createCookieJar(), await authorizeUrl(), 'quinn')).searchParams.has('code')).toBe(
    true,
  );
});

describe('a page says why a sign-in cannot go on', () => {
  const problemOf = async ({ answer }: { answer?: Response }) => {
    expect(answer?.status).toBe(400);
    return (await answer?.text())?.replaceAll('&quot;', '"').replaceAll('&#39;', "'");
  };

  it('when the provider lets nobody in', async () => {
    expect(await problemOf(await arrive(''))).toContain('Company answers access_denied');
  });

  it('when there is no e-mail address', async () => {
    expect(await problemOf(await arrive('eve'))).toContain('Company sent no e-mail address (email)');
  });

  it('when the client may not write an attribute that is mapped', async () => {
    await offer(pool, ['Company'], ['email', 'name']);
    expect(await problemOf(await arrive('ada'))).toContain('may not write custom:groups');
  });

  it.each([
    [
      'SAML',
      { ProviderType: 'SAML', ProviderDetails: { MetadataURL: 'https://login.example.com/saml' } },
      'is a SAML provider',
    ],
    [
      'a provider elsewhere',
      { ProviderDetails: { ...openIdDetails('https://login.example.com') } },
      'speaks with providers on 127.0.0.1 only',
    ],
    [
      'a provider that does not run',
      { ProviderDetails: { ...openIdDetails('http://127.0.0.1:9') } },
      'cannot be reached',
    ],
  ])('for %s', async (_, change, message) => {
    await createResource(pool.service, PROVIDER, 'Company', openIdProvider(pool, company.issuer, change));
    expect(await problemOf(await arrive('ada'))).toContain(message);
  });

  it('when another browser brings the answer, or the same one twice', async () => {
    company.signsIn('ada');
    const [hers, another] = [createCookieJar(), createCookieJar()];
    const page = await follow(hers, await authorizeUrl(), pool.callbackUrl);
    const back = await follow(hers, `${page.url.href}?provider=Company`, redirectUriOf(pool));
    expect(await problemOf(await follow(another, back.url, pool.callbackUrl))).toContain('another browser');
    const there = await follow(hers, back.url, pool.callbackUrl);
    expect(there.url.searchParams.has('code')).toBe(true);
    expect((await follow(hers, back.url, pool.callbackUrl)).answer?.status).toBe(404);
  });

  it('when the answer belongs to another sign-in of the same browser', async () => {
    company.signsIn('ada');
    const jar = createCookieJar();
    const first = await follow(jar, await authorizeUrl(), pool.callbackUrl);
    const back = await follow(jar, `${first.url.href}?provider=Company`, redirectUriOf(pool));
    const second = await follow(jar, await authorizeUrl(), pool.callbackUrl);
    const answer = await jar.fetch(`${second.url.href}${back.url.search}`);
    expect(await problemOf({ answer })).toContain('belongs to another sign-in');
  });

  it('when the ID token is not the one that was asked for', async () => {
    company.signsIn('ada');
    const jar = createCookieJar();
    const page = await follow(jar, await authorizeUrl(), pool.callbackUrl);
    const toCompany = await follow(jar, `${page.url.href}?provider=Company`, company.issuer);
    toCompany.url.searchParams.set('nonce', 'another');
    expect(await problemOf(await follow(jar, toCompany.url, pool.callbackUrl))).toContain(
      'is of another sign-in',
    );
  });

  it('when the provider takes the client for another', async () => {
    await createResource(
      pool.service,
      PROVIDER,
      'Company',
      openIdProvider(pool, company.issuer, {
        ProviderDetails: { ...openIdDetails(company.issuer), client_secret: 'wrong' },
      }),
    );
    expect(await problemOf(await arrive('ada'))).toContain('invalid_client');
  });
});

function openIdDetails(issuer: string) {
  return {
    client_id: 'lockstep',
    client_secret: 'a secret of the company, for tests',
    oidc_issuer: issuer,
    authorize_scopes: 'openid email profile',
    attributes_request_method: 'GET',
  };
}

describe('AWS::Cognito::UserPoolIdentityProvider', () => {
  const details = openIdDetails('https://login.example.com');
  it.each([
    ['ProviderName', { ProviderName: 'Cognito' }],
    ['ProviderName', { ProviderName: 'a_b' }],
    ['ProviderType', { ProviderType: 'LDAP' }],
    ['ProviderDetails', { ProviderDetails: { ...details, client_secret: '' } }],
    ['ProviderDetails', { ProviderType: 'SAML', ProviderDetails: {} }],
    ['AttributeMapping', { AttributeMapping: { 'custom:roles': 'groups' } }],
    ['UserPoolId', { UserPoolId: 'us-east-1_unknown' }],
  ])('fails for a wrong %s (%j)', async (property, change) => {
    await expect(
      createResource(pool.service, PROVIDER, 'Other', openIdProvider(pool, company.issuer, change)),
    ).rejects.toThrow(`property ${property} must`);
  });

  it('is what a client can name', async () => {
    await expect(offer(pool, ['Unknown'])).rejects.toThrow(
      'property SupportedIdentityProviders must name providers of the pool; Unknown is none',
    );
  });
});
