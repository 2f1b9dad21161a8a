import { readFileSync } from 'node:fs';

/**
 * The commit in the text of a REVISION file; `unknown` if `git archive` has not filled it in.
 * @param {string} text
 */
export const parseRevision = (text) => /^[0-9a-f]{40}$/.exec(text.trim())?.[0] ?? 'unknown';

/** The commit that this copy of the application was made from. */
export const readRevision = () => {
  try {
    return parseRevision(readFileSync(new URL('../REVISION', import.meta.url), 'utf8'));
  } catch {
    return 'unknown';
  }
};
