import type { Host } from '../../host.ts';
import { bashIn } from './bash-in.ts';
import type { ContainerOptions } from './container-options.ts';
import {
  containerName,
  removeContainer,
  restartContainer,
  startContainer,
  stopContainer,
} from './containers.ts';
import { imageLabelOptions, ownerOf } from './labels.ts';
import { metadataScript } from './metadata.ts';

/** A command's end on a machine of an image build. */
export interface BashEnd {
  readonly code: number;
  readonly isLate: boolean;
}

/** The instance on which an image is built or tested. */
export interface BuildMachine {
  /** Runs a bash script as root until its shell has ended. */
  readonly bash: (
    script: string,
    call: { readonly timeoutMs: number; readonly onOutput: (bytes: Buffer) => void },
  ) => Promise<BashEnd>;
  readonly reboot: () => Promise<void>;
  /** Shuts the machine down and makes an image of it. @returns the image's name */
  readonly commit: () => Promise<string>;
  readonly remove: () => Promise<void>;
}

/** Makes the images that instances start from. */
export interface ImageWorkshop {
  /** The image that stands for an AMI: the one that was built, or the base. @throws Error if that is gone */
  readonly imageOf: (imageId: string | undefined) => Promise<string>;
  /** From now on, an image stands for an AMI. */
  readonly register: (imageId: string, image: string) => void;
  /** Deletes an AMI's image, if it has one that no instance runs. */
  readonly discard: (imageId: string) => Promise<void>;
  /** Starts a machine for a build. @param name of the build, the same at each attempt; @param instanceId as its metadata tell it */
  readonly open: (name: string, image: string, instanceId: string) => Promise<BuildMachine>;
  /** Deletes the image of a build that failed its tests. */
  readonly forget: (image: string) => Promise<void>;
}

/** Of a build's instance: what Image Builder uses where the template names none has at least as much. */
const BUILD_INSTANCE = 'm5.large';

/** In memory of the container: no image has it. */
const SCRIPT = '/run/aws-emulator-step';

/** The workshop of a host. Which image stands for an AMI is kept in the store. */
export const createImageWorkshop = (host: Host, { engine, baseImage }: ContainerOptions): ImageWorkshop => {
  const images = host.store.table<string>('ec2.containerImages');

  const open: ImageWorkshop['open'] = async (build, image, instanceId) => {
    const { stateDir, region, accountId } = host;
    const name = containerName(stateDir, build);
    const tellMetadata = () =>
      bashIn(engine, name)(
        metadataScript({
          instanceId,
          imageId: 'ami-00000000000000000',
          instanceType: BUILD_INSTANCE,
          region,
          accountId,
        }),
        [],
      );
    await startContainer(engine, { stateDir, machine: build, image, options: [] });
    await tellMetadata();
    return {
      bash: async (script, { timeoutMs, onOutput }) => {
        const seconds = Math.ceil(timeoutMs / 1_000);
        // `timeout` ends what the step started, also if this process is gone by then.
        const start = `cat > ${SCRIPT}; exec timeout --kill-after=5 ${seconds} /bin/bash ${SCRIPT} </dev/null 2>&1`;
        const { code } = await engine.ask(['exec', '--interactive', name, '/bin/bash', '-c', start], {
          input: Buffer.from(`${script}\n`),
          onOutput,
          timeoutMs: timeoutMs + 60_000,
        });
        return { code, isLate: code === 124 || code === 137 };
      },
      reboot: async () => {
        await stopContainer(engine, name);
        await restartContainer(engine, name);
        await tellMetadata();
      },
      commit: async () => {
        await stopContainer(engine, name);
        const made = `localhost/aws-emulator-${ownerOf(stateDir)}:${build}`;
        await engine.call(['commit', ...imageLabelOptions(stateDir, build), name, made]);
        return made;
      },
      remove: () => removeContainer(engine, name),
    };
  };

  return {
    imageOf: async (imageId) => {
      const built = images.get(imageId ?? '');
      if (built === undefined) return baseImage;
      const { code } = await engine.ask(['image', 'inspect', '--format', '{{.Id}}', built]);
      if (code === 0) return built;
      throw new Error(
        `The container image ${built}, which stands for ${imageId}, is gone from ${engine.name}. Promote again to build it.`,
      );
    },
    register: (imageId, image) => images.put(imageId, image),
    discard: async (imageId) => {
      const built = images.get(imageId);
      if (built === undefined) return;
      images.delete(imageId);
      const { code, stderr } = await engine.ask(['image', 'rm', built]);
      if (code !== 0) host.log('ec2', `The container image ${built} is left`, { error: stderr });
    },
    open,
    forget: async (image) => {
      await engine.ask(['image', 'rm', image]);
    },
  };
};
