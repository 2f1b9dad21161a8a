import { type Ledger, LedgerConflictError, nextWriteAttempt } from '../ledger/ledger.ts';
import type { BadMark, MarkChange, Marking } from './bad-mark.ts';
import { badMarking, markedBad, mayUnmark, type UnmarkRuling, unmarkedBy } from './mark-rules.ts';

type Commit = Pick<BadMark, 'application' | 'commitId'>;
type MarkLedger = Pick<Ledger, 'mark' | 'replaceMark'>;

/** What came of marking a commit bad: `already` if it was bad before, or its go-back has marked it before. */
export interface MarkOutcome {
  readonly kind: 'marked' | 'already';
  /** How it is marked now; undefined if somebody has unmarked since what the go-back marked. */
  readonly marking: Marking | undefined;
}

/** Reads a mark, decides and writes, again if another write came first. */
async function change<Result>(
  ledger: MarkLedger,
  { application, commitId }: Commit,
  decide: (before: BadMark | undefined) => { readonly after?: BadMark; readonly result: Result },
): Promise<Result> {
  for (let writeAttempt = 1; ; writeAttempt = nextWriteAttempt(writeAttempt, `The mark of ${commitId}`)) {
    const before = await ledger.mark(application, commitId);
    const { after, result } = decide(before);
    if (after === undefined) return result;
    try {
      await ledger.replaceMark(before, after);
      return result;
    } catch (error) {
      if (!(error instanceof LedgerConflictError)) throw error;
    }
  }
}

/** Marks a commit bad. Safe to repeat: of two at once, the first counts. @param marking its reason as `readReason` gives it */
export const markBad = (
  ledger: MarkLedger,
  commit: Commit,
  marking: Omit<Marking, 'unmarked'>,
): Promise<MarkOutcome> =>
  change<MarkOutcome>(ledger, commit, (before) => {
    const after = markedBad(before, commit, marking);
    return after === undefined
      ? { result: { kind: 'already', marking: badMarking(before) } }
      : { after, result: { kind: 'marked', marking } };
  });

/** Unmarks a commit, if the rules allow it. @param unmarked its reason as `readReason` gives it */
export const unmarkBad = (ledger: MarkLedger, commit: Commit, unmarked: MarkChange): Promise<UnmarkRuling> =>
  change<UnmarkRuling>(ledger, commit, (before) => {
    const result = mayUnmark(before, unmarked.by);
    if (before === undefined || result.kind !== 'ok') return { result };
    return { after: unmarkedBy(before, result.marking, unmarked), result };
  });
