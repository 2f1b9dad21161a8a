import type { DeploymentInfo, InstanceTarget } from '@aws-sdk/client-codedeploy';
import { alarmsOn } from '../alarms/alarms.ts';
import { listed } from '../words.ts';
import type { Soak } from './soak-request.ts';

const MINUTE_MS = 60_000;

/**
 * The soak of a deployment, by CodeDeploy's word: it says that the wait before the end of the old instances has begun, not when. That
 * is when the last lifecycle event ended.
 * @returns nothing before the wait and after the deployment
 */
export function soakOf(
  deployment: DeploymentInfo | undefined,
  targets: readonly InstanceTarget[],
): Pick<Soak, 'since' | 'until'> | undefined {
  const isOver = deployment?.status !== 'InProgress' && deployment?.status !== 'Ready';
  if (isOver || deployment.instanceTerminationWaitTimeStarted !== true) return undefined;
  const ends = targets.flatMap(({ lifecycleEvents = [] }) =>
    lifecycleEvents.flatMap(({ endTime }) => endTime?.getTime() ?? []),
  );
  if (ends.length === 0) return undefined;
  const since = Math.max(...ends);
  const minutes =
    deployment.blueGreenDeploymentConfiguration?.terminateBlueInstancesOnDeploymentSuccess
      ?.terminationWaitTimeInMinutes ?? 0;
  return {
    since: new Date(since).toISOString(),
    until: new Date(since + minutes * MINUTE_MS).toISOString(),
  };
}

/** Why the soak cannot be ended yet; nothing if its alarms are quiet. */
export function whyNotEnd({ alarms, sentBack }: Soak): string | undefined {
  if (sentBack !== undefined) return 'The traffic is being sent back to the old instances.';
  const on = alarmsOn(alarms).map(({ name }) => name);
  if (on.length === 0) return undefined;
  return `${listed(on)} ${on.length === 1 ? 'is' : 'are'} on: the soak can be ended when its alarms are quiet.`;
}
