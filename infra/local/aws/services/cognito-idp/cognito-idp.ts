import type { Host, Service } from '../../host.ts';
import type { LoopbackServer } from '../shared/loopback-server.ts';
import { groupOperations } from './group-operations.ts';
import { poolTables } from './pools.ts';
import { cognitoResources } from './resources.ts';
import { startSignInServer } from './sign-in-server.ts';

/** User pools: groups and clients from the template, people of the emulator, a real OpenID provider to sign in at. */
export const createCognitoService = (host: Host): Service => {
  const tables = poolTables(host);
  let server: LoopbackServer | undefined;
  return {
    name: 'cognito-idp',
    operations: groupOperations(host, tables),
    resources: cognitoResources(host, tables),
    start: async () => {
      server ??= await startSignInServer(host, tables);
    },
    stop: async () => {
      await server?.close();
      server = undefined;
    },
  };
};
