import { text } from '../../../scripts/templates.ts';
import { type FunctionName, functions } from '../../../tasks/functions.ts';
import {
  grantsOf,
  ofType,
  only,
  type Resource,
  type Statement,
  stackOf,
  type Template,
  templates,
} from './support/templates.ts';

/** Functions that only some configurations need. */
const NOT_BY_DEFAULT: readonly FunctionName[] = [
  'artifact-key',
  'scan-commit',
  'send-notification',
  'tell-repository',
];
const expected = Object.entries(functions).filter(([name]) => !NOT_BY_DEFAULT.includes(name as FunctionName));
const stacks = templates();
const all: readonly (readonly [string, Resource, Template])[] = Object.values(stacks).flatMap((template) =>
  Object.entries(template.Resources).map(([id, resource]) => [id, resource, template] as const),
);
const every = (type: string) => all.filter(([, { Type }]) => Type === type);

describe('functions', () => {
  const lambdas = every('AWS::Lambda::Function').filter(([id]) => !id.includes('Providerframework'));
  it('are all those of the list', () => {
    expect(lambdas).toHaveLength(expected.length);
  });

  it('have exactly the variables of the list', () => {
    const given = lambdas.map(([, { Properties }]) =>
      Object.keys((Properties.Environment as { Variables?: object } | undefined)?.Variables ?? {}),
    );
    const sorted = (lists: readonly (readonly string[])[]) =>
      lists.map((list) => [...list].sort().join()).sort();
    expect(sorted(given)).toEqual(sorted(expected.map(([, { environment }]) => environment)));
  });

  it('have a role, a log group and a timeout each', () => {
    const roles = new Set(lambdas.map(([, { Properties }]) => text(Properties.Role)));
    expect(roles.size).toBe(lambdas.length);
    const logs = new Set(
      lambdas.map(([, { Properties }]) => text((Properties.LoggingConfig as { LogGroup: unknown }).LogGroup)),
    );
    expect(logs.size).toBe(lambdas.length);
    for (const [id, { Properties }] of lambdas) {
      expect([id, Properties.Runtime]).toEqual([id, 'nodejs24.x']);
      expect([id, Properties.Timeout]).toEqual([id, expect.any(Number)]);
    }
  });

  it('write their own logs and no others', () => {
    for (const [id, { Properties }, template] of lambdas) {
      const role = text(Properties.Role).slice(1, -'.Arn>'.length);
      const logGroup = text((Properties.LoggingConfig as { LogGroup: unknown }).LogGroup).slice(1, -1);
      const grants = grantsOf(template, role).filter((grant) => grant.startsWith('logs:'));
      expect([id, grants.sort()]).toEqual([
        id,
        [`logs:CreateLogStream on <${logGroup}.Arn>`, `logs:PutLogEvents on <${logGroup}.Arn>`],
      ]);
    }
  });
});

describe('what is asynchronous', () => {
  const orders = stackOf(stacks, 'Lockstep-orders');
  const isRetry = (id: string): boolean => id.startsWith('FunctionsRetries');
  const queues = ofType(orders, 'AWS::SQS::Queue').filter(([id]) => !isRetry(id));
  /** Logical ids of the functions that events invoke, and of their queues. */
  const queueOf = new Map<string, string>(
    ofType(orders, 'AWS::Lambda::Function').flatMap(([id, { Properties }]) => {
      const target = (Properties.DeadLetterConfig as { TargetArn: unknown } | undefined)?.TargetArn;
      return target === undefined ? [] : [[`<${id}.Arn>`, text(target)] as const];
    }),
  );

  it('keeps what a function fails with for good in a queue of its own, encrypted, for two weeks', () => {
    expect(
      [...queueOf.keys()].map((id) => id.replace(/Function[0-9A-F]{8}\.Arn>$/, '').slice(1)).sort(),
    ).toEqual([
      'FunctionsAcquireLock',
      'FunctionsCompleteJob',
      'FunctionsGuard',
      'FunctionsReconcileJobs',
      'FunctionsRestoreProd',
      'FunctionsStartPromotion',
      'FunctionsTrackPromotion',
      'KeepingDeleteUnusedImages',
      'LookLookAtInstances',
    ]);
    expect(new Set(queueOf.values()).size).toBe(queues.length);
    for (const [id, { Properties }] of queues)
      expect([id, Properties]).toEqual([
        id,
        { MessageRetentionPeriod: 1_209_600, SqsManagedSseEnabled: true },
      ]);
  });

  it('keeps what cannot be handed to a function in the same queue', () => {
    const targets = ofType(orders, 'AWS::Events::Rule').flatMap(
      ([, { Properties }]) => Properties.Targets as { Arn: unknown; DeadLetterConfig?: { Arn: unknown } }[],
    );
    expect(targets.length).toBeGreaterThanOrEqual(6);
    for (const { Arn, DeadLetterConfig } of targets)
      expect(text(DeadLetterConfig?.Arn)).toBe(queueOf.get(text(Arn)));
    const subscriptions = ofType(orders, 'AWS::SNS::Subscription');
    expect(subscriptions).toHaveLength(2);
    for (const [, { Properties }] of subscriptions)
      expect(text((Properties.RedrivePolicy as { deadLetterTargetArn: unknown }).deadLetterTargetArn)).toBe(
        queueOf.get(text(Properties.Endpoint)),
      );
  });

  it('has one way back for what it keeps: a queue of start-promotion, whose failures are dead letters again', () => {
    const [retries, ...others] = ofType(orders, 'AWS::SQS::Queue').filter(([id]) => isRetry(id));
    expect(others).toEqual([]);
    const [, { Properties }] = only(orders, 'AWS::Lambda::EventSourceMapping');
    expect(text(Properties.EventSourceArn)).toBe(`<${retries?.[0]}.Arn>`);
    const [startPromotion = '', deadLetters] =
      [...queueOf].find(([id]) => id.startsWith('<FunctionsStartPromotion')) ?? [];
    expect(`<${(Properties.FunctionName as { Ref: string }).Ref}.Arn>`).toBe(startPromotion);
    const queue = retries?.[1].Properties;
    expect(queue?.SqsManagedSseEnabled).toBe(true);
    const redrive = queue?.RedrivePolicy as { deadLetterTargetArn: unknown; maxReceiveCount: number };
    expect([text(redrive.deadLetterTargetArn), redrive.maxReceiveCount]).toEqual([deadLetters, 3]);
    // At least six times the function's timeout (Lambda's developer guide).
    const [, { Properties: ofFunction }] = only(orders, 'AWS::Lambda::Function', 'FunctionsStartPromotion');
    expect(Number(queue?.VisibilityTimeout)).toBeGreaterThanOrEqual(6 * Number(ofFunction.Timeout));
  });

  it('calls operators when one of the queues holds anything', () => {
    const watched = ofType(orders, 'AWS::CloudWatch::Alarm')
      .filter(([, { Properties }]) => Properties.MetricName === 'ApproximateNumberOfMessagesVisible')
      .map(([, { Properties }]) => {
        expect(Properties).toMatchObject({ Threshold: 0, ComparisonOperator: 'GreaterThanThreshold' });
        return text((Properties.Dimensions as { Value: unknown }[])[0]?.Value).slice(
          1,
          -'.QueueName>'.length,
        );
      });
    expect(watched.sort()).toEqual(queues.map(([id]) => id).sort());
  });
});

describe('data', () => {
  it('of logs has an end', () => {
    for (const [id, { Properties }] of every('AWS::Logs::LogGroup'))
      expect([id, Properties.RetentionInDays]).toEqual([id, expect.any(Number)]);
    expect(all.some(([, { Type }]) => Type === 'Custom::LogRetention')).toBe(false);
  });

  it('of topics is encrypted with a key of ours and travels by TLS only', () => {
    const topics = every('AWS::SNS::Topic');
    expect(topics).toHaveLength(4);
    for (const [id, { Properties }, template] of topics) {
      expect([id, text(Properties.KmsMasterKeyId)]).toEqual([
        id,
        expect.stringMatching(/^<(Mail)?Key\w+\.Arn>$/),
      ]);
      const policy = ofType(template, 'AWS::SNS::TopicPolicy').find(([, resource]) =>
        JSON.stringify(resource.Properties.Topics).includes(`"${id}"`),
      );
      expect(JSON.stringify(policy)).toContain('{"Bool":{"aws:SecureTransport":"false"}}');
    }
  });

  it('of buckets is encrypted (with a key of ours but for logs), private, and travels by TLS only', () => {
    for (const [id, { Properties }, template] of every('AWS::S3::Bucket')) {
      const isForLogs = /^(AccessLogs|FlowLogs)/.test(id);
      expect(Properties).toMatchObject({
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            {
              ServerSideEncryptionByDefault: isForLogs
                ? { SSEAlgorithm: 'AES256' }
                : { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: expect.anything() },
            },
          ],
        },
        PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
      });
      const policy = ofType(template, 'AWS::S3::BucketPolicy').find(([, resource]) =>
        JSON.stringify(resource.Properties.Bucket).includes(id),
      );
      expect(JSON.stringify(policy)).toContain('{"Bool":{"aws:SecureTransport":"false"}}');
    }
  });

  it('of requests and connections is logged', () => {
    const orders = stackOf(stacks, 'Lockstep-orders');
    const [logs] = only(orders, 'AWS::S3::Bucket', 'AccessLogs');
    expect(only(orders, 'AWS::S3::Bucket', 'Artifacts')[1].Properties.LoggingConfiguration).toEqual({
      DestinationBucketName: { Ref: logs },
      LogFilePrefix: 'artifacts/',
    });
    const { LoadBalancerAttributes } = only(orders, 'AWS::ElasticLoadBalancingV2::LoadBalancer')[1]
      .Properties;
    expect(LoadBalancerAttributes).toEqual(
      expect.arrayContaining([
        { Key: 'access_logs.s3.enabled', Value: 'true' },
        { Key: 'access_logs.s3.bucket', Value: { Ref: logs } },
        { Key: 'routing.http.drop_invalid_header_fields.enabled', Value: 'true' },
      ]),
    );
    // Elastic Load Balancing writes a test file when the attribute is set, and is limited by the path alone.
    const policies = ofType(orders, 'AWS::S3::BucketPolicy').flatMap(
      ([, { Properties }]) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement,
    );
    const delivery = policies.filter(({ Principal }) => JSON.stringify(Principal).includes('logdelivery'));
    expect(delivery).toHaveLength(1);
    expect(delivery[0]?.Condition).toBeUndefined();
    expect(text(delivery[0]?.Resource)).toMatch(/\/AWSLogs\/<AWS::AccountId>\/\*$/);
    const [, flowLog] = only(stackOf(stacks, 'Lockstep-Platform'), 'AWS::EC2::FlowLog');
    expect(flowLog.Properties).toMatchObject({ TrafficType: 'ALL', LogDestinationType: 's3' });
  });

  it('of logs with a fixed name goes with a creation that fails, so that the next one can succeed', () => {
    const named = every('AWS::Logs::LogGroup').filter(
      ([, { Properties }]) => typeof Properties.LogGroupName === 'string',
    );
    expect(named.length).toBeGreaterThan(1);
    for (const [id, { DeletionPolicy, UpdateReplacePolicy }] of named)
      expect([id, DeletionPolicy, UpdateReplacePolicy]).toEqual([id, 'RetainExceptOnCreate', 'Retain']);
  });

  it('of the ledger is encrypted, can be restored to any second, and is not deleted with the stack', () => {
    const [[, ledger] = []] = every('AWS::DynamoDB::Table');
    expect(ledger).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: {
        SSESpecification: { SSEEnabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: true,
      },
    });
  });

  it('of instances and images lies on encrypted volumes', () => {
    for (const [id, { Properties }] of every('AWS::EC2::LaunchTemplate'))
      expect([id, JSON.stringify(Properties)]).toEqual([id, expect.stringContaining('"Encrypted":true')]);
    for (const [id, { Properties }] of every('AWS::ImageBuilder::ImageRecipe'))
      expect([id, JSON.stringify(Properties)]).toEqual([id, expect.stringContaining('"Encrypted":true')]);
  });

  it('keys rotate, but for the one that signs, which KMS cannot rotate', () => {
    for (const [id, { Properties }] of every('AWS::KMS::Key'))
      expect([id, Properties.EnableKeyRotation]).toEqual([
        id,
        Properties.KeyUsage === 'SIGN_VERIFY' ? undefined : true,
      ]);
  });
});

/** Names that CloudFormation demands, that refer to themselves or in a circle, or that the command line looks up. */
const NAMED = [
  'AWS::CodeCommit::Repository orders',
  'AWS::CodeDeploy::DeploymentGroup qat',
  'AWS::CodePipeline::Pipeline lockstep-orders-prod',
  'AWS::CodePipeline::Pipeline lockstep-orders-qat',
  'AWS::Cognito::UserPoolGroup operator',
  'AWS::Cognito::UserPoolGroup pmo',
  'AWS::Cognito::UserPoolGroup qc',
  'AWS::Events::EventBus lockstep',
  'AWS::ImageBuilder::Component lockstep-orders-codedeploy-agent',
  'AWS::ImageBuilder::Component lockstep-orders-runtime-nodejs',
  'AWS::ImageBuilder::Component lockstep-orders-security-updates',
  'AWS::ImageBuilder::DistributionConfiguration lockstep-orders-prod',
  'AWS::ImageBuilder::DistributionConfiguration lockstep-orders-qat',
  'AWS::ImageBuilder::ImagePipeline lockstep-orders-prod',
  'AWS::ImageBuilder::ImagePipeline lockstep-orders-qat',
  'AWS::ImageBuilder::ImageRecipe lockstep-orders',
  'AWS::ImageBuilder::InfrastructureConfiguration lockstep-orders-prod',
  'AWS::ImageBuilder::InfrastructureConfiguration lockstep-orders-qat',
  // The platform's site and the command line call it by name.
  'AWS::Lambda::Function lockstep-orders-soak-prod',
  'AWS::Logs::LogGroup /aws/imagebuilder/lockstep-orders',
  'AWS::Logs::LogGroup /aws/imagebuilder/pipeline/lockstep-orders-prod',
  'AWS::Logs::LogGroup /aws/imagebuilder/pipeline/lockstep-orders-qat',
  'AWS::Logs::LogGroup /aws/vendedlogs/states/lockstep-orders',
  'AWS::Logs::LogGroup /aws/vendedlogs/states/lockstep-orders-prod-fleet',
  'AWS::SSM::Parameter /lockstep/orders/mail-addresses',
  'AWS::SSM::Parameter /lockstep/platform/configuration-versions',
  'AWS::SSM::Parameter /lockstep/platform/evidence-bucket',
  'AWS::SSM::Parameter /lockstep/platform/evidence-key',
  'AWS::SSM::Parameter /lockstep/platform/ledger-table',
  'AWS::StepFunctions::StateMachine lockstep-orders',
];
const NAME_PROPERTIES = new Set([
  'Name',
  'RepositoryName',
  'DeploymentGroupName',
  'GroupName',
  'LogGroupName',
  'StateMachineName',
  'FunctionName',
  'RoleName',
  'PolicyName',
  'TableName',
  'TopicName',
  'BucketName',
  'AutoScalingGroupName',
  'LaunchTemplateName',
  'UserPoolName',
  'InstanceProfileName',
]);

it('fixes no names but those that must be', () => {
  const named = all.flatMap(([, { Type, Properties = {} }]) =>
    // The name of an API is a label, an inline policy's is part of its role, a permission names its function.
    ['AWS::ApiGatewayV2::Api', 'AWS::IAM::Policy', 'AWS::Lambda::Permission'].includes(Type)
      ? []
      : Object.entries(Properties)
          .filter(([key, value]) => NAME_PROPERTIES.has(key) && typeof value === 'string')
          .map(([, value]) => `${Type} ${value}`),
  );
  expect(named.sort()).toEqual(NAMED);
});

it('adds no custom resources but its own', () => {
  const types = all.map(([, { Type }]) => Type);
  expect([...new Set(types.filter((type) => /^Custom::|::CustomResource$/.test(type)))].sort()).toEqual([
    'Custom::LockstepImageParameter',
    'Custom::LockstepProdFleet',
  ]);
  const extra = every('AWS::Lambda::Function').filter(([id]) =>
    /^(CustomResource|AWS|LogRetention|Bucket)/.test(id),
  );
  expect(extra).toEqual([]);
});

it('keeps each stack well below the limit of 500 resources', () => {
  for (const [name, { Resources }] of Object.entries(stacks))
    expect([name, Object.keys(Resources).length < 400]).toEqual([name, true]);
});

it('gives what operators and the local run look for', () => {
  const outputs = (name: string) =>
    Object.keys(stacks[name]?.Outputs ?? {}).filter((output) => !output.startsWith('Exports'));
  expect(outputs('Lockstep-Platform').sort()).toEqual([
    'ApprovalsUrl',
    'EventBusName',
    'EvidenceBucketName',
    'EvidenceKeyArn',
    'LedgerTableName',
    'PromotionsTopicArn',
    'TrailBucketName',
    'UserPoolClientId',
    'UserPoolId',
  ]);
  expect(outputs('Lockstep-orders').sort()).toEqual([
    'BranchName',
    'OperatorsPolicyArn',
    'ProdImagePipelineArn',
    'ProdPipelineName',
    'ProdUrl',
    'QatAutoScalingGroupName',
    'QatImagePipelineArn',
    'QatPipelineName',
    'RepositoryCloneUrl',
    'RepositoryName',
    'StateMachineArn',
    'ViewersPolicyArn',
  ]);
});
