import {
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { RevisionStore } from './delete-unused-images.ts';
import type { RevisionRecord } from './keeping-rules.ts';

/** What keys of revisions begin with: CodePipeline names them after the pipeline, whose name it may cut; builds put theirs beside them. */
export const REVISION_PREFIX = 'lockstep-';

/** Where builds put what they make: CodeBuild names a folder in it after each. */
export const BUILT_PREFIX = `${REVISION_PREFIX}builds`;

/** The revisions in a bucket of pipelines, each version by itself. */
export const createRevisionStore = (bucket: string, client: S3Client): RevisionStore => ({
  bucket,
  list: async () => {
    const revisions: RevisionRecord[] = [];
    let markers: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
    while (markers) {
      const page: ListObjectVersionsCommandOutput = await client.send(
        new ListObjectVersionsCommand({ Bucket: bucket, Prefix: REVISION_PREFIX, ...markers }),
      );
      for (const { Key, VersionId, LastModified } of page.Versions ?? [])
        if (Key !== undefined && VersionId !== undefined && LastModified !== undefined)
          revisions.push({ bucket, key: Key, version: VersionId, createdAt: LastModified });
      const { IsTruncated, NextKeyMarker, NextVersionIdMarker } = page;
      markers =
        IsTruncated && NextKeyMarker !== undefined
          ? {
              KeyMarker: NextKeyMarker,
              ...(NextVersionIdMarker !== undefined && { VersionIdMarker: NextVersionIdMarker }),
            }
          : undefined;
    }
    return revisions;
  },
  // S3 answers the same whether there was such a version or not.
  remove: async ({ key, version }) => {
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: version }));
  },
});
