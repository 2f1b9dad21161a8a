import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import type { DeploymentGroupInfo } from '@aws-sdk/client-codedeploy';
import { isBeingDeleted } from './leftovers.ts';
import { ProdNotCertainError } from './prod-errors.ts';

/** What was seen of Prod while no deployment runs. */
interface ServingObservation {
  readonly deploymentGroup: DeploymentGroupInfo | undefined;
  /** The groups with the fleet's tag. */
  readonly owned: readonly AutoScalingGroup[];
  /** Ids of the target group's healthy instances. */
  readonly healthy: readonly string[];
  /** AMI by instance id. */
  readonly images: Readonly<Record<string, string | undefined>>;
}

/** The fleet that serves in Prod. */
export interface ServingFleet {
  readonly autoScalingGroupName: string;
  /** AMI that its next instances are to start from. */
  readonly imageId: string;
  /** Its instances that take requests. */
  readonly instanceIds: readonly string[];
  /** Those of them that run another image: they were added while Prod was pointed at it. */
  readonly strayIds: readonly string[];
}

function mostOf(images: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const image of images) counts.set(image, (counts.get(image) ?? 0) + 1);
  return [...counts].sort(([a, counted], [b, other]) => other - counted || (a < b ? -1 : 1))[0]?.[0];
}

/**
 * The fleet that serves after a deployment of `unproven` has failed, from what AWS says and nothing else: the group that
 * the deployment group names, by its instances that take requests. An instance that was added meanwhile runs the unproven
 * image with the old revision, so the image is that of the others; only where all run it has traffic moved to it.
 * @throws ProdNotCertainError if that group is missing, takes no requests, or cannot do without another that does
 */
export function servingFleet(
  { deploymentGroup, owned, healthy, images }: ServingObservation,
  unproven: string,
): ServingFleet {
  const referenced = deploymentGroup?.autoScalingGroups?.[0]?.name;
  const live = owned.find(({ AutoScalingGroupName }) => AutoScalingGroupName === referenced);
  if (referenced === undefined || live === undefined || isBeingDeleted(live))
    throw new ProdNotCertainError(
      `The deployment group names the Auto Scaling group ${referenced ?? '(none)'}, which does not exist. Check what serves, then deploy the application's stack, which makes the fleet again.`,
    );
  const servingIn = ({ Instances = [] }: AutoScalingGroup): string[] =>
    Instances.flatMap(({ InstanceId }) =>
      InstanceId !== undefined && healthy.includes(InstanceId) ? [InstanceId] : [],
    );
  const instanceIds = servingIn(live);
  const others = owned.filter(
    (group) => group !== live && !isBeingDeleted(group) && servingIn(group).length > 0,
  );
  const runs = instanceIds.flatMap((id) => images[id] ?? []);
  const imageId = mostOf(runs.filter((image) => image !== unproven)) ?? mostOf(runs);
  if (imageId === undefined)
    throw new ProdNotCertainError(
      `No instance of the Auto Scaling group ${referenced}, which the deployment group names, is healthy behind the load balancer${
        others.length === 0
          ? ''
          : `; of ${others.map(({ AutoScalingGroupName }) => AutoScalingGroupName).join(', ')} there are`
      }. Let its instances become healthy, or point the deployment group at the group that serves.`,
    );
  const wanted = Math.max(1, live.DesiredCapacity ?? 1);
  if (others.length > 0 && instanceIds.length < wanted)
    throw new ProdNotCertainError(
      `Only ${instanceIds.length} of ${wanted} instances of the Auto Scaling group ${referenced} take requests; the others go to ${others
        .map(({ AutoScalingGroupName }) => AutoScalingGroupName)
        .join(', ')}, which a failed deployment left. Register the missing instances with the target group.`,
    );
  return {
    autoScalingGroupName: referenced,
    imageId,
    instanceIds,
    strayIds: instanceIds.filter((id) => images[id] !== imageId),
  };
}
