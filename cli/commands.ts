import { type LockView, readLockViews } from '../tasks/environment-locks/lock-view.ts';
import { EVIDENCE_FORMAT, type EvidenceEntry } from '../tasks/evidence/chain.ts';
import { type EvidenceFile, evidenceFile, serialize } from '../tasks/evidence/evidence-file.ts';
import { archiveKey } from '../tasks/evidence/seal-evidence.ts';
import { verifyEvidence } from '../tasks/evidence/verify-evidence.ts';
import type { Promotion } from '../tasks/ledger/items.ts';
import { promotionPages } from '../tasks/ledger/promotion-pages.ts';
import { readAdvisedPromotion } from '../tasks/redrive/read-advice.ts';
import type { Outcome } from './command-result.ts';
import { promotionJson, promotionsText, promotionText, time, verificationText } from './format.ts';
import { locksText } from './locks.ts';
import { makers } from './makers.ts';
import type { Command } from './options.ts';
import { type Ask, redrive } from './redrive.ts';
import { CommandError, type System } from './system.ts';

/** Files, as far as commands use them. */
export interface Files {
  /** @throws CommandError if it cannot be read */
  readonly read: (file: string) => Uint8Array;
  /** @throws CommandError if it exists or cannot be written */
  readonly create: (file: string, text: string) => void;
}

/** How many promotions are searched for the beginning of an id or commit. */
const SEARCHED = 500;
/** Fewer characters match too many. */
const LEAST_PREFIX = 4;

/** The newest promotions. @param most how many are searched */
const latest = async (
  { ledger }: System,
  limit: number,
  belongs: (promotion: Promotion) => boolean,
  most = Number.POSITIVE_INFINITY,
): Promise<readonly Promotion[]> => {
  const found: Promotion[] = [];
  let seen = 0;
  for await (const page of promotionPages(ledger)) {
    found.push(...page.filter(belongs));
    seen += page.length;
    if (found.length >= limit || seen >= most) break;
  }
  return found.slice(0, limit);
};

/**
 * Finds a promotion.
 * @param given its id, or the beginning of its id or commit
 * @throws CommandError if there is none, or more than one
 */
const findPromotion = async (system: System, given: string): Promise<Promotion> => {
  const exact = await system.ledger.promotion(given);
  if (exact) return exact;
  const found =
    given.length < LEAST_PREFIX
      ? []
      : await latest(
          system,
          Number.POSITIVE_INFINITY,
          ({ promotionId, commitId }) => promotionId.startsWith(given) || commitId.startsWith(given),
          SEARCHED,
        );
  const [only, ...others] = found;
  if (only && others.length === 0) return only;
  throw new CommandError(
    only
      ? `${JSON.stringify(given)} matches more than one promotion. Give the whole id:\n${promotionsText(found)}`
      : `There is no promotion ${JSON.stringify(given)}. List them with: npm run lockstep -- promotions. ` +
          `The first ${LEAST_PREFIX} characters of an id or commit are enough.`,
  );
};

const sealedUpTo = (seals: readonly { readonly sequence: number }[]): number => seals.at(-1)?.sequence ?? 0;

const show = async (system: System, recorded: Promotion): Promise<Outcome> => {
  const { ledger, evidence } = system;
  const { promotionId } = recorded;
  const [{ promotion, jobs, approvals, advice }, denials, entries, seals] = await Promise.all([
    readAdvisedPromotion(system, recorded),
    ledger.denials(promotionId),
    evidence.entries(promotionId),
    evidence.seals(promotionId),
  ]);
  const record = {
    promotion,
    jobs,
    approvals,
    denials,
    evidence: { entries: entries.length, sealedUpTo: sealedUpTo(seals) },
    ...(advice.verdict !== 'in-progress' && advice.verdict !== 'succeeded' && { redrive: advice }),
  };
  return { text: promotionText(record), json: promotionJson(record) };
};

/** The first entry that differs from what was sealed. */
const firstDifference = (sealed: EvidenceFile, entries: readonly EvidenceEntry[]): number | undefined =>
  sealed.entries.find((entry, index) => entries[index]?.hash !== entry.hash)?.sequence;

/**
 * Writes the record from the ledger, after comparing it with the sealed copy in the locked bucket.
 * @throws CommandError if they differ: the sealed copy is written then
 */
const writeEvidence = async (
  system: System,
  promotion: Promotion,
  out: string,
  files: Files,
): Promise<Outcome> => {
  const { promotionId, application } = promotion;
  const [entries, seals, archived] = await Promise.all([
    system.evidence.entries(promotionId),
    system.evidence.seals(promotionId),
    system.archived(archiveKey(application, promotionId)),
  ]);
  if (entries.length === 0)
    throw new CommandError(`${promotionId} has no record: it is older than Lockstep's evidence.`);
  if (archived !== undefined) {
    const sealed = JSON.parse(archived) as EvidenceFile;
    const at = firstDifference(sealed, entries);
    if (at !== undefined) {
      files.create(out, archived);
      throw new CommandError(
        `The ledger's record of ${promotionId} differs from the sealed one, first at entry ${at}: somebody changed ` +
          `the ledger. ${out} has the sealed record, from the locked bucket.`,
      );
    }
  }
  const key = seals.length === 0 ? undefined : await system.publicKey();
  files.create(out, serialize(evidenceFile(promotionId, entries, seals, key)));
  const signed = sealedUpTo(seals);
  return {
    text: [
      `${out}: ${entries.length} entries of ${promotionId}, from ${time(entries[0]?.at)} to ${time(entries.at(-1)?.at)}.`,
      signed === 0
        ? 'Nothing is signed yet: Lockstep signs the record when the promotion ends.'
        : `Entries 1 to ${signed} are signed. Check it with: npm run lockstep -- verify ${out}`,
    ].join('\n'),
    json: { promotionId, format: EVIDENCE_FORMAT, file: out, entries: entries.length, sealedUpTo: signed },
  };
};

/** Checks a record, from files alone. @throws CommandError if one cannot be read */
export function verifyFile({ file, key }: Extract<Command, { name: 'verify' }>, files: Files): Outcome {
  const pinned = key === undefined ? undefined : Buffer.from(files.read(key)).toString('utf8');
  const bytes = files.read(file);
  try {
    const verification = verifyEvidence(bytes, pinned);
    const { promotionId, entries, problems, ...signed } = verification;
    const isGood = problems.length === 0;
    return {
      text: verificationText(file, verification, pinned !== undefined),
      json: {
        file,
        verified: isGood,
        promotionId,
        entries: entries.length,
        ...signed,
        keyCompared: pinned !== undefined && isGood,
        problems,
      },
      isGood,
    };
  } catch (error) {
    if (error instanceof TypeError) throw new CommandError(`${key}: ${error.message}`);
    throw error;
  }
}

const isOf =
  (application: string | undefined) =>
  (promotion: Promotion): boolean =>
    application === undefined || promotion.application === application;

/** The locks of the promotions' applications. */
const locksOf = async (
  { ledger }: System,
  promotions: readonly Promotion[],
): Promise<readonly LockView[]> => {
  const applications = [...new Set(promotions.map(({ application }) => application))].sort();
  return (await Promise.all(applications.map((name) => readLockViews(ledger, name)))).flat();
};

/**
 * Runs a command against the deployed system.
 * @param ask absent without a terminal
 * @throws CommandError, UsageError
 */
export async function runCommand(
  command: Exclude<Command, { name: 'verify' | 'help' }>,
  system: System,
  files: Files,
  ask?: Ask,
): Promise<Outcome> {
  if (command.name === 'promotions') {
    const { application, limit } = command;
    const promotions = await latest(system, limit, isOf(application));
    const views = await locksOf(system, promotions);
    return { text: [promotionsText(promotions), ...locksText(views)].join('\n\n'), json: promotions };
  }
  if (command.name === 'locks') {
    const { application } = command;
    const promotions = await latest(system, Number.POSITIVE_INFINITY, isOf(application), SEARCHED);
    const views = await locksOf(system, promotions);
    return { text: locksText(views).join('\n') || 'There are no promotions.', json: views };
  }
  const promotion = await findPromotion(system, command.promotion);
  if (command.name === 'show') return show(system, promotion);
  if (command.name === 'makers') return makers(system, promotion);
  if (command.name === 'evidence') return writeEvidence(system, promotion, command.out, files);
  return redrive(system, promotion, command.yes, ask);
}
