import { type LockView, readLockViews } from '../tasks/environment-locks/lock-view.ts';
import { buildOf } from '../tasks/images/build-of.ts';
import type { Promotion } from '../tasks/ledger/items.ts';
import { promotionPages } from '../tasks/ledger/promotion-pages.ts';
import { imageOrPackageIn } from '../tasks/marks/bad-subject.ts';
import { readLive, readReleases, readWhereabouts } from '../tasks/promotions/read-live.ts';
import { readAdvisedPromotion } from '../tasks/redrive/read-advice.ts';
import { acceptFinding, listAcceptances } from './accept-finding.ts';
import { calendarCommand } from './calendar.ts';
import type { Outcome } from './command-result.ts';
import { cost } from './cost.ts';
import { evidenceReader, exportEvidence, type Files } from './evidence.ts';
import { promotionJson, promotionsText, promotionText } from './format.ts';
import { goBack } from './go-back.ts';
import { imagesOutcome } from './images.ts';
import { diff, findImage, sbom } from './inventory.ts';
import { liveText, releasesText } from './live.ts';
import { locksText } from './locks.ts';
import { makers } from './makers.ts';
import { listBad, markBad, unmarkBad } from './marks.ts';
import type { Command } from './options.ts';
import { plan } from './plan/plan-command.ts';
import { rebake } from './rebake.ts';
import { type Ask, redrive } from './redrive.ts';
import { endSoak, sendBack } from './soak.ts';
import { stop } from './stop.ts';
import { CommandError, type System } from './system.ts';
import { traceWhat } from './trace.ts';

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

/** The promotion under way that has built an image, which it names only once it points an environment at it. */
const builtImage = async (system: System, imageId: string): Promise<Promotion | undefined> => {
  const isRunning = ({ status }: Promotion): boolean => status === 'RUNNING';
  for (const promotion of await latest(system, Number.POSITIVE_INFINITY, isRunning, SEARCHED))
    if (buildOf(await system.ledger.jobs(promotion.promotionId), imageId) !== undefined) return promotion;
  return undefined;
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

/**
 * Finds a commit of an application.
 * @param given its id, also of one that was never promoted; or the beginning of one that has a promotion
 */
const findCommit = async (system: System, application: string, given: string): Promise<string> => {
  // Git's tools print ids in either case; versions of objects in S3 depend on it.
  const lower = given.toLowerCase();
  if (/^[0-9a-f]{40}$/.test(lower)) return lower;
  const promotions =
    given.length < LEAST_PREFIX
      ? []
      : await latest(
          system,
          Number.POSITIVE_INFINITY,
          (one) =>
            one.application === application &&
            (one.commitId.startsWith(given) || one.commitId.startsWith(lower)),
          SEARCHED,
        );
  const [only, ...others] = new Set(promotions.map(({ commitId }) => commitId));
  if (only !== undefined && others.length === 0) return only;
  throw new CommandError(
    only === undefined
      ? `No promotion of ${application} has the commit ${JSON.stringify(given)}. Give the first ${LEAST_PREFIX} characters or more of one that has a promotion, or all 40 of any other.`
      : `${JSON.stringify(given)} matches more than one commit: ${[only, ...others].join(', ')}. Give the whole id.`,
  );
};

/** @throws CommandError if there is no application of that name */
const applicationOf = (system: System, application: string): string => {
  if (system.applications.includes(application)) return application;
  throw new CommandError(
    `There is no application ${JSON.stringify(application)}. Give one of: ${system.applications.join(', ')}.`,
  );
};

/** @throws CommandError if there are several */
const onlyApplication = ({ applications }: System): string => {
  const [only, ...others] = applications;
  if (only !== undefined && others.length === 0) return only;
  throw new CommandError(`Say which application is meant: --application ${applications.join(', or ')}.`);
};

const show = async (system: System, recorded: Promotion): Promise<Outcome> => {
  const { ledger, evidence } = system;
  const { promotionId } = recorded;
  const [{ promotion, jobs, approvals, advice }, denials, entries, seals] = await Promise.all([
    readAdvisedPromotion({ ...system, readEvidence: evidenceReader(system) }, recorded),
    ledger.denials(promotionId),
    evidence.entries(promotionId),
    evidence.seals(promotionId),
  ]);
  const record = {
    promotion,
    jobs,
    approvals,
    denials,
    evidence: { entries: entries.length, sealedUpTo: seals.at(-1)?.entries ?? 0 },
    ...(advice.verdict !== 'in-progress' && advice.verdict !== 'succeeded' && { redrive: advice }),
  };
  return { text: promotionText(record), json: promotionJson(record) };
};

const isOf =
  (application: string | undefined) =>
  (promotion: Promotion): boolean =>
    application === undefined || promotion.application === application;

const applicationsOf = (promotions: readonly Promotion[]): readonly string[] =>
  [...new Set(promotions.map(({ application }) => application))].sort();

/** The locks of the promotions' applications. */
const locksOf = async (
  { ledger, now }: System,
  promotions: readonly Promotion[],
): Promise<readonly LockView[]> => {
  return (
    await Promise.all(applicationsOf(promotions).map((name) => readLockViews(ledger, name, now())))
  ).flat();
};

/** Why images are kept: of one application, or of all that have promotions. */
const images = async (system: System, application: string | undefined): Promise<Outcome> => {
  const promotions =
    application === undefined ? await latest(system, Number.POSITIVE_INFINITY, () => true, SEARCHED) : [];
  const applications = application === undefined ? applicationsOf(promotions) : [application];
  const reports = await Promise.all(
    applications.map(async (name) => [name, await system.ledger.imageReport(name)] as const),
  );
  return imagesOutcome(reports, system.now());
};

/**
 * Runs a command against the deployed system.
 * @param ask absent without a terminal
 * @throws CommandError, UsageError
 */
export async function runCommand(
  command: Exclude<Command, { name: 'check' | 'doctor' | 'help' | 'init' | 'teardown' | 'verify' }>,
  system: System,
  files: Files,
  ask?: Ask,
): Promise<Outcome> {
  if (command.name === 'promotions') {
    const { application, limit } = command;
    const promotions = await latest(system, limit, isOf(application));
    const views = await locksOf(system, promotions);
    const whereabouts = await readWhereabouts(system.ledger, promotions, views);
    return {
      text: [promotionsText(promotions, whereabouts), ...locksText(views)].join('\n\n'),
      json: promotions.map((promotion) => {
        const where = whereabouts.get(promotion.promotionId);
        return where === undefined ? promotion : { ...promotion, whereabouts: where };
      }),
    };
  }
  if (command.name === 'locks') {
    const { application } = command;
    const promotions = await latest(system, Number.POSITIVE_INFINITY, isOf(application), SEARCHED);
    const views = await locksOf(system, promotions);
    return { text: locksText(views).join('\n') || 'There are no promotions.', json: views };
  }
  if (command.name === 'images') return images(system, command.application);
  if (command.name === 'live') {
    const applications = await readLive(system.ledger, system.applications, system.now());
    return { text: liveText(applications), json: applications };
  }
  if (command.name === 'releases') {
    const application = applicationOf(system, command.application);
    const histories = await readReleases(system.ledger, application, command.limit, system.now());
    return { text: releasesText(histories), json: histories };
  }
  if (command.name === 'trace') return traceWhat(system, command.what);
  if (command.name === 'calendar' || command.name === 'freeze' || command.name === 'unfreeze')
    return calendarCommand(system, command);
  if (command.name === 'plan') {
    const application = applicationOf(system, command.application ?? onlyApplication(system));
    const commitId = await findCommit(system, application, command.commit);
    return plan(system, { ...command, application, commitId }, files);
  }
  if (command.name === 'bad') return listBad(system, applicationOf(system, command.application));
  if (command.name === 'acceptances')
    return listAcceptances(system, applicationOf(system, command.application));
  if (command.name === 'rebake') return rebake(system, applicationOf(system, command.application));
  if (command.name === 'sbom' || command.name === 'diff') {
    const finder = {
      promotion: (given: string) => findPromotion(system, given),
      byImage: async (imageId: string) => {
        const [named] = await latest(
          system,
          1,
          ({ images: { qat, prod } }) => qat === imageId || prod === imageId,
          SEARCHED,
        );
        return named ?? (await builtImage(system, imageId));
      },
      application: () => applicationOf(system, command.application ?? onlyApplication(system)),
    };
    const find = (given: string) => findImage(system, finder, given, command.environment);
    if (command.name === 'sbom')
      return sbom(system, await find(command.image), command.format, command.out, files);
    return diff(system, await find(command.images[0]), await find(command.images[1]));
  }
  if (!('promotion' in command)) {
    const application = applicationOf(system, command.application);
    const subject = imageOrPackageIn(command.commit) ?? {
      commitId: await findCommit(system, application, command.commit),
    };
    const change = command.name === 'mark-bad' ? markBad : unmarkBad;
    return change(system, { application, ...subject }, command.reason);
  }
  const promotion = await findPromotion(system, command.promotion);
  if (command.name === 'show') return show(system, promotion);
  if (command.name === 'makers') return makers(system, promotion);
  if (command.name === 'cost') return cost(system, promotion, command, files);
  if (command.name === 'evidence') return exportEvidence(system, promotion, command.out, files);
  if (command.name === 'go-back') return goBack(system, promotion, command);
  if (command.name === 'accept-finding') return acceptFinding(system, promotion, command);
  if (command.name === 'send-back') return sendBack(system, promotion, command.reason);
  if (command.name === 'end-soak') return endSoak(system, promotion);
  if (command.name === 'stop') return stop(system, promotion, command.reason);
  return redrive(system, promotion, command.yes, ask, command.despiteAlarms);
}
