import {
  AlreadyExistsFault,
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  DeleteAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  CodeDeployClient,
  ContinueDeploymentCommand,
  CreateDeploymentGroupCommand,
  DeleteDeploymentGroupCommand,
  DeploymentAlreadyCompletedException,
  DeploymentGroupDoesNotExistException,
  type DeploymentInfo,
  DeploymentIsNotInReadyStateException,
  GetDeploymentCommand,
  GetDeploymentGroupCommand,
  ListDeploymentsCommand,
  StopDeploymentCommand,
  UpdateDeploymentGroupCommand,
} from '@aws-sdk/client-codedeploy';
import { createAutoScalingGroups } from '../../../tasks/prod-fleet/auto-scaling-groups.ts';
import { deploymentGroupInput } from '../../../tasks/prod-fleet/converge-fleet.ts';
import { createDeploymentGroups } from '../../../tasks/prod-fleet/deployment-groups.ts';
import { because, double, offline, on } from '../doubles/sdk.ts';
import { properties } from './fleet-world.ts';

describe('a fleet in Auto Scaling', () => {
  it('is found by its tag, over all pages', async () => {
    const { client, sent } = double(
      new AutoScalingClient(offline),
      on(DescribeAutoScalingGroupsCommand, ({ NextToken }) =>
        NextToken === undefined
          ? { AutoScalingGroups: [{ AutoScalingGroupName: 'a' } as never], NextToken: '2' }
          : { AutoScalingGroups: [{ AutoScalingGroupName: 'b' } as never] },
      ),
    );
    expect(await createAutoScalingGroups(client).owned('shop/prod')).toHaveLength(2);
    expect(sent[0]?.input).toMatchObject({
      Filters: [{ Name: 'tag:lockstep:fleet', Values: ['shop/prod'] }],
    });
  });

  it('creates once, and deletes with the instances', async () => {
    const { client, sent } = double(
      new AutoScalingClient(offline),
      on(CreateAutoScalingGroupCommand, () => {
        throw new AlreadyExistsFault(because('exists'));
      }),
      on(DeleteAutoScalingGroupCommand, () => ({})),
    );
    const groups = createAutoScalingGroups(client);
    await groups.create({ AutoScalingGroupName: 'seed', MinSize: 1, MaxSize: 1 });
    await groups.remove('seed');
    expect(sent[1]?.input).toEqual({ AutoScalingGroupName: 'seed', ForceDelete: true });
  });
});

describe('a fleet in CodeDeploy', () => {
  it('has no group and no deployment before it is made', async () => {
    const missing = (): never => {
      throw new DeploymentGroupDoesNotExistException(because('missing'));
    };
    const { client } = double(
      new CodeDeployClient(offline),
      on(GetDeploymentGroupCommand, missing),
      on(ListDeploymentsCommand, missing),
    );
    const groups = createDeploymentGroups(client);
    expect(await groups.find('shop', 'prod')).toBeUndefined();
    expect(await groups.running('shop', 'prod')).toEqual([]);
  });

  it('counts every deployment that has not ended', async () => {
    const { client, sent } = double(
      new CodeDeployClient(offline),
      on(ListDeploymentsCommand, ({ nextToken }) =>
        nextToken === undefined ? { deployments: ['d-2'], nextToken: '2' } : { deployments: ['d-1'] },
      ),
    );
    expect(await createDeploymentGroups(client).running('shop', 'prod')).toEqual(['d-2', 'd-1']);
    expect(sent[0]?.input).toMatchObject({
      includeOnlyStatuses: ['Created', 'Queued', 'InProgress', 'Baking', 'Ready'],
    });
  });

  it('updates the group of that name with all that it is made of (T04)', async () => {
    const { client, sent } = double(
      new CodeDeployClient(offline),
      on(CreateDeploymentGroupCommand, () => ({})),
      on(UpdateDeploymentGroupCommand, () => ({})),
    );
    const groups = createDeploymentGroups(client);
    const input = deploymentGroupInput(properties, 'live');
    await groups.create(input);
    await groups.update(input);
    const { deploymentGroupName, ...rest } = input;
    expect(sent.map((call) => call.input)).toEqual([
      input,
      { ...rest, currentDeploymentGroupName: deploymentGroupName },
    ]);
  });

  it.each<[string, DeploymentInfo, boolean]>([
    ['a rollback that waits', { status: 'Ready', creator: 'codeDeployRollback' }, true],
    ['a rollback that works', { status: 'InProgress', creator: 'codeDeployRollback' }, false],
    ["a pipeline's deployment that waits", { status: 'Ready', creator: 'user' }, false],
  ])('lets traffic move with %s: only back, and only if it waits', async (_, deploymentInfo, isContinued) => {
    const { client, sent } = double(
      new CodeDeployClient(offline),
      on(GetDeploymentCommand, () => ({ deploymentInfo })),
      on(ContinueDeploymentCommand, () => {
        throw new DeploymentIsNotInReadyStateException(because('continued meanwhile'));
      }),
    );
    await createDeploymentGroups(client).continueRollback('d-2');
    expect(sent.slice(1).map((call) => call.input)).toEqual(
      isContinued ? [{ deploymentId: 'd-2', deploymentWaitType: 'READY_WAIT' }] : [],
    );
  });

  it('stops a deployment that has just ended, and deletes', async () => {
    const { client, sent } = double(
      new CodeDeployClient(offline),
      on(StopDeploymentCommand, () => {
        throw new DeploymentAlreadyCompletedException(because('completed'));
      }),
      on(DeleteDeploymentGroupCommand, () => ({})),
    );
    const groups = createDeploymentGroups(client);
    await groups.stop('d-1');
    await groups.remove('shop', 'prod');
    expect(sent.map((call) => call.input)).toEqual([
      { deploymentId: 'd-1', autoRollbackEnabled: false },
      { applicationName: 'shop', deploymentGroupName: 'prod' },
    ]);
  });
});
