import type { CalendarLedger } from '../calendar/read-held.ts';
import type { EnvironmentStatus } from '../drift/environment-status.ts';
import { type LockView, readLockViews } from '../environment-locks/lock-view.ts';
import type { Promotion } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { promotionPages } from '../ledger/promotion-pages.ts';
import { badMarking } from '../marks/mark-rules.ts';
import type { Environment } from '../payloads.ts';
import { type LiveApplication, type LiveSources, liveTable } from './live-table.ts';
import { deployedTo, type RecordedPromotion, type Release } from './releases.ts';
import { type Whereabouts, whereaboutsOf } from './whereabouts.ts';

type ReadLedger = Pick<
  Ledger,
  | 'promotion'
  | 'promotions'
  | 'openPromotions'
  | 'jobs'
  | 'approvals'
  | 'mark'
  | 'lock'
  | 'live'
  | 'environmentStatus'
> &
  CalendarLedger;

/** A promotion with its jobs and requests, and how its commit is marked. */
export async function recordOf(
  ledger: Pick<Ledger, 'jobs' | 'approvals' | 'mark'>,
  promotion: Promotion,
): Promise<RecordedPromotion> {
  const [jobs, approvals, mark] = await Promise.all([
    ledger.jobs(promotion.promotionId),
    ledger.approvals(promotion.promotionId),
    ledger.mark(promotion.application, promotion.commitId),
  ]);
  const bad = badMarking(mark);
  return { promotion, jobs, approvals, ...(bad && { bad }) };
}

const recordNamed = async (
  ledger: ReadLedger,
  promotionId: string | undefined,
): Promise<RecordedPromotion | undefined> => {
  const promotion = promotionId === undefined ? undefined : await ledger.promotion(promotionId);
  return promotion && recordOf(ledger, promotion);
};

/** What was seen of those environments of an application that have been looked at. */
export const readStatuses = async (
  ledger: Pick<Ledger, 'environmentStatus'>,
  application: string,
): Promise<readonly EnvironmentStatus[]> =>
  (
    await Promise.all(
      (['qat', 'prod'] as const).map((environment) => ledger.environmentStatus(application, environment)),
    )
  ).flatMap((status) => status ?? []);

const sourcesOf = async (ledger: ReadLedger, application: string, now: Date): Promise<LiveSources> => {
  const [live, lock, locks, open, statuses] = await Promise.all([
    ledger.live(application),
    ledger.lock(application, 'qat'),
    readLockViews(ledger, application, now),
    ledger.openPromotions(application),
    readStatuses(ledger, application),
  ]);
  const [prod, qat, running] = await Promise.all([
    recordNamed(ledger, live?.promotionId),
    recordNamed(ledger, lock.pointedBy?.promotionId),
    Promise.all(
      open.filter(({ status }) => status === 'RUNNING').map((promotion) => recordOf(ledger, promotion)),
    ),
  ]);
  return { application, ...(qat && { qat }), ...(prod && { prod }), running, locks, statuses };
};

/**
 * What runs where. Reads items by key and what is open by an index: as much with ten promotions as with ten thousand.
 * @param now milliseconds since the epoch
 */
export const readLive = async (
  ledger: ReadLedger,
  applications: readonly string[],
  now: Date,
): Promise<readonly LiveApplication[]> =>
  liveTable(
    await Promise.all(applications.map((application) => sourcesOf(ledger, application, now))),
    now.getTime(),
  );

/** Where those are that are in progress, by the promotion's id. */
const inProgressOf = (
  records: readonly RecordedPromotion[],
  locks: readonly LockView[],
): ReadonlyMap<string, Whereabouts> =>
  new Map(
    records
      .filter(({ promotion }) => promotion.status === 'RUNNING')
      .map((record) => [record.promotion.promotionId, whereaboutsOf(record, locks)]),
  );

/** Where those of the promotions are that are in progress, by id. @param locks both locks of each of their applications */
export async function readWhereabouts(
  ledger: Pick<Ledger, 'jobs' | 'approvals' | 'mark'>,
  promotions: readonly Promotion[],
  locks: readonly LockView[],
): Promise<ReadonlyMap<string, Whereabouts>> {
  const running = promotions.filter(({ status }) => status === 'RUNNING');
  return inProgressOf(await Promise.all(running.map((promotion) => recordOf(ledger, promotion))), locks);
}

/** Promotions, of all applications, among which an application's releases are looked for. */
const LOOKED_THROUGH = 500;

/** Releases of an environment, and how far back they were looked for. */
export interface ReleaseHistory {
  readonly application: string;
  readonly environment: Environment;
  /** Latest first. */
  readonly releases: readonly Release[];
  /** Where the promotions of those releases are that are in progress, by id. */
  readonly inProgress: Readonly<Record<string, Whereabouts>>;
  /** Start of the oldest promotion that was looked at, if older ones were not. */
  readonly lookedBackTo?: string;
}

/**
 * What each environment of an application ran: the newest promotions of all applications are looked through until there are enough.
 * @param most how many promotions of the application that were deployed are read
 */
export async function readReleases(
  ledger: Omit<ReadLedger, 'live' | 'openPromotions' | 'environmentStatus'>,
  application: string,
  most: number,
  now: Date,
): Promise<readonly ReleaseHistory[]> {
  const found: Promotion[] = [];
  let seen = 0;
  let oldest: string | undefined;
  let isCut = false;
  for await (const page of promotionPages(ledger)) {
    if (seen >= LOOKED_THROUGH || found.length >= most) {
      isCut = page.length > 0;
      break;
    }
    found.push(
      ...page.filter((one) => one.application === application && Object.keys(one.deployments).length > 0),
    );
    seen += page.length;
    oldest = page.at(-1)?.startedAt ?? oldest;
  }
  const read = found.slice(0, most);
  if (found.length > most) {
    isCut = true;
    oldest = read.at(-1)?.startedAt ?? oldest;
  }
  const [records, locks] = await Promise.all([
    Promise.all(read.map((promotion) => recordOf(ledger, promotion))),
    readLockViews(ledger, application, now),
  ]);
  // As JSON gives it.
  const inProgress = Object.fromEntries(inProgressOf(records, locks));
  return (['qat', 'prod'] as const).map((environment) => ({
    application,
    environment,
    releases: deployedTo(environment, records),
    inProgress,
    ...(isCut && oldest !== undefined && { lookedBackTo: oldest }),
  }));
}
