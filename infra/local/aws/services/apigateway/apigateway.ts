import type { Host, Service } from '../../host.ts';
import type { LoopbackServer } from '../shared/loopback-server.ts';
import { apiTables } from './apis.ts';
import { startGatewayServer } from './gateway-server.ts';
import { apiGatewayResources } from './resources.ts';

/** API Gateway: one HTTP API with Lambda proxy integrations, served on the approvals port. */
export const createApiGatewayService = (host: Host): Service => {
  const tables = apiTables(host);
  let server: LoopbackServer | undefined;
  return {
    name: 'apigateway',
    operations: {},
    resources: apiGatewayResources(host, tables),
    start: async () => {
      server ??= await startGatewayServer(host, tables);
    },
    stop: async () => {
      await server?.close();
      server = undefined;
    },
  };
};
