import { createHash, type KeyObject } from 'node:crypto';
import { InflateRaw } from 'node:zlib';
import { type Entry, fromRandomAccessReaderPromise, parseExtraFields, type ZipFile } from 'yauzl';
import { PortionReader } from './archive-bytes.ts';
import { type ArchiveBytes, checkLayout, type PlacedEntry, unreadable } from './archive-layout.ts';
import {
  MANIFEST_FILE,
  type Manifest,
  ManifestInvalidError,
  MOST_FILES,
  SIGNATURE_FILE,
  verifiedManifest,
} from './manifest.ts';

/** Largest archive, in bytes. */
const LARGEST_ARCHIVE = 512 * 1024 * 1024;
/** Bytes of all its files together. */
const LARGEST_CONTENTS = 4 * 1024 * 1024 * 1024;
const LARGEST_MANIFEST = 10 * 1024 * 1024;
const LARGEST_SIGNATURE = 1024;
/** Type of a Unix file in the upper half of an entry's attributes (APPNOTE, `stat`); none where the attributes are of DOS. */
const FILE_TYPE = 0o170000;
const PLAIN_FILE = [0, 0o100000];
const FOLDER = [0, 0o040000];
/** DOS's mark of a folder. */
const DOS_FOLDER = 0x10;

const shown = (path: string): string => JSON.stringify(path.slice(0, 200));

/** Info-ZIP's extra field of a path in Unicode (APPNOTE, 4.6.9): one byte of version and four of a checksum come before it. */
const UNICODE_PATH = 0x7075;

const hasOtherPath = (name: Buffer, extraFields: Entry['extraFields']): boolean =>
  extraFields.some(({ id, data }) => id === UNICODE_PATH && !data.subarray(5).equals(name));

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
  // A zero ends a path for some programs.
  if (!isPlain || hasOtherPath(fileNameRaw, extraFields) || /[\\\0]/.test(path))
    throw unreadable(`has a file ${shown(path)}, whose path is not plain`);
  return path;
}

/** Every file and folder of the archive, by its path; a folder's ends with a slash. Two of one path, or a path that leads elsewhere, would hide one behind the other. */
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
    const isFolder = path.endsWith('/');
    const { externalFileAttributes } = entry;
    const type = (externalFileAttributes >>> 16) & FILE_TYPE;
    if (
      !(isFolder ? FOLDER : PLAIN_FILE).includes(type) ||
      (!isFolder && (externalFileAttributes & DOS_FOLDER) !== 0)
    )
      throw unreadable(
        `has ${shown(path)} as something else than a plain file or a folder, such as a symbolic link: pack the file itself`,
      );
    if (entry.isEncrypted()) throw unreadable(`has an encrypted file, ${shown(path)}`);
    bytes += entry.uncompressedSize;
    if (bytes > LARGEST_CONTENTS) throw unreadable(`holds more than ${LARGEST_CONTENTS} bytes`);
    files.set(path, entry);
  }
  return files;
}

/** In a local header, for sizes that stand elsewhere: behind the data, or in an extra field. */
const ELSEWHERE = 0xffffffff;
const SIZES_BEHIND = 0b1000;
/** Extra field of sizes that need more than four bytes (APPNOTE, 4.5.3). */
const LARGE_SIZES = 0x0001;

/**
 * Where a file's data begin. Before them stands a second header, which some programs unpack by: what it says must be the same.
 * @throws ManifestInvalidError
 */
async function dataStartOf(zip: ZipFile, path: string, entry: Entry): Promise<number> {
  const local = await zip.readLocalFileHeaderPromise(entry);
  const extra = parseExtraFields(local.extraField);
  const isBehind = (local.generalPurposeBitFlag & SIZES_BEHIND) !== 0;
  const large = extra.find(({ id }) => id === LARGE_SIZES)?.data;
  const isSize = (told: number, size: number, largeAt: number) =>
    told === size ||
    (isBehind && told === 0) ||
    (told === ELSEWHERE &&
      large !== undefined &&
      large.length >= largeAt + 8 &&
      [BigInt(size), ...(isBehind ? [0n] : [])].includes(large.readBigUInt64LE(largeAt)));
  if (
    !local.fileName.equals(entry.fileNameRaw) ||
    hasOtherPath(entry.fileNameRaw, extra) ||
    local.compressionMethod !== entry.compressionMethod ||
    local.generalPurposeBitFlag !== entry.generalPurposeBitFlag ||
    !isSize(local.uncompressedSize, entry.uncompressedSize, 0) ||
    !isSize(local.compressedSize, entry.compressedSize, local.uncompressedSize === ELSEWHERE ? 8 : 0)
  )
    throw unreadable(`describes ${shown(path)} in two ways`);
  return local.fileDataStart;
}

/**
 * A file's bytes, which are all that lies between its headers: what follows a deflated file within its size, some programs read as
 * the next file.
 * @throws ManifestInvalidError
 */
async function* readEntry(zip: ZipFile, path: string, entry: Entry): AsyncGenerator<Uint8Array> {
  const stream = await zip.openReadStreamPromise(entry);
  let size = 0;
  for await (const part of stream as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > entry.uncompressedSize) break;
    yield part;
  }
  // The library gives a deflated file as zlib's stream, which counts what it has read (Node.js, `zlib.bytesWritten`).
  const packed = stream instanceof InflateRaw ? stream.bytesWritten : size;
  if (size !== entry.uncompressedSize || packed !== entry.compressedSize)
    throw unreadable(`has other sizes of ${shown(path)} than it tells`);
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
  await dataStartOf(zip, path, entry);
  for await (const part of readEntry(zip, path, entry)) parts.push(part);
  return Buffer.concat(parts);
}

/** The SHA-256 of nothing: a folder has no bytes. */
const NOTHING = createHash('sha256').digest('hex');

/** Whether the archive holds exactly the files that its manifest lists, and no byte more. */
async function checkContents(
  zip: ZipFile,
  bytes: ArchiveBytes,
  files: ReadonlyMap<string, Entry>,
  { contents }: Manifest,
): Promise<void> {
  const missing = [...contents.keys()].find((path) => !files.has(path));
  if (missing !== undefined) throw unreadable(`lacks ${missing}, which its manifest lists`);
  // As they lie in the archive, so that each part of it is read once.
  const inOrder = [...files].sort(
    ([, a], [, b]) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader,
  );
  const placed: PlacedEntry[] = [];
  for (const [path, entry] of inOrder) {
    placed.push({ entry, dataStart: await dataStartOf(zip, path, entry) });
    // Both were read, to the end.
    if (path === MANIFEST_FILE || path === SIGNATURE_FILE) continue;
    const expected = path.endsWith('/') ? NOTHING : contents.get(path);
    if (expected === undefined) throw unreadable(`has ${path}, which its manifest does not list`);
    const hash = createHash('sha256');
    for await (const part of readEntry(zip, path, entry)) hash.update(part);
    const found = hash.digest('hex');
    if (found !== expected)
      throw unreadable(`has ${path} with the SHA-256 ${found}, and its manifest lists ${expected}`);
  }
  await checkLayout(bytes, zip.comment.length, placed);
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
  /** What reading failed with; the zip library must not hide it behind a message of its own. */
  let failure: unknown;
  const noted: ArchiveBytes = {
    size: bytes.size,
    read: (start, end) =>
      bytes.read(start, end).catch((error: unknown) => {
        failure ??= error;
        throw error;
      }),
  };
  try {
    const zip = await fromRandomAccessReaderPromise(new PortionReader(noted), bytes.size, {
      autoClose: false,
      decodeStrings: false,
      // `readEntry` does.
      validateEntrySizes: false,
    });
    const files = await filesOf(zip);
    const text = await readFile(zip, files, MANIFEST_FILE, LARGEST_MANIFEST);
    const signature = await readFile(zip, files, SIGNATURE_FILE, LARGEST_SIGNATURE);
    const manifest = verifiedManifest(text, signature.toString('latin1'), keys);
    if (ofAllFiles) await checkContents(zip, noted, files, manifest);
    return manifest;
  } catch (error) {
    if (failure !== undefined) throw failure;
    if (error instanceof ManifestInvalidError) throw error;
    throw unreadable(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
