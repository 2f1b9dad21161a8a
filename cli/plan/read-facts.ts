import { type CheckedAbsence, isActive } from '../../tasks/approvals/absence-rules.ts';
import { readHoldSources } from '../../tasks/calendar/read-held.ts';
import { readLockViews } from '../../tasks/environment-locks/lock-view.ts';
import { errorText } from '../../tasks/error-text.ts';
import { buildOf } from '../../tasks/images/build-of.ts';
import type { Promotion } from '../../tasks/ledger/items.ts';
import { livePromotion } from '../../tasks/ledger/live-promotion.ts';
import { promotionPages } from '../../tasks/ledger/promotion-pages.ts';
import { recallCause } from '../../tasks/marks/recall.ts';
import { readWhereabouts } from '../../tasks/promotions/read-live.ts';
import { firstLine } from '../../tasks/words.ts';
import { evidenceReader } from '../evidence.ts';
import type { System } from '../system.ts';
import type { PastPromotion, PlanFacts } from './facts.ts';
import type { PlanSources } from './plan-sources.ts';
import { ownOf, placeOf, plannedPush, readFaults, readPlannedChange } from './read-commit.ts';
import { readPlannedLocks } from './read-locks.ts';

/** Promotions, of all applications, among which earlier ones are looked for. */
const LOOKED_THROUGH = 500;
/** From how many of them times and costs are expected. */
const MOST_PAST = 5;

/** What reading needs. */
interface FactSources {
  readonly system: Pick<System, 'ledger' | 'executions' | 'now' | 'archive'>;
  readonly sources: () => Promise<PlanSources>;
}

/** An application's promotions: of this commit, and the latest that succeeded. */
const readPromotions = async (
  { ledger }: Pick<System, 'ledger'>,
  application: string,
  commitId: string,
): Promise<{ readonly ofCommit: readonly Promotion[]; readonly succeeded: readonly Promotion[] }> => {
  const all: Promotion[] = [];
  let seen = 0;
  for await (const page of promotionPages(ledger)) {
    all.push(...page.filter((one) => one.application === application && one.goBack === undefined));
    seen += page.length;
    if (seen >= LOOKED_THROUGH) break;
  }
  return {
    ofCommit: all.filter((one) => one.commitId === commitId),
    succeeded: all.filter(({ status }) => status === 'SUCCEEDED').slice(0, MOST_PAST),
  };
};

const readPast = (
  { ledger, executions }: Pick<System, 'ledger' | 'executions'>,
  promotions: readonly Promotion[],
): Promise<readonly PastPromotion[]> =>
  Promise.all(
    promotions.map(async (promotion) => {
      const { promotionId, executionArn } = promotion;
      const [jobs, approvals, execution] = await Promise.all([
        ledger.jobs(promotionId),
        ledger.approvals(promotionId),
        executions.read(executionArn),
      ]);
      return { promotion, jobs, approvals, ...(execution && { execution }) };
    }),
  );

const readAbsences = async (
  { ledger, now }: Pick<System, 'ledger' | 'now'>,
  { isMember }: PlanSources,
): Promise<readonly CheckedAbsence[]> =>
  Promise.all(
    (await ledger.absences())
      .filter((absence) => isActive(absence, now()))
      .map(async (absence) => ({
        absence,
        absentIsMember: await isMember(absence.absent.name, absence.role),
      })),
  );

/** Reads everything that a plan is made of, and changes nothing. What cannot be read is named with the reason. */
export async function readFacts(
  { system, sources: open }: FactSources,
  application: string,
  commitId: string,
): Promise<PlanFacts> {
  const { ledger } = system;
  const now = system.now();
  const unknown: string[] = [];
  const orUnknown = async <Value>(what: string, ask: () => Promise<Value>): Promise<Value | undefined> => {
    try {
      return await ask();
    } catch (error) {
      unknown.push(`${what}: ${errorText(error)}`);
      return undefined;
    }
  };
  const [{ ofCommit, succeeded }, live, bad, status, calendar] = await Promise.all([
    readPromotions(system, application, commitId),
    livePromotion(ledger, application),
    recallCause({ ledger }, { application, commitId }),
    ledger.environmentStatus(application, 'prod'),
    readHoldSources(ledger, application),
  ]);
  const [latest] = ofCommit;
  const running = ofCommit.find((one) => one.status === 'RUNNING');
  const past = await orUnknown('Times and costs of earlier promotions', () => readPast(system, succeeded));
  const base = {
    application,
    commitId,
    now,
    absences: [],
    calendar,
    unknown,
    ...(bad !== undefined && { bad }),
    ...(latest && { latest }),
    ...(live && { live }),
    ...(past && { past }),
    ...(status && {
      alarms: { at: status.at, on: status.alarms },
      instances: status.instances.filter(({ state }) => state === 'serves').length,
    }),
  };
  if (status === undefined) unknown.push('Alarms of Prod: Lockstep has not looked at it yet');
  const sources = await orUnknown("The application's configuration", open);
  if (sources === undefined) return base;
  const { settings, way, source, file, members, configurationVersion } = sources;
  const configured: PlanFacts = { ...base, settings, way };
  if (source === undefined) {
    unknown.push(`The commit: look at ${settings.repositoryName} itself`);
    return configured;
  }
  const place = await orUnknown('The commit', () => placeOf(source, commitId));
  if (place === undefined || place === 'missing') return { ...configured, ...(place && { place }) };
  const pushed = plannedPush(place, latest, now);
  const own = ownOf(sources, base, pushed);
  const [commits, change, locks, faults, people, absences, images, reuse, liveVersion, whereabouts] =
    await Promise.all([
      orUnknown("The commit's message", () => source.commits([commitId])),
      orUnknown('The change and its makers', () =>
        readPlannedChange({ ...sources, source }, ledger, own, base),
      ),
      orUnknown('The environment locks', () =>
        readPlannedLocks({ ...system, readEvidence: evidenceReader(system) }, own),
      ),
      // What a build makes of the commit is deployed instead of it.
      file === undefined || way.includes('Build revision')
        ? void unknown.push('The AppSpec file: run check in a working directory of the commit')
        : orUnknown('The AppSpec file', () => readFaults({ ...sources, source, file }, commitId)),
      members === undefined
        ? void unknown.push("Who is in the roles: the company's provider knows it")
        : orUnknown('Who is in the roles', async () => ({
            qc: await members('qc'),
            pmo: await members('pmo'),
          })),
      orUnknown('Absences', () => readAbsences(system, sources)),
      orUnknown('What images are made of', async () => {
        const build =
          live &&
          buildOf(await ledger.jobs(live.goBack?.to ?? live.promotionId), live.images.prod)?.output
            ?.imageBuildVersionArn;
        const ofLive = build === undefined ? undefined : await sources.image(build);
        return {
          next: { qat: await sources.nextImage('qat'), prod: await sources.nextImage('prod') },
          ...(ofLive && { live: ofLive }),
        };
      }),
      orUnknown('Whether images are used again', async () => {
        const read = { ledger, readEvidence: evidenceReader(system) };
        const [qat, prod] = await Promise.all([
          sources.reuse('qat', read, now),
          sources.reuse('prod', read, now),
        ]);
        return { ...(qat && { qat }), ...(prod && { prod }) };
      }),
      live && ledger.latestApproval(live.promotionId, 'pmo'),
      running &&
        readLockViews(ledger, application, now).then((views) => readWhereabouts(ledger, [running], views)),
    ]);
  const title = firstLine(commits?.[0]?.message ?? '');
  const where = running && whereabouts?.get(running.promotionId)?.text;
  return {
    ...configured,
    place,
    pushedAt: pushed,
    ...(title !== '' && { title }),
    ...change,
    ...locks,
    ...(faults && { faults }),
    ...(people && { members: people }),
    absences: absences ?? [],
    ...(images && { images }),
    ...(reuse && { reuse }),
    configuration: {
      now: configurationVersion,
      ...(liveVersion && { live: liveVersion.review.configurationVersion }),
    },
    ...(running && { running: { promotion: running, whereabouts: where ?? 'about to start' } }),
  };
}
