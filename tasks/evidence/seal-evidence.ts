import { canonicalJson } from '../canonical-json.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { AppendEvidence } from './append-evidence.ts';
import { type EvidenceEntry, finalState, sealedStatement } from './chain.ts';
import { evidenceFile, type SealingKey, serialize } from './evidence-file.ts';
import type { EvidenceStore } from './evidence-store.ts';
import { factsOf } from './facts.ts';
import { lowS } from './signature.ts';

/** Signs with the evidence key. */
export interface Signer {
  readonly key: () => Promise<SealingKey>;
  /** ECDSA over SHA-256 of the message, DER in base64. */
  readonly sign: (message: string) => Promise<string>;
}

/** Keeps sealed records where nobody changes or deletes them. */
export interface EvidenceArchive {
  /** Keeps a record under a key that has none yet; what a key has stays. */
  readonly keep: (objectKey: string, text: string) => Promise<void>;
}

/** What sealing needs. */
interface SealDependencies {
  readonly ledger: Pick<Ledger, 'promotion' | 'jobs' | 'approvals' | 'denials' | 'overrides'>;
  readonly store: EvidenceStore;
  readonly append: AppendEvidence;
  readonly signer: Signer;
  readonly archive: EvidenceArchive;
  readonly now: () => Date;
}

/** Where the archive has a promotion's sealed records, one for each seal. */
export const archivePrefix = (application: string, promotionId: string): string =>
  `${application}/${promotionId}/`;

/** Where the archive has the record as one seal covers it. @param entries of the seal */
export const archiveKey = (application: string, promotionId: string, entries: number): string =>
  `${archivePrefix(application, promotionId)}${String(entries).padStart(6, '0')}.json`;

/**
 * Seals the record of a promotion that has ended: adds what a crash left out, signs the head and keeps what the seal covers.
 * The ledger has the seal first, so what is cut short continues with the same one. Safe to repeat.
 */
export function sealEvidence({ ledger, store, append, signer, archive, now }: SealDependencies) {
  const sign = async (promotionId: string, entries: readonly EvidenceEntry[]): Promise<void> => {
    const last = entries.at(-1);
    const state = finalState(entries);
    if (last === undefined || state === undefined) return;
    const { arn } = await signer.key();
    const unsigned = {
      entries: last.sequence,
      state,
      head: last.hash,
      at: now().toISOString(),
      key: arn,
    };
    const signature = await signer.sign(canonicalJson(sealedStatement(promotionId, unsigned)));
    await store.addSeal(promotionId, {
      ...unsigned,
      signature: lowS(Buffer.from(signature, 'base64')).toString('base64'),
    });
  };

  return async function sealEvidence(promotionId: string): Promise<void> {
    const promotion = await ledger.promotion(promotionId);
    if (promotion === undefined) return;
    const [jobs, approvals, denials, overrides] = await Promise.all([
      ledger.jobs(promotionId),
      ledger.approvals(promotionId),
      ledger.denials(promotionId),
      ledger.overrides(promotionId),
    ]);
    await append(
      promotionId,
      ...factsOf(promotion, jobs, approvals, denials, overrides, now().toISOString()),
    );

    const entries = await store.entries(promotionId);
    const known = await store.seals(promotionId);
    if (known.at(-1)?.entries !== entries.length) await sign(promotionId, entries);
    const seals = await store.seals(promotionId);
    // Also those before: the invocation that made one may have been cut short.
    for (const [index, seal] of seals.entries())
      await archive.keep(
        archiveKey(promotion.application, promotionId, seal.entries),
        serialize(
          evidenceFile(
            promotionId,
            entries.slice(0, seal.entries),
            seals.slice(0, index + 1),
            await signer.key(),
          ),
        ),
      );
  };
}
