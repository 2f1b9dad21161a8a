import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const directories: string[] = [];
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** A directory that is removed when the tests of the file are done. */
export const temporaryDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'lockstep-infra-'));
  directories.push(directory);
  return directory;
};
