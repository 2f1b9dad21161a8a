import type { AdapterConstructor, AdapterPayload, Configuration, Provider } from 'oidc-provider';
import type { Host } from '../../host.ts';
import { issuerOf, type PoolTables, type UserPoolKeys, usersOf } from './pools.ts';

/** Seconds that things live in the provider. Codes and interactions are short; sessions last a working day. */
const HOUR = 60 * 60;
const CODE_SECONDS = 60;
const INTERACTION_SECONDS = HOUR;
const SESSION_SECONDS = 8 * HOUR;

/** Where the provider sends people to be asked who they are, below the pool's path. */
export const SIGN_IN_PATH = '/sign-in';

/**
 * The OpenID provider of one user pool: authorization code with PKCE for public clients, ID tokens with the claims that
 * Cognito gives. Sessions live in memory.
 */
export const createOpenIdProvider = async (
  host: Host,
  tables: PoolTables,
  poolId: string,
  keys: UserPoolKeys,
): Promise<Provider> => {
  const { Provider } = await import('oidc-provider/lib/provider.js');
  const configuration: Configuration = {
    adapter: memoryAdapter(tables, poolId),
    jwks: { keys: [keys.signing as never] },
    cookies: { keys: [keys.cookies] },
    pkce: { required: () => true },
    responseTypes: ['code'],
    scopes: ['openid', 'email', 'profile', 'phone'],
    clientAuthMethods: ['none'],
    conformIdTokenClaims: false,
    claims: {
      openid: ['sub', 'cognito:username', 'cognito:groups', 'token_use'],
      email: ['email', 'email_verified'],
    },
    clientBasedCORS: () => false,
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: true },
    },
    findAccount: (_context, sub) => {
      const user = usersOf(tables, poolId).find((candidate) => candidate.sub === sub);
      if (!user) return undefined;
      return {
        accountId: sub,
        claims: (use) => ({
          sub,
          token_use: use === 'id_token' ? 'id' : undefined,
          'cognito:username': user.name,
          // As in Cognito, the claim is missing for somebody in no group.
          ...(user.groups.length > 0 ? { 'cognito:groups': [...user.groups] } : {}),
          email: user.email,
          email_verified: user.attributes.email_verified === 'true',
        }),
      };
    },
    interactions: {
      url: (_context, interaction) => `/${poolId}${SIGN_IN_PATH}/${interaction.uid}`,
    },
    // The pool's own applications are not asked for consent.
    loadExistingGrant: async (context) => {
      const { provider, session, client } = context.oidc;
      if (!client || !session?.accountId) return undefined;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid email profile phone');
      await grant.save();
      return grant;
    },
    renderError: (context, { error, error_description: description }) => {
      context.type = 'text/plain; charset=utf-8';
      context.body = `The sign-in cannot go on: ${error}${description ? ` (${description})` : ''}.\n`;
    },
    ttl: {
      AccessToken: HOUR,
      AuthorizationCode: CODE_SECONDS,
      Grant: SESSION_SECONDS,
      // The functions' time may be ahead of the machine's; to them, too, a token is good for an hour.
      IdToken: () => HOUR + Math.max(0, Math.round((host.clock.now() - Date.now()) / 1000)),
      Interaction: INTERACTION_SECONDS,
      Session: SESSION_SECONDS,
    },
  };
  return new Provider(issuerOf(host, poolId), configuration);
};

interface Entry {
  readonly payload: AdapterPayload;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** What the provider remembers: clients come from the store, everything else lives in memory until it expires. */
const memoryAdapter = (tables: PoolTables, poolId: string): AdapterConstructor => {
  const entries = new Map<string, Entry>();
  const live = (key: string): AdapterPayload | undefined => {
    const entry = entries.get(key);
    if (!entry) return undefined;
    if (entry.expiresAt > Date.now()) return entry.payload;
    entries.delete(key);
    return undefined;
  };
  const sweep = () => {
    for (const key of [...entries.keys()]) live(key);
  };

  return class {
    constructor(readonly model: string) {}

    async upsert(id: string, payload: AdapterPayload, expiresIn: number) {
      sweep();
      entries.set(`${this.model}:${id}`, {
        payload,
        expiresAt: expiresIn ? Date.now() + expiresIn * 1000 : Number.POSITIVE_INFINITY,
      });
    }
    async find(id: string) {
      return this.model === 'Client' ? clientMetadata(tables, poolId, id) : live(`${this.model}:${id}`);
    }
    async findByUid(uid: string) {
      return this.search((payload) => payload.uid === uid);
    }
    async findByUserCode(userCode: string) {
      return this.search((payload) => payload.userCode === userCode);
    }
    async consume(id: string) {
      const key = `${this.model}:${id}`;
      const entry = entries.get(key);
      if (entry) {
        entries.set(key, {
          ...entry,
          payload: { ...entry.payload, consumed: Math.floor(Date.now() / 1000) },
        });
      }
    }
    async destroy(id: string) {
      entries.delete(`${this.model}:${id}`);
    }
    async revokeByGrantId(grantId: string) {
      for (const [key, { payload }] of [...entries]) if (payload.grantId === grantId) entries.delete(key);
    }

    private search(matches: (payload: AdapterPayload) => boolean): AdapterPayload | undefined {
      const prefix = `${this.model}:`;
      for (const key of [...entries.keys()]) {
        const payload = key.startsWith(prefix) ? live(key) : undefined;
        if (payload && matches(payload)) return payload;
      }
      return undefined;
    }
  };
};

const clientMetadata = (tables: PoolTables, poolId: string, id: string): AdapterPayload | undefined => {
  const client = tables.clients.get(id);
  if (client?.userPoolId !== poolId) return undefined;
  return {
    client_id: id,
    client_name: client.name,
    redirect_uris: [...client.callbackUrls],
    response_types: ['code'],
    grant_types: ['authorization_code'],
    token_endpoint_auth_method: 'none',
    id_token_signed_response_alg: 'RS256',
    scope: client.scopes.join(' '),
  };
};
