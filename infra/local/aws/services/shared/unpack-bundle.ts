import fs from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Entry, fromBuffer, type ZipFile } from 'yauzl';

/** A revision's bundle cannot be unpacked. */
export class BundleError extends Error {
  override readonly name = 'BundleError';
}

const FILE_TYPE = 0o170000;
const SYMBOLIC_LINK = 0o120000;
/** "Made by" of a zip entry whose external attributes hold a Unix mode (PKWARE APPNOTE 4.4.2). */
const MADE_BY_UNIX = 3;

/**
 * Unpacks a zip into a new directory, with Unix modes and symbolic links. Links are made last, so that no entry is
 * written through one. Fails for names that lead out of the directory.
 * @throws BundleError
 */
export const unpackBundle = async (zip: Uint8Array, directory: string): Promise<void> => {
  fs.rmSync(directory, { recursive: true, force: true });
  fs.mkdirSync(directory, { recursive: true });
  const links: { file: string; target: string }[] = [];
  try {
    for await (const { entry, open } of entriesOf(Buffer.from(zip))) {
      const file = path.join(directory, entry.fileName);
      const isUnix = entry.versionMadeBy >> 8 === MADE_BY_UNIX;
      const mode = isUnix ? entry.externalFileAttributes >>> 16 : 0;
      if (entry.fileName.endsWith('/')) {
        fs.mkdirSync(file, { recursive: true });
        continue;
      }
      fs.mkdirSync(path.dirname(file), { recursive: true });
      if ((mode & FILE_TYPE) === SYMBOLIC_LINK) {
        links.push({ file, target: await textOf(await open()) });
        continue;
      }
      await pipeline(await open(), fs.createWriteStream(file));
      fs.chmodSync(file, mode & 0o777 || 0o644);
    }
  } catch (error) {
    throw new BundleError(`The bundle is not a zip that can be unpacked: ${(error as Error).message}`);
  }
  for (const { file, target } of links) fs.symlinkSync(target, file);
};

const textOf = async (stream: Readable) => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

async function* entriesOf(zip: Buffer): AsyncGenerator<{ entry: Entry; open: () => Promise<Readable> }> {
  const file = await new Promise<ZipFile>((resolve, reject) => {
    fromBuffer(zip, { lazyEntries: true }, (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  for (;;) {
    const entry = await new Promise<Entry | undefined>((resolve, reject) => {
      file.once('entry', resolve);
      file.once('end', () => resolve(undefined));
      file.once('error', reject);
      file.readEntry();
    });
    file.removeAllListeners();
    if (!entry) return;
    const open = () =>
      new Promise<Readable>((resolve, reject) => {
        file.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)));
      });
    yield { entry, open };
  }
}
