import type { Host, Service } from '../../host.ts';
import type { LoopbackServer } from '../shared/loopback-server.ts';
import { poolOperations } from './pool-operations.ts';
import { type Person, poolTables } from './pools.ts';
import { cognitoResources } from './resources.ts';
import { plainLook, type SignInLook } from './sign-in-look.ts';
import { startSignInServer } from './sign-in-server.ts';
import { userOperations } from './user-operations.ts';

/** Who signs in, and at which page. */
export interface SignInOptions {
  /** Everybody who can sign in. A real user pool has them from its administrator, not from a template. */
  readonly people: readonly Person[];
  /** @default a plain page */
  readonly signInLook?: SignInLook;
}

/**
 * User pools: groups, clients and providers from the template, people from the options, a real OpenID provider to sign in
 * at, which federates with others.
 */
export const createCognitoService = (host: Host, options: SignInOptions): Service => {
  const { people, signInLook = plainLook } = options;
  const tables = poolTables(host, people);
  let server: LoopbackServer | undefined;
  return {
    name: 'cognito-idp',
    operations: { ...userOperations(host, tables), ...poolOperations(host, tables) },
    resources: cognitoResources(host, tables),
    start: async () => {
      server ??= await startSignInServer(host, tables, signInLook);
    },
    stop: async () => {
      await server?.close();
      server = undefined;
    },
  };
};
