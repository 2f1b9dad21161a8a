import { type LockView, readLockViews } from '../tasks/environment-locks/lock-view.ts';
import { EVIDENCE_FORMAT, type EvidenceEntry } from '../tasks/evidence/chain.ts';
import { type EvidenceFile, evidenceFile, serialize } from '../tasks/evidence/evidence-file.ts';
import { archiveKey } from '../tasks/evidence/seal-evidence.ts';
import { verifyEvidence } from '../tasks/evidence/verify-evidence.ts';
import type { Promotion } from '../tasks/ledger/items.ts';
import { readAdvisedPromotion } from '../tasks/redrive/read-advice.ts';
import type { Outcome } from './command-result.ts';
import { promotionJson, promotionsText, promotionText, utc, verificationText } from './format.ts';
import { locksText } from './locks.ts';
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

/** How many promotions are looked through for the beginning of an id or commit. */
const LOOK_THROUGH = 500;
/** Fewer characters name too many. */
const LEAST_PREFIX = 4;

/** Promotions newest first, until there are enough. */
const latest = async (
  { ledger }: System,
  limit: number,
  belongs: (promotion: Promotion) => boolean,
  lookThrough = Number.POSITIVE_INFINITY,
): Promise<readonly Promotion[]> => {
  const found: Promotion[] = [];
  let next: string | undefined;
  let seen = 0;
  do {
    const page = await ledger.promotions({ limit: 100, ...(next !== undefined && { next }) });
    found.push(...page.items.filter(belongs));
    seen += page.items.length;
    next = page.next;
  } while (next !== undefined && found.length < limit && seen < lookThrough);
  return found.slice(0, limit);
};

/**
 * The promotion that is meant.
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
          LOOK_THROUGH,
        );
  const [only, ...others] = found;
  if (only && others.length === 0) return only;
  throw new CommandError(
    only
      ? `${JSON.stringify(given)} means more than one promotion; give the whole id:\n${promotionsText(found)}`
      : `There is no promotion ${JSON.stringify(given)}. The command promotions lists them; ` +
          `of an id or commit, the first ${LEAST_PREFIX} characters or more are enough.`,
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

/** The first place at which the ledger's record is not what was sealed. */
const departure = (sealed: EvidenceFile, entries: readonly EvidenceEntry[]): number | undefined =>
  sealed.entries.find((entry, index) => entries[index]?.hash !== entry.hash)?.sequence;

/**
 * Writes the record from the ledger, after comparing it with the locked copy of what was sealed.
 * @throws CommandError if the ledger holds another record than was sealed: that one is written then
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
    throw new CommandError(`${promotionId} has no record: it is older than the evidence.`);
  if (archived !== undefined) {
    const sealed = JSON.parse(archived) as EvidenceFile;
    const at = departure(sealed, entries);
    if (at !== undefined) {
      files.create(out, archived);
      throw new CommandError(
        `The ledger's record of ${promotionId} is not what was sealed: it departs at entry ${at}. ` +
          `Somebody changed the ledger. The sealed record, from the locked bucket, is in ${out}.`,
      );
    }
  }
  const key = seals.length === 0 ? undefined : await system.publicKey();
  files.create(out, serialize(evidenceFile(promotionId, entries, seals, key)));
  const signed = sealedUpTo(seals);
  return {
    text: [
      `${out}: ${entries.length} entries of ${promotionId}, from ${utc(entries[0]?.at)} to ${utc(entries.at(-1)?.at)} UTC.`,
      signed === 0
        ? 'Nothing is signed yet: that happens when the promotion ends.'
        : `Entries 1 to ${signed} are signed. Check it with: npm run lockstep -- verify ${out}`,
    ].join('\n'),
    json: { promotionId, format: EVIDENCE_FORMAT, file: out, entries: entries.length, sealedUpTo: signed },
  };
};

/** Checks a record. Nothing but the files is needed. @throws CommandError if one cannot be read */
export const verifyFile = ({ file, key }: Extract<Command, { name: 'verify' }>, files: Files): Outcome => {
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
};

/** The turns of the applications that promotions are of. */
const boardsOf = async (
  { ledger }: System,
  promotions: readonly Promotion[],
): Promise<readonly LockView[]> => {
  const applications = [...new Set(promotions.map(({ application }) => application))].sort();
  return (await Promise.all(applications.map((name) => readLockViews(ledger, name)))).flat();
};

/**
 * Does what a command asks of the deployed system.
 * @param ask absent where nobody sits at a terminal
 * @throws CommandError, UsageError
 */
export const runCommand = async (
  command: Exclude<Command, { name: 'verify' | 'help' }>,
  system: System,
  files: Files,
  ask?: Ask,
): Promise<Outcome> => {
  if (command.name === 'promotions') {
    const { application, limit } = command;
    const promotions = await latest(
      system,
      limit,
      (promotion) => application === undefined || promotion.application === application,
    );
    const views = await boardsOf(system, promotions);
    return { text: [promotionsText(promotions), ...locksText(views)].join('\n\n'), json: promotions };
  }
  if (command.name === 'locks') {
    const { application } = command;
    const promotions = await latest(
      system,
      Number.POSITIVE_INFINITY,
      (promotion) => application === undefined || promotion.application === application,
      LOOK_THROUGH,
    );
    const views = await boardsOf(system, promotions);
    return { text: locksText(views).join('\n') || 'There are no promotions.', json: views };
  }
  const promotion = await findPromotion(system, command.promotion);
  if (command.name === 'show') return show(system, promotion);
  if (command.name === 'evidence') return writeEvidence(system, promotion, command.out, files);
  return redrive(system, promotion, command.yes, ask);
};
