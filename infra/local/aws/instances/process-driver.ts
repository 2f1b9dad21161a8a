import fs from 'node:fs';
import type { Host } from '../host.ts';
import { createDirectorySystem } from './directory-system.ts';
import type { InstanceDriver } from './driver.ts';
import { createProcessGroups } from './process-groups.ts';
import { createStubs } from './stubs.ts';

/** Where an instance's files are on this machine, and its port. */
interface Whereabouts {
  readonly directory: (instanceId: string) => string;
  readonly root: (instanceId: string) => string;
  readonly port: (instanceId: string) => number | undefined;
}

/**
 * An instance is a directory and processes of the user who runs the emulator: fast, on any machine, and for applications that keep to
 * `DESTDIR` and `PORT`. Nothing holds back one that does not.
 */
export const createProcessDriver = (
  host: Host,
  { directory, root, port: portOf }: Whereabouts,
): InstanceDriver => {
  const stubs = createStubs();
  const processes = createProcessGroups(host.store, host.clock, root);

  const boot: InstanceDriver['boot'] = async (place, { hasStub }) => {
    if (stubs.has(place.instanceId)) return;
    fs.mkdirSync(root(place.instanceId), { recursive: true });
    if (hasStub) await stubs.serve(place);
  };

  const halt = async (instanceId: string) => {
    await stubs.end(instanceId);
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
    endStub: stubs.end,
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
