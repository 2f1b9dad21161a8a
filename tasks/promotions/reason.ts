/** Longest reason that an operator gives, in characters. */
export const LONGEST_REASON = 500;

/** What to say of one that is empty or too long. */
export const REASON_NEEDED = `Give a reason of 1 to ${LONGEST_REASON} characters.`;

/** A reason on one line; undefined if it is empty or too long. */
export function readReason(text: string): string | undefined {
  const reason = text.trim().replace(/\s+/g, ' ');
  return reason === '' || reason.length > LONGEST_REASON ? undefined : reason;
}
