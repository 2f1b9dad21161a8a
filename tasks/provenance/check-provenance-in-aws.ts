import { createKmsSigner } from '../evidence/kms-signer.ts';
import { readObject } from '../evidence/s3-archive.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type ProvenanceProblem, provenanceProblem } from './check-provenance.ts';

/** Checks where images and what was built come from, by the evidence bucket and KMS. */
export function createProvenanceProblem(
  ledger: Pick<Ledger, 'promotion' | 'jobs'>,
  {
    EVIDENCE_BUCKET,
    EVIDENCE_KEY_ARN,
  }: { readonly EVIDENCE_BUCKET: string; readonly EVIDENCE_KEY_ARN: string },
): ProvenanceProblem {
  const signer = createKmsSigner(EVIDENCE_KEY_ARN);
  return provenanceProblem({
    ledger,
    read: readObject(EVIDENCE_BUCKET),
    publicKey: async () => (await signer.key()).publicKey,
  });
}
