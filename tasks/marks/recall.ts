import type { Ledger } from '../ledger/ledger.ts';
import { RECALLED } from '../payloads.ts';
import { badMarking, markText } from './mark-rules.ts';

/** The commit of a promotion was marked bad, so the promotion ends. */
export class RecalledError extends Error {
  override readonly name = RECALLED;
}

/** Why a promotion of a commit ends as recalled; undefined if the commit is not bad. */
export async function recallCause(
  ledger: Pick<Ledger, 'mark'>,
  application: string,
  commitId: string,
): Promise<string | undefined> {
  const marking = badMarking(await ledger.mark(application, commitId));
  return marking && markText(commitId, marking);
}

/** @throws RecalledError if the commit is marked bad */
export async function checkNotBad(
  ledger: Pick<Ledger, 'mark'>,
  application: string,
  commitId: string,
): Promise<void> {
  const cause = await recallCause(ledger, application, commitId);
  if (cause !== undefined) throw new RecalledError(cause);
}
