import { LONGEST_REASON, readReason } from '../tasks/promotions/reason.ts';
import { UsageError } from './arguments.ts';

/** The reason that was given with --reason. @param say what it is to say @throws UsageError if it is empty or too long */
export function givenReason(text: string, say: string): string {
  const reason = readReason(text);
  if (reason !== undefined) return reason;
  throw new UsageError(
    `--reason takes 1 to ${LONGEST_REASON} characters, got ${text.trim().length}. Say ${say}.`,
  );
}
