import { createHash } from 'node:crypto';
import type { Job } from '../ledger/items.ts';
import { type ImageDocument, imageObjectKey } from './image-objects.ts';

/** Text of an object in the evidence bucket; undefined if there is none. */
export type ReadObject = (objectKey: string) => Promise<string | undefined>;

/**
 * Reads a document of an image that is named by its own digest.
 * @param digest SHA-256 of the document, as the image's build recorded it
 * @param name what the document has, for the error: `contents`
 * @throws Error if it is not there, or is not what was recorded
 */
export async function readRecorded(
  { application }: Pick<Job, 'application'>,
  imageId: string,
  document: Extract<ImageDocument, 'inventory.json' | 'findings.json'>,
  digest: string,
  name: string,
  read: ReadObject,
): Promise<string> {
  const text = await read(imageObjectKey(application, imageId, digest, document));
  if (text === undefined) throw new Error(`the evidence bucket does not have the ${name} of ${imageId}`);
  if (createHash('sha256').update(text, 'utf8').digest('hex') !== digest)
    throw new Error(
      `the ${name} of ${imageId} in the evidence bucket are not those that its promotion recorded (SHA-256 ${digest})`,
    );
  return text;
}
