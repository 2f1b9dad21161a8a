import {
  type Activity,
  type AutoScalingClient,
  DescribeScalingActivitiesCommand,
} from '@aws-sdk/client-auto-scaling';

/** So many launches in a row must have failed: a zone may be short of capacity for one. */
const FAILURES = 3;

/**
 * Why a group's instances do not come: Auto Scaling's own message of the newest launch, if the newest three all failed. Auto
 * Scaling goes on trying, and says nothing of it to those who wait (T57).
 * @param activities of one group
 * @param since only launches that began then or later count
 */
export const launchFailure = (
  activities: readonly Activity[],
  since: Date | undefined,
): string | undefined => {
  const launches = activities
    .filter(
      ({ Description = '', StatusCode, StartTime }) =>
        Description.startsWith('Launching') &&
        (StatusCode === 'Failed' || StatusCode === 'Successful') &&
        (since === undefined || (StartTime !== undefined && StartTime >= since)),
    )
    .toSorted((a, b) => (b.StartTime?.getTime() ?? 0) - (a.StartTime?.getTime() ?? 0))
    .slice(0, FAILURES);
  if (launches.length < FAILURES || launches.some(({ StatusCode }) => StatusCode !== 'Failed'))
    return undefined;
  return launches[0]?.StatusMessage ?? 'Auto Scaling gives no reason';
};

/** The newest hundred activities of a group: the most that one answer holds. */
export const readActivities = async (client: AutoScalingClient, AutoScalingGroupName: string) =>
  (
    await client.send(
      // What a group did stays known after it was deleted.
      new DescribeScalingActivitiesCommand({ AutoScalingGroupName, IncludeDeletedGroups: true }),
    )
  ).Activities ?? [];
