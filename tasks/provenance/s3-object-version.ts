import { HeadObjectCommand, NotFound, S3Client } from '@aws-sdk/client-s3';
import { ignoring } from '../ignoring.ts';

/** The version of an object that is there now; undefined if there is none. */
export const objectVersion =
  (client = new S3Client({})) =>
  async (Bucket: string, Key: string): Promise<string | undefined> =>
    (await client.send(new HeadObjectCommand({ Bucket, Key })).catch(ignoring(NotFound)))?.VersionId;
