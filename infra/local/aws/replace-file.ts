import fs from 'node:fs';

/**
 * Writes a file so that its name always leads to whole content: to what was there before, until all of the new is there.
 * A process that is killed meanwhile leaves the file as it was (and a `.part` beside it that nobody reads).
 * @param mode permissions of the file
 */
export const replaceFile = (file: string, content: string | Uint8Array, mode = 0o644): void => {
  // Of this process alone: two runs may be told to write the same report.
  const part = `${file}.${process.pid}.part`;
  fs.writeFileSync(part, content, { mode });
  fs.renameSync(part, file);
};
