import type { Host } from '../../host.ts';
import type { ComponentStep } from './component-document.ts';
import { simulatedPackages } from './packages.ts';
import { type BuildInstance, componentsOf } from './real-builds.ts';
import { type Image, isAwsOwned, tablesOf } from './records.ts';
import type { PutUpload, RecipeComponent } from './run-components.ts';
import { workOf } from './step-scripts.ts';
import { stageInstance } from './workflow-runs.ts';

/** Where nothing is executed: files that builds find on their instance, by path. None, until somebody puts one there. */
export const buildFilesOf = ({ store }: Pick<Host, 'store'>) =>
  store.table<string>('imagebuilder.buildFiles');

/** What a step would print, where nothing is executed: known is the instance's id, if the step asks for that last. */
const printed = ({ action, inputs }: ComponentStep, instanceId: string): string | undefined => {
  const { commands = [] } = (inputs ?? {}) as { readonly commands?: readonly string[] };
  const asked = action === 'ExecuteBash' && /\/meta-data\/instance-id"?\s*$/.test(commands.at(-1) ?? '');
  return asked ? instanceId : undefined;
};

/** Uploads of a build that executes nothing: of the files that steps name, those that its instance has. @returns what it did, in lines */
async function simulateUploads(
  host: Host,
  components: readonly RecipeComponent[],
  instanceId: string,
  put: PutUpload,
): Promise<readonly string[]> {
  const files = buildFilesOf(host);
  const lines: string[] = [];
  for (const { document, parameters } of components)
    for (const { name: phase, steps } of document?.phases ?? []) {
      if (phase === 'test') continue;
      let values: Readonly<Record<string, string>> = { ...document?.values, ...parameters };
      for (const step of steps) {
        const output = printed(step, instanceId);
        if (output !== undefined) values = { ...values, [`${phase}.${step.name}.outputs.stdout`]: output };
        const sources = step.action === 'S3Upload' ? (step.inputs as readonly { source: string }[]) : [];
        if (!sources.some(({ source }) => files.has(source))) continue;
        const work = workOf(step, values);
        if (work.kind !== 'upload') continue;
        for (const upload of work.uploads) {
          const text = files.get(upload.source);
          if (text === undefined) continue;
          await put(upload, Buffer.from(text));
          lines.push(`Uploaded ${upload.source} to s3://${upload.bucket}/${upload.key}.`);
        }
      }
    }
  return lines;
}

/** Builds an image without executing anything: writes the log, uploads what there is, and says what is installed. @throws AwsError */
export async function simulateBuild(host: Host, image: Image, instance: BuildInstance): Promise<void> {
  const { recipe, put, writeLog } = instance;
  const uploaded = await simulateUploads(
    host,
    componentsOf(host, recipe),
    stageInstance(image.arn, 'BUILD'),
    put,
  );
  const log = [
    `Simulated build of ${image.arn} from ${recipe.parentImage}.`,
    ...recipe.componentArns.map((arn) =>
      isAwsOwned(arn)
        ? `Component ${arn}: provided by AWS, not checked.`
        : `Component ${arn}: the document was checked, nothing was executed.`,
    ),
    ...uploaded,
    '',
  ];
  await writeLog('console.log', log.join('\n'));
  tablesOf(host).packages.put(image.arn, simulatedPackages(host));
}
