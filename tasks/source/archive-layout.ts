import type { Entry } from 'yauzl';
import { MANIFEST_FILE, ManifestInvalidError, SIGNATURE_FILE } from './manifest.ts';

/** Bytes of an archive, read in parts. */
export interface ArchiveBytes {
  readonly size: number;
  /** @param end exclusive */
  readonly read: (start: number, end: number) => Promise<Uint8Array>;
}

export const unreadable = (why: string): ManifestInvalidError =>
  new ManifestInvalidError(
    `The archive ${why}. Pack it again, with ${MANIFEST_FILE} and ${SIGNATURE_FILE} at its root, and upload it.`,
  );

/** Sizes of the records of a zip archive without their variable parts (APPNOTE 6.3, 4.3.12 to 4.3.16). */
const DIRECTORY_ENTRY = 46;
const END = 22;
const ZIP64_END = 56;
const ZIP64_LOCATOR = 20;
/** Sizes of what may follow a file's data: a checksum and two sizes, of 4 or 8 bytes, with or without a signature (4.3.9). */
const DESCRIPTORS = [12, 16, 20, 24];
const HAS_DESCRIPTOR = 0b1000;

/** An entry of the archive, and where its data lie. */
export interface PlacedEntry {
  readonly entry: Entry;
  readonly dataStart: number;
}

/**
 * Where the central directory lies, if every program finds the same: right before the end's record, or before that of ZIP64.
 * @param entries all that were found
 * @throws ManifestInvalidError
 */
async function directoryStart(
  bytes: ArchiveBytes,
  commentLength: number,
  entries: readonly Entry[],
): Promise<number> {
  const endAt = bytes.size - END - commentLength;
  const before = Math.max(0, endAt - ZIP64_LOCATOR - ZIP64_END);
  const read = Buffer.from(await bytes.read(before, endAt + END));
  const [tail, end] = [read.subarray(0, endAt - before), read.subarray(endAt - before)];
  const isZip64 =
    tail.length >= ZIP64_LOCATOR &&
    tail.toString('latin1', tail.length - ZIP64_LOCATOR).startsWith('PK\x06\x07');
  const told = { count: end.readUInt16LE(10), size: end.readUInt32LE(12), start: end.readUInt32LE(16) };
  const size = entries.reduce(
    (sum, { fileNameLength, extraFieldLength, fileCommentLength }) =>
      sum + DIRECTORY_ENTRY + fileNameLength + extraFieldLength + fileCommentLength,
    0,
  );
  const start = (isZip64 ? before : endAt) - size;
  const found = { count: entries.length, size, start };
  const isSame = (name: keyof typeof found, whole: number) =>
    told[name] === found[name] || (isZip64 && told[name] === whole);
  const zip64 = tail.length === ZIP64_END + ZIP64_LOCATOR ? tail : undefined;
  const isZip64Same =
    !isZip64 ||
    (zip64?.toString('latin1', 0, 4) === 'PK\x06\x06' &&
      Number(zip64.readBigUInt64LE(4)) === ZIP64_END - 12 &&
      Number(zip64.readBigUInt64LE(32)) === found.count &&
      Number(zip64.readBigUInt64LE(40)) === found.size &&
      Number(zip64.readBigUInt64LE(48)) === found.start &&
      Number(zip64.readBigUInt64LE(ZIP64_END + 8)) === before);
  if (!isZip64Same || !isSame('count', 0xffff) || !isSame('size', 0xffffffff) || !isSame('start', 0xffffffff))
    throw unreadable('has bytes around its central directory that some programs read as another one');
  return start;
}

/**
 * Checks that nothing lies in an archive but its entries, one behind the other, and its central directory. Programs that read an
 * archive from its beginning unpack what lies between, and entries that share bytes are a zip bomb.
 * @param entries all, in any order
 * @throws ManifestInvalidError
 */
export async function checkLayout(
  bytes: ArchiveBytes,
  commentLength: number,
  entries: readonly PlacedEntry[],
): Promise<void> {
  const end = await directoryStart(
    bytes,
    commentLength,
    entries.map(({ entry }) => entry),
  );
  const inOrder = [...entries].sort(
    (a, b) => a.entry.relativeOffsetOfLocalHeader - b.entry.relativeOffsetOfLocalHeader,
  );
  let at = 0;
  let mayFollow: readonly number[] = [0];
  for (const next of [...inOrder, undefined]) {
    const gap = (next?.entry.relativeOffsetOfLocalHeader ?? end) - at;
    if (!mayFollow.includes(gap))
      throw unreadable(`has ${gap} bytes at ${at} that belong to none of its files`);
    if (next === undefined) return;
    at = next.dataStart + next.entry.compressedSize;
    mayFollow = (next.entry.generalPurposeBitFlag & HAS_DESCRIPTOR) === 0 ? [0] : DESCRIPTORS;
  }
}
