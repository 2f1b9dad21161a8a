import { type Ledger, LedgerConflictError, nextWriteAttempt } from '../ledger/ledger.ts';
import type { BadMark, BadSubject, MarkChange, Marking } from './bad-mark.ts';
import { subjectId, subjectText } from './bad-subject.ts';
import { badMarking, markedBad, mayUnmark, type UnmarkRuling, unmarkedBy } from './mark-rules.ts';

/** Something of an application. */
export type Marked = BadSubject & Pick<BadMark, 'application'>;
type MarkLedger = Pick<Ledger, 'mark' | 'replaceMark'>;

/** What came of marking something bad: `already` if it was bad before, or its go-back has marked it before. */
export interface MarkOutcome {
  readonly kind: 'marked' | 'already';
  /** How it is marked now; undefined if somebody has unmarked since what the go-back marked. */
  readonly marking: Marking | undefined;
}

/** Reads a mark, decides and writes, again if another write came first. */
async function change<Result>(
  ledger: MarkLedger,
  marked: Marked,
  decide: (before: BadMark | undefined) => { readonly after?: BadMark; readonly result: Result },
): Promise<Result> {
  for (
    let writeAttempt = 1;
    ;
    writeAttempt = nextWriteAttempt(writeAttempt, `The mark of ${subjectText(marked)}`)
  ) {
    const before = await ledger.mark(marked.application, subjectId(marked));
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

/** Marks something bad. Safe to repeat: of two at once, the first counts. @param marking its reason as `readReason` gives it */
export const markBad = (
  ledger: MarkLedger,
  marked: Marked,
  marking: Omit<Marking, 'unmarked'>,
): Promise<MarkOutcome> =>
  change<MarkOutcome>(ledger, marked, (before) => {
    const after = markedBad(before, marked, marking);
    return after === undefined
      ? { result: { kind: 'already', marking: badMarking(before) } }
      : { after, result: { kind: 'marked', marking } };
  });

/** Unmarks something, if the rules allow it. @param unmarked its reason as `readReason` gives it */
export const unmarkBad = (ledger: MarkLedger, marked: Marked, unmarked: MarkChange): Promise<UnmarkRuling> =>
  change<UnmarkRuling>(ledger, marked, (before) => {
    const result = mayUnmark(before, unmarked.by);
    if (before === undefined || result.kind !== 'ok') return { result };
    return { after: unmarkedBy(before, result.marking, unmarked), result };
  });
