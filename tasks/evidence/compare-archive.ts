import type { EvidenceEntry, Seal } from './chain.ts';
import type { EvidenceFile, SealingKey } from './evidence-file.ts';
import { archiveKey } from './seal-evidence.ts';
import { fingerprintOf } from './sealing-key.ts';
import { type EvidenceProblem, verifyChain } from './verify-chain.ts';
import { verifyEvidence } from './verify-evidence.ts';

/** What the archive has under one key. */
export interface ArchivedRecord {
  readonly objectKey: string;
  /** The oldest version: the record as it was sealed. Undefined if there are only delete markers. */
  readonly text: string | undefined;
  /** Whether the oldest version has a retention. */
  readonly isLocked: boolean;
  readonly newerVersions: number;
  readonly deleteMarkers: number;
}

/** Something in ledger or archive that is not as it was sealed. */
interface ArchiveFinding {
  readonly kind:
    | EvidenceProblem['kind']
    | 'not-archived'
    | 'not-in-ledger'
    | 'not-locked'
    | 'overwritten'
    | 'deleted'
    | 'ledger-differs';
  readonly message: string;
}

/** What comparing found. */
interface Comparison {
  readonly findings: readonly ArchiveFinding[];
  /** The longest good record of the archive. */
  readonly sealed?: EvidenceFile;
}

/** What a promotion's record is in the ledger. */
interface LedgerRecord {
  readonly application: string;
  readonly promotionId: string;
  readonly entries: readonly EvidenceEntry[];
  readonly seals: readonly Seal[];
}

/** The record in an archived object, and what is wrong with it. */
const readRecord = (
  { objectKey, text = '' }: ArchivedRecord,
  { application, promotionId }: LedgerRecord,
  key: SealingKey,
): { readonly record?: EvidenceFile; readonly problems: readonly string[] } => {
  const { problems } = verifyEvidence(Buffer.from(text, 'utf8'), {
    key: fingerprintOf(key.publicKey),
    isSealedCopy: true,
  });
  // That a redrive may continue it is nothing wrong with an earlier seal.
  const wrong = problems.filter(({ kind }) => kind !== 'may-go-on');
  if (wrong.length > 0) return { problems: wrong.map(({ message }) => message) };
  const record = JSON.parse(text) as EvidenceFile;
  const { entries = 0 } = record.seals.at(-1) ?? {};
  return record.promotionId === promotionId && archiveKey(application, promotionId, entries) === objectKey
    ? { record, problems: [] }
    : { problems: ['It is the record of another promotion or seal.'] };
};

/**
 * Compares the ledger's record with the archive: every hash is computed again, every seal's object is there once, locked, not
 * deleted, and holds the first entries of the ledger's record.
 * @param key as KMS gives it
 */
export function compareWithArchive(
  ledger: LedgerRecord,
  archive: readonly ArchivedRecord[],
  key: SealingKey,
): Comparison {
  const { application, promotionId, entries, seals } = ledger;
  const findings: ArchiveFinding[] = verifyChain(promotionId, entries).map(({ kind, message }) => ({
    kind,
    message: `In the ledger: ${message}`,
  }));
  const expected = seals.map((seal) => archiveKey(application, promotionId, seal.entries));
  for (const objectKey of expected)
    if (!archive.some((one) => one.objectKey === objectKey))
      findings.push({ kind: 'not-archived', message: `The archive has no object ${objectKey} for a seal.` });

  let sealed: EvidenceFile | undefined;
  for (const one of archive) {
    const { objectKey, text, isLocked, newerVersions, deleteMarkers } = one;
    const found = (kind: ArchiveFinding['kind'], message: string) => findings.push({ kind, message });
    if (deleteMarkers > 0) found('deleted', `Somebody deleted ${objectKey}: it has a delete marker.`);
    if (newerVersions > 0)
      found('overwritten', `Somebody wrote over ${objectKey}: it has ${newerVersions} newer versions.`);
    if (text === undefined) continue;
    if (!isLocked) found('not-locked', `The oldest version of ${objectKey} is not locked.`);
    if (!expected.includes(objectKey))
      found('not-in-ledger', `The ledger has no seal for ${objectKey}: it was deleted there, or never made.`);
    const { record, problems } = readRecord(one, ledger, key);
    for (const message of problems) found('seal', `${objectKey}: ${message}`);
    if (record === undefined) continue;
    const differs = record.entries.find((entry, index) => entries[index]?.hash !== entry.hash)?.sequence;
    if (differs !== undefined)
      found(
        'ledger-differs',
        `The ledger's record differs from ${objectKey}, first at entry ${differs}: somebody changed the ledger.`,
      );
    if (record.entries.length > (sealed?.entries.length ?? 0)) sealed = record;
  }
  return { findings, ...(sealed && { sealed }) };
}
