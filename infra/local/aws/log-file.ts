import fs from 'node:fs';

/** Appends one line, or several with line breaks between them. */
export type LogFile = (line: string) => void;

/** Size up to which a log grows before it is put aside, in bytes. */
const LOG_LIMIT_BYTES = 8 * 1024 * 1024;

/**
 * Appends lines to a file. When it has reached its limit, it is put aside as `<file>.1`, in the place of the one before: the
 * newest lines stay, and no more than twice the limit is kept. A line that cannot be written is dropped: what matters is in the
 * journal, which tells of a full disk.
 */
export const createLogFile = (file: string, limitBytes = LOG_LIMIT_BYTES): LogFile => {
  let size = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return (line) => {
    const text = `${line}\n`;
    try {
      if (size >= limitBytes) {
        fs.renameSync(file, `${file}.1`);
        size = 0;
      }
      fs.appendFileSync(file, text, { mode: 0o600 });
      size += Buffer.byteLength(text);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    }
  };
};
