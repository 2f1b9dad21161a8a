import type { HolderView, LockView } from '../environment-locks/lock-view.ts';
import type { Promotion } from '../ledger/items.ts';
import type { Environment } from '../payloads.ts';
import { environmentTitles, shortCommit, utcTime } from '../words.ts';
import { deployedTo, type RecordedPromotion, type Release } from './releases.ts';
import { type Whereabouts, whereaboutsOf } from './whereabouts.ts';

/**
 * How sure it is that an environment runs what is shown. `verified`: Verify Prod saw it on every instance that served. `deployed`:
 * CodeDeploy reported success. `changing`: a promotion works on it. `unclear`: one ended before its deployment had succeeded.
 */
type Certainty = 'verified' | 'deployed' | 'changing' | 'unclear' | 'nothing';

/** One environment of an application. */
export interface LiveEnvironment {
  readonly environment: Environment;
  readonly certainty: Certainty;
  /** By what and as of when this is known, in full sentences. */
  readonly known: string;
  /** What was deployed there last. */
  readonly release?: Release;
  readonly lock?: LockView;
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
}

const notCheckedSince = 'Lockstep has not looked at the instances since.';

const ofQat = (record: RecordedPromotion | undefined): Omit<LiveEnvironment, 'environment'> => {
  if (record === undefined)
    return { certainty: 'nothing', known: 'No promotion has been deployed to QAT yet.' };
  const [release] = deployedTo('qat', [record]);
  if (release !== undefined)
    return {
      certainty: 'deployed',
      release,
      known: `CodeDeploy reported success on ${utcTime(release.deployedAt)}. ${notCheckedSince}`,
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

const ofProd = (record: RecordedPromotion | undefined): Omit<LiveEnvironment, 'environment'> => {
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
      known: `Verify Prod saw this commit and image on ${seen} that served${endedAt === undefined ? '' : ` on ${utcTime(endedAt)}`}. ${notCheckedSince}`,
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

/** What runs where, as of what the ledger has: one entry for each application, in the order given. */
export const liveTable = (sources: readonly LiveSources[]): readonly LiveApplication[] =>
  sources.map((one) => {
    const { application, qat, prod, running, locks } = one;
    const lockOf = (environment: Environment) => {
      const lock = locks.find((one) => one.environment === environment);
      return lock === undefined ? {} : { lock };
    };
    const seen = ofProd(prod);
    const changer = changerOf(one, lockOf('prod').lock?.holder);
    const now: typeof seen =
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
        { environment: 'qat', ...ofQat(qat), ...lockOf('qat') },
        { environment: 'prod', ...now, ...lockOf('prod') },
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
export const liveSentence = (application: string, { environment, release }: LiveEnvironment): string => {
  const name = `${environmentTitles[environment]} of ${application}`;
  return release === undefined ? `${name}: not known` : `${name} runs ${shortCommit(release.commitId)}`;
};
