import {
  GetObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { ArchivedRecord } from './compare-archive.ts';
import type { EvidenceArchive } from './seal-evidence.ts';

/** Text of an object in a bucket; undefined if there is none. */
export const readObject =
  (bucket: string, client = new S3Client({})) =>
  async (objectKey: string): Promise<string | undefined> => {
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: objectKey }));
      return await Body?.transformToString('utf8');
    } catch (error) {
      // Without the right to list the bucket, S3 does not tell a missing object from one that must not be read.
      if (error instanceof S3ServiceException && ['NoSuchKey', 'AccessDenied'].includes(error.name))
        return undefined;
      throw error;
    }
  };

/** Keeps sealed records in a bucket whose default retention locks every version. */
export const createS3Archive = (
  bucket: string,
  client = new S3Client({}),
): EvidenceArchive & { readonly read: ReturnType<typeof readObject> } => ({
  read: readObject(bucket, client),
  keep: async (objectKey, text) => {
    try {
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: objectKey,
          Body: text,
          ContentType: 'application/json',
          // The bucket's policy denies every other write.
          IfNoneMatch: '*',
        }),
      );
    } catch (error) {
      // S3's error for a key that has an object.
      if (!(error instanceof S3ServiceException) || error.name !== 'PreconditionFailed') throw error;
    }
  },
});

/** What the bucket has below a prefix, by key: the oldest version of each object, and what was done to it since. */
export async function readArchive(
  bucket: string,
  prefix: string,
  client = new S3Client({}),
): Promise<readonly ArchivedRecord[]> {
  const versions = new Map<string, string[]>();
  const markers = new Map<string, number>();
  let next: Pick<ListObjectVersionsCommandOutput, 'NextKeyMarker' | 'NextVersionIdMarker'> = {};
  do {
    const page: ListObjectVersionsCommandOutput = await client.send(
      new ListObjectVersionsCommand({
        Bucket: bucket,
        Prefix: prefix,
        KeyMarker: next.NextKeyMarker,
        VersionIdMarker: next.NextVersionIdMarker,
      }),
    );
    for (const { Key: key = '', VersionId: id = '' } of page.Versions ?? [])
      versions.set(key, [...(versions.get(key) ?? []), id]);
    for (const { Key: key = '' } of page.DeleteMarkers ?? []) markers.set(key, (markers.get(key) ?? 0) + 1);
    next = page.IsTruncated ? page : {};
  } while (next.NextKeyMarker !== undefined);

  const keys = [...new Set([...versions.keys(), ...markers.keys()])].sort();
  return Promise.all(
    keys.map(async (objectKey) => {
      // S3 lists the newest first.
      const ids = versions.get(objectKey) ?? [];
      const oldest = ids.at(-1);
      const object =
        oldest === undefined
          ? undefined
          : await client.send(new GetObjectCommand({ Bucket: bucket, Key: objectKey, VersionId: oldest }));
      return {
        objectKey,
        text: await object?.Body?.transformToString('utf8'),
        isLocked: object?.ObjectLockRetainUntilDate !== undefined,
        newerVersions: Math.max(0, ids.length - 1),
        deleteMarkers: markers.get(objectKey) ?? 0,
      };
    }),
  );
}
