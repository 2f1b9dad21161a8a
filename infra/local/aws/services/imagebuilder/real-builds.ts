import type { Host } from '../../host.ts';
import type { BuildMachine, ImageWorkshop } from '../../instances/container/image-workshop.ts';
import { parseComponentDocument } from './component-document.ts';
import { installedPackages } from './packages.ts';
import { resolveParent } from './parent-image.ts';
import { type Image, type ImageRecipe, serviceLinkedRole, tablesOf } from './records.ts';
import { type PhaseContext, type PutUpload, type RecipeComponent, runPhase } from './run-components.ts';
import { type Stage, stageInstance } from './workflow-runs.ts';

/** The instance of a build: what it builds, and its ways to write logs and upload files. */
export interface BuildInstance {
  readonly recipe: ImageRecipe;
  readonly put: PutUpload;
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

/** The components of a recipe, with the documents that are kept here. */
export const componentsOf = (
  host: Host,
  { componentArns, parameters = {} }: ImageRecipe,
): readonly RecipeComponent[] => {
  const { components } = tablesOf(host);
  return componentArns.map((arn) => {
    const found = components.values().filter((one) => one.arn === arn || one.arn.startsWith(`${arn}/`));
    const data = found.at(-1)?.data;
    const given = parameters[arn];
    return {
      arn,
      ...(data !== undefined && { document: parseComponentDocument(data) }),
      ...(given && { parameters: given }),
    };
  });
};

export const createRealBuilds = (host: Host, workshop: ImageWorkshop): RealBuilds => {
  const { packages } = tablesOf(host);
  const machines = new Map<string, BuildMachine>();

  /** Does something on a machine of its own, and writes down all that was said. */
  const onMachine = async <Result>(
    image: Image,
    from: string,
    stage: Stage,
    { writeLog, put }: BuildInstance,
    act: (machine: BuildMachine, context: PhaseContext) => Promise<Result>,
  ): Promise<Result> => {
    const logName = stage === 'BUILD' ? 'console.log' : 'test-console.log';
    const said: string[] = [];
    const log = (text: string) => void said.push(text);
    log(`${logName} of ${image.arn}, from ${from}.\n`);
    let machine: BuildMachine | undefined;
    try {
      machine = await workshop.open(nameOf(image), from, stageInstance(image.arn, stage));
      machines.set(image.arn, machine);
      return await act(machine, { log, put });
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
      const containerImage = await onMachine(image, from, 'BUILD', instance, async (machine, context) => {
        for (const phase of ['build', 'validate'] as const)
          await runPhase(machine, componentsOf(host, recipe), phase, context);
        packages.put(image.arn, await installedPackages(machine));
        return machine.commit();
      });
      return { containerImage };
    },
    test: async (image, instance) => {
      const { containerImage } = image;
      if (containerImage === undefined) return;
      try {
        await onMachine(image, containerImage, 'TEST', instance, (machine, context) =>
          runPhase(machine, componentsOf(host, instance.recipe), 'test', context),
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
