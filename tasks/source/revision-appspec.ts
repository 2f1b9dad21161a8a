import type { ActionExecutionDetail } from '@aws-sdk/client-codepipeline';
import type { S3Client } from '@aws-sdk/client-s3';
import { type Entry, fromRandomAccessReaderPromise } from 'yauzl';
import type { AppSpecFile } from '../appspec/appspec-file.ts';
import { openObject, PortionReader } from './archive-bytes.ts';
import type { ArchiveBytes } from './archive-layout.ts';

/** Bytes of an AppSpec file; usual are two thousand. */
const LARGEST = 32 * 1024;

/**
 * The paths among which CodeDeploy's agent finds the AppSpec file: at the root, or in the only folder there (`command_executor.rb` of
 * aws/aws-codedeploy-agent).
 */
const candidates = (paths: readonly string[]): readonly string[] => {
  const tops = new Set(paths.map((path) => path.split('/', 1)[0] ?? ''));
  const folders = ['', ...(tops.size === 1 ? [`${[...tops].join('')}/`] : [])];
  return folders.flatMap((folder) => [`${folder}appspec.yml`, `${folder}appspec.yaml`]);
};

/** Reads the AppSpec file out of a revision's archive. @throws Error if there is none, or the archive cannot be read */
export async function readAppSpec(bytes: ArchiveBytes): Promise<AppSpecFile> {
  const reader = new PortionReader(bytes);
  const zip = await fromRandomAccessReaderPromise(reader, bytes.size, { autoClose: false });
  const entries: Entry[] = [];
  for await (const entry of zip.eachEntry()) entries.push(entry);
  const files = entries.map(({ fileName }) => fileName);
  const wanted = candidates(files);
  const entry = wanted.flatMap((path) => entries.find(({ fileName }) => fileName === path) ?? [])[0];
  if (entry === undefined) throw new Error('the revision has no appspec.yml');
  if (entry.uncompressedSize > LARGEST)
    throw new Error(`${entry.fileName} has ${entry.uncompressedSize} bytes; ${LARGEST} are read`);
  const parts: Uint8Array[] = [];
  for await (const part of await zip.openReadStreamPromise(entry)) parts.push(part as Uint8Array);
  return { path: entry.fileName, text: Buffer.concat(parts).toString('utf8'), files };
}

/** Where a run's source action put the revision; undefined if its actions do not say so. */
export const sourceArtifactOf = (
  actions: readonly ActionExecutionDetail[],
): { readonly bucket: string; readonly key: string } | undefined => {
  const source = actions.find(({ input }) => input?.actionTypeId?.category === 'Source');
  const { bucket, key } = source?.output?.outputArtifacts?.[0]?.s3location ?? {};
  return bucket === undefined || key === undefined ? undefined : { bucket, key };
};

/** @throws Error if the run does not say where its revision is */
const revisionOf = (actions: readonly ActionExecutionDetail[]) => {
  const artifact = sourceArtifactOf(actions);
  if (artifact === undefined) throw new Error("the pipeline's run does not say where its revision is");
  return artifact;
};

/**
 * Reads the AppSpec file of what a run of a pipeline deploys: out of the archive in the pipelines' bucket, which is the same for every
 * kind of source.
 * @param actionsOf a run's actions
 */
export const createRevisionAppSpecs =
  (
    actionsOf: (
      pipelineName: string,
      pipelineExecutionId: string,
    ) => Promise<readonly ActionExecutionDetail[]>,
    client: Pick<S3Client, 'send'>,
  ) =>
  async (pipelineName: string, pipelineExecutionId: string): Promise<AppSpecFile> =>
    readAppSpec(await openObject(revisionOf(await actionsOf(pipelineName, pipelineExecutionId)), client));
