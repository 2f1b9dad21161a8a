import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Provider } from 'oidc-provider';
import type { Host } from '../../host.ts';
import { type LoopbackServer, listenOnLoopback } from '../shared/loopback-server.ts';
import { FederationError } from './federated-attributes.ts';
import { createFederation } from './federation.ts';
import { createOpenIdProvider, SIGN_IN_PATH } from './open-id-provider.ts';
import { OWN_PROVIDER, type PoolTables, type PoolUser, providersOf, usersOf } from './pools.ts';
import { lookAssets, type SignInLook } from './sign-in-look.ts';
import { SignInPage, SignInProblem } from './sign-in-page.tsx';

/** Largest form that is read, in bytes: one name. */
const LARGEST_FORM = 4096;

/**
 * Serves every pool's OpenID provider and its sign-in page on the sign-in port, each below `/<pool id>`.
 * @throws PortInUseError
 */
export const startSignInServer = (
  host: Host,
  tables: PoolTables,
  look: SignInLook,
): Promise<LoopbackServer> => {
  const federation = createFederation(host, tables);
  const providers = new Map<string, Promise<Provider>>();
  const providerOf = (poolId: string): Promise<Provider> | undefined => {
    const keys = tables.keys.get(poolId);
    if (!tables.pools.has(poolId) || !keys) return undefined;
    let provider = providers.get(poolId);
    if (!provider) {
      provider = createOpenIdProvider(host, tables, poolId, keys);
      providers.set(poolId, provider);
    }
    return provider;
  };

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const [path = '/'] = (request.url ?? '/').split('?');
    const [, poolId = ''] = path.split('/');
    if (path === lookAssets.styleSheet)
      return sendAsset(response, 'text/css; charset=utf-8', look.styleSheet);
    if (path === lookAssets.icon) return sendAsset(response, 'image/svg+xml', look.icon);
    const provider = await providerOf(poolId);
    if (!provider) return sendProblem(response, 404, look, 'There is no such user pool.');
    if (path.startsWith(`/${poolId}${SIGN_IN_PATH}/`)) {
      return askWho({ host, tables, look, federation, poolId, provider }, request, response);
    }
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const interaction = federation.interactionOf(poolId, url);
    if (interaction !== undefined) {
      // The browser shows only there that it started this sign-in.
      const location = `/${poolId}${SIGN_IN_PATH}/${interaction}${url.search}`;
      return void response.writeHead(303, { location }).end();
    }
    // As a web framework does where it mounts the provider: the provider reads its own path off the difference.
    Object.assign(request, { originalUrl: request.url });
    request.url = (request.url ?? '').slice(poolId.length + 1) || '/';
    await provider.callback()(request, response);
  };
  return listenOnLoopback(host.ports.signIn, 'sign-in', serve, (error) =>
    host.log('cognito-idp', 'request failed', { error: error.stack }),
  );
};

interface Desk {
  readonly host: Host;
  readonly tables: PoolTables;
  readonly look: SignInLook;
  readonly federation: ReturnType<typeof createFederation>;
  readonly poolId: string;
  readonly provider: Provider;
}

const askWho = async (desk: Desk, request: IncomingMessage, response: ServerResponse) => {
  const { host, tables, look, federation, poolId, provider } = desk;
  const interaction = await provider.interactionDetails(request, response).catch(() => undefined);
  if (!interaction) {
    const message =
      'It has ended already, or was started in another browser. Go back to the site and sign in again.';
    return sendProblem(response, 400, look, message);
  }
  const client = tables.clients.get(String(interaction.params.client_id));
  const offered = providersOf(client);
  const users = offered.includes(OWN_PROVIDER)
    ? usersOf(tables, poolId).filter((user) => user.provider === undefined)
    : [];
  const letIn = async (user: PoolUser) => {
    host.log('cognito-idp', 'signed in', { user: user.name, client: client?.name });
    // The system's time may be ahead of the machine's; the ID token tells it as `auth_time`. In seconds.
    const ts = Math.floor(host.clock.now() / 1000);
    const login = { accountId: user.sub, remember: false, ts };
    const location = await provider.interactionResult(request, response, { login });
    await forgetSession(provider, interaction.session?.uid);
    response.writeHead(303, { location }).end();
  };
  if (request.method === 'POST') {
    const name = new URLSearchParams(await readForm(request)).get('person');
    const user = users.find((candidate) => candidate.name === name);
    if (isOwnForm(request) && user) return letIn(user);
    const message = user
      ? 'The choice came from another page.'
      : `Nobody here is called ${JSON.stringify(name)}.`;
    return sendProblem(response, 400, look, message);
  }
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
  const picked = searchParams.get('provider');
  try {
    if (searchParams.has('state'))
      return await letIn(await federation.finish(poolId, interaction.uid, client, searchParams));
    if (picked !== null && offered.includes(picked) && picked !== OWN_PROVIDER) {
      const prompt = String(interaction.params.prompt ?? '');
      const location = await federation.begin(poolId, interaction.uid, picked, prompt);
      return void response.writeHead(303, { location }).end();
    }
  } catch (error) {
    if (!(error instanceof FederationError)) throw error;
    host.log('cognito-idp', 'sign-in at a provider failed', { error: error.message });
    return sendProblem(response, 400, look, error.message);
  }
  const origins = [...new Set(client?.callbackUrls.map((url) => new URL(url).origin))];
  const page = SignInPage({
    users,
    providers: offered.filter((name) => name !== OWN_PROVIDER),
    action: pathname,
    application: new URL(String(interaction.params.redirect_uri)).host,
    productName: look.productName,
  });
  // Browsers apply form-action to the redirects that follow, back to the application included.
  return sendPage(response, 200, `'self' ${origins.join(' ')}`, page);
};

/** Signs out the previous user of this browser: the provider asks for a confirmation otherwise. */
const forgetSession = async (provider: Provider, uid: string | undefined) => {
  const session = uid === undefined ? undefined : await provider.Session.findByUid(uid);
  if (!session) return;
  delete session.accountId;
  await session.persist();
};

/** A browser tells where a form came from; what tells nothing is no browser. */
const isOwnForm = ({ headers }: IncomingMessage): boolean =>
  (headers.origin === undefined || headers.origin === `http://${headers.host}`) &&
  (headers['sec-fetch-site'] === undefined || headers['sec-fetch-site'] === 'same-origin');

const readForm = async (request: IncomingMessage): Promise<string> => {
  if (Number(request.headers['content-length'] ?? 0) > LARGEST_FORM) return '';
  return (await buffer(request)).toString('utf8');
};

const sendAsset = (response: ServerResponse, contentType: string, body: string) => {
  response.writeHead(200, {
    'content-type': contentType,
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
};

const sendProblem = (response: ServerResponse, status: number, look: SignInLook, message: string) =>
  sendPage(response, status, '', SignInProblem({ message, productName: look.productName }));

const sendPage = (
  response: ServerResponse,
  status: number,
  formAction: string,
  page: ReturnType<typeof SignInPage>,
) => {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': `default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action ${formAction || "'none'"}`,
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
  });
  response.end(`<!doctype html>${String(page)}`);
};
