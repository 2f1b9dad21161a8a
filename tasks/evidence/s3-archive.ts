import { GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { EvidenceArchive } from './seal-evidence.ts';

/** Keeps sealed records in a bucket whose default retention locks every version. */
export const createS3Archive = (bucket: string, client = new S3Client({})): EvidenceArchive => ({
  keep: async (objectKey, text) => {
    await client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: objectKey,
        Body: text,
        ContentType: 'application/json',
      }),
    );
  },
});

/** The newest sealed record; undefined if there is none. */
export async function readArchived(
  bucket: string,
  objectKey: string,
  client = new S3Client({}),
): Promise<string | undefined> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: objectKey }));
    return await Body?.transformToString('utf8');
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}
