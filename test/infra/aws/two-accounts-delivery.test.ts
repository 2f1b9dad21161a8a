import { listOf, text } from '../../../scripts/templates.ts';
import { grantsOf, ofType, only, patternOf, type Statement, type Template } from './support/templates.ts';
import {
  arnOfRole,
  artifacts,
  environments,
  example,
  OWN,
  orders,
  place,
  placed,
  platform,
  policyOf,
  roleNamed,
  THEIRS,
  templateOf,
  trustOf,
  trusts,
} from './support/two-accounts.ts';

describe('pipelines', () => {
  const actionOf = (environment: string) => {
    const { Properties } = only(
      orders,
      'AWS::CodePipeline::Pipeline',
      environment === 'qat' ? 'Qat' : 'Prod',
    )[1];
    const stages = Properties.Stages as { Actions: Record<string, unknown>[] }[];
    const [guard, deploy] = stages.at(-1)?.Actions ?? [];
    return { pipeline: Properties, guard: guard ?? {}, deploy: deploy ?? {} };
  };
  const roleOf = (environment: keyof typeof environments) =>
    roleNamed(environments[environment].template, String(actionOf(environment).deploy.RoleArn), THEIRS);

  it.each(['qat', 'prod'] as const)(
    'T52: deploy to %s under a role there that this pipeline alone may assume',
    (environment) => {
      const { deploy, guard, pipeline } = actionOf(environment);
      const { template, region } = environments[environment];
      const [id, role] = roleOf(environment);
      const pipelineRole = text(pipeline.RoleArn).slice(1, -'.Arn>'.length);
      expect(trustOf(role)).toEqual(trusts(OWN, arnOfRole(orders, pipelineRole, OWN)));
      expect(grantsOf(orders, pipelineRole).filter((grant) => /^(sts|codedeploy):/.test(grant))).toEqual([
        `sts:AssumeRole on ${deploy.RoleArn}`,
      ]);
      expect(deploy).toMatchObject({
        Configuration: {
          ApplicationName: `lockstep-orders-${environment}`,
          DeploymentGroupName: environment,
        },
        ...(region !== 'us-east-1' && { Region: region }),
      });
      expect(guard).not.toHaveProperty('RoleArn');
      const deploying = grantsOf(template, id).filter((grant) =>
        grant.startsWith('codedeploy:CreateDeployment'),
      );
      expect(deploying).toEqual([
        `codedeploy:CreateDeployment on arn:aws:codedeploy:${region}:${THEIRS}:deploymentgroup:lockstep-orders-${environment}/${environment}`,
      ]);
    },
  );

  it.each([
    ['qat', orders, 'us-east-1'],
    ['prod', artifacts, 'eu-west-1'],
  ] as const)(
    "T52: bucket and key of revisions let in %s's action and instances, and nobody else there",
    (environment, store, region) => {
      const { template } = environments[environment];
      const readers = [
        String(actionOf(environment).deploy.RoleArn),
        arnOfRole(
          template,
          only(template, 'AWS::IAM::Role', `${environment === 'qat' ? 'Qat' : 'Prod'}InstanceRole`)[0],
          THEIRS,
        ),
      ];
      const ofThem = (statements: readonly Statement[]) =>
        statements.filter(({ Principal }) => JSON.stringify(Principal).includes(THEIRS));
      const [, key] = only(store, 'AWS::KMS::Key', 'Key');
      const [bucketId] = only(store, 'AWS::S3::Bucket', 'Artifacts');
      const [, bucket] = only(store, 'AWS::S3::BucketPolicy', 'Artifacts');
      const inKey = ofThem(policyOf(key.Properties.KeyPolicy));
      const inBucket = ofThem(policyOf(bucket.Properties.PolicyDocument));
      for (const { Condition } of [...inKey, ...inBucket])
        expect(Condition).toEqual({ ArnEquals: { 'aws:PrincipalArn': readers } });
      expect(inKey.flatMap(({ Action }) => listOf(Action))).toEqual(['kms:Decrypt', 'kms:DescribeKey']);
      expect(inBucket.map(({ Action, Resource }) => [Action, text(Resource)])).toEqual([
        [['s3:GetObject', 's3:GetObjectVersion'], `<${bucketId}.Arn>/*`],
        ['s3:GetBucketVersioning', `<${bucketId}.Arn>`],
      ]);
      const name = store.Resources[bucketId]?.Properties.BucketName;
      for (const reader of readers) {
        const grants = grantsOf(template, roleNamed(template, reader, THEIRS)[0]);
        expect(grants).toEqual(
          expect.arrayContaining([
            `s3:GetObject on arn:aws:s3:::${name}/*`,
            `kms:Decrypt on arn:aws:kms:${region}:${OWN}:key/*`,
          ]),
        );
      }
    },
  );

  it('T52: keep revisions for Prod in a bucket of its region, under the key that is looked up there', () => {
    const { pipeline } = actionOf('prod');
    const [looked, key] = only(orders, 'Custom::LockstepArtifactKey');
    const [, bucket] = only(artifacts, 'AWS::S3::Bucket', 'Artifacts');
    expect(pipeline).not.toHaveProperty('ArtifactStore');
    expect(pipeline.ArtifactStores).toMatchObject([
      { Region: 'us-east-1' },
      {
        Region: 'eu-west-1',
        ArtifactStore: {
          Location: bucket.Properties.BucketName,
          EncryptionKey: { Type: 'KMS', Id: { 'Fn::GetAtt': [looked, 'KeyArn'] } },
        },
      },
    ]);
    const alias = only(artifacts, 'AWS::KMS::Alias')[1].Properties.AliasName;
    expect(key.Properties).toMatchObject({
      AliasArn: `arn:aws:kms:eu-west-1:${OWN}:${alias}`,
      Region: 'eu-west-1',
    });
    expect(actionOf('qat').pipeline).not.toHaveProperty('ArtifactStores');
  });
});

describe('events', () => {
  const bus = `arn:aws:events:us-east-1:${OWN}:event-bus/default`;
  it.each([
    ["QAT's instance refreshes", environments.qat, 'TriggersInstanceRefreshEnded'],
    ['deployments to Prod that wait before traffic moves', environments.prod, 'TriggersDeploymentReady'],
  ] as const)('T52: of %s are forwarded to the bus that is heard', (_, { template, region }, heard) => {
    const [, rule] = only(template, 'AWS::Events::Rule');
    const [target] = rule.Properties.Targets as { Arn: string; RoleArn: unknown }[];
    expect(target?.Arn).toBe(bus);
    expect(grantsOf(template, text(target?.RoleArn).slice(1, -'.Arn>'.length))).toEqual([
      `events:PutEvents on ${bus}`,
    ]);
    expect(patternOf(orders, heard)).toEqual({
      ...(rule.Properties.EventPattern as object),
      account: [THEIRS],
      region: [region],
    });
  });

  it('T52: are admitted from the roles that forward them, and from nobody else', () => {
    const forwarding = [environments.qat, environments.prod].map(({ template }) => {
      const [, rule] = only(template, 'AWS::Events::Rule');
      const [target] = rule.Properties.Targets as { RoleArn: unknown }[];
      return arnOfRole(template, text(target?.RoleArn).slice(1, -'.Arn>'.length), THEIRS);
    });
    expect(only(platform, 'AWS::Events::EventBusPolicy')[1].Properties.Statement).toMatchObject({
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${THEIRS}:root` },
      Action: 'events:PutEvents',
      Resource: bus,
      Condition: { ArnEquals: { 'aws:PrincipalArn': forwarding } },
    });
  });

  it("T52: of Prod's alarms call operators from Prod's account", () => {
    const alarms = ofType(environments.prod.template, 'AWS::CloudWatch::Alarm').map(
      ([, { Properties }]) => Properties.MetricName,
    );
    expect(alarms).toEqual([
      'HTTPCode_Target_5XX_Count',
      'HTTPCode_ELB_502_Count',
      'TargetResponseTime',
      'HealthyHostCount',
      'HTTPCode_ELB_503_Count',
      'HealthyHostCount',
    ]);
    const workloads = templateOf(`Lockstep-Workloads-${THEIRS}-eu-west-1`);
    expect(only(workloads, 'AWS::SNS::Subscription')[1].Properties.Endpoint).toBe('operators@example.com');
    expect(ofType(templateOf(`Lockstep-Workloads-${THEIRS}-us-east-1`), 'AWS::SNS::Topic')).toEqual([]);
  });
});

describe('images', () => {
  const distributionOf = (template: Template, prefix: string) =>
    only(template, 'AWS::ImageBuilder::DistributionConfiguration', prefix)[1].Properties.Distributions;

  it.each([
    ['QatImage', 'us-east-1'],
    ['ProdImage', 'eu-west-1'],
  ])(
    'T52: of %s are copied into the account and region that launches them, under a key of it',
    (prefix, region) => {
      expect(distributionOf(orders, prefix)).toEqual([
        {
          Region: region,
          AmiDistributionConfiguration: expect.objectContaining({
            TargetAccountIds: [THEIRS],
            KmsKeyId: `arn:aws:kms:${region}:${THEIRS}:alias/lockstep-images`,
          }),
        },
      ]);
      expect(
        only(templateOf(`Lockstep-Workloads-${THEIRS}-${region}`), 'AWS::KMS::Alias')[1].Properties.AliasName,
      ).toBe('alias/lockstep-images');
    },
  );

  const distributionRole = 'EC2ImageBuilderDistributionCrossAccountRole';
  const serviceLinked = (account: string, name: string) =>
    `arn:aws:iam::${account}:role/aws-service-role/${name}`;

  it('T52: come in under the role that Image Builder demands, once per account, which Image Builder of ours alone may assume', () => {
    const roles = Object.values(placed).flatMap(({ template }) =>
      ofType(template, 'AWS::IAM::Role').filter(
        ([, { Properties }]) => Properties.RoleName === distributionRole,
      ),
    );
    expect(roles.map(([, role]) => trustOf(role))).toEqual([
      trusts(OWN, serviceLinked(OWN, 'imagebuilder.amazonaws.com/AWSServiceRoleForImageBuilder')),
    ]);
  });

  it('T52: are encrypted with a key that the copying role may use', () => {
    const [id, { Properties }] = only(orders, 'AWS::KMS::Key', 'ImageKey');
    expect(JSON.stringify(only(orders, 'AWS::ImageBuilder::ImageRecipe')[1])).toContain(
      `"KmsKeyId":{"Fn::GetAtt":["${id}","Arn"]}`,
    );
    const copying = policyOf(Properties.KeyPolicy).filter(({ Condition }) =>
      JSON.stringify(Condition ?? {}).includes(`arn:aws:iam::${THEIRS}:role/${distributionRole}`),
    );
    expect(copying.map(({ Action, Condition }) => [Action, Condition?.Bool])).toEqual([
      [expect.arrayContaining(['kms:Decrypt', 'kms:DescribeKey', 'kms:ReEncryptFrom']), undefined],
      ['kms:CreateGrant', { 'kms:GrantIsForAWSResource': 'true' }],
    ]);
  });

  it.each(['us-east-1', 'eu-west-1'])(
    "T16: Auto Scaling's service-linked role may launch them in %s",
    (region) => {
      const [, { Properties }] = only(
        templateOf(`Lockstep-Workloads-${THEIRS}-${region}`),
        'AWS::KMS::Key',
        'ImageKey',
      );
      const launching = policyOf(Properties.KeyPolicy).filter(({ Condition }) =>
        JSON.stringify(Condition ?? {}).includes(
          serviceLinked(THEIRS, 'autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling'),
        ),
      );
      expect(launching.flatMap(({ Action }) => listOf(Action)).sort()).toEqual([
        'kms:CreateGrant',
        'kms:Decrypt',
        'kms:DescribeKey',
        'kms:Encrypt',
        'kms:GenerateDataKey',
        'kms:GenerateDataKeyWithoutPlaintext',
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
      ]);
    },
  );

  it('T52: for another region of the same account need neither that role nor a shared key', () => {
    const stacks = place({ ...example, environments: { prod: { region: 'eu-west-1' } } });
    const application = templateOf('Lockstep-orders', stacks);
    expect(distributionOf(application, 'ProdImage')).toEqual([
      {
        Region: 'eu-west-1',
        AmiDistributionConfiguration: expect.not.objectContaining({ TargetAccountIds: expect.anything() }),
      },
    ]);
    expect(distributionOf(application, 'QatImage')).toEqual([
      {
        Region: 'us-east-1',
        AmiDistributionConfiguration: expect.not.objectContaining({ KmsKeyId: expect.anything() }),
      },
    ]);
    // Who is of one account and region may refer to each other.
    const grants = grantsOf(
      templateOf('Lockstep-orders-Prod', stacks),
      only(templateOf('Lockstep-orders-Prod', stacks), 'AWS::IAM::Role', 'Deployments')[0],
    );
    expect(grants).toContainEqual(
      expect.stringMatching(/^kms:Decrypt on <import Lockstep-orders-Artifacts-eu-west-1:/),
    );
    expect(JSON.stringify(Object.values(stacks))).not.toContain(distributionRole);
    expect(ofType(application, 'AWS::KMS::Key')).toHaveLength(1);
    expect(ofType(application, 'AWS::AutoScaling::AutoScalingGroup')).toHaveLength(1);
  });
});
