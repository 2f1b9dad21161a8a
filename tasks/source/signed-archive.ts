import { createHash, type KeyObject } from 'node:crypto';
import { Readable } from 'node:stream';
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import {
  MANIFEST_FILE,
  type Manifest,
  ManifestInvalidError,
  MOST_FILES,
  SIGNATURE_FILE,
  verifiedManifest,
} from './manifest.ts';

/** Bytes of an archive, read in parts. */
export interface ArchiveBytes {
  readonly size: number;
  /** @param end exclusive */
  readonly read: (start: number, end: number) => Promise<Uint8Array>;
}

/** Largest archive, in bytes. */
const LARGEST_ARCHIVE = 512 * 1024 * 1024;
/** Bytes of all its files together. */
const LARGEST_CONTENTS = 4 * 1024 * 1024 * 1024;
const LARGEST_MANIFEST = 10 * 1024 * 1024;
const LARGEST_SIGNATURE = 1024;
/** Bytes that are asked for at once; the last few portions are kept. */
const PORTION = 4 * 1024 * 1024;
const KEPT_PORTIONS = 3;

/** Type of a Unix file in the upper half of an entry's attributes (APPNOTE, `stat`). */
const FILE_TYPE = 0o170000;
const SYMBOLIC_LINK = 0o120000;

const unreadable = (why: string): ManifestInvalidError =>
  new ManifestInvalidError(
    `The archive ${why}. Pack it again, with ${MANIFEST_FILE} and ${SIGNATURE_FILE} at its root, and upload it.`,
  );

const shown = (path: string): string => JSON.stringify(path.slice(0, 200));

/** Reads any range from portions of a fixed size: a zip archive is read in many small steps. */
class PortionReader extends RandomAccessReader {
  readonly #bytes: ArchiveBytes;
  readonly #portions = new Map<number, Promise<Uint8Array>>();
  /** What reading a portion failed with; the zip library must not hide it behind a message of its own. */
  failure: unknown;

  constructor(bytes: ArchiveBytes) {
    super();
    this.#bytes = bytes;
  }

  #portion(index: number): Promise<Uint8Array> {
    const known = this.#portions.get(index);
    if (known !== undefined) return known;
    const start = index * PORTION;
    const read = this.#bytes.read(start, Math.min(start + PORTION, this.#bytes.size));
    read.catch((error: unknown) => {
      this.failure ??= error;
    });
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
      if (part.length === 0) throw unreadable('ends before its last file');
      yield part;
      at += part.length;
    }
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#range(start, end), { objectMode: false });
  }
}

/** Info-ZIP's extra field of a path in Unicode (APPNOTE, 4.6.9): one byte of version and four of a checksum come before it. */
const UNICODE_PATH = 0x7075;

/** An entry's path, if every program that unpacks the archive reads the same. Without a flag it is UTF-8, too: `zip` sets none. */
function pathOf({ fileNameRaw, extraFields }: Entry): string {
  let path: string;
  try {
    path = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(fileNameRaw);
  } catch {
    throw unreadable(`has a path that is not UTF-8: ${fileNameRaw.toString('hex').slice(0, 200)}`);
  }
  const parts = path.replace(/\/$/, '').split('/');
  const isPlain = parts.every((part) => part !== '' && part !== '.' && part !== '..');
  const hasOther = extraFields.some(
    ({ id, data }) => id === UNICODE_PATH && !data.subarray(5).equals(fileNameRaw),
  );
  // A zero ends a path for some programs.
  if (!isPlain || hasOther || /[\\\0]/.test(path))
    throw unreadable(`has a file ${shown(path)}, whose path is not plain`);
  return path;
}

/** Every file of the archive, by its path. Two of one path, or a path that leads elsewhere, would hide one behind the other. */
async function filesOf(zip: ZipFile): Promise<ReadonlyMap<string, Entry>> {
  const files = new Map<string, Entry>();
  const paths = new Set<string>();
  let bytes = 0;
  for await (const entry of zip.eachEntry()) {
    const path = pathOf(entry);
    const unpacked = path.replace(/\/$/, '');
    if (paths.has(unpacked)) throw unreadable(`has ${shown(path)} twice`);
    paths.add(unpacked);
    if (paths.size > MOST_FILES + 2) throw unreadable(`has more than ${MOST_FILES} files`);
    if (((entry.externalFileAttributes >>> 16) & FILE_TYPE) === SYMBOLIC_LINK)
      throw unreadable(`has a symbolic link, ${shown(path)}: pack the file itself`);
    if (entry.isEncrypted()) throw unreadable(`has an encrypted file, ${shown(path)}`);
    bytes += entry.uncompressedSize;
    if (bytes > LARGEST_CONTENTS) throw unreadable(`holds more than ${LARGEST_CONTENTS} bytes`);
    if (!path.endsWith('/')) files.set(path, entry);
  }
  return files;
}

/** In a local header, for sizes that stand elsewhere: behind the data, or in an extra field. */
const ELSEWHERE = 0xffffffff;
const SIZES_BEHIND = 0b1000;

/**
 * A file's bytes. Before them stands a second header, which some programs unpack by: what it says must be the same.
 * @throws ManifestInvalidError
 */
async function openFile(zip: ZipFile, path: string, entry: Entry): Promise<Readable> {
  const local = await zip.readLocalFileHeaderPromise(entry);
  const isBehind = (local.generalPurposeBitFlag & SIZES_BEHIND) !== 0;
  const isSize = (told: number, size: number) =>
    told === size || told === ELSEWHERE || (isBehind && told === 0);
  if (
    !local.fileName.equals(entry.fileNameRaw) ||
    local.compressionMethod !== entry.compressionMethod ||
    local.generalPurposeBitFlag !== entry.generalPurposeBitFlag ||
    !isSize(local.compressedSize, entry.compressedSize) ||
    !isSize(local.uncompressedSize, entry.uncompressedSize)
  )
    throw unreadable(`describes ${shown(path)} in two ways`);
  return zip.openReadStreamPromise(entry);
}

/** A file's text, if it is not larger than this. */
async function readFile(
  zip: ZipFile,
  files: ReadonlyMap<string, Entry>,
  path: string,
  most: number,
): Promise<Buffer> {
  const entry = files.get(path);
  if (entry === undefined) throw unreadable(`has no ${path}, so nothing says who made it`);
  if (entry.uncompressedSize > most)
    throw unreadable(`has ${entry.uncompressedSize} bytes in ${path}, of which ${most} are allowed`);
  const parts: Uint8Array[] = [];
  // The library ends the stream if there is more than the entry says.
  for await (const part of await openFile(zip, path, entry)) parts.push(part as Uint8Array);
  return Buffer.concat(parts);
}

/** Whether the archive holds exactly the files that its manifest lists. */
async function checkContents(
  zip: ZipFile,
  files: ReadonlyMap<string, Entry>,
  { contents }: Manifest,
): Promise<void> {
  const others = [...files].filter(([path]) => path !== MANIFEST_FILE && path !== SIGNATURE_FILE);
  const missing = [...contents.keys()].find((path) => !files.has(path));
  if (missing !== undefined) throw unreadable(`lacks ${missing}, which its manifest lists`);
  // As they lie in the archive, so that each part of it is read once.
  others.sort(([, a], [, b]) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader);
  for (const [path, entry] of others) {
    const expected = contents.get(path);
    if (expected === undefined) throw unreadable(`has ${path}, which its manifest does not list`);
    const hash = createHash('sha256');
    for await (const part of await openFile(zip, path, entry)) hash.update(part as Uint8Array);
    const found = hash.digest('hex');
    if (found !== expected)
      throw unreadable(`has ${path} with the SHA-256 ${found}, and its manifest lists ${expected}`);
  }
}

/**
 * The signed manifest of an archive.
 * @param ofAllFiles whether to compare every file with it; of a version that is live, that was done before
 * @throws ManifestInvalidError; what reading the bytes throws
 */
export async function readSignedArchive(
  bytes: ArchiveBytes,
  keys: readonly KeyObject[],
  ofAllFiles: boolean,
): Promise<Manifest> {
  if (bytes.size > LARGEST_ARCHIVE)
    throw unreadable(`has ${bytes.size} bytes, of which ${LARGEST_ARCHIVE} are allowed`);
  const reader = new PortionReader(bytes);
  try {
    const zip = await fromRandomAccessReaderPromise(reader, bytes.size, {
      autoClose: false,
      decodeStrings: false,
    });
    const files = await filesOf(zip);
    const text = await readFile(zip, files, MANIFEST_FILE, LARGEST_MANIFEST);
    const signature = await readFile(zip, files, SIGNATURE_FILE, LARGEST_SIGNATURE);
    const manifest = verifiedManifest(text, signature.toString('latin1'), keys);
    if (ofAllFiles) await checkContents(zip, files, manifest);
    return manifest;
  } catch (error) {
    if (reader.failure !== undefined) throw reader.failure;
    if (error instanceof ManifestInvalidError) throw error;
    throw unreadable(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
