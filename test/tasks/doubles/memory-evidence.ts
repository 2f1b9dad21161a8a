import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import type { EvidenceEntry, Seal } from '../../../tasks/evidence/chain.ts';
import type { EvidenceStore } from '../../../tasks/evidence/evidence-store.ts';
import type { Signer } from '../../../tasks/evidence/seal-evidence.ts';
import { LedgerConflictError } from '../../../tasks/ledger/ledger.ts';

/** Records in memory that keep the same contract as those in DynamoDB: the same tests run against both. */
export const createMemoryEvidence = (): EvidenceStore => {
  const entries = new Map<string, EvidenceEntry>();
  const seals = new Map<string, Seal>();
  const of = <Item>(items: Map<string, Item>, promotionId: string, placeOf: (item: Item) => number): Item[] =>
    [...items]
      .filter(([key]) => key.startsWith(`${promotionId}#`))
      .map(([, item]) => item)
      .sort((a, b) => placeOf(a) - placeOf(b));
  return {
    entries: async (promotionId) => of(entries, promotionId, ({ sequence }) => sequence),
    addEntry: async (promotionId, entry) => {
      const key = `${promotionId}#${entry.sequence}`;
      if (entries.has(key)) throw new LedgerConflictError(`${key} is taken`);
      entries.set(key, structuredClone(entry));
    },
    seals: async (promotionId) => of(seals, promotionId, (seal) => seal.entries),
    addSeal: async (promotionId, seal) => {
      const key = `${promotionId}#${seal.entries}`;
      if (!seals.has(key)) seals.set(key, structuredClone(seal));
    },
  };
};

/** A key of the kind that KMS signs with, and its fingerprint. */
export const createTestSigner = (arn = 'arn:aws:kms:us-east-1:000000000000:key/evidence') => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const signer: Signer = {
    key: async () => ({ arn, publicKey: pem }),
    sign: async (message) => sign('sha256', Buffer.from(message), privateKey).toString('base64'),
  };
  const fingerprint = createHash('sha256')
    .update(publicKey.export({ format: 'der', type: 'spki' }))
    .digest('hex');
  return { signer, pem, fingerprint };
};
