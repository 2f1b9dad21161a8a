import fs from 'node:fs';
import path from 'node:path';
import type { Host } from '../../host.ts';
import { createBashCommands } from '../bash/bash-commands.ts';
import { createBashFiles, type RunBash } from '../bash/bash-files.ts';
import type { InstanceDriver, Place } from '../driver.ts';
import { createStubs } from '../stubs.ts';
import type { SandboxOptions } from './sandbox-options.ts';
import { createSandboxes, type Sandbox } from './sandboxes.ts';
import { openWayIn, type WayIn } from './way-in.ts';

/** An instance that runs. */
interface Running {
  readonly place: Place;
  readonly sandbox: Sandbox;
  wayIn?: WayIn;
}

/**
 * An instance is a set of Linux namespaces over this machine's own files: it reads most of them, and what it writes lies in its
 * directory. It has a root, processes and a network of its own, and no systemd. It ends with the emulator, and starts again with it.
 */
export const createSandboxDriver = (
  host: Host,
  { identities, applicationPort }: SandboxOptions,
  directory: (instanceId: string) => string,
): InstanceDriver => {
  const tags = host.store.table<Readonly<Record<string, string>>>('ec2.tags');
  const stubs = createStubs();
  const running = new Map<string, Running>();
  const sandboxes = createSandboxes(host.stateDir, identities);

  const open = async (one: Running) => {
    const { instanceId, port } = one.place;
    one.wayIn ??= await openWayIn(one.sandbox.pid, port, applicationPort(tags.get(instanceId) ?? {}));
  };

  const boot: InstanceDriver['boot'] = async (place, { hasStub }) => {
    const { instanceId } = place;
    if (running.has(instanceId)) return;
    const one: Running = { place, sandbox: await sandboxes.start(directory(instanceId), instanceId) };
    running.set(instanceId, one);
    if (hasStub) await stubs.serve(place);
    else await open(one);
  };

  const end = async (instanceId: string, how: 'stop' | 'kill') => {
    await stubs.end(instanceId);
    const one = running.get(instanceId);
    if (!one) return;
    running.delete(instanceId);
    await one.sandbox[how]();
    await one.wayIn?.close();
  };

  const bashOf =
    (instanceId: string): RunBash =>
    (...call) => {
      const one = running.get(instanceId);
      if (!one) throw new Error(`The instance ${instanceId} does not run.`);
      return one.sandbox.bash(...call);
    };
  const commandsOf = (instanceId: string) => createBashCommands(bashOf(instanceId), host.clock);

  const remove = async (instanceId: string) => {
    await end(instanceId, 'kill');
    await sandboxes.removeTree(directory(instanceId));
  };

  return {
    kind: 'sandbox',
    movesPorts: true,
    start: async (living) => {
      const all = path.dirname(directory('any'));
      const others = fs.existsSync(all) ? fs.readdirSync(all).filter((id) => !living.has(id)) : [];
      for (const instanceId of others) await remove(instanceId);
    },
    boot,
    recover: async (place, launch) => {
      await boot(place, launch);
      return 'restarted';
    },
    endStub: async (instanceId) => {
      await stubs.end(instanceId);
      const one = running.get(instanceId);
      if (one) await open(one);
    },
    kill: async ({ instanceId, label }) => {
      if (label !== undefined && running.has(instanceId)) await commandsOf(instanceId).kill(label);
    },
    halt: (instanceId) => end(instanceId, 'stop'),
    remove,
    system: (instanceId) => ({
      agentRoot: path.join(directory(instanceId), 'codedeploy-agent'),
      // Its root alone can be no other user.
      hasUsers: identities.kind !== 'single',
      hasContexts: false,
      files: createBashFiles(bashOf(instanceId)),
      run: commandsOf(instanceId).run,
    }),
  };
};
