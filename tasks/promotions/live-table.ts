import { drifted } from '../drift/drift-rules.ts';
import type { EnvironmentStatus, InstanceStatus } from '../drift/environment-status.ts';
import { isStale, statusSentence } from '../drift/status-text.ts';
import type { HolderView, LockView } from '../environment-locks/lock-view.ts';
import type { Promotion } from '../ledger/items.ts';
import type { Environment } from '../payloads.ts';
import { environmentTitles, shortCommit, utcTime } from '../words.ts';
import { deployedTo, type RecordedPromotion, type Release } from './releases.ts';
import { type Whereabouts, whereaboutsOf } from './whereabouts.ts';

/**
 * How sure it is that an environment runs what is shown. `verified`: Verify Prod saw it on every instance that served. `deployed`:
 * CodeDeploy reported success. `changing`: a promotion works on it. `unclear`: one ended before its deployment had succeeded.
 * `drifted`: an instance that serves runs something else.
 */
type Certainty = 'verified' | 'deployed' | 'changing' | 'unclear' | 'drifted' | 'nothing';

/** One environment of an application. */
export interface LiveEnvironment {
  readonly environment: Environment;
  readonly certainty: Certainty;
  /** By what and as of when this is known, in full sentences. */
  readonly known: string;
  /** What was deployed there last. */
  readonly release?: Release;
  readonly lock?: LockView;
  /** What Lockstep saw when it looked at the environment last. Absent if it has not yet. */
  readonly status?: EnvironmentStatus;
  /** Instances that run something else than the release. */
  readonly drift: readonly InstanceStatus[];
}

/** A promotion that is on its way. */
export interface NextPromotion {
  readonly promotion: Promotion;
  readonly whereabouts: Whereabouts;
}

/** What runs where, of one application, and what comes next. */
export interface LiveApplication {
  readonly application: string;
  /** QAT, then Prod. */
  readonly environments: readonly LiveEnvironment[];
  /** The promotions in progress, oldest first. */
  readonly next: readonly NextPromotion[];
}

/** What the ledger has of one application. */
export interface LiveSources {
  readonly application: string;
  /** The promotion that pointed QAT at its image last. */
  readonly qat?: RecordedPromotion;
  /** The promotion whose deployment to Prod succeeded last. */
  readonly prod?: RecordedPromotion;
  readonly running: readonly RecordedPromotion[];
  readonly locks: readonly LockView[];
  /** Of the environments that have been looked at. */
  readonly statuses: readonly EnvironmentStatus[];
}

const notLookedSince = 'Lockstep has not looked at the instances since.';

/** An environment by the promotions in the ledger alone. */
type KnownEnvironment = Pick<LiveEnvironment, 'certainty' | 'known' | 'release'>;

const ofQat = (record: RecordedPromotion | undefined): KnownEnvironment => {
  if (record === undefined)
    return { certainty: 'nothing', known: 'No promotion has been deployed to QAT yet.' };
  const [release] = deployedTo('qat', [record]);
  if (release !== undefined)
    return {
      certainty: 'deployed',
      release,
      known: `CodeDeploy reported success on ${utcTime(release.deployedAt)}.`,
    };
  const { commitId, status } = record.promotion;
  return status === 'RUNNING'
    ? {
        certainty: 'changing',
        known: `${shortCommit(commitId)} is being deployed. What ran before is in the history.`,
      }
    : {
        certainty: 'unclear',
        known: `${shortCommit(commitId)} pointed QAT at its image and ended before its deployment had succeeded. Look at the instance, or redrive the promotion.`,
      };
};

const ofProd = (record: RecordedPromotion | undefined): KnownEnvironment => {
  const [release] = record === undefined ? [] : deployedTo('prod', [record]);
  if (record === undefined || release === undefined)
    return { certainty: 'nothing', known: 'No promotion has been deployed to Prod yet.' };
  const { status, endedAt, verifiedInstances = [] } = record.promotion;
  if (status === 'SUCCEEDED') {
    const count = verifiedInstances.length;
    const seen = count === 0 ? 'every instance' : count === 1 ? 'the one instance' : `all ${count} instances`;
    return {
      certainty: 'verified',
      release,
      known: `Verify Prod saw this commit and image on ${seen} that served${endedAt === undefined ? '' : ` on ${utcTime(endedAt)}`}.`,
    };
  }
  return status === 'RUNNING'
    ? { certainty: 'changing', release, known: 'Deployed. Verify Prod has not finished yet.' }
    : {
        certainty: 'unclear',
        release,
        known: `CodeDeploy reported success on ${utcTime(release.deployedAt)}, but the promotion ended before Verify Prod had seen all instances. Its page says what to do.`,
      };
};

/**
 * Another promotion that has pointed Prod at its image, and what it does: instances that were added since run that image (T29). It
 * holds the lock until its end, and then until Prod is restored.
 */
const changerOf = (
  { prod, running }: LiveSources,
  holder: HolderView | undefined,
): HolderView | undefined => {
  if (holder === undefined || holder.promotionId === prod?.promotion.promotionId) return undefined;
  const working = running.find(({ promotion }) => promotion.promotionId === holder.promotionId);
  const points = holder.kind === 'restoring' || working?.promotion.images.prod !== undefined;
  return points ? holder : undefined;
};

/** Adds what was seen. What was seen before the release was deployed tells nothing of it. */
const withStatus = (
  known: KnownEnvironment,
  status: EnvironmentStatus | undefined,
  now: number,
): Omit<LiveEnvironment, 'environment'> => {
  const { release, certainty } = known;
  const seen = status === undefined ? {} : { status };
  if (release === undefined) return { ...known, ...seen, drift: [] };
  if (status === undefined || Date.parse(status.at) < Date.parse(release.deployedAt))
    return { ...known, known: `${known.known} ${notLookedSince}`, ...seen, drift: [] };
  // What differed before a promotion began to change it is that promotion's to replace.
  const drift =
    certainty !== 'changing' && status.release?.deploymentId === release.deploymentId ? drifted(status) : [];
  const isConfirmed =
    certainty === 'deployed' &&
    status.release?.deploymentId === release.deploymentId &&
    isVerified(status, now);
  return {
    ...known,
    ...seen,
    certainty: drift.length > 0 ? 'drifted' : isConfirmed ? 'verified' : certainty,
    known: `${known.known} ${statusSentence(status, now)}`,
    drift,
  };
};

/** Whether every instance that serves was seen lately, and runs what it should. */
const isVerified = (status: EnvironmentStatus, now: number): boolean =>
  !isStale(status, now) &&
  status.unread.length === 0 &&
  status.instances.some(({ state }) => state === 'serves') &&
  drifted(status).length === 0;

/**
 * What runs where, as of what the ledger has: one entry for each application, in the order given.
 * @param now milliseconds since the epoch
 */
export const liveTable = (sources: readonly LiveSources[], now: number): readonly LiveApplication[] =>
  sources.map((one) => {
    const { application, qat, prod, running, locks } = one;
    const statusOf = (environment: Environment) =>
      one.statuses.find((status) => status.environment === environment);
    const lockOf = (environment: Environment) => {
      const lock = locks.find((one) => one.environment === environment);
      return lock === undefined ? {} : { lock };
    };
    const seen = ofProd(prod);
    const changer = changerOf(one, lockOf('prod').lock?.holder);
    const known: KnownEnvironment =
      changer === undefined || seen.release === undefined
        ? seen
        : {
            ...seen,
            certainty: 'changing',
            known: `${seen.known} Since then ${shortCommit(changer.commitId)} has pointed Prod at its image, and instances may run either: it ${changer.doing}.`,
          };
    return {
      application,
      environments: [
        { environment: 'qat', ...withStatus(ofQat(qat), statusOf('qat'), now), ...lockOf('qat') },
        { environment: 'prod', ...withStatus(known, statusOf('prod'), now), ...lockOf('prod') },
      ],
      next: running
        .map((record) => ({
          promotion: record.promotion,
          whereabouts: whereaboutsOf(record, locks),
        }))
        .sort((a, b) => Date.parse(a.promotion.startedAt) - Date.parse(b.promotion.startedAt)),
    };
  });

/** One environment in a sentence, for screen readers and the terminal: `Prod of shop runs 8f0c9c1f`. */
export const liveSentence = (
  application: string,
  { environment, release, drift, status }: LiveEnvironment,
): string => {
  const name = `${environmentTitles[environment]} of ${application}`;
  const runs = release === undefined ? `${name}: not known` : `${name} runs ${shortCommit(release.commitId)}`;
  const alarms = status?.alarms.length ?? 0;
  return [
    runs,
    ...(drift.length === 0 ? [] : [`${drift.length} drifted`]),
    ...(alarms === 0 ? [] : [alarms === 1 ? 'one alarm is on' : `${alarms} alarms are on`]),
  ].join(', ');
};
