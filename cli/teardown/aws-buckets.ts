import {
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectsCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type ObjectIdentifier,
  S3Client,
} from '@aws-sdk/client-s3';
import { CommandError } from '../system.ts';
import type { Leftovers } from './account.ts';

/** Versions that are asked about at once. */
const AT_ONCE = 20;
/** Logs may be delivered while a bucket is emptied. */
const ATTEMPTS = 3;

/** Versions and delete markers of one page, which is as many as one request deletes. */
interface VersionsPage {
  readonly versions: readonly ObjectIdentifier[];
  readonly markers: readonly ObjectIdentifier[];
}

/** Buckets, deleted with every version and delete marker: `aws s3 rb --force` deletes neither (T60). */
export function createAwsBuckets(config: object) {
  const client = new S3Client(config);

  async function* pagesOf(Bucket: string): AsyncGenerator<VersionsPage> {
    let next: Pick<ListObjectVersionsCommandOutput, 'NextKeyMarker' | 'NextVersionIdMarker'> = {};
    do {
      const page: ListObjectVersionsCommandOutput = await client.send(
        new ListObjectVersionsCommand({
          Bucket,
          KeyMarker: next.NextKeyMarker,
          VersionIdMarker: next.NextVersionIdMarker,
        }),
      );
      const idOf = ({ Key, VersionId }: { Key?: string | undefined; VersionId?: string | undefined }) => ({
        Key,
        VersionId,
      });
      yield {
        versions: (page.Versions ?? []).map(idOf),
        markers: (page.DeleteMarkers ?? []).map(idOf),
      };
      next = page.IsTruncated ? page : {};
    } while (next.NextKeyMarker !== undefined);
  }

  const empty = async (Bucket: string): Promise<void> => {
    for await (const { versions, markers } of pagesOf(Bucket)) {
      const Objects = [...versions, ...markers];
      if (Objects.length === 0) continue;
      const { Errors = [] } = await client.send(
        new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
      );
      const [first] = Errors;
      if (first)
        throw new CommandError(
          `${Errors.length} of ${Objects.length} versions in ${Bucket} could not be deleted. The first is ${first.Key}, version ${first.VersionId}: ${first.Code}: ${first.Message}`,
        );
    }
  };

  const lockOf = async (Bucket: string, { Key, VersionId }: ObjectIdentifier): Promise<Date | undefined> => {
    const { ObjectLockRetainUntilDate } = await client.send(
      new HeadObjectCommand({ Bucket, Key, VersionId }),
    );
    return ObjectLockRetainUntilDate;
  };

  return {
    exists: async (Bucket: string): Promise<boolean> => {
      try {
        await client.send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 1 }));
        return true;
      } catch (error) {
        if ((error as Error).name === 'NoSuchBucket') return false;
        throw error;
      }
    },
    remove: async (Bucket: string): Promise<void> => {
      for (let attempt = 1; ; attempt++) {
        await empty(Bucket);
        try {
          await client.send(new DeleteBucketCommand({ Bucket }));
          return;
        } catch (error) {
          if ((error as Error).name !== 'BucketNotEmpty' || attempt >= ATTEMPTS) throw error;
        }
      }
    },
    locks: async (Bucket: string, now: Date): ReturnType<Leftovers['locks']> => {
      let versions = 0;
      let locked = 0;
      let until: Date | undefined;
      for await (const page of pagesOf(Bucket)) {
        versions += page.versions.length;
        for (let start = 0; start < page.versions.length; start += AT_ONCE) {
          const ends = await Promise.all(
            page.versions.slice(start, start + AT_ONCE).map((one) => lockOf(Bucket, one)),
          );
          for (const end of ends) {
            if (end === undefined || end <= now) continue;
            locked++;
            if (until === undefined || end > until) until = end;
          }
        }
      }
      return { versions, locked, ...(until && { until }) };
    },
    removePolicy: async (Bucket: string): Promise<void> => {
      await client.send(new DeleteBucketPolicyCommand({ Bucket }));
    },
  };
}
