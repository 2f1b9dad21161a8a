import { throwFailures } from '../error-text.ts';
import type { AppendEvidence } from '../evidence/append-evidence.ts';
import { markFacts } from '../evidence/facts.ts';
import { ignoring } from '../ignoring.ts';
import type { Promotion } from '../ledger/items.ts';
import { type Ledger, LedgerConflictError } from '../ledger/ledger.ts';
import { promotionPages } from '../ledger/promotion-pages.ts';
import type { BadMark } from './bad-mark.ts';
import { hitBy, imagesOf, type RecallSources, unlessKnown } from './recall.ts';

/** What recording needs. */
interface RecordMarksDependencies extends Pick<RecallSources, 'readEvidence'> {
  readonly application: string;
  readonly ledger: Pick<Ledger, 'marks' | 'replaceMark' | 'promotions' | 'promotion' | 'jobs'>;
  readonly append: AppendEvidence;
  /** Signs and keeps the record of a promotion that has ended. Safe to repeat. */
  readonly sealEvidence: (promotionId: string) => Promise<void>;
}

/** Every promotion of an application, newest first. */
async function promotionsOf(
  ledger: Pick<Ledger, 'promotions'>,
  application: string,
): Promise<readonly Promotion[]> {
  const found: Promotion[] = [];
  for await (const page of promotionPages(ledger))
    found.push(...page.filter((one) => one.application === application));
  return found;
}

/** So many of the newest releases are looked at for a package: more than Prod can go back to. */
const MOST_RELEASES = 20;

/** The promotions in whose images it makes sense to look for a package: those in progress, and what Prod runs or may go back to. */
const lookedInto = (promotions: readonly Promotion[]): readonly Promotion[] => [
  ...promotions.filter(({ status }) => status === 'RUNNING'),
  ...promotions.filter(({ status }) => status === 'SUCCEEDED').slice(0, MOST_RELEASES),
];

/** The images that a promotion says itself that it was pointed at, or goes back to. */
const namesImage = (promotion: Promotion, imageId: string): boolean => imagesOf(promotion, []).has(imageId);

/**
 * Records as evidence that something was marked bad, or unmarked: with every promotion of a commit or with an image; of a package, with those
 * promotions in progress and newest releases that have it in an image. Also with one that has ended, whose record is sealed again. A mark says itself whether that is still to be done: its maker writes one item. Safe to repeat.
 * @throws AggregateError with everything that failed
 */
export function recordMarks({ application, append, sealEvidence, ...sources }: RecordMarksDependencies) {
  const { ledger } = sources;
  /** Of contents that cannot be read nobody knows; a promotion that they stop says so itself. */
  const isHit = async (mark: BadMark, promotion: Promotion): Promise<boolean> =>
    (await hitBy([mark], sources, promotion).catch(unlessKnown)) !== undefined;
  const hitAmong = async (mark: BadMark, promotions: readonly Promotion[]): Promise<readonly Promotion[]> => {
    if ('commitId' in mark) return promotions.filter(({ commitId }) => commitId === mark.commitId);
    const named =
      'imageId' in mark ? promotions.filter((promotion) => namesImage(promotion, mark.imageId)) : [];
    const hit: Promotion[] = [];
    for (const promotion of lookedInto(promotions)) if (await isHit(mark, promotion)) hit.push(promotion);
    return [...new Set([...named, ...hit])];
  };
  const record = async (mark: BadMark, promotions: readonly Promotion[]): Promise<void> => {
    for (const { promotionId, status } of await hitAmong(mark, promotions)) {
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
    const promotions = await promotionsOf(ledger, application);
    const failures: unknown[] = [];
    for (const mark of marks) await record(mark, promotions).catch((error: unknown) => failures.push(error));
    throwFailures(failures, `Marks of ${application} could not be recorded as evidence`);
  };
}
