import type { ProgressLine } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** How long a line waits for earlier ones of other promotions, in ms: each promotion is looked at several times a second. */
const HOLD_MS = 400;

/**
 * A terminal on which lines of several promotions come in the order of their times. One that comes too late for that is told
 * without its time.
 */
export const inOrder = (terminal: Terminal): Terminal => {
  let held: { readonly line: ProgressLine; readonly hint: string | undefined }[] = [];
  let timer: NodeJS.Timeout | undefined;
  let latest = 0;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const lines = held.sort((one, other) => one.line.at.getTime() - other.line.at.getTime());
    held = [];
    for (const { line, hint } of lines) {
      const { at, ...timeless } = line;
      const isLate = at.getTime() < latest;
      terminal.progress(isLate ? timeless : line, hint);
      latest = Math.max(latest, at.getTime());
    }
  };
  return {
    progress: (line, hint) => {
      held.push({ line: { ...line, at: line.at ?? new Date(latest) }, hint });
      timer ??= setTimeout(flush, HOLD_MS);
    },
    line: (text) => {
      flush();
      terminal.line(text);
    },
    block: (title, rows) => {
      flush();
      terminal.block(title, rows);
    },
    error: (message) => {
      flush();
      terminal.error(message);
    },
  };
};
