import { throwFailures } from '../error-text.ts';
import type { AppendEvidence } from '../evidence/append-evidence.ts';
import { markFacts } from '../evidence/facts.ts';
import { ignoring } from '../ignoring.ts';
import type { Promotion } from '../ledger/items.ts';
import { type Ledger, LedgerConflictError } from '../ledger/ledger.ts';
import { promotionPages } from '../ledger/promotion-pages.ts';
import type { BadMark } from './bad-mark.ts';

/** What recording needs. */
interface RecordMarksDependencies {
  readonly application: string;
  readonly ledger: Pick<Ledger, 'marks' | 'replaceMark' | 'promotions'>;
  readonly append: AppendEvidence;
  /** Signs and keeps the record of a promotion that has ended. Safe to repeat. */
  readonly sealEvidence: (promotionId: string) => Promise<void>;
}

/** Every promotion of some commits of an application. */
async function promotionsOf(
  ledger: Pick<Ledger, 'promotions'>,
  application: string,
  commitIds: ReadonlySet<string>,
): Promise<readonly Promotion[]> {
  const found: Promotion[] = [];
  for await (const page of promotionPages(ledger))
    found.push(...page.filter((one) => one.application === application && commitIds.has(one.commitId)));
  return found;
}

/**
 * Records as evidence of every promotion of a commit that it was marked bad, or unmarked; also of one that has ended, whose record is
 * sealed again. A mark says itself whether that is still to be done: its maker writes one item. Safe to repeat.
 * @throws AggregateError with everything that failed
 */
export function recordMarks({ application, ledger, append, sealEvidence }: RecordMarksDependencies) {
  const record = async (mark: BadMark, promotions: readonly Promotion[]): Promise<void> => {
    for (const { promotionId, commitId, status } of promotions) {
      if (commitId !== mark.commitId) continue;
      await append(promotionId, ...markFacts(mark));
      // Of one that runs, its end seals the record.
      if (status !== 'RUNNING') await sealEvidence(promotionId);
    }
    const { isUnrecorded: _, ...recorded } = mark;
    // Changed meanwhile: the next run records that as well.
    await ledger.replaceMark(mark, recorded).catch(ignoring(LedgerConflictError));
  };
  return async function recordMarks(): Promise<void> {
    const marks = (await ledger.marks(application)).filter(({ isUnrecorded }) => isUnrecorded);
    if (marks.length === 0) return;
    const commitIds = new Set(marks.map(({ commitId }) => commitId));
    const promotions = await promotionsOf(ledger, application, commitIds);
    const failures: unknown[] = [];
    for (const mark of marks) await record(mark, promotions).catch((error: unknown) => failures.push(error));
    throwFailures(failures, `Marks of ${application} could not be recorded as evidence`);
  };
}
