import { createHash } from 'node:crypto';
import type { JWK } from 'jose';
import type { Host } from '../../host.ts';
import type { Table } from '../../store.ts';
import { stableUuid } from '../shared/ids.ts';

/** A user pool. */
interface UserPool {
  readonly id: string;
  readonly name: string;
  /** Attributes of its own, without `custom:`. @default none */
  readonly customAttributes?: readonly string[];
  /** Whether DeleteUserPool fails. @default false */
  readonly isProtected?: boolean;
}

/** An application that people sign in to. */
export interface UserPoolClient {
  readonly id: string;
  readonly userPoolId: string;
  readonly name: string;
  readonly callbackUrls: readonly string[];
  readonly scopes: readonly string[];
  /** Where people sign in: `COGNITO` is the pool itself. @default the pool alone */
  readonly identityProviders?: readonly string[];
  /** Attributes that this application may write. @default the standard ones */
  readonly writeAttributes?: readonly string[];
}

/** A provider that a pool federates with. */
export interface IdentityProvider {
  readonly userPoolId: string;
  readonly name: string;
  /** `OIDC` and others; the emulator speaks with this one only. */
  readonly type: string;
  readonly details: Readonly<Record<string, string>>;
  /** The provider's claim for each attribute of the pool. */
  readonly attributeMapping: Readonly<Record<string, string>>;
}

/** Somebody who signed in at such a provider. */
interface FederatedUser {
  readonly userPoolId: string;
  /** `<provider>_<subject>`. */
  readonly name: string;
  readonly provider: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A group that the template declares. */
interface UserPoolGroup {
  readonly userPoolId: string;
  readonly name: string;
}

/** What signs a pool's tokens and cookies; it stays the same for as long as the pool exists. */
export interface UserPoolKeys {
  readonly signing: JWK;
  readonly cookies: string;
}

/** Somebody who can sign in, at every pool. */
export interface Person {
  /** User name. */
  readonly name: string;
  readonly email: string;
  /** Groups; a pool ignores those that its template does not declare. */
  readonly groups: readonly string[];
  /** For the sign-in page. */
  readonly description: string;
}

/** Somebody in a pool. */
export interface PoolUser extends Person {
  readonly sub: string;
  /** As the pool has them, `sub` and `email` included. */
  readonly attributes: Readonly<Record<string, string>>;
  /** The provider that the user signs in at. @default the pool itself */
  readonly provider?: string;
}

/** Everything that the user pools remember. */
export interface PoolTables {
  readonly people: readonly Person[];
  readonly pools: Table<UserPool>;
  readonly clients: Table<UserPoolClient>;
  readonly groups: Table<UserPoolGroup>;
  readonly keys: Table<UserPoolKeys>;
  readonly domains: Table<{ readonly userPoolId: string }>;
  readonly identityProviders: Table<IdentityProvider>;
  readonly federatedUsers: Table<FederatedUser>;
  /** Who was put into a group or taken out of it since, by pool, group and name. */
  readonly memberships: Table<{ readonly isMember: boolean }>;
}

/** The user pools in the store, and the people in them. */
export const poolTables = ({ store }: Pick<Host, 'store'>, people: readonly Person[]): PoolTables => ({
  people,
  pools: store.table('cognito-idp.pools'),
  clients: store.table('cognito-idp.clients'),
  groups: store.table('cognito-idp.groups'),
  keys: store.table('cognito-idp.keys'),
  identityProviders: store.table('cognito-idp.identity-providers'),
  federatedUsers: store.table('cognito-idp.federated-users'),
  domains: store.table('cognito-idp.domains'),
  memberships: store.table('cognito-idp.memberships'),
});

/** The pool's issuer: the emulator's sign-in server with the pool's id. */
export const issuerOf = ({ ports }: Pick<Host, 'ports'>, poolId: string): string =>
  `http://127.0.0.1:${ports.signIn}/${poolId}`;

/** The pool's ARN. */
export const poolArn = (host: Host, poolId: string): string =>
  `arn:${host.partition}:cognito-idp:${host.region}:${host.accountId}:userpool/${poolId}`;

/** Where a change of a group's members is kept. */
export const membershipKey = (poolId: string, group: string, name: string): string =>
  [poolId, group, name].join('/');

/** Everybody in a pool, in the groups that it has. */
export const usersOf = (tables: PoolTables, poolId: string): readonly PoolUser[] => {
  const declared = tables.groups
    .values()
    .filter((group) => group.userPoolId === poolId)
    .map(({ name }) => name);
  const groupsOf = (name: string, groups: readonly string[]) =>
    declared.filter(
      (group) =>
        tables.memberships.get(membershipKey(poolId, group, name))?.isMember ?? groups.includes(group),
    );
  const own = tables.people.map(({ name, email, groups, description }): PoolUser => {
    const sub = userSub(poolId, name);
    const attributes = { sub, email, email_verified: 'true' };
    return { sub, name, email, groups: groupsOf(name, groups), description, attributes };
  });
  const federated = tables.federatedUsers
    .values()
    .filter((user) => user.userPoolId === poolId)
    .map(
      ({ name, provider, attributes }): PoolUser => ({
        sub: userSub(poolId, name),
        name,
        email: attributes.email ?? '',
        groups: groupsOf(name, []),
        description: `Signs in at ${provider}.`,
        attributes: { sub: userSub(poolId, name), ...attributes },
        provider,
      }),
    );
  return [...own, ...federated];
};

const userSub = (poolId: string, name: string): string => stableUuid('user', poolId, name);

/** Key of a pool's provider, and of a pool's federated user. */
export const inPool = (poolId: string, name: string): string => `${poolId}/${name}`;

/** The pool itself among the providers of a client. */
export const OWN_PROVIDER = 'COGNITO';

/** Where an application's people sign in. */
export const providersOf = (client: UserPoolClient | undefined): readonly string[] =>
  client?.identityProviders ?? [OWN_PROVIDER];

/** Letters and digits that are the same for the same parts, as Cognito's ids look. */
export const stableLetters = (length: number, ...parts: readonly string[]): string =>
  [...createHash('sha256').update(JSON.stringify(parts)).digest()]
    .map((byte) => 'abcdefghijklmnopqrstuvwxyz0123456789'[byte % 36])
    .join('')
    .slice(0, length);
