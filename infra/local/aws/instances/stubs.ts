import http from 'node:http';
import type { Place } from './driver.ts';

/** What answers at the port of an instance whose user data serve a stub, until its first revision starts. */
export interface Stubs {
  readonly has: (instanceId: string) => boolean;
  readonly serve: (place: Place) => Promise<void>;
  /** Frees the port. One that is not there is no fault. */
  readonly end: (instanceId: string) => Promise<void>;
}

/** Stubs that this process serves itself, where user data are not run. */
export const createStubs = (): Stubs => {
  const servers = new Map<string, http.Server>();
  return {
    has: (instanceId) => servers.has(instanceId),
    serve: async ({ instanceId, port }) => {
      const server = http.createServer((_request, response) => {
        response.setHeader('content-type', 'text/plain; charset=utf-8');
        response.end(`Instance ${instanceId} waits for its first deployment.\n`);
      });
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, '127.0.0.1', resolve);
      });
      servers.set(instanceId, server);
    },
    end: async (instanceId) => {
      const server = servers.get(instanceId);
      if (!server) return;
      servers.delete(instanceId);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
};
