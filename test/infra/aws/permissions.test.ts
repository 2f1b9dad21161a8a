import fc from 'fast-check';
import { applicationName } from '../../../infra/config/values.ts';
import { evaluate } from '../../../infra/local/aws/iam/evaluate.ts';
import { readPolicy } from '../../../infra/local/aws/iam/policy.ts';
import { listOf, text } from '../../../scripts/templates.ts';
import { isPromotionIdOf, promotionIdOf } from '../../../tasks/promotions/promotion-from.ts';
import { unusedGrants } from '../../support/unused-grants.ts';
import {
  grantsOf,
  ofType,
  type Resource,
  type Statement,
  stackOf,
  statementsOf,
  type Template,
  templates,
} from './support/templates.ts';

const stacks = templates();
const all: readonly (readonly [string, Resource, Template])[] = Object.values(stacks).flatMap((template) =>
  Object.entries(template.Resources).map(([id, resource]) => [id, resource, template] as const),
);
const every = (type: string) => all.filter(([, { Type }]) => Type === type);

/** Every statement that allows something: attached policies, inline ones, and those of resources. */
const statements: readonly (readonly [string, Statement])[] = all.flatMap(([id, { Properties = {} }]) => {
  const documents = [
    Properties.PolicyDocument,
    Properties.KeyPolicy,
    ...listOf(Properties.Policies as { PolicyDocument: unknown }[]).map((one) => one.PolicyDocument),
  ];
  return documents.flatMap((document) =>
    listOf((document as { Statement: Statement[] } | undefined)?.Statement).map(
      (statement) => [id, statement] as const,
    ),
  );
});

/** Actions that AWS authorizes on no resource, or that CDK's logging and tracing of state machines needs on all. */
const WITHOUT_RESOURCE = [
  'autoscaling:DescribeAutoScalingGroups',
  'autoscaling:DescribeInstanceRefreshes',
  'autoscaling:DescribeScalingActivities',
  'cloudtrail:LookupEvents',
  'cloudwatch:GetMetricData',
  'codedeploy:BatchGetDeploymentTargets',
  'codedeploy:ContinueDeployment',
  'codedeploy:ListDeploymentTargets',
  'codedeploy:StopDeployment',
  'codepipeline:PutJobFailureResult',
  'codepipeline:PutJobSuccessResult',
  'dynamodb:ListStreams',
  'ec2:DescribeImages',
  'ec2:DescribeInstances',
  'elasticloadbalancing:DescribeTargetHealth',
  'lambda:ListFunctions',
  'logs:CreateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:GetLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:UpdateLogDelivery',
  // What the console's list of state machines begins with.
  'states:ListStateMachines',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
];
/** CDK's waiter for custom resources writes its log like this as well. */
const WAITER_LOGS = ['logs:CreateLogStream', 'logs:PutLogEvents'];

describe('permissions', () => {
  it('name every action in full, but for the account on its own keys', () => {
    const wild = statements.flatMap(([id, { Action, Effect }]) =>
      Effect === 'Allow'
        ? listOf(Action)
            .filter((action) => action.includes('*'))
            .map((action) => `${id}: ${action}`)
        : [],
    );
    expect(wild).toEqual([
      expect.stringMatching(/^EvidenceSigningKey\w+: kms:\*$/),
      expect.stringMatching(/^EvidenceStorageKey\w+: kms:\*$/),
      expect.stringMatching(/^TrailKey\w+: kms:\*$/),
      expect.stringMatching(/^MailKey\w+: kms:\*$/),
      expect.stringMatching(/^Key\w+: kms:\*$/),
    ]);
  });

  it('name resources, where AWS has any', () => {
    const documents = [...every('AWS::IAM::Policy'), ...every('AWS::IAM::ManagedPolicy')];
    const anywhere = documents.flatMap(([id, { Properties }]) =>
      (Properties.PolicyDocument as { Statement: Statement[] }).Statement.filter(
        ({ Effect, Resource }) => Effect === 'Allow' && listOf(Resource as unknown).includes('*'),
      )
        .flatMap(({ Action }) => listOf(Action))
        .filter((action) => !(id.includes('waiterstatemachine') && WAITER_LOGS.includes(action))),
    );
    expect([...new Set(anywhere)].sort()).toEqual(WITHOUT_RESOURCE);
  });

  it('let only the functions of jobs and locks and the approvals site complete tasks', () => {
    const answering = every('AWS::IAM::Role').filter(([id, , template]) =>
      grantsOf(template, id).some((grant) => grant.startsWith('states:SendTask')),
    );
    expect(answering.map(([id]) => id.replace(/Role\w*$/, '')).sort()).toEqual([
      'ApprovalsSite',
      'FunctionsAcquireLock',
      'FunctionsCompleteJob',
      'FunctionsReconcileJobs',
      'FunctionsStartJob',
    ]);
  });

  it('let nobody but start-job start pipelines', () => {
    const starting = every('AWS::IAM::Role').filter(([id, , template]) =>
      grantsOf(template, id).some((grant) => grant.startsWith('codepipeline:StartPipelineExecution ')),
    );
    expect(starting.map(([id]) => id.replace(/Role\w*$/, ''))).toEqual(['FunctionsStartJob']);
  });

  it('let nobody but track-promotion sign evidence and inspect-image statements, and nobody change or delete either', () => {
    const grants = every('AWS::IAM::Role').flatMap(([id, , template]) =>
      grantsOf(template, id).map((grant) => [id.replace(/Role\w*$/, ''), grant] as const),
    );
    const signing = grants.filter(([, grant]) => grant.startsWith('kms:Sign '));
    expect(signing).toEqual([
      ['FunctionsTrackPromotion', expect.stringContaining('EvidenceSigningKey')],
      ['FunctionsInspectImage', expect.stringContaining('EvidenceSigningKey')],
    ]);
    const onBucket = grants.filter(([, grant]) => /EvidenceBucket/.test(grant));
    const inventories = expect.stringMatching(
      /^s3:GetObject on .*EvidenceBucket.*\/orders\/images\/\*\/inventory\.json$/,
    );
    const images = (action: string) =>
      expect.stringMatching(new RegExp(`^s3:${action} on .*EvidenceBucket.*/orders/images/\\*$`));
    const document = (name: string) =>
      expect.stringMatching(new RegExp(`^s3:GetObject on .*EvidenceBucket.*/\\*/images/\\*/${name}\\.json$`));
    expect([...onBucket].sort()).toEqual([
      ['ApprovalsSite', document('findings')],
      ['ApprovalsSite', document('inventory')],
      ['FunctionsAcquireLock', inventories],
      ['FunctionsCheckRelease', inventories],
      ['FunctionsCompleteJob', inventories],
      ['FunctionsGuard', images('GetObject')],
      ['FunctionsInspectImage', images('GetObject')],
      ['FunctionsInspectImage', images('PutObject')],
      ['FunctionsPointAtImage', images('GetObject')],
      ['FunctionsReconcileJobs', inventories],
      ['FunctionsRequestApproval', images('GetObject')],
      ['FunctionsStartJob', inventories],
      ['FunctionsTrackPromotion', inventories],
      ['FunctionsTrackPromotion', expect.stringMatching(/^s3:PutObject on .*EvidenceBucket.*\/orders\/\*$/)],
      ['FunctionsVerifyProd', images('GetObject')],
    ]);
  });

  it("are AWS's own policies only where its services ask for them", () => {
    const managed = every('AWS::IAM::Role').flatMap(([, { Properties }]) =>
      listOf(Properties.ManagedPolicyArns as unknown[]).map((arn) => text(arn).split(':policy/')[1]),
    );
    expect([...new Set(managed)].sort()).toEqual([
      'AmazonSSMManagedInstanceCore',
      'EC2InstanceProfileForImageBuilder',
      'service-role/AWSCodeDeployRole',
    ]);
  });

  it('are trusted to one AWS service per role', () => {
    for (const [id, { Properties }] of every('AWS::IAM::Role')) {
      const { Statement } = Properties.AssumeRolePolicyDocument as { Statement: Statement[] };
      expect([id, Statement.length]).toEqual([id, 1]);
      expect([id, Object.keys(Statement[0]?.Principal as object)]).toEqual([id, ['Service']]);
    }
  });

  it('are lent to services for one resource of this account, where the service says for which it acts', () => {
    const lent = every('AWS::IAM::Role').map(([id, { Properties }]) => {
      const [trust] = (Properties.AssumeRolePolicyDocument as { Statement: Statement[] }).Statement;
      const { Service = '' } = (trust?.Principal ?? {}) as { Service?: string };
      // T54 says why these keys count only if they are there.
      const ifExists = Service === 'codepipeline.amazonaws.com' ? 'IfExists' : '';
      const account = trust?.Condition?.[`StringEquals${ifExists}`]?.['aws:SourceAccount'];
      const arn = trust?.Condition?.[`ArnLike${ifExists}`]?.['aws:SourceArn'];
      // Neither names the function or instance that it assumes a role for; iam:PassRole decides there.
      if (['lambda.amazonaws.com', 'ec2.amazonaws.com'].includes(Service)) {
        expect([id, trust?.Condition]).toEqual([id, undefined]);
        return '';
      }
      expect([id, account]).toEqual([id, { Ref: 'AWS::AccountId' }]);
      return `${Service} for ${arn === undefined ? 'the account' : text(arn).split('<AWS::AccountId>:')[1]}`;
    });
    expect(lent.filter((line) => line !== '').sort()).toEqual([
      expect.stringMatching(/^codedeploy.amazonaws.com for deploymentgroup:<ProdCodeDeploy\w*>\/prod$/),
      expect.stringMatching(/^codedeploy.amazonaws.com for deploymentgroup:<QatCodeDeploy\w*>\/qat$/),
      'codepipeline.amazonaws.com for lockstep-orders-prod',
      'codepipeline.amazonaws.com for lockstep-orders-qat',
      // Scheduler names the group of a schedule.
      'scheduler.amazonaws.com for schedule-group/default',
      'states.amazonaws.com for stateMachine:lockstep-orders',
      // The waiter of the custom resource: CloudFormation names it.
      'states.amazonaws.com for the account',
    ]);
  });

  it('T54: are lent to CodePipeline whether or not it says for which pipeline it acts, and to nobody else so', () => {
    const lenient = every('AWS::IAM::Role').filter(([, { Properties }]) =>
      JSON.stringify(Properties.AssumeRolePolicyDocument).includes('IfExists'),
    );
    expect(lenient.length).toBeGreaterThan(0);
    for (const [id, { Properties }] of lenient)
      expect([id, JSON.stringify(Properties.AssumeRolePolicyDocument)]).toEqual([
        id,
        expect.stringContaining('"codepipeline.amazonaws.com"'),
      ]);
    const strict = every('AWS::IAM::Role').filter(([, { Properties }]) =>
      /codepipeline.*"(StringEquals|ArnLike)":/.test(JSON.stringify(Properties.AssumeRolePolicyDocument)),
    );
    expect(strict.map(([id]) => id)).toEqual([]);
  });

  it('T62: give every pipeline what CodePipeline documents as the least for its bucket and for functions', () => {
    const pipelines = every('AWS::CodePipeline::Pipeline');
    expect(pipelines.length).toBeGreaterThan(1);
    for (const [id, { Properties }, template] of pipelines) {
      const role = text(Properties.RoleArn).slice(1).split('.')[0] ?? '';
      const grants = grantsOf(template, role);
      for (const action of ['GetBucketAcl', 'GetBucketLocation', 'GetBucketVersioning'])
        expect([id, grants]).toEqual([
          id,
          expect.arrayContaining([
            expect.stringMatching(new RegExp(`^s3:${action} on <Artifacts\\w+\\.Arn>$`)),
          ]),
        ]);
      expect([id, grants]).toEqual([id, expect.arrayContaining(['lambda:ListFunctions on *'])]);
    }
  });

  it('are lent to one function or service each', () => {
    const users = all.flatMap(([id, { Type, Properties = {} }]) =>
      ['Role', 'RoleArn', 'ServiceRoleArn', 'serviceRoleArn'].flatMap((key) =>
        Properties[key] === undefined || Type === 'AWS::IAM::Policy'
          ? []
          : [`${text(Properties[key])} ${id}`],
      ),
    );
    const roles = users.map((user) => user.split(' ')[0]);
    expect(roles.length).toBeGreaterThan(20);
    expect(roles.filter((role, index) => roles.indexOf(role) < index)).toEqual([]);
  });

  it('to pass a role say which, and to which service', () => {
    const passing = statements.filter(([, { Action }]) => listOf(Action).includes('iam:PassRole'));
    expect(passing).toHaveLength(3);
    for (const [id, { Resource, Condition }] of passing) {
      expect([id, listOf(Resource).length, text(Resource)]).toEqual([
        id,
        1,
        expect.stringMatching(/Role\w+\.Arn>$/),
      ]);
      expect([id, Condition?.StringEquals?.['iam:PassedToService']]).toEqual([
        id,
        expect.stringMatching(/^(ec2|codedeploy)\.amazonaws\.com$/),
      ]);
    }
  });
});

it('has no role that may do nothing', () => {
  for (const [id, { Properties }, template] of every('AWS::IAM::Role'))
    expect([id, statementsOf(template, id).length + listOf(Properties.ManagedPolicyArns).length > 0]).toEqual(
      [id, true],
    );
});

it('explains as unused only what is granted', () => {
  const roles = every('AWS::IAM::Role').map(
    ([id, , template]) => [id, grantsOf(template, id).map((grant) => grant.split(' ')[0])] as const,
  );
  const stale = unusedGrants.flatMap(({ role, actions }) =>
    actions
      .filter((action) => !roles.some(([id, granted]) => role.test(id) && granted.includes(action)))
      .map((action) => `${action} of ${role}`),
  );
  expect(stale).toEqual([]);
});

describe("an application's functions", () => {
  const orders = stackOf(stacks, 'Lockstep-orders');
  const roles = ofType(orders, 'AWS::IAM::Role').filter(([id]) => /^Functions\w+Role/.test(id));
  const writing = roles.flatMap(([id]) =>
    statementsOf(orders, id)
      .filter(({ Action }) => listOf(Action).some((action) => /^dynamodb:(Put|Update)Item$/.test(action)))
      .map((statement) => [id, statement] as const),
  );
  const table = 'arn:aws:dynamodb:us-east-1:000000000000:table/ledger';
  const mayWrite = ({ Action, Condition }: Statement, keys: readonly string[]): boolean =>
    evaluate({
      action: listOf(Action)[0] ?? '',
      resource: table,
      caller: { accountId: '000000000000', arns: [] },
      context: new Map(keys.length > 0 ? [['dynamodb:leadingkeys', keys]] : []),
      identityPolicies: [
        readPolicy(
          { Statement: { Effect: 'Allow', Action: listOf(Action), Resource: table, Condition } } as never,
          'of a function',
        ),
      ],
    }).allowed;
  const uuid = '6b1f2a0e-0000-4000-8000-000000000001';
  const idOf = (application: string) => `PROMOTION#${promotionIdOf(application, 'a'.repeat(40), uuid)}`;

  it('write no items but their own', () => {
    expect(writing.length).toBeGreaterThan(8);
    for (const [id, statement] of writing) {
      expect([id, mayWrite(statement, [idOf('orders')])]).toEqual([id, true]);
      expect([id, mayWrite(statement, ['APPLICATION#orders'])]).toEqual([id, true]);
      for (const key of [
        idOf('billing'),
        // Names that begin like this one, or contain it.
        idOf('orders-2'),
        idOf('orders-aaaaaaaaaaaa'),
        'APPLICATION#billing',
        'APPLICATION#orders-2',
        `PROMOTION#orders-by-hand`,
      ])
        expect([id, key, mayWrite(statement, [key])]).toEqual([id, key, false]);
      expect([id, mayWrite(statement, [idOf('orders'), idOf('billing')])]).toEqual([id, false]);
      expect([id, mayWrite(statement, [])]).toEqual([id, false]);
    }
  });

  it('find the longest name of an application whole in the ids of its promotions', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z][a-z0-9-]{22}[a-z0-9]$/), fc.uuid(), (name, id) => {
        expect(applicationName.safeParse(name).success).toBe(true);
        expect(applicationName.safeParse(`${name}x`).success).toBe(false);
        expect(isPromotionIdOf(name, promotionIdOf(name, 'a'.repeat(40), id))).toBe(true);
        expect(isPromotionIdOf(name.slice(0, -1), promotionIdOf(name, 'a'.repeat(40), id))).toBe(false);
      }),
    );
  });
});
