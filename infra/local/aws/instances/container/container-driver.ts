import fs from 'node:fs';
import path from 'node:path';
import type { Host } from '../../host.ts';
import { createBashCommands } from '../bash/bash-commands.ts';
import { createBashFiles } from '../bash/bash-files.ts';
import type { InstanceDriver, Launch, Place } from '../driver.ts';
import type { InstanceSystem } from '../instance-system.ts';
import { bashIn } from './bash-in.ts';
import type { ContainerOptions } from './container-options.ts';
import {
  containerName,
  removeContainer,
  restartContainer,
  startContainer,
  stateOfContainer,
  stopContainer,
} from './containers.ts';
import { ContainerEngineError } from './engine.ts';
import type { ImageWorkshop } from './image-workshop.ts';
import { removeOthers } from './labels.ts';
import { metadataScript } from './metadata.ts';
import { sizeOptions } from './sizes.ts';

/** Where CodeDeploy's agent unpacks bundles. */
const DEPLOYMENT_ROOT = '/opt/codedeploy-agent/deployment-root';

/** How often a port is asked, in ms. */
const ASK_EVERY_MS = 100;

/** Waits until a web server answers at a port of 127.0.0.1, or something else is over. */
const answersUnless = async (port: number, over: Promise<unknown>): Promise<void> => {
  let isOver = false;
  void over.then(() => {
    isOver = true;
  });
  while (!isOver) {
    const answered = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2_000) }).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
};

/**
 * An instance is a container with systemd as its first process: a `/`, root, users, services and ports of its own. Of this
 * machine's files it sees only the directory where CodeDeploy's agent unpacks bundles. Its application's port is published at a port
 * of 127.0.0.1.
 */
export const createContainerDriver = (
  host: Host,
  { engine, applicationPort }: ContainerOptions,
  workshop: ImageWorkshop,
  directory: (instanceId: string) => string,
): InstanceDriver => {
  const tags = host.store.table<Readonly<Record<string, string>>>('ec2.tags');
  const nameOf = (instanceId: string) => containerName(host.stateDir, instanceId);
  const agentRoot = (instanceId: string) => path.join(directory(instanceId), 'codedeploy-agent');

  const tellMetadata = async (instanceId: string, { imageId, instanceType }: Launch) => {
    const { region, accountId } = host;
    const script = metadataScript({ instanceId, imageId, instanceType, region, accountId });
    const { code, stderr } = await bashIn(engine, nameOf(instanceId))(script, []);
    if (code !== 0) host.log('ec2', `${instanceId} has no metadata service`, { error: stderr });
  };

  /** As cloud-init does; its output is where that writes it. */
  const runUserData = async (instanceId: string, userData: string) => {
    const script =
      'cat > /run/aws-emulator-user-data; chmod 700 /run/aws-emulator-user-data; exec /run/aws-emulator-user-data > /var/log/cloud-init-output.log 2>&1 </dev/null';
    const { code } = await engine.ask(
      ['exec', '--interactive', nameOf(instanceId), '/bin/bash', '-c', script],
      { input: Buffer.from(userData, 'base64') },
    );
    if (code !== 0)
      host.log('ec2', `The user data of ${instanceId} ended with ${code}`, {
        output: `${engine.name} exec ${nameOf(instanceId)} cat /var/log/cloud-init-output.log`,
      });
  };

  const create = async ({ instanceId, port }: Place, launch: Launch) => {
    const deployments = path.join(agentRoot(instanceId), 'deployment-root');
    fs.mkdirSync(deployments, { recursive: true });
    const inside = applicationPort(tags.get(instanceId) ?? {});
    await startContainer(engine, {
      stateDir: host.stateDir,
      machine: instanceId,
      image: await workshop.imageOf(launch.imageId),
      options: [
        `--hostname=${instanceId}`,
        `--publish=127.0.0.1:${port}:${inside}`,
        `--volume=${deployments}:${DEPLOYMENT_ROOT}`,
        ...sizeOptions(launch.instanceType),
      ],
    });
    await tellMetadata(instanceId, launch);
    if (launch.userData === undefined || !launch.hasStub) return;
    const done = runUserData(instanceId, launch.userData).catch((error: unknown) =>
      host.log('ec2', `The user data of ${instanceId} could not be run`, { error: String(error) }),
    );
    // Health checks are a hundred times as fast as on EC2, and user data are not: it counts as running once something answers.
    await answersUnless(port, done);
  };

  const commandsOf = (instanceId: string) =>
    createBashCommands(bashIn(engine, nameOf(instanceId)), host.clock);

  const system = (instanceId: string): InstanceSystem => ({
    agentRoot: agentRoot(instanceId),
    hasUsers: true,
    hasContexts: false,
    files: createBashFiles(bashIn(engine, nameOf(instanceId))),
    run: commandsOf(instanceId).run,
  });

  return {
    kind: 'container',
    movesPorts: false,
    start: (living) => removeOthers(engine, host.stateDir, living),
    boot: create,
    recover: async (place, launch) => {
      const name = nameOf(place.instanceId);
      const state = await stateOfContainer(engine, name);
      if (state === 'running') return 'running';
      if (state === 'stopped')
        try {
          await restartContainer(engine, name);
          await tellMetadata(place.instanceId, launch);
        } catch (error) {
          throw new ContainerEngineError(
            `The instance ${place.instanceId} cannot be started again: ${error instanceof Error ? error.message : error}. If another program has taken its port ${place.port}, end that; or remove the container, and the instance starts without what was deployed: ${engine.name} rm --force ${name}`,
          );
        }
      else await create(place, launch);
      return 'restarted';
    },
    endStub: async () => undefined,
    kill: async ({ instanceId, label }) => {
      if (label !== undefined) await commandsOf(instanceId).kill(label);
    },
    halt: (instanceId) => stopContainer(engine, nameOf(instanceId)),
    remove: async (instanceId) => {
      const name = nameOf(instanceId);
      // Root in the container may have written what the user who runs the emulator may not delete.
      if ((await stateOfContainer(engine, name)) === 'running') {
        await engine.ask(['exec', name, '/bin/bash', '-c', `rm -rf ${DEPLOYMENT_ROOT}/*`]);
        await stopContainer(engine, name);
      }
      await removeContainer(engine, name);
      fs.rmSync(directory(instanceId), { recursive: true, force: true });
    },
    system,
  };
};
