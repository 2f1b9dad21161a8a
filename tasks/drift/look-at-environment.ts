import { type Alarms, alarmsOn } from '../alarms/alarms.ts';
import { errorText } from '../error-text.ts';
import { type Ledger, LedgerConflictError } from '../ledger/ledger.ts';
import type { Notices } from '../notices/notice.ts';
import type { Environment } from '../payloads.ts';
import { beginningOf } from '../truncate-text.ts';
import { laterFindingsNotice } from '../vulnerabilities/later-notice.ts';
import { type FindLater, lookAgain, untold } from '../vulnerabilities/look-again.ts';
import { environmentTitles } from '../words.ts';
import { driftGoneNotice, driftNotice } from './drift-notices.ts';
import {
  driftNews,
  driftOf,
  type Expectation,
  expectationOf,
  type SeenInstance,
  stateOf,
} from './drift-rules.ts';
import {
  type EnvironmentStatus,
  type ExpectedRelease,
  type InstanceStatus,
  MOST_INSTANCES,
} from './environment-status.ts';
import type { DeliverySight } from './read-deliveries.ts';
import type { InstanceSight } from './read-instances.ts';

/** In characters. */
const LONGEST_MEANING = 300;

/** One environment, as it is looked at. */
export interface LookedAtEnvironment {
  readonly environment: Environment;
  readonly region: string;
  readonly instances: () => Promise<InstanceSight>;
  readonly deliveries: (
    release: ExpectedRelease,
    before: EnvironmentStatus | undefined,
    now: Date,
  ) => Promise<DeliverySight>;
  readonly alarms: Alarms['standings'];
  readonly alarmNames: readonly string[];
  /** Absent where images are not scanned. */
  readonly findLater?: FindLater;
}

/** What looking needs. */
export interface LookDependencies {
  readonly ledger: Pick<
    Ledger,
    'promotion' | 'live' | 'lock' | 'environmentStatus' | 'replaceEnvironmentStatus'
  >;
  readonly notices: Notices;
  readonly application: string;
  readonly siteUrl: string;
  readonly now: () => Date;
}

const readExpectation = async (
  { ledger, application }: LookDependencies,
  environment: Environment,
): Promise<Expectation> => {
  const [lock, live] = await Promise.all([ledger.lock(application, environment), ledger.live(application)]);
  const id = environment === 'qat' ? lock.pointedBy?.promotionId : live?.promotionId;
  const [deployed, holder] = await Promise.all(
    [id, lock.holder?.promotionId].map((one) => (one === undefined ? undefined : ledger.promotion(one))),
  );
  return expectationOf(environment, { ...(deployed && { deployed }), ...(holder && { holder }) });
};

/** Reads what may fail; what could not be read is told, and the look goes on. */
class Reading {
  readonly unread: string[] = [];
  readonly failures: unknown[] = [];

  async attempt<Value>(what: string, read: () => Promise<Value>): Promise<Value | undefined> {
    try {
      return await read();
    } catch (error) {
      this.unread.push(`${what} could not be read: ${errorText(error)}`.slice(0, LONGEST_UNREAD));
      this.failures.push(error);
      return undefined;
    }
  }
}

/** In characters. */
const LONGEST_UNREAD = 500;

const instanceStatuses = (
  seen: readonly SeenInstance[],
  group: string | undefined,
  release: ExpectedRelease | undefined,
  sight: DeliverySight | undefined,
): readonly InstanceStatus[] =>
  seen
    .map((one): InstanceStatus => {
      const { instanceId, imageId } = one;
      const delivery = sight?.deliveries.get(instanceId);
      return {
        instanceId,
        state: stateOf(one),
        ...(imageId !== undefined && { imageId }),
        ...(delivery && { delivery }),
        drift: release === undefined ? [] : driftOf(one, release, sight ? delivery : 'unread', group),
      };
    })
    .sort((a, b) => b.drift.length - a.drift.length || (a.instanceId < b.instanceId ? -1 : 1));

const readAlarms = async (
  reading: Reading,
  { alarms, alarmNames }: LookedAtEnvironment,
): Promise<EnvironmentStatus['alarms']> => {
  if (alarmNames.length === 0) return [];
  const found = await reading.attempt('The alarms', () => alarms(alarmNames));
  if (found === undefined) return [];
  for (const name of alarmNames)
    if (!found.some((one) => one.name === name)) reading.unread.push(`The alarm ${name} does not exist.`);
  return alarmsOn(found).map(({ name, since, meaning }) => ({
    name,
    ...(since !== undefined && { since }),
    meaning: beginningOf(meaning, LONGEST_MEANING),
  }));
};

/** What is there now. */
async function see(
  dependencies: LookDependencies,
  one: LookedAtEnvironment,
  before: EnvironmentStatus | undefined,
  reading: Reading,
): Promise<EnvironmentStatus> {
  const { application, now } = dependencies;
  const { environment, region } = one;
  const at = now();
  const expected = await readExpectation(dependencies, environment);
  const alarms = await readAlarms(reading, one);
  // Before the deployments: what serves by now has got its own.
  const sight = await reading.attempt('The instances', one.instances);
  const { release } = expected;
  const deliveries =
    release && (await reading.attempt('The deployments', () => one.deliveries(release, before, at)));
  const [deployment] = deliveries?.inProgress ?? [];
  const again = await readExpectation(dependencies, environment);
  const notCompared =
    expected.notCompared ??
    again.notCompared ??
    (again.release?.deploymentId !== release?.deploymentId
      ? 'a promotion was deployed meanwhile'
      : deployment === undefined
        ? undefined
        : `deployment ${deployment} is in progress`);
  const compared = notCompared === undefined ? release : undefined;
  const instances = instanceStatuses(sight?.instances ?? [], sight?.group, compared, deliveries);
  for (const { instanceId, state, imageId } of instances)
    if (state === 'serves' && imageId === undefined)
      reading.unread.push(`EC2 does not say which image ${instanceId} runs.`);
  const { findLater } = one;
  const vulnerabilities =
    findLater &&
    (await lookAgain(again.release, before, at, (about) =>
      reading.attempt('The vulnerabilities', () => findLater(about)),
    ));
  const unlisted = Math.max(0, instances.length - MOST_INSTANCES);
  return {
    application,
    environment,
    at: at.toISOString(),
    region,
    ...(compared && { release: compared }),
    ...(notCompared !== undefined && { notCompared }),
    unread: reading.unread,
    instances: instances.slice(0, MOST_INSTANCES),
    unlisted,
    alarms,
    told: before?.told ?? [],
    ...(vulnerabilities && { vulnerabilities }),
    // What is not recorded of an instance is read again.
    ...(compared && deliveries && sight && unlisted === 0 && { readFrom: deliveries.readFrom }),
  };
}

/**
 * Looks at an environment, records what was seen, and mails operators once when drift appears and once when all is gone. What could not be
 * read is recorded as such. Safe to repeat: if two look at the same time, one of them records it and mails; a mail may come twice only if
 * the look is cut short right after it.
 * @returns what failed
 */
export const lookAtEnvironment =
  (dependencies: LookDependencies) =>
  async (one: LookedAtEnvironment): Promise<readonly unknown[]> => {
    const { ledger, notices, application, siteUrl } = dependencies;
    const { environment } = one;
    const before = await ledger.environmentStatus(application, environment);
    const reading = new Reading();
    const status = await see(dependencies, one, before, reading);
    try {
      const news = driftNews(status, status.told);
      const { mail } = news;
      const { vulnerabilities } = status;
      const found = untold(vulnerabilities);
      const mails = [
        ...(mail === undefined
          ? []
          : [mail === 'appeared' ? driftNotice(status, siteUrl) : driftGoneNotice(status, siteUrl)]),
        ...(found.length === 0 ? [] : [laterFindingsNotice(status, found, siteUrl)]),
      ];
      const told: EnvironmentStatus = {
        ...status,
        told: news.told,
        ...(vulnerabilities && {
          vulnerabilities: {
            ...vulnerabilities,
            told: [
              ...new Set([...vulnerabilities.told, ...found.map(({ vulnerabilityId }) => vulnerabilityId)]),
            ],
          },
        }),
      };
      await ledger.replaceEnvironmentStatus(before, mails.length === 0 ? told : status);
      if (mails.length === 0) return reading.failures;
      for (const one of mails) await notices.send(one);
      await ledger.replaceEnvironmentStatus(status, told);
    } catch (error) {
      // Another look has recorded what it saw.
      if (!(error instanceof LedgerConflictError))
        return [
          ...reading.failures,
          new Error(`${environmentTitles[environment]} of ${application}: ${errorText(error)}`, {
            cause: error,
          }),
        ];
    }
    return reading.failures;
  };
