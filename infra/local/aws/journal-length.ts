import fs from 'node:fs';
import path from 'node:path';
import { StateDirectoryError } from './state-directory.ts';

/** How much of the journal is known to be on the disk: it never ends earlier than that. */
export interface KnownLength {
  /** Counts how often the journal was made smaller: lengths of different generations say nothing of each other. */
  readonly generation: number;
  readonly bytes: number;
}

/** The file beside the journal in which the length is kept. */
export const lengthFile = (directory: string): string => path.join(directory, 'journal.length');

/**
 * The length that an earlier run wrote down.
 * @throws StateDirectoryError if the file holds something else
 */
export const readLength = (directory: string): KnownLength | undefined => {
  const file = lengthFile(directory);
  if (!fs.existsSync(file)) return undefined;
  const text = fs.readFileSync(file, 'utf8');
  const [, generation, bytes] = /^(\d+) (\d+)\n$/.exec(text) ?? [];
  if (generation === undefined || bytes === undefined)
    throw new StateDirectoryError(
      `${file} is damaged: it must hold two numbers, but holds ${JSON.stringify(text.slice(0, 40))}. ` +
        'Restore the state directory, or start with another --state-dir (RUNBOOK.md, "Journal damaged").',
    );
  return { generation: Number(generation), bytes: Number(bytes) };
};

/**
 * Writes down how long the journal is. The journal is forced to the disk first, so that after a power loss, too, it has at
 * least what is written here. That this fails takes nothing away: the length from before is still true.
 * @param descriptor of the journal
 */
export const noteLength = (
  directory: string,
  descriptor: number,
  { generation, bytes }: KnownLength,
): void => {
  const file = lengthFile(directory);
  try {
    fs.fsyncSync(descriptor);
    // The journal's name, too: one that was made smaller took the name of the one before.
    syncDirectory(directory);
    const next = fs.openSync(`${file}.new`, 'w', 0o600);
    try {
      fs.writeFileSync(next, `${generation} ${bytes}\n`);
      fs.fsyncSync(next);
    } finally {
      fs.closeSync(next);
    }
    fs.renameSync(`${file}.new`, file);
  } catch {
    // See above.
  }
};

const syncDirectory = (directory: string): void => {
  const descriptor = fs.openSync(directory, 'r');
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
};
