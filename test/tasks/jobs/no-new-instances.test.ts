import type { Activity } from '@aws-sdk/client-auto-scaling';
import type { DeploymentInfo } from '@aws-sdk/client-codedeploy';
import { action, causeOf, inspect, type Situation } from './pipeline-situation.ts';

describe('a deployment whose new instances cannot be started (T57)', () => {
  const begun = new Date('2026-01-01T10:00:00Z');
  const launch = (minute: number, StatusCode: 'Failed' | 'Successful' = 'Failed'): Activity => ({
    ActivityId: `a-${minute}`,
    AutoScalingGroupName: 'CodeDeploy_prod_d-1',
    Cause: 'The desired capacity was not met.',
    Description: 'Launching a new EC2 instance',
    StatusCode,
    StatusMessage: `vCPU limit of 5, at 10:0${minute}`,
    StartTime: new Date(begun.getTime() + minute * 60_000),
  });
  const green = (status: 'InProgress' | 'Stopped', group?: string): DeploymentInfo => ({
    deploymentId: 'd-1',
    status,
    createTime: begun,
    ...(group !== undefined && { targetInstances: { autoScalingGroups: [group] } }),
  });
  const watched = (deployment: DeploymentInfo, activities: Activity[]) => {
    let stopped = 0;
    const situation: Situation = {
      run: () => ({ status: 'InProgress' }),
      actions: [action('CodeDeploy', 'InProgress', { externalExecutionId: 'd-1' })],
      deployment: () => deployment,
      activities,
      stop: () => {
        stopped += 1;
      },
    };
    return inspect(situation).then((inspection) => ({ inspection, stopped }));
  };
  const failing = [launch(3), launch(2), launch(1)];

  it('is stopped, and runs until that has happened', async () => {
    expect(await watched(green('InProgress', 'CodeDeploy_prod_d-1'), failing)).toEqual({
      inspection: { state: 'running' },
      stopped: 1,
    });
  });

  it.each<[string, DeploymentInfo, Activity[]]>([
    [
      'one of the last launches succeeded',
      green('InProgress', 'g'),
      [launch(3), launch(2, 'Successful'), launch(1)],
    ],
    ['only two failed', green('InProgress', 'g'), [launch(2), launch(1)]],
    ['it starts no instances', green('InProgress'), failing],
    ['it is stopped already', green('Stopped', 'g'), failing],
  ])('is left alone when %s', async (_, deployment, activities) => {
    expect(await watched(deployment, activities)).toEqual({ inspection: { state: 'running' }, stopped: 0 });
  });

  it("fails with Auto Scaling's own message first", async () => {
    const cause = await causeOf({
      run: () => ({ status: 'Failed' }),
      actions: [action('CodeDeploy', 'Failed', { externalExecutionId: 'd-1' })],
      deployment: () => green('Stopped', 'CodeDeploy_prod_d-1'),
      activities: failing,
    });
    expect(cause.split('\n')[0]).toBe('The new instances could not be started: vCPU limit of 5, at 10:03');
  });
});
