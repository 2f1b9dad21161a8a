import type { Promotion } from '../ledger/items.ts';
import type { Environment } from '../payloads.ts';
import { shortCommit } from '../words.ts';
import type { Delivery, EnvironmentStatus, ExpectedRelease, InstanceState } from './environment-status.ts';

/** An instance, by the word of Auto Scaling, the load balancer and EC2. */
export interface SeenInstance {
  readonly instanceId: string;
  /** Auto Scaling's word. Absent if it is in none of the environment's groups. */
  readonly lifecycle?: string;
  /** Its Auto Scaling group. */
  readonly group?: string;
  /** Whether the load balancer sends it requests; absent where there is none. */
  readonly takesRequests?: boolean;
  readonly imageId?: string;
}

/** What the ledger knows of an environment. */
export interface LedgerSight {
  /** Of QAT, the promotion that pointed it at its image last; of Prod, the one whose deployment succeeded last. */
  readonly deployed?: Promotion;
  /** The promotion that holds the environment's lock. */
  readonly holder?: Promotion;
}

/** What an environment should run, or why that cannot be said. */
export type Expectation =
  | { readonly release: ExpectedRelease; readonly notCompared?: undefined }
  | { readonly release?: undefined; readonly notCompared: string };

/**
 * What an environment should run, by the ledger. From the moment at which a promotion records its image, before anything points at
 * it, until it gives the lock back, instances may run either: nothing is expected.
 */
export function expectationOf(environment: Environment, { deployed, holder }: LedgerSight): Expectation {
  if (deployed === undefined) return { notCompared: 'no promotion has been deployed there yet' };
  const { promotionId, commitId, status, images, deployments } = deployed;
  // QAT's lock says who pointed it at an image: a holder that has not done so has changed nothing.
  if (
    environment === 'prod' &&
    holder !== undefined &&
    holder.promotionId !== promotionId &&
    holder.images.prod !== undefined
  )
    return { notCompared: `${shortCommit(holder.commitId)} changes it` };
  const deploymentId = deployments[environment];
  const imageId = images[environment];
  if (deploymentId === undefined)
    return {
      notCompared:
        status === 'RUNNING'
          ? `${shortCommit(commitId)} is being deployed`
          : `${shortCommit(commitId)} ended before its deployment had succeeded`,
    };
  if (imageId === undefined) return { notCompared: `the ledger has no image of ${shortCommit(commitId)}` };
  return { release: { promotionId, commitId, imageId, deploymentId } };
}

/** What an instance does, by the word of Auto Scaling and the load balancer. */
export function stateOf({ lifecycle, takesRequests }: SeenInstance): InstanceState {
  if (takesRequests === true) return 'serves';
  if (lifecycle === undefined) return 'idle';
  if (/^(Pending|Warmed)/.test(lifecycle)) return 'starting';
  if (lifecycle !== 'InService') return 'leaving';
  return takesRequests === undefined ? 'serves' : 'idle';
}

const ofRevision = (
  delivery: Delivery | undefined,
  { commitId, deploymentId }: ExpectedRelease,
): readonly string[] => {
  const expected = `commit ${shortCommit(commitId)}`;
  if (delivery === undefined)
    return [
      `has no revision: neither deployment ${deploymentId} nor a later one of ${expected} succeeded on it`,
    ];
  if (delivery.isExpected) return [];
  const other =
    delivery.commitId === undefined
      ? 'a revision that no recent promotion deployed'
      : `commit ${shortCommit(delivery.commitId)}`;
  return [`runs ${other}, by deployment ${delivery.deploymentId}, not ${expected}`];
};

/**
 * How an instance differs from what should run; nothing if it does not, or takes no requests.
 * @param delivery what CodeDeploy installed on it last; `unread` if that is not known
 * @param group the Auto Scaling group that CodeDeploy deploys to; undefined where that is not asked
 */
export function driftOf(
  instance: SeenInstance,
  release: ExpectedRelease,
  delivery: Delivery | 'unread' | undefined,
  group: string | undefined,
): readonly string[] {
  if (stateOf(instance) !== 'serves') return [];
  const { imageId } = instance;
  return [
    ...(imageId === undefined || imageId === release.imageId
      ? []
      : [`runs image ${imageId}, not ${release.imageId}`]),
    ...(delivery === 'unread' ? [] : ofRevision(delivery, release)),
    ...(group === undefined || instance.group === group
      ? []
      : [`takes requests and is not in the Auto Scaling group ${group}, which CodeDeploy deploys to`]),
  ];
}

/** Instances that run something else. */
export const drifted = ({ instances }: Pick<EnvironmentStatus, 'instances'>) =>
  instances.filter(({ drift }) => drift.length > 0);

/** Drift as it is remembered: `i-1 runs image ami-2, not ami-1`. */
export const driftLines = (status: Pick<EnvironmentStatus, 'instances'>): readonly string[] =>
  drifted(status).flatMap(({ instanceId, drift }) => drift.map((what) => `${instanceId} ${what}`));

/** What operators are to be mailed, and what they know afterwards. */
export interface DriftNews {
  readonly mail?: 'appeared' | 'gone';
  readonly told: readonly string[];
}

/**
 * Operators get one mail when drift appears, with all of it, and one when all is gone. A look that compared nothing, or could not read
 * everything, does not tell that drift is gone.
 * @param told what they know
 */
export function driftNews(
  status: Pick<EnvironmentStatus, 'instances' | 'notCompared' | 'unread'>,
  told: readonly string[],
): DriftNews {
  const lines = driftLines(status);
  if (lines.some((line) => !told.includes(line)))
    return { mail: 'appeared', told: [...new Set([...lines, ...(isWhole(status) ? [] : told)])] };
  if (!isWhole(status)) return { told };
  return lines.length === 0 && told.length > 0 ? { mail: 'gone', told: [] } : { told: lines };
}

const isWhole = ({ notCompared, unread }: Pick<EnvironmentStatus, 'notCompared' | 'unread'>): boolean =>
  notCompared === undefined && unread.length === 0;
