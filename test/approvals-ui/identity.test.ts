import http from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  exportJWK,
  type GenerateKeyPairResult,
  generateKeyPair,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from 'jose';
import { createOpenIdIdentity, type SignInTransaction } from '../../approvals-ui/sign-in/identity.ts';
import {
  createCookieJar,
  pickPerson,
  startUserPool,
} from '../../infra/local/aws/test/services/cognito-idp/user-pool.ts';

const CLIENT = 'client-1';
const REDIRECT = 'http://127.0.0.1:4567/signed-in';

/** A provider that signs what a test asks for. */
const startForger = async () => {
  const keys = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k', alg: 'RS256', use: 'sig' };
  let idToken: string | undefined = '';
  const server = http.createServer((request, response) => {
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const answers: Record<string, object> = {
      '/.well-known/openid-configuration': {
        issuer,
        authorization_endpoint: `${issuer}/auth`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        code_challenge_methods_supported: ['S256'],
      },
      '/jwks': { keys: [jwk] },
      '/token': {
        access_token: 'x',
        token_type: 'bearer',
        ...(idToken === undefined ? {} : { id_token: idToken }),
      },
    };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answers[request.url ?? '']));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys,
    jwk,
    answerWith: (token: string | undefined) => {
      idToken = token;
    },
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
};

describe('an ID token', () => {
  let forger: Awaited<ReturnType<typeof startForger>>;
  let otherKeys: GenerateKeyPairResult;
  let transaction: SignInTransaction;
  beforeAll(async () => {
    forger = await startForger();
    otherKeys = await generateKeyPair('RS256', { extractable: true });
  });
  afterAll(() => forger.stop());

  const seconds = () => Math.floor(Date.now() / 1000);
  const claims = (change: Record<string, unknown> = {}): JWTPayload => ({
    iss: forger.issuer,
    aud: CLIENT,
    sub: 'sub-1',
    nonce: transaction.nonce,
    iat: seconds(),
    exp: seconds() + 3600,
    ...change,
  });
  const sign = (
    payload: JWTPayload,
    key: Parameters<SignJWT['sign']>[0] = forger.keys.privateKey,
    header: JWTHeaderParameters = { alg: 'RS256', kid: 'k' },
  ) => new SignJWT(payload).setProtectedHeader(header).sign(key);

  /** Signs in with the token that `forge` makes. */
  const signInWith = async (forge: () => Promise<string | undefined> | string | undefined, query = '') => {
    const identity = createOpenIdIdentity(forger.issuer, CLIENT);
    const begun = await identity.begin(REDIRECT);
    transaction = begun.transaction;
    forger.answerWith(await forge());
    const returned = new URL(`${REDIRECT}?code=c&state=${transaction.state}`);
    for (const [name, value] of new URLSearchParams(query)) returned.searchParams.set(name, value);
    return identity.finish(returned, transaction);
  };

  it('that is as it must be is taken', async () => {
    expect(await signInWith(() => sign(claims()))).toMatchObject({ sub: 'sub-1' });
  });

  it.each<[string, () => Promise<string | undefined> | string | undefined]>([
    ['is missing', () => undefined],
    ['has the algorithm none', () => new UnsecuredJWT(claims()).encode()],
    [
      'is signed with the public key as a shared secret',
      () =>
        sign(claims(), new TextEncoder().encode(JSON.stringify(forger.jwk).padEnd(32)), {
          alg: 'HS256',
          kid: 'k',
        }),
    ],
    [
      'names a key that the provider does not have',
      () => sign(claims(), forger.keys.privateKey, { alg: 'RS256', kid: 'unknown' }),
    ],
    ['is signed by somebody else', () => sign(claims(), otherKeys.privateKey)],
    ['is for another audience', () => sign(claims({ aud: 'client-2' }))],
    ['is from another issuer', () => sign(claims({ iss: 'http://127.0.0.1:1' }))],
    ['has expired', () => sign(claims({ iat: seconds() - 7200, exp: seconds() - 3600 }))],
    ['has no expiry', () => sign(claims({ exp: undefined }))],
    ['has no subject', () => sign(claims({ sub: undefined }))],
    ['has another nonce', () => sign(claims({ nonce: 'another' }))],
    ['has no nonce', () => sign(claims({ nonce: undefined }))],
    [
      'was changed after signing',
      async () => {
        const [header, , signature] = (await sign(claims())).split('.');
        const payload = Buffer.from(JSON.stringify(claims({ sub: 'sub-2' }))).toString('base64url');
        return `${header}.${payload}.${signature}`;
      },
    ],
  ])('fails the sign-in if it %s', async (_case, forge) => {
    await expect(signInWith(forge)).rejects.toThrow();
  });

  it.each([
    ['another state', 'state=another'],
    ['no state', 'state='],
    ['an error', 'error=access_denied'],
    ['another issuer', 'iss=http://127.0.0.1:1'],
  ])('is not even asked for when the provider sends %s', async (_case, query) => {
    await expect(signInWith(() => sign(claims()), query)).rejects.toThrow();
  });
});

describe('with the emulated user pool', () => {
  let pool: Awaited<ReturnType<typeof startUserPool>>;
  beforeAll(async () => {
    pool = await startUserPool();
  });
  afterAll(() => pool.stop());
  const begin = async () => {
    const identity = createOpenIdIdentity(pool.issuer, pool.clientId);
    return { identity, ...(await identity.begin(pool.callbackUrl)) };
  };

  it('the request has PKCE, state and nonce, asks for a fresh sign-in, and differs every time', async () => {
    const [first, second] = [await begin(), await begin()];
    const parameters = first.url.searchParams;
    expect(Object.fromEntries(parameters)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      prompt: 'login',
      state: first.transaction.state,
      nonce: first.transaction.nonce,
    });
    expect(parameters.get('code_challenge')).not.toBe(first.transaction.codeVerifier);
    for (const name of ['state', 'nonce', 'codeVerifier'] as const)
      expect(first.transaction[name]).not.toBe(second.transaction[name]);
  });

  it.each(['state', 'nonce', 'codeVerifier'] as const)('another %s fails', async (name) => {
    const { identity, url, transaction } = await begin();
    const back = await pickPerson(createCookieJar(), url, 'quinn');
    const other = (await begin()).transaction;
    await expect(identity.finish(back, { ...transaction, [name]: other[name] })).rejects.toThrow();
  });

  it('a code is taken once', async () => {
    const { identity, url, transaction } = await begin();
    const back = await pickPerson(createCookieJar(), url, 'quinn');
    await expect(identity.finish(back, transaction)).resolves.toBeDefined();
    await expect(identity.finish(back, transaction)).rejects.toThrow();
  });
});

describe('the issuer', () => {
  it.each(['http://issuer.example', 'http://127.0.0.1.evil.example', 'ftp://127.0.0.1'])(
    'fails for %s',
    (issuer) => {
      expect(() => createOpenIdIdentity(issuer, CLIENT)).toThrow(
        expect.objectContaining({ name: 'IssuerNotAllowed', message: expect.stringContaining(issuer) }),
      );
    },
  );

  it('that could not be reached is asked again', async () => {
    const forger = await startForger();
    const port = new URL(forger.issuer).port;
    await forger.stop();
    const identity = createOpenIdIdentity(forger.issuer, CLIENT);
    await expect(identity.begin(REDIRECT)).rejects.toThrow();
    const server = http.createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          issuer: forger.issuer,
          authorization_endpoint: `${forger.issuer}/auth`,
          jwks_uri: forger.issuer,
        }),
      );
    });
    await new Promise<void>((resolve) => server.listen(Number(port), '127.0.0.1', resolve));
    await expect(identity.begin(REDIRECT)).resolves.toBeDefined();
    await new Promise((resolve) => server.close(resolve));
  });
});
