import type { S3Client } from '@aws-sdk/client-s3';
import { errorText } from '../error-text.ts';
import { type FunctionEnvironment, NONE } from '../functions.ts';
import { openObject } from './archive-bytes.ts';
import { filesBetween } from './files-between.ts';
import { ManifestInvalidError, manifestKeysFrom } from './manifest.ts';
import { type BuiltVersion, commitsOfVersion } from './manifest-change.ts';
import { readSignedArchive } from './signed-archive.ts';
import type { Source, SourceCommit } from './source.ts';

/** The object that `bucket/key` names. */
const objectOf = (repositoryName: string): { readonly bucket: string; readonly key: string } => {
  const slash = repositoryName.indexOf('/');
  return { bucket: repositoryName.slice(0, slash), key: repositoryName.slice(slash + 1) };
};

/** S3 answers 403 for what does not exist, where the caller may not list the bucket (its API reference). */
const isGone = (error: unknown): boolean =>
  [403, 404, 405].includes(
    (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 0,
  );

/**
 * What an object's version was made of, by the signed manifest in it; undefined if the configuration names no key for that. A version
 * is a commit on top of the one that was built. For one request: what it compares with does not change.
 * @param versionId what would be promoted
 * @param liveVersionId what Prod runs
 */
export function createObjectSource(
  env: Pick<FunctionEnvironment<'request-approval'>, 'REPOSITORY_NAME' | 'SOURCE_MANIFEST_KEYS'>,
  { versionId, liveVersionId }: { readonly versionId: string; readonly liveVersionId: string | undefined },
  client: Pick<S3Client, 'send'>,
): Pick<Source, 'commits' | 'differences'> | undefined {
  if (env.SOURCE_MANIFEST_KEYS === NONE) return undefined;
  const object = objectOf(env.REPOSITORY_NAME);
  const keys = manifestKeysFrom(JSON.parse(env.SOURCE_MANIFEST_KEYS) as readonly string[]);
  const read = async (id: string, ofAllFiles: boolean): Promise<BuiltVersion> => ({
    versionId: id,
    manifest: await readSignedArchive(await openObject({ ...object, version: id }, client), keys, ofAllFiles),
  });
  /** Why what is live cannot be compared with. Then every commit is a part of the change: more makers, never fewer. */
  let whyNotLive: string | undefined;
  const readLive = async (): Promise<BuiltVersion | undefined> => {
    if (liveVersionId === undefined) return undefined;
    try {
      return await read(liveVersionId, false);
    } catch (error) {
      if (!(error instanceof ManifestInvalidError || isGone(error))) throw error;
      whyNotLive = `Prod's version ${liveVersionId} does not say what it was made of (${errorText(error)})`;
      return undefined;
    }
  };
  interface Versions {
    readonly version: BuiltVersion;
    readonly live: BuiltVersion | undefined;
    readonly commits: ReadonlyMap<string, SourceCommit>;
  }
  const readVersions = async (): Promise<Versions> => {
    const version = await read(versionId, true);
    const live = liveVersionId === versionId ? version : await readLive();
    try {
      return { version, live, commits: commitsOfVersion(version, live) };
    } catch (error) {
      if (whyNotLive === undefined || !(error instanceof ManifestInvalidError)) throw error;
      throw new ManifestInvalidError(`${error.message} ${whyNotLive}.`);
    }
  };
  let versions: Promise<Versions> | undefined;
  const known = () => (versions ??= readVersions());
  return {
    commits: async (commitIds) => {
      const { commits } = await known();
      return commitIds.flatMap((id) => commits.get(id) ?? []);
    },
    differences: async (_before, _after, most) => {
      const { version, live } = await known();
      if (whyNotLive !== undefined) throw new Error(whyNotLive);
      return filesBetween(live?.manifest.contents ?? new Map(), version.manifest.contents).slice(0, most);
    },
  };
}
