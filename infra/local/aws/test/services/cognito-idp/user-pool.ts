import { resourceContext } from '../../../assembly/stack-records.ts';
import { type AdjustableClock, createClock } from '../../../clock.ts';
import { createHost } from '../../../create-host.ts';
import type { ResourceProperties, Service } from '../../../host.ts';
import { createCognitoService, type SignInOptions } from '../../../services/cognito-idp/cognito-idp.ts';
import type { Person } from '../../../services/cognito-idp/pools.ts';
import { createMemoryStore } from '../../../store.ts';
import { freePorts } from '../../support/free-ports.ts';

const person = (name: string, ...groups: string[]): Person => ({
  name,
  email: `${name}@example.com`,
  groups,
  description: `${name}, for tests`,
});

/** People of every kind: in one group, in two, in none. */
export const testPeople: readonly Person[] = [
  person('quinn', 'qc'),
  person('parker', 'pmo'),
  person('sam', 'qc', 'pmo'),
  person('dana'),
  person('olga', 'operator'),
];

/** A host for these services, on free ports, that remembers nothing on disk. */
export const serviceHost = async (clock: AdjustableClock = createClock()) => {
  const log: string[] = [];
  const host = createHost({
    stateDir: import.meta.dirname,
    store: createMemoryStore(),
    clock,
    ports: await freePorts(),
    log: ({ message, details }) => log.push(`${message} ${JSON.stringify(details ?? {})}`),
  });
  return { host, clock, log };
};

/** Creates a resource as the assembly does. */
export const createResource = async (
  service: Service,
  type: string,
  logicalId: string,
  properties: ResourceProperties,
) => {
  const provider = service.resources[type];
  if (!provider) throw new Error(`no provider for ${type}`);
  return provider.create(properties, resourceContext('Platform', logicalId));
};

/** A user pool with three groups and one client, served. */
export const startUserPool = async (signIn: SignInOptions = { people: testPeople }) => {
  const { host, clock, log } = await serviceHost();
  const service = createCognitoService(host, signIn);
  host.register(service);
  const pool = await createResource(service, 'AWS::Cognito::UserPool', 'Pool', {
    Schema: [{ Name: 'groups', AttributeDataType: 'String', Mutable: true }],
  });
  for (const group of ['qc', 'pmo', 'operator']) {
    await createResource(service, 'AWS::Cognito::UserPoolGroup', `Group${group}`, {
      UserPoolId: pool.physicalId,
      GroupName: group,
    });
  }
  const callbackUrl = `http://127.0.0.1:${host.ports.approvals}/signed-in`;
  const clientProperties = {
    UserPoolId: pool.physicalId,
    GenerateSecret: false,
    AllowedOAuthFlows: ['code'],
    AllowedOAuthFlowsUserPoolClient: true,
    AllowedOAuthScopes: ['openid', 'email', 'profile'],
    CallbackURLs: [callbackUrl],
  };
  const client = await createResource(service, 'AWS::Cognito::UserPoolClient', 'Client', clientProperties);
  await host.startServices();
  return {
    host,
    clock,
    log,
    service,
    poolId: pool.physicalId,
    issuer: String(pool.attributes.ProviderURL),
    clientId: client.physicalId,
    clientProperties,
    callbackUrl,
    stop: async () => {
      clock.stop();
      await host.stopServices();
    },
  };
};

/** A browser's cookies for one host, without the rest of a browser. */
export const createCookieJar = () => {
  const cookies = new Map<string, { value: string; path: string }>();
  return {
    /** Requests without following redirects. */
    fetch: async (address: string | URL, init: RequestInit = {}) => {
      const url = new URL(address);
      const cookie = [...cookies]
        .filter(([, { path }]) => url.pathname.startsWith(path))
        .map(([name, { value }]) => `${name}=${value}`)
        .join('; ');
      const answer = await fetch(url, {
        ...init,
        redirect: 'manual',
        headers: { ...(init.headers as Record<string, string>), ...(cookie ? { cookie } : {}) },
      });
      for (const line of answer.headers.getSetCookie()) {
        const [pair = ''] = line.split(';');
        const [name = '', value = ''] = pair.split(/=(.*)/s);
        const path = /path=([^;]+)/i.exec(line)?.[1] ?? '/';
        if (/expires=Thu, 01 Jan 1970|max-age=0/i.test(line)) cookies.delete(name);
        else cookies.set(name, { value, path });
      }
      return answer;
    },
  };
};

/** Goes through the provider's pages as a browser does, up to the address that it sends back to. */
export const pickPerson = async (
  jar: ReturnType<typeof createCookieJar>,
  authorize: string | URL,
  person: string,
): Promise<URL> => {
  const toPage = await jar.fetch(authorize);
  const pageUrl = new URL(toPage.headers.get('location') ?? '', authorize);
  const page = await (await jar.fetch(pageUrl)).text();
  const action = /<form method="post" action="([^"]+)"/.exec(page)?.[1] ?? '';
  const chosen = await jar.fetch(new URL(action, pageUrl), {
    method: 'POST',
    body: new URLSearchParams({ person }),
    headers: { origin: pageUrl.origin },
  });
  const resumed = await jar.fetch(new URL(chosen.headers.get('location') ?? '', pageUrl));
  return new URL(resumed.headers.get('location') ?? '', pageUrl);
};
