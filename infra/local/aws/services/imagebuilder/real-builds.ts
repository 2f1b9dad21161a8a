import type { Host } from '../../host.ts';
import type { BuildMachine, ImageWorkshop } from '../../instances/container/image-workshop.ts';
import { parseComponentDocument } from './component-document.ts';
import { installedPackages } from './packages.ts';
import { resolveParent } from './parent-image.ts';
import { type Image, type ImageRecipe, serviceLinkedRole, tablesOf } from './records.ts';
import { type RecipeComponent, runPhase } from './run-components.ts';

/** The instance of a build: what it builds, and its way to write logs. */
export interface BuildInstance {
  readonly recipe: ImageRecipe;
  readonly writeLog: (name: string, text: string) => Promise<void>;
}

/** Builds that run the components' documents in containers. */
interface RealBuilds {
  /** Runs the phases build and validate and makes an image. @throws ComponentStepError, and what the engine says */
  readonly build: (image: Image, instance: BuildInstance) => Promise<Pick<Image, 'containerImage'>>;
  /** Runs the phase test on an instance of the image. @throws ComponentStepError; the image is deleted then */
  readonly test: (image: Image, instance: BuildInstance) => Promise<void>;
  /** The image stands for the AMI from now on. */
  readonly register: (imageId: string, image: Image) => void;
  /** Ends a build's machine, and with it the step that runs there. */
  readonly abort: (arn: string) => void;
  readonly abortAll: () => Promise<void>;
}

/** Names a build's container and image. */
const nameOf = ({ name, version, build }: Image): string =>
  `${name}-${version}-${build}`.replace(/[^\w.-]/g, '-').slice(-100);

export const createRealBuilds = (host: Host, workshop: ImageWorkshop): RealBuilds => {
  const { components, packages } = tablesOf(host);
  const machines = new Map<string, BuildMachine>();

  const componentsOf = ({ componentArns }: ImageRecipe): RecipeComponent[] =>
    componentArns.map((arn) => {
      const found = components.values().filter((one) => one.arn === arn || one.arn.startsWith(`${arn}/`));
      const data = found.at(-1)?.data;
      return { arn, ...(data !== undefined && { document: parseComponentDocument(data) }) };
    });

  /** Does something on a machine of its own, and writes down all that was said. */
  const onMachine = async <Result>(
    image: Image,
    from: string,
    logName: string,
    { writeLog }: BuildInstance,
    act: (machine: BuildMachine, log: (text: string) => void) => Promise<Result>,
  ): Promise<Result> => {
    const said: string[] = [];
    const log = (text: string) => void said.push(text);
    log(`${logName} of ${image.arn}, from ${from}.\n`);
    let machine: BuildMachine | undefined;
    try {
      machine = await workshop.open(nameOf(image), from);
      machines.set(image.arn, machine);
      return await act(machine, log);
    } catch (error) {
      log(`${error instanceof Error ? error.message : error}\n`);
      throw error;
    } finally {
      machines.delete(image.arn);
      await machine?.remove();
      await writeLog(logName, said.join(''));
    }
  };

  return {
    build: async (image, instance) => {
      const { recipe } = instance;
      const { imageId } = await resolveParent(host, serviceLinkedRole(host), recipe.parentImage);
      const from = await workshop.imageOf(imageId);
      const containerImage = await onMachine(image, from, 'console.log', instance, async (machine, log) => {
        for (const phase of ['build', 'validate'] as const)
          await runPhase(machine, componentsOf(recipe), phase, log);
        packages.put(image.arn, await installedPackages(machine));
        return machine.commit();
      });
      return { containerImage };
    },
    test: async (image, instance) => {
      const { containerImage } = image;
      if (containerImage === undefined) return;
      try {
        await onMachine(image, containerImage, 'test-console.log', instance, (machine, log) =>
          runPhase(machine, componentsOf(instance.recipe), 'test', log),
        );
      } catch (error) {
        await workshop.forget(containerImage);
        throw error;
      }
    },
    register: (imageId, { containerImage }) => {
      if (containerImage !== undefined) workshop.register(imageId, containerImage);
    },
    abort: (arn) => void machines.get(arn)?.remove(),
    abortAll: async () => {
      await Promise.all([...machines.values()].map((machine) => machine.remove()));
    },
  };
};
