import { randomBytes } from 'node:crypto';
import http from 'node:http';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  calculatePKCECodeChallenge,
  discovery,
  enableNonRepudiationChecks,
  None,
} from 'openid-client';
import { createCognitoService } from '../../../services/cognito-idp/cognito-idp.ts';
import { createCookieJar, pickPerson, startUserPool, testPeople } from './user-pool.ts';

let pool: Awaited<ReturnType<typeof startUserPool>>;
beforeAll(async () => {
  pool = await startUserPool();
});
afterAll(() => pool.stop());

// First of all: what the provider prints, it prints when it is loaded and when it answers first.
it('keeps the terminal clean', async () => {
  const written = ['warn', 'info', 'error', 'log'].map((method) =>
    jest.spyOn(console, method as 'warn').mockImplementation(() => undefined),
  );
  await pickPerson(createCookieJar(), await authorizeUrl(), 'quinn');
  await fetch(`${pool.issuer}/auth?client_id=unknown`);
  await fetch(`${pool.issuer}/.well-known/openid-configuration`, {
    headers: { origin: 'http://127.0.0.1:1' },
  });
  for (const spy of written) {
    expect(spy).not.toHaveBeenCalled();
    spy.mockRestore();
  }
});

const verifier = 'v'.repeat(43);

const authorizeUrl = async (change: Record<string, string | undefined> = {}) => {
  const url = new URL(`${pool.issuer}/auth`);
  const parameters = {
    client_id: pool.clientId,
    redirect_uri: pool.callbackUrl,
    response_type: 'code',
    scope: 'openid email profile',
    state: 'state-1',
    nonce: 'nonce-1',
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    prompt: 'login',
    ...change,
  };
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined) url.searchParams.set(name, value);
  return url;
};

const tokens = async (code: string, code_verifier = verifier) => {
  const { token_endpoint } = (await (
    await fetch(`${pool.issuer}/.well-known/openid-configuration`)
  ).json()) as {
    token_endpoint: string;
  };
  const answer = await fetch(token_endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: pool.clientId,
      redirect_uri: pool.callbackUrl,
      code,
      code_verifier,
    }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, string> };
};

describe('the emulated user pool', () => {
  it('is the issuer that the template names', async () => {
    const metadata = (await (
      await fetch(`${pool.issuer}/.well-known/openid-configuration`)
    ).json()) as object;
    expect(metadata).toMatchObject({
      issuer: pool.issuer,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
    });
  });

  it.each([
    ['quinn', ['qc']],
    ['parker', ['pmo']],
    ['sam', ['qc', 'pmo']],
    ['dana', undefined],
    ['olga', ['operator']],
  ])('gives %s the claims that Cognito gives', async (name, groups) => {
    const back = await pickPerson(createCookieJar(), await authorizeUrl(), name);
    expect(`${back.origin}${back.pathname}`).toBe(pool.callbackUrl);
    expect(back.searchParams.get('state')).toBe('state-1');
    const { body } = await tokens(back.searchParams.get('code') ?? '');
    const claims = decodeJwt(body.id_token ?? '');
    expect(claims).toMatchObject({
      iss: pool.issuer,
      aud: pool.clientId,
      nonce: 'nonce-1',
      token_use: 'id',
      'cognito:username': name,
      email: `${name}@example.com`,
      email_verified: true,
    });
    expect(claims['cognito:groups']).toEqual(groups);
    expect(claims.sub).toMatch(/^[0-9a-f-]{36}$/);
    expect(decodeProtectedHeader(body.id_token ?? '').alg).toBe('RS256');
  });

  it('asks again who it is, on a browser that has signed in before, and lets another person in', async () => {
    const jar = createCookieJar();
    for (const name of ['sam', 'parker', 'parker', 'sam']) {
      const back = await pickPerson(jar, await authorizeUrl(), name);
      const { body } = await tokens(back.searchParams.get('code') ?? '');
      expect(decodeJwt(body.id_token ?? '')['cognito:username']).toBe(name);
    }
  });

  it('gives a person the same subject at every sign-in', async () => {
    const subjects = new Set<unknown>();
    for (let attempt = 0; attempt < 2; attempt++) {
      const back = await pickPerson(createCookieJar(), await authorizeUrl(), 'quinn');
      subjects.add(decodeJwt((await tokens(back.searchParams.get('code') ?? '')).body.id_token ?? '').sub);
    }
    expect(subjects.size).toBe(1);
  });

  it.each([
    ['without PKCE', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['with the implicit flow', { response_type: 'id_token' }, 'unsupported_response_type'],
  ])('fails for a request %s', async (_case, change, error) => {
    const answer = await fetch(await authorizeUrl(change), { redirect: 'manual' });
    const location = new URL(answer.headers.get('location') ?? '');
    const parameters = new URLSearchParams(location.search || location.hash.slice(1));
    expect(parameters.get('error')).toBe(error);
  });

  it.each([
    ['another address to return to', { redirect_uri: 'http://127.0.0.1:1/evil' }],
    ['an unknown client', { client_id: 'unknown' }],
  ])('rejects %s without sending anybody there', async (_case, change) => {
    const answer = await fetch(await authorizeUrl(change), { redirect: 'manual' });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('location')).toBeNull();
  });

  it('takes a code once, and only with its verifier', async () => {
    const first = await pickPerson(createCookieJar(), await authorizeUrl(), 'quinn');
    expect((await tokens(first.searchParams.get('code') ?? '', 'w'.repeat(43))).body.error).toBe(
      'invalid_grant',
    );
    const second = await pickPerson(createCookieJar(), await authorizeUrl(), 'quinn');
    expect((await tokens(second.searchParams.get('code') ?? '')).status).toBe(200);
    expect((await tokens(second.searchParams.get('code') ?? '')).body.error).toBe('invalid_grant');
  });

  it('gives tokens that are good for an hour to functions whose time is set forward', async () => {
    pool.clock.advance(8 * 24 * 60 * 60_000);
    const back = await pickPerson(createCookieJar(), await authorizeUrl(), 'quinn');
    const { exp = 0 } = decodeJwt((await tokens(back.searchParams.get('code') ?? '')).body.id_token ?? '');
    expect(exp * 1000).toBeGreaterThan(pool.clock.now() + 59 * 60_000);
    pool.clock.advance(-8 * 24 * 60 * 60_000);
  });

  it('serves a certified client, which checks its tokens against its keys', async () => {
    const client = await discovery(new URL(pool.issuer), pool.clientId, {}, None(), {
      execute: [enableNonRepudiationChecks, allowInsecureRequests],
    });
    const back = await pickPerson(createCookieJar(), await authorizeUrl(), 'sam');
    const granted = await authorizationCodeGrant(client, back, {
      pkceCodeVerifier: verifier,
      expectedState: 'state-1',
      expectedNonce: 'nonce-1',
    });
    expect(granted.claims()).toMatchObject({ 'cognito:groups': ['qc', 'pmo'] });
  });
});

describe('the sign-in page', () => {
  const openPage = async () => {
    const jar = createCookieJar();
    const start = await jar.fetch(await authorizeUrl());
    const url = new URL(start.headers.get('location') ?? '', pool.issuer);
    return { jar, url };
  };

  it('lists everybody, says what it is, and takes forms to the site only', async () => {
    const { jar, url } = await openPage();
    const answer = await jar.fetch(url);
    const html = await answer.text();
    for (const name of ['quinn', 'parker', 'sam', 'dana', 'olga']) expect(html).toContain(`value="${name}"`);
    expect(html).toContain('nobody is asked for a password');
    expect(html).toContain('<title>Sign in · AWS emulator</title>');
    expect(answer.headers.get('content-security-policy')).toContain(
      `form-action 'self' ${new URL(pool.callbackUrl).origin}`,
    );
  });

  it('has the name, the style sheet and the icon that the caller hands in', async () => {
    const signInLook = { productName: 'Moonbase', styleSheet: 'main { color: red }', icon: '<svg/>' };
    const other = await startUserPool({ people: testPeople, signInLook });
    try {
      const { origin } = new URL(other.issuer);
      const problem = await (await fetch(`${origin}/unknown/auth`)).text();
      expect(problem).toContain('Sign in · Moonbase');
      const served = [...problem.matchAll(/href="([^"]+)"/g)].map(([, href]) => `${origin}${href}`);
      served.push(`${origin}/assets/icon.svg`);
      expect(await Promise.all(served.map(async (url) => (await fetch(url)).text()))).toEqual([
        signInLook.styleSheet,
        signInLook.icon,
      ]);
    } finally {
      await other.stop();
    }
  });

  it.each([
    ['somebody unknown', { person: 'mallory' }, {}],
    ['nobody', {}, {}],
    ['somebody chosen by another page', { person: 'quinn' }, { origin: 'https://evil.example' }],
  ])('rejects %s', async (_case, form, headers) => {
    const { jar, url } = await openPage();
    const answer = await jar.fetch(url, {
      method: 'POST',
      body: new URLSearchParams(form as Record<string, string>),
      headers: headers as Record<string, string>,
    });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('location')).toBeNull();
  });

  it('says that it has ended to a browser that did not start it', async () => {
    const { url } = await openPage();
    const answer = await fetch(url);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('This sign-in cannot go on');
  });

  it('answers to no other host name', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      http
        .get(
          `${pool.issuer}/.well-known/openid-configuration`,
          { headers: { host: 'evil.example' } },
          (answer) => {
            answer.resume();
            resolve(answer.statusCode);
          },
        )
        .on('error', reject);
    });
    expect(status).toBe(421);
  });

  it.each([`/${randomBytes(4).toString('hex')}/.well-known/openid-configuration`, '/', '/assets/none.css'])(
    'does not find %s',
    async (path) => {
      expect((await fetch(new URL(path, pool.issuer))).status).toBe(404);
    },
  );
});

it('fails to start on a port that is taken, naming it', async () => {
  const second = createCognitoService(pool.host, { people: testPeople });
  await expect(second.start?.()).rejects.toMatchObject({
    name: 'PortInUseError',
    message: expect.stringContaining(
      `Port ${pool.host.ports.signIn} on 127.0.0.1 is in use, and it is for sign-in`,
    ),
  });
});
