import {
  AttachLoadBalancerTargetGroupsCommand,
  AutoScalingClient,
  type AutoScalingGroup,
  DescribeAutoScalingGroupsCommand,
  PutScalingPolicyCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  BatchGetDeploymentTargetsCommand,
  CodeDeployClient,
  type DeploymentStatus,
  GetDeploymentCommand,
  GetDeploymentGroupCommand,
  ListDeploymentsCommand,
  ListDeploymentTargetsCommand,
} from '@aws-sdk/client-codedeploy';
import {
  CodePipelineClient,
  GetPipelineExecutionCommand,
  ListActionExecutionsCommand,
} from '@aws-sdk/client-codepipeline';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { createDeployments } from '../../../tasks/jobs/codedeploy-deployments.ts';
import { createPipelineRuns } from '../../../tasks/jobs/codepipeline-runs.ts';
import { createAutoScalingGroups } from '../../../tasks/prod-fleet/auto-scaling-groups.ts';
import { createDeploymentGroups } from '../../../tasks/prod-fleet/deployment-groups.ts';
import { createServingInstances } from '../../../tasks/prod-fleet/load-balancer-targets.ts';
import { verifyProd } from '../../../tasks/prod-fleet/verify-prod.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aPromotion, COMMIT, PROMOTION_ID } from '../doubles/samples.ts';
import { double, offline, on } from '../doubles/sdk.ts';

const TARGET_GROUP = 'arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/shop-prod/1';
const prod = {
  pipelineName: 'shop-prod',
  applicationName: 'shop',
  deploymentGroupName: 'prod',
  targetGroupArn: TARGET_GROUP,
  alarmNames: [],
  minSize: 2,
  maxSize: 4,
};
const asItShouldBe = {
  runStatus: 'Succeeded' as 'Succeeded' | 'Failed',
  commit: COMMIT,
  deployedBy: 'd-1',
  deploymentStatus: 'Succeeded' as 'Succeeded' | 'Stopped',
  group: { MinSize: 2, MaxSize: 4, TargetGroupARNs: [TARGET_GROUP] } as Partial<AutoScalingGroup> | undefined,
  members: ['i-1', 'i-2'],
  targets: { 'i-1': 'healthy', 'i-2': 'healthy', 'i-old': 'draining' } as Record<
    string,
    'healthy' | 'draining'
  >,
  images: { 'i-1': 'ami-new', 'i-2': 'ami-new' } as Record<string, string>,
  deployed: ['i-1', 'i-2'],
  /** What is wrong with where the image comes from. */
  provenance: undefined as string | undefined,
  /** Deployments to the group since, of a revision by its key. */
  later: {} as Record<
    string,
    {
      readonly key: string;
      readonly instances: readonly string[];
      readonly at: string;
      readonly status?: DeploymentStatus;
    }
  >,
};
const CREATED = new Date('2026-11-22T10:00:00.000Z');
const s3 = (key: string) => ({ revisionType: 'S3' as const, s3Location: { bucket: 'artifacts', key } });

const verify = async (change: Partial<typeof asItShouldBe> = {}) => {
  const seen = { ...asItShouldBe, ...change };
  const ledger = createMemoryLedger();
  await ledger.addPromotion(aPromotion());
  const pipeline = double(
    new CodePipelineClient(offline),
    on(GetPipelineExecutionCommand, () => ({
      pipelineExecution: {
        status: seen.runStatus,
        artifactRevisions: [{ name: 'Source', revisionId: seen.commit }],
      },
    })),
    on(ListActionExecutionsCommand, () => ({
      actionExecutionDetails: [
        {
          input: {
            actionTypeId: {
              category: 'Deploy' as const,
              owner: 'AWS' as const,
              provider: 'CodeDeploy',
              version: '1',
            },
          },
          output: { executionResult: { externalExecutionId: seen.deployedBy } },
        },
      ],
    })),
  );
  const codeDeploy = double(
    new CodeDeployClient(offline),
    on(GetDeploymentGroupCommand, () => ({
      deploymentGroupInfo: { autoScalingGroups: [{ name: 'CodeDeploy_prod_d-1' }] },
    })),
    on(ListDeploymentsCommand, ({ includeOnlyStatuses }) => ({
      deployments: [...Object.entries(seen.later), ['d-1', { status: seen.deploymentStatus }] as const]
        .filter(([, { status = 'Succeeded' }]) => includeOnlyStatuses?.includes(status))
        .map(([id]) => id),
    })),
    on(GetDeploymentCommand, ({ deploymentId = '' }) => {
      const later = seen.later[deploymentId];
      const deploymentInfo =
        later === undefined
          ? { status: seen.deploymentStatus, revision: s3('approved'), createTime: CREATED }
          : { status: 'Succeeded' as const, revision: s3(later.key), createTime: new Date(later.at) };
      return { deploymentInfo: { deploymentId, ...deploymentInfo } };
    }),
    on(ListDeploymentTargetsCommand, ({ deploymentId = '' }) => ({
      targetIds: [...(seen.later[deploymentId]?.instances ?? seen.deployed)],
    })),
    on(BatchGetDeploymentTargetsCommand, ({ targetIds = [] }) => ({
      deploymentTargets: targetIds.map((targetId) => ({
        deploymentTargetType: 'InstanceTarget' as const,
        instanceTarget: { targetId, status: 'Succeeded' as const, instanceLabel: 'Green' as const },
      })),
    })),
  );
  const autoScaling = double(
    new AutoScalingClient(offline),
    on(DescribeAutoScalingGroupsCommand, () => ({
      AutoScalingGroups:
        seen.group === undefined
          ? []
          : [
              {
                AutoScalingGroupName: 'CodeDeploy_prod_d-1',
                Instances: seen.members.map((InstanceId) => ({ InstanceId })),
                ...seen.group,
              } as AutoScalingGroup,
            ],
    })),
    on(UpdateAutoScalingGroupCommand, () => ({})),
    on(AttachLoadBalancerTargetGroupsCommand, () => ({})),
    on(PutScalingPolicyCommand, () => ({})),
  );
  const loadBalancing = double(
    new ElasticLoadBalancingV2Client(offline),
    on(DescribeTargetHealthCommand, () => ({
      TargetHealthDescriptions: Object.entries(seen.targets).map(([Id, State]) => ({
        Target: { Id },
        TargetHealth: { State },
      })),
    })),
  );
  const ec2 = double(
    new EC2Client(offline),
    on(DescribeInstancesCommand, ({ InstanceIds = [] }) => ({
      Reservations: [
        {
          Instances: InstanceIds.flatMap((InstanceId) => {
            const ImageId = seen.images[InstanceId];
            return ImageId === undefined ? [] : [{ InstanceId, ImageId }];
          }),
        },
      ],
    })),
  );
  const output = await verifyProd({
    ledger,
    runs: createPipelineRuns(pipeline.client),
    deployments: createDeployments(codeDeploy.client),
    deploymentGroups: createDeploymentGroups(codeDeploy.client),
    groups: createAutoScalingGroups(autoScaling.client),
    serving: createServingInstances(loadBalancing.client, ec2.client),
    provenanceProblem: async () => seen.provenance,
    region: 'us-east-1',
    prod,
  })({
    promotionId: PROMOTION_ID,
    imageId: 'ami-new',
    commitId: COMMIT,
    pipelineExecutionId: 'e-1',
    deploymentId: 'd-1',
  }).catch((error: unknown) => error);
  const listed = codeDeploy.sent.find(({ command }) => command === 'ListDeploymentsCommand')?.input;
  const changes = autoScaling.sent.filter(({ command }) => !command.startsWith('Describe'));
  return { output, changes, listed, promotion: await ledger.promotion(PROMOTION_ID) };
};

describe('verifying Prod', () => {
  it('names the fleet and its instances, and notes image, deployment and instances', async () => {
    const { output, changes, promotion } = await verify();
    expect(output).toEqual({ autoScalingGroupName: 'CodeDeploy_prod_d-1', instanceIds: ['i-1', 'i-2'] });
    expect(changes.map(({ command }) => command)).toEqual(['PutScalingPolicyCommand']);
    expect(promotion).toMatchObject({
      images: { prod: 'ami-new' },
      deployments: { prod: 'd-1' },
      verifiedInstances: ['i-1', 'i-2'],
    });
  });

  it('restores size, target group and scaling policy, which CodeDeploy’s copy may lack (T05)', async () => {
    const { output, changes } = await verify({ group: { MinSize: 2, MaxSize: 2 } });
    expect(output).toMatchObject({ instanceIds: ['i-1', 'i-2'] });
    expect(changes.map(({ input }) => input)).toEqual([
      { AutoScalingGroupName: 'CodeDeploy_prod_d-1', MinSize: 2, MaxSize: 4 },
      { AutoScalingGroupName: 'CodeDeploy_prod_d-1', TargetGroupARNs: [TARGET_GROUP] },
      {
        AutoScalingGroupName: 'CodeDeploy_prod_d-1',
        PolicyName: 'lockstep-load',
        PolicyType: 'TargetTrackingScaling',
        TargetTrackingConfiguration: {
          PredefinedMetricSpecification: { PredefinedMetricType: 'ASGAverageCPUUtilization' },
          TargetValue: 60,
        },
      },
    ]);
  });

  const replaced = {
    members: ['i-1', 'i-3'],
    targets: { 'i-1': 'healthy', 'i-3': 'healthy' } as const,
    images: { 'i-1': 'ami-new', 'i-3': 'ami-new' },
  };
  const since = (minute: string, key: string, ...instances: string[]) => ({
    key,
    instances,
    at: `2026-11-22T11:${minute}:00.000Z`,
  });

  it('T29: takes an instance that Auto Scaling added, with the same revision in a deployment of its own', async () => {
    const { output, listed } = await verify({
      ...replaced,
      later: { 'd-2': since('00', 'approved', 'i-3') },
    });
    expect(output).toMatchObject({ instanceIds: ['i-1', 'i-3'] });
    expect(listed).toEqual({
      applicationName: 'shop',
      deploymentGroupName: 'prod',
      includeOnlyStatuses: ['InProgress', 'Ready', 'Succeeded', 'Failed', 'Stopped'],
      createTimeRange: { start: CREATED },
    });
  });

  it('goes by the last deployment that an instance got, in any order that they are listed in', async () => {
    const older = since('00', 'older', 'i-3');
    const approved = since('01', 'approved', 'i-3');
    for (const later of [
      { 'd-2': older, 'd-3': approved },
      { 'd-3': approved, 'd-2': older },
    ])
      expect((await verify({ ...replaced, later })).output).toMatchObject({ instanceIds: ['i-1', 'i-3'] });
  });

  it.each<[string, Partial<typeof asItShouldBe>, RegExp]>([
    [
      'an instance that Auto Scaling added got another revision',
      { ...replaced, later: { 'd-2': since('00', 'older', 'i-3') } },
      /i-3 got deployment d-2 after deployment d-1, of another revision/,
    ],
    [
      'an instance that Auto Scaling added got nothing',
      { ...replaced, later: { 'd-2': since('00', 'approved', 'i-4') } },
      /i-3 did not get deployment d-1/,
    ],
    [
      'an instance got another revision after the deployment',
      { later: { 'd-2': since('00', 'by hand', 'i-2') } },
      /i-2 got deployment d-2 after deployment d-1, of another revision/,
    ],
    [
      'an instance got another revision from a deployment that failed later',
      { later: { 'd-2': { ...since('00', 'by hand', 'i-2'), status: 'Failed' } } },
      /i-2 got deployment d-2 after deployment d-1, of another revision/,
    ],
    [
      'an instance runs another image',
      { images: { 'i-1': 'ami-new', 'i-2': 'ami-old' } },
      /i-2 runs ami-old, not ami-new/,
    ],
    ['an instance is gone', { images: { 'i-1': 'ami-new' } }, /i-2 runs an unknown image/],
    ['an instance missed the deployment', { deployed: ['i-1'] }, /i-2 did not get deployment d-1/],
    [
      'an instance is of another group',
      { members: ['i-1'] },
      /i-2 is not in the Auto Scaling group CodeDeploy_prod_d-1/,
    ],
    ['another commit was deployed', { commit: 'f'.repeat(40) }, /deployed commit f{40}, not 8f0c/],
    ['the run made another deployment', { deployedBy: 'd-2' }, /made deployment d-2, not d-1/],
    ['the run failed', { runStatus: 'Failed' }, /pipeline execution e-1 is Failed/],
    ['the deployment was stopped', { deploymentStatus: 'Stopped' }, /deployment d-1 is Stopped/],
    ['nothing serves', { targets: {} }, /the target group has no healthy instance/],
    [
      'the group is missing',
      { group: undefined },
      /the Auto Scaling group of the deployment group is missing/,
    ],
  ])('fails with ProdNotVerified when %s', async (_, change, message) => {
    const { output, promotion } = await verify(change);
    expect(output).toMatchObject({ name: 'ProdNotVerified', message: expect.stringMatching(message) });
    expect(promotion).toEqual(aPromotion());
  });

  it('reports everything that differs at once', async () => {
    const { output } = await verify({ commit: 'f'.repeat(40), images: {} });
    expect((output as Error).message.match(/^- /gm)).toHaveLength(3);
  });
});
