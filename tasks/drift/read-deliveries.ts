import type { DeploymentInfo } from '@aws-sdk/client-codedeploy';
import type { Deployments } from '../jobs/pipeline-run.ts';
import type { DeploymentGroups } from '../prod-fleet/deployment-groups.ts';
import type { FleetNames } from '../prod-fleet/fleet-properties.ts';
import { isSameRevision } from '../prod-fleet/verify-prod.ts';
import type { Delivery, EnvironmentStatus, ExpectedRelease } from './environment-status.ts';

/** CodeDeploy, as far as it tells what instances run. */
export interface DeliverySources {
  readonly deployments: Pick<Deployments, 'deployment' | 'targets'>;
  readonly deploymentGroups: Pick<DeploymentGroups, 'createdSince' | 'running'>;
}

/** What CodeDeploy installed. */
export interface DeliverySight {
  /** The last of each instance. */
  readonly deliveries: ReadonlyMap<string, Delivery>;
  /** Deployments in progress that may change instances that serve. */
  readonly inProgress: readonly string[];
  /** For the next look. */
  readonly readFrom: string;
}

/** A deployment of an earlier release. */
export interface EarlierRelease {
  readonly commitId: string;
  readonly deploymentId: string;
}

/** A deployment appears in CodeDeploy's list some time after it was created. */
const LISTED_LATE = 15 * 60_000;

const hasEnded = ({ status }: DeploymentInfo): boolean =>
  status === 'Succeeded' || status === 'Failed' || status === 'Stopped';

/** What the last look knew of the instances, if it compared them with the same release. */
const knownBefore = (
  before: EnvironmentStatus | undefined,
  release: ExpectedRelease,
): { readonly from: Date; readonly deliveries: ReadonlyMap<string, Delivery> } | undefined =>
  before?.readFrom === undefined || before.release?.deploymentId !== release.deploymentId
    ? undefined
    : {
        from: new Date(before.readFrom),
        deliveries: new Map(
          before.instances.flatMap(({ instanceId, delivery }) => (delivery ? [[instanceId, delivery]] : [])),
        ),
      };

/** The commit of the earlier release whose revision was deployed. */
async function commitOf(
  { deployments }: DeliverySources,
  { revision }: DeploymentInfo,
  earlier: readonly EarlierRelease[],
): Promise<string | undefined> {
  for (const { commitId, deploymentId } of earlier)
    if (isSameRevision((await deployments.deployment(deploymentId))?.revision, revision)) return commitId;
  return undefined;
}

/**
 * What CodeDeploy installed last on each instance, by the release's deployment and every later one: Auto Scaling's to instances that it
 * added (T29), or anybody's. What the look before knew is not asked again, or a fleet that scales every hour would cost more calls each
 * day.
 * @param earlier releases whose revisions are recognized, read only if another revision was deployed
 * @throws Error if CodeDeploy does not have the release's deployment
 */
export const readDeliveries =
  (sources: DeliverySources, names: FleetNames, earlier: () => Promise<readonly EarlierRelease[]>) =>
  async (
    release: ExpectedRelease,
    before: EnvironmentStatus | undefined,
    now: Date,
  ): Promise<DeliverySight> => {
    const { deployments, deploymentGroups } = sources;
    const own = await deployments.deployment(release.deploymentId);
    if (own?.createTime === undefined)
      throw new Error(
        `CodeDeploy does not have the deployment ${release.deploymentId} any more, which says what should run. Promote a commit.`,
      );
    const known = knownBefore(before, release);
    const found = new Map(known?.deliveries);
    const { applicationName, deploymentGroupName } = names;
    const running = await deploymentGroups.running(applicationName, deploymentGroupName);
    const listed = await deploymentGroups.createdSince(
      applicationName,
      deploymentGroupName,
      known?.from ?? own.createTime,
    );
    const inProgress: string[] = [];
    let readFrom = now.getTime() - LISTED_LATE;
    // One after the other: CodeDeploy throttles many calls at once.
    for (const deploymentId of new Set([...listed, ...running])) {
      const deployment = await deployments.deployment(deploymentId);
      const at = deployment?.createTime;
      if (deployment === undefined || at === undefined) continue;
      if (!hasEnded(deployment)) {
        readFrom = Math.min(readFrom, at.getTime());
        // Auto Scaling's are for instances that do not serve before they have succeeded.
        if (deployment.creator !== 'autoscaling') inProgress.push(deploymentId);
      }
      if (at < own.createTime) continue;
      const isExpected =
        deploymentId === release.deploymentId || isSameRevision(deployment.revision, own.revision);
      let commitId: string | undefined = release.commitId;
      let isAsked = isExpected;
      for (const { targetId, status, instanceLabel } of await deployments.targets(deploymentId)) {
        // On a blue instance, hooks of the traffic succeed, and nothing is installed.
        if (targetId === undefined || status !== 'Succeeded' || instanceLabel === 'Blue') continue;
        const last = found.get(targetId);
        if (last !== undefined && Date.parse(last.at) > at.getTime()) continue;
        if (!isAsked) {
          commitId = await commitOf(sources, deployment, await earlier());
          isAsked = true;
        }
        found.set(targetId, {
          deploymentId,
          at: at.toISOString(),
          isExpected,
          ...(commitId !== undefined && { commitId }),
        });
      }
    }
    return {
      deliveries: found,
      inProgress,
      readFrom: new Date(Math.max(readFrom, own.createTime.getTime())).toISOString(),
    };
  };
