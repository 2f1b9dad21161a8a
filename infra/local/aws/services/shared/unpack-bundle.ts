import fs from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Entry, fromBuffer, type ZipFile } from 'yauzl';
import { type BytePath, bytePath, bytesOf, textOf as nameOf } from '../../instances/instance-system.ts';

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
 * written through one. Names stay the bytes that they are. Fails for names that lead out of the directory.
 * @throws BundleError
 */
export const unpackBundle = async (zip: Uint8Array, directory: string): Promise<void> => {
  fs.rmSync(directory, { recursive: true, force: true });
  fs.mkdirSync(directory, { recursive: true });
  const links: { file: Buffer; target: Buffer }[] = [];
  try {
    for await (const { entry, open } of entriesOf(Buffer.from(zip))) {
      const name = nameIn(entry);
      const file = bytesOf(`${bytePath(directory)}/${name}` as BytePath);
      const isUnix = entry.versionMadeBy >> 8 === MADE_BY_UNIX;
      const mode = isUnix ? entry.externalFileAttributes >>> 16 : 0;
      if (name.endsWith('/')) {
        fs.mkdirSync(file, { recursive: true });
        continue;
      }
      fs.mkdirSync(bytesOf(`${bytePath(directory)}/${path.posix.dirname(name)}` as BytePath), {
        recursive: true,
      });
      if ((mode & FILE_TYPE) === SYMBOLIC_LINK) {
        links.push({ file, target: await bytesIn(await open()) });
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

/** An entry's name, of which `yauzl` gives the bytes. */
const nameIn = (entry: Entry): BytePath => {
  const name = (entry.fileName as unknown as Buffer).toString('latin1') as BytePath;
  if (name.startsWith('/') || name.split('/').includes('..'))
    throw new Error(`the name ${nameOf(name)} leads out of it`);
  return name;
};

const bytesIn = async (stream: Readable) => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

async function* entriesOf(zip: Buffer): AsyncGenerator<{ entry: Entry; open: () => Promise<Readable> }> {
  const file = await new Promise<ZipFile>((resolve, reject) => {
    fromBuffer(zip, { lazyEntries: true, decodeStrings: false }, (error, opened) =>
      error ? reject(error) : resolve(opened),
    );
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
