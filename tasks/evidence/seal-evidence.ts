import { canonicalJson } from '../canonical-json.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { AppendEvidence } from './append-evidence.ts';
import { type Seal, sealedStatement } from './chain.ts';
import { evidenceFile, type SealingKey, serialize } from './evidence-file.ts';
import type { EvidenceStore } from './evidence-store.ts';
import { factsOf } from './facts.ts';

/** Signs with the evidence key. */
export interface Signer {
  readonly key: () => Promise<SealingKey>;
  /** ECDSA over SHA-256 of the message, DER in base64. */
  readonly sign: (message: string) => Promise<string>;
}

/** Keeps sealed records where nobody changes or deletes them. */
export interface EvidenceArchive {
  readonly keep: (objectKey: string, text: string) => Promise<void>;
}

/** What sealing needs. */
export interface SealDependencies {
  readonly ledger: Pick<Ledger, 'promotion' | 'jobs' | 'approvals' | 'denials'>;
  readonly store: EvidenceStore;
  readonly append: AppendEvidence;
  readonly signer: Signer;
  readonly archive: EvidenceArchive;
  readonly now: () => Date;
}

/** Where a promotion's record is in the archive; each seal makes a version of it. */
export const archiveKey = (application: string, promotionId: string): string =>
  `${application}/${promotionId}.json`;

/**
 * Seals the record of a promotion that has ended: adds what a crash left out, signs the head and keeps the whole.
 * Nothing is done if the last seal covers everything. The seal is recorded last: what is cut short is done again.
 */
export function sealEvidence({ ledger, store, append, signer, archive, now }: SealDependencies) {
  return async function sealEvidence(promotionId: string): Promise<void> {
    const promotion = await ledger.promotion(promotionId);
    if (promotion === undefined) return;
    const [jobs, approvals, denials] = await Promise.all([
      ledger.jobs(promotionId),
      ledger.approvals(promotionId),
      ledger.denials(promotionId),
    ]);
    await append(promotionId, ...factsOf(promotion, jobs, approvals, denials, now().toISOString()));

    const [entries, seals] = await Promise.all([store.entries(promotionId), store.seals(promotionId)]);
    const last = entries.at(-1);
    if (last === undefined || seals.at(-1)?.sequence === last.sequence) return;
    const key = await signer.key();
    const unsigned = { sequence: last.sequence, head: last.hash, at: now().toISOString(), key: key.arn };
    const signature = await signer.sign(canonicalJson(sealedStatement(promotionId, unsigned)));
    const seal: Seal = { ...unsigned, signature };
    await archive.keep(
      archiveKey(promotion.application, promotionId),
      serialize(evidenceFile(promotionId, entries, [...seals, seal], key)),
    );
    await store.addSeal(promotionId, seal);
  };
}
