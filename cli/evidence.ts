import { createPublicKey } from 'node:crypto';
import { EVIDENCE_FORMAT } from '../tasks/evidence/chain.ts';
import { compareWithArchive } from '../tasks/evidence/compare-archive.ts';
import { type EvidenceFile, evidenceFile, serialize } from '../tasks/evidence/evidence-file.ts';
import { namedStatements, statementProblems } from '../tasks/evidence/record-statements.ts';
import { archivePrefix } from '../tasks/evidence/seal-evidence.ts';
import { fingerprintOf, isFingerprint } from '../tasks/evidence/sealing-key.ts';
import { verifyEvidence } from '../tasks/evidence/verify-evidence.ts';
import { parsedJson } from '../tasks/json.ts';
import type { Promotion } from '../tasks/ledger/items.ts';
import type { Envelope } from '../tasks/provenance/dsse.ts';
import type { Outcome } from './command-result.ts';
import { printable, time, verificationText } from './format.ts';
import type { Command } from './options.ts';
import { CommandError, type System } from './system.ts';

/** Files, as far as commands use them. */
export interface Files {
  /** @throws CommandError if it cannot be read */
  readonly read: (file: string) => Uint8Array;
  /** @throws CommandError if it exists or cannot be written */
  readonly create: (file: string, text: string) => void;
}

/** One object of the evidence bucket, as it was written first. */
export const readObject = async (
  system: Pick<System, 'archive'>,
  objectKey: string,
): Promise<string | undefined> =>
  (await system.archive(objectKey)).find((one) => one.objectKey === objectKey)?.text;

/** Reads objects of the evidence bucket. */
export const evidenceReader =
  (system: Pick<System, 'archive'>) =>
  (objectKey: string): Promise<string | undefined> =>
    readObject(system, objectKey);

/** The statements of everything that a record tells to be built, as the bucket has them. */
async function readStatements(
  system: Pick<System, 'archive'>,
  { entries }: EvidenceFile,
): Promise<readonly Envelope[]> {
  const read = namedStatements(entries).map(({ objectKey }) => readObject(system, objectKey));
  // What is missing or no JSON is for checking to say.
  return (await Promise.all(read)).flatMap((text) => (parsedJson(text) as Envelope | undefined) ?? []);
}

/**
 * Compares the ledger's record with the sealed ones in the locked bucket, and writes it. If the ledger is not as it was
 * sealed, writes the sealed record instead. Adds the statements of where what it built comes from.
 * @throws CommandError if there is no record
 */
export async function exportEvidence(
  system: System,
  promotion: Promotion,
  out: string,
  files: Files,
): Promise<Outcome> {
  const { promotionId, application } = promotion;
  const [entries, seals, archive, key] = await Promise.all([
    system.evidence.entries(promotionId),
    system.evidence.seals(promotionId),
    system.archive(archivePrefix(application, promotionId)),
    system.publicKey(),
  ]);
  if (entries.length === 0 && archive.length === 0)
    throw new CommandError(`${promotionId} has no record: it is older than Lockstep's evidence.`);
  const compared = compareWithArchive({ application, promotionId, entries, seals }, archive, key);
  const { sealed } = compared;
  const ofLedger = evidenceFile(promotionId, entries, seals, key);
  const file = compared.findings.length > 0 && sealed ? sealed : ofLedger;
  const statements = await readStatements(system, file);
  const lacking = statementProblems(file.entries, statements, createPublicKey(key.publicKey));
  const findings = [...compared.findings, ...lacking];
  files.create(out, serialize({ ...file, ...(statements.length > 0 && { statements }) }));
  const sealedUpTo = file.seals.at(-1)?.entries ?? 0;
  const fingerprint = fingerprintOf(key.publicKey);
  const [first, last] = [file.entries[0], file.entries.at(-1)];
  return {
    text: [
      ...(compared.findings.length > 0
        ? [
            `The record of ${promotionId} is NOT as it was sealed:`,
            ...compared.findings.map(({ message }) => `- ${printable(message)}`),
            file === sealed
              ? `${out} has the sealed record, from the locked bucket.`
              : `${out} has the ledger's record.`,
          ]
        : []),
      ...lacking.map(({ message }) => printable(message)),
      `${out}: ${file.entries.length} entries of ${promotionId}, from ${time(first?.at)} to ${time(last?.at)}.`,
      sealedUpTo === 0
        ? 'Nothing is signed yet: Lockstep signs the record when the promotion ends.'
        : `Entries 1 to ${sealedUpTo} are signed by ${key.arn}. Check it with:\n` +
          `npm run lockstep -- verify ${out} --key ${fingerprint}`,
    ].join('\n'),
    json: {
      promotionId,
      format: EVIDENCE_FORMAT,
      file: out,
      entries: file.entries.length,
      sealedUpTo,
      key: { arn: key.arn, fingerprint },
      findings,
    },
    ...(findings.length > 0 && { end: 'not-valid' as const }),
  };
}

/** Checks a record, from files alone. @throws CommandError if one cannot be read */
export function verifyFile(
  { file, key, state }: Extract<Command, { name: 'verify' }>,
  files: Files,
): Outcome {
  const expectedKey =
    key === undefined || isFingerprint(key) ? key : Buffer.from(files.read(key)).toString('utf8');
  const bytes = files.read(file);
  try {
    const verification = verifyEvidence(bytes, { key: expectedKey, state });
    const { entries, problems, ...rest } = verification;
    const isVerified = problems.length === 0;
    return {
      text: verificationText(file, verification),
      json: { file, verified: isVerified, entries: entries.length, ...rest, problems },
      ...(!isVerified && { end: 'not-valid' as const }),
    };
  } catch (error) {
    if (error instanceof TypeError) throw new CommandError(`${key}: ${error.message}`);
    throw error;
  }
}
