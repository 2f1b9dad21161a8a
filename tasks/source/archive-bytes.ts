import { Readable } from 'node:stream';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { RandomAccessReader } from 'yauzl';
import type { ArchiveBytes } from './archive-layout.ts';

/** Bytes that are asked for at once; the last few portions are kept. */
const PORTION = 4 * 1024 * 1024;
const KEPT_PORTIONS = 3;

/** Where an archive lies in S3. */
interface ArchiveObject {
  readonly bucket: string;
  readonly key: string;
  /** @default the newest */
  readonly version?: string;
}

/** An object, read by ranges. */
export async function openObject(
  { bucket: Bucket, key: Key, version }: ArchiveObject,
  client: Pick<S3Client, 'send'>,
): Promise<ArchiveBytes> {
  /** @param last a part of the range */
  const get = (first: number, last: number) =>
    client.send(new GetObjectCommand({ Bucket, Key, VersionId: version, Range: `bytes=${first}-${last}` }));
  // Not HeadObject: its failures say nothing but their status.
  const { ContentRange = '' } = await get(0, 0);
  const size = Number(/^bytes 0-0\/(\d+)$/.exec(ContentRange)?.[1]);
  if (Number.isNaN(size))
    throw new Error(`S3 gave the range "${ContentRange}" for the first byte of ${Key}.`);
  return {
    size,
    read: async (start, end) =>
      (await (await get(start, end - 1)).Body?.transformToByteArray()) ?? new Uint8Array(),
  };
}

/** Reads any range from portions of a fixed size: a zip archive is read in many small steps. */
export class PortionReader extends RandomAccessReader {
  readonly #bytes: ArchiveBytes;
  readonly #portions = new Map<number, Promise<Uint8Array>>();

  constructor(bytes: ArchiveBytes) {
    super();
    this.#bytes = bytes;
  }

  #portion(index: number): Promise<Uint8Array> {
    const known = this.#portions.get(index);
    if (known !== undefined) return known;
    const start = index * PORTION;
    const read = this.#bytes.read(start, Math.min(start + PORTION, this.#bytes.size));
    this.#portions.set(index, read);
    const [oldest] = this.#portions.keys();
    if (oldest !== undefined && this.#portions.size > KEPT_PORTIONS) this.#portions.delete(oldest);
    return read;
  }

  async *#range(start: number, end: number): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end; ) {
      const index = Math.floor(at / PORTION);
      const portion = await this.#portion(index);
      const part = portion.subarray(at - index * PORTION, Math.min(end - index * PORTION, portion.length));
      if (part.length === 0) throw new Error('it ends before its last file');
      yield part;
      at += part.length;
    }
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#range(start, end), { objectMode: false });
  }
}
