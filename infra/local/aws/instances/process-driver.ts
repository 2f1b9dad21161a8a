import fs from 'node:fs';
import http from 'node:http';
import type { Host } from '../host.ts';
import { createDirectorySystem } from './directory-system.ts';
import type { InstanceDriver, Place } from './driver.ts';
import { createProcessGroups } from './process-groups.ts';

/** Where an instance's files are on this machine, and its port. */
interface Whereabouts {
  readonly directory: (instanceId: string) => string;
  readonly root: (instanceId: string) => string;
  readonly port: (instanceId: string) => number | undefined;
}

/**
 * An instance is a directory and processes of whoever runs the emulator: fast, on any machine, and for applications that keep to
 * `DESTDIR` and `PORT`. Nothing holds back one that does not.
 */
export const createProcessDriver = (
  host: Host,
  { directory, root, port: portOf }: Whereabouts,
): InstanceDriver => {
  const stubs = new Map<string, http.Server>();
  const processes = createProcessGroups(host.store, host.clock, root);

  const serveStub = async ({ instanceId, port }: Place) => {
    const server = http.createServer((_request, response) => {
      response.setHeader('content-type', 'text/plain; charset=utf-8');
      response.end(`Instance ${instanceId} waits for its first deployment.\n`);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    stubs.set(instanceId, server);
  };

  const endStub = async (instanceId: string) => {
    const server = stubs.get(instanceId);
    if (!server) return;
    stubs.delete(instanceId);
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  };

  const boot: InstanceDriver['boot'] = async (place, { hasStub }) => {
    if (stubs.has(place.instanceId)) return;
    fs.mkdirSync(root(place.instanceId), { recursive: true });
    if (hasStub) await serveStub(place);
  };

  const halt = async (instanceId: string) => {
    await endStub(instanceId);
    await processes.kill({ instanceId });
  };

  return {
    kind: 'process',
    movesPorts: true,
    start: async () => undefined,
    boot,
    recover: async (place, launch) => {
      await boot(place, launch);
      return 'restarted';
    },
    endStub,
    kill: processes.kill,
    halt,
    remove: async (instanceId) => {
      await halt(instanceId);
      fs.rmSync(directory(instanceId), { recursive: true, force: true });
    },
    system: (instanceId) =>
      createDirectorySystem({
        instanceId,
        root: root(instanceId),
        home: directory(instanceId),
        port: () => portOf(instanceId),
        processes,
      }),
  };
};
