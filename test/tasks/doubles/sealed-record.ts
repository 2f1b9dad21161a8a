import { canonicalJson } from '../../../tasks/canonical-json.ts';
import {
  type EvidenceEntry,
  type Fact,
  finalState,
  nextEntry,
  type Seal,
  sealedStatement,
} from '../../../tasks/evidence/chain.ts';
import { type EvidenceFile, evidenceFile } from '../../../tasks/evidence/evidence-file.ts';
import { approvalFacts, ended, pushEvent, redriveAsked, redriven } from '../../../tasks/evidence/facts.ts';
import type { Signer } from '../../../tasks/evidence/seal-evidence.ts';
import { lowS } from '../../../tasks/evidence/signature.ts';
import { anApproval, aPromotion, approvedBy, PROMOTION_ID } from './samples.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 22, 10, minute)).toISOString();
const quinn = { subject: 'sub-of-quinn', name: 'quinn', verifiedEmail: 'quinn@example.com' };

/** A promotion that was approved, failed, was redriven and succeeded; U+007F and half a character are in its comment. */
export const lifelikeFacts: readonly Fact[] = [
  pushEvent(aPromotion({ commitMessage: 'Größe ändern: "</script>"\t\u2028' })),
  ...approvalFacts(
    anApproval(approvedBy(quinn, { at: at(20), signedInAt: at(15), comment: 'Fine \u007f\ud83d' })),
    at(20),
  ),
  ended({ redrives: 0, at: at(30), status: 'FAILED', error: 'ImageBuildFailed', cause: 'disk full' }),
  redriveAsked(1, { type: 'identity', arn: 'arn:aws:iam::000000000000:user/olga' }, at(40)),
  redriven(1, at(41)),
  ended({ redrives: 1, at: at(50), status: 'SUCCEEDED' }),
];

/** The record of these facts. */
export const chainOf = (facts: readonly Fact[], promotionId = PROMOTION_ID): EvidenceEntry[] => {
  const entries: EvidenceEntry[] = [];
  for (const each of facts) entries.push(nextEntry(promotionId, entries.at(-1), each));
  return entries;
};

/** A seal over the first entries, as Lockstep makes it. @param change of what is signed */
export const sealOver = async (
  entries: readonly EvidenceEntry[],
  count: number,
  signer: Signer,
  change: Partial<Omit<Seal, 'signature'>> = {},
): Promise<Seal> => {
  const unsigned = {
    entries: count,
    state: finalState(entries.slice(0, count)) ?? 'SUCCEEDED',
    head: entries[count - 1]?.hash ?? '',
    at: at(55),
    key: (await signer.key()).arn,
    ...change,
  };
  const signature = await signer.sign(canonicalJson(sealedStatement(PROMOTION_ID, unsigned)));
  return { ...unsigned, signature: lowS(Buffer.from(signature, 'base64')).toString('base64') };
};

/** A record with seals over these numbers of entries. */
export const sealedRecord = async (
  signer: Signer,
  counts: readonly number[],
  entries: readonly EvidenceEntry[] = chainOf(lifelikeFacts),
): Promise<EvidenceFile> =>
  evidenceFile(
    PROMOTION_ID,
    entries,
    await Promise.all(counts.map((count) => sealOver(entries, count, signer))),
    await signer.key(),
  );
