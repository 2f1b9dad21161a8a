import {
  ActiveInstanceRefreshNotFoundFault,
  AutoScalingClient,
  CancelInstanceRefreshCommand,
  DescribeInstanceRefreshesCommand,
  StartInstanceRefreshCommand,
} from '@aws-sdk/client-auto-scaling';
import { ignoring } from '../ignoring.ts';
import { readActivities } from '../launch-failures.ts';
import type { InstanceRefreshes } from './instance-refresh.ts';

/** Instance refreshes in EC2 Auto Scaling. The newest 100 are read: far more than a group has at a time. */
export const createInstanceRefreshes = (client = new AutoScalingClient({})): InstanceRefreshes => ({
  start: async (autoScalingGroupName) => {
    const { InstanceRefreshId } = await client.send(
      new StartInstanceRefreshCommand({
        AutoScalingGroupName: autoScalingGroupName,
        // Skip matching would leave an instance whose launch template resolves to another image now (T11).
        Preferences: { MinHealthyPercentage: 0, SkipMatching: false },
      }),
    );
    if (InstanceRefreshId === undefined)
      throw new Error(`Auto Scaling refreshes ${autoScalingGroupName} without naming the refresh; try again`);
    return InstanceRefreshId;
  },
  list: async (autoScalingGroupName, refreshId) =>
    (
      await client.send(
        new DescribeInstanceRefreshesCommand({
          AutoScalingGroupName: autoScalingGroupName,
          ...(refreshId === undefined ? { MaxRecords: 100 } : { InstanceRefreshIds: [refreshId] }),
        }),
      )
    ).InstanceRefreshes ?? [],
  activities: (autoScalingGroupName) => readActivities(client, autoScalingGroupName),
  cancel: async (AutoScalingGroupName) => {
    await client
      .send(new CancelInstanceRefreshCommand({ AutoScalingGroupName }))
      .catch(ignoring(ActiveInstanceRefreshNotFoundFault));
  },
});
