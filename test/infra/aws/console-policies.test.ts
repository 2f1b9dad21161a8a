import type { PolicyDocument } from '@lockstep/aws-emulator';
import { evaluate } from '../../../infra/local/aws/iam/evaluate.ts';
import { readPolicy } from '../../../infra/local/aws/iam/policy.ts';
import { listOf, ofType, only, type Statement, stackOf, templates, text } from './support/templates.ts';

const orders = stackOf(templates(), 'Lockstep-orders');
const ACCOUNT = '000000000000';

/** An ARN of this account, with other intrinsics as they stand. */
const arnOf = (value: unknown): string =>
  text(value)
    .replaceAll('<AWS::Partition>', 'aws')
    .replaceAll('<AWS::Region>', 'us-east-1')
    .replaceAll('<AWS::AccountId>', ACCOUNT);

const documentOf = (prefix: string): PolicyDocument => {
  const [, { Properties }] = only(orders, 'AWS::IAM::ManagedPolicy', prefix);
  const { Statement } = Properties.PolicyDocument as { Statement: Statement[] };
  return {
    Version: '2012-10-17',
    Statement: Statement.map(({ Effect, Action, Resource }) => ({
      Effect: Effect as 'Allow' | 'Deny',
      Action,
      Resource: listOf(Resource as unknown).map(arnOf),
    })),
  };
};

const everything: PolicyDocument = { Statement: { Effect: 'Allow', Action: '*', Resource: '*' } };
const policies = { viewers: documentOf('PeopleViewers'), operators: documentOf('PeopleOperators') };
type Who = keyof typeof policies;

const may = (documents: readonly PolicyDocument[], action: string, resource: string): boolean =>
  evaluate({
    action,
    resource,
    caller: { accountId: ACCOUNT, arns: [`arn:aws:iam::${ACCOUNT}:role/person`] },
    context: new Map(),
    identityPolicies: documents.map((document) => readPolicy(document, 'of a person')),
  }).allowed;

const states = `arn:aws:states:us-east-1:${ACCOUNT}`;
const machine = `${states}:stateMachine:lockstep-orders`;
const execution = `${states}:execution:lockstep-orders:orders-8f0c`;
const pipeline = `arn:aws:codepipeline:us-east-1:${ACCOUNT}:lockstep-orders-prod`;
const queue = arnOf({ 'Fn::GetAtt': [only(orders, 'AWS::SQS::Queue', 'FunctionsCompleteJob')[0], 'Arn'] });

describe('people in the AWS console', () => {
  it.each<[string, string, readonly Who[]]>([
    ['states:ListStateMachines', '*', ['viewers', 'operators']],
    ['states:ListExecutions', machine, ['viewers', 'operators']],
    ['states:DescribeExecution', execution, ['viewers', 'operators']],
    ['states:DescribeStateMachineForExecution', execution, ['viewers', 'operators']],
    ['states:GetExecutionHistory', execution, ['viewers', 'operators']],
    ['codepipeline:GetPipelineExecution', pipeline, ['viewers', 'operators']],
    ['states:RedriveExecution', execution, ['operators']],
    ['sqs:ReceiveMessage', queue, ['operators']],
    ['states:RedriveExecution', execution.replace('lockstep-orders', 'lockstep-other'), []],
    ['states:DescribeExecution', execution.replace('lockstep-orders', 'lockstep-other'), []],
    ['states:StartExecution', machine, []],
    ['states:StopExecution', execution, []],
    ['states:UpdateStateMachine', machine, []],
    ['states:SendTaskSuccess', machine, []],
    ['codepipeline:StartPipelineExecution', pipeline, []],
    ['codepipeline:UpdatePipeline', pipeline, []],
    ['codedeploy:CreateDeployment', 'arn:aws:codedeploy:us-east-1:000000000000:deploymentgroup:a/prod', []],
    ['ssm:PutParameter', `arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/lockstep/orders/prod/image`, []],
    ['dynamodb:PutItem', `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/ledger`, []],
    ['iam:PassRole', `arn:aws:iam::${ACCOUNT}:role/any`, []],
  ])('%s on %s: %j', (action, resource, allowed) => {
    const found = (['viewers', 'operators'] as const).filter((who) => may([policies[who]], action, resource));
    expect(found).toEqual(allowed);
  });

  it.each([
    ['states:SendTaskSuccess', machine],
    ['states:SendTaskFailure', machine],
    ['states:SendTaskHeartbeat', machine],
    ['codepipeline:StartPipelineExecution', pipeline],
    ['codepipeline:RetryStageExecution', `${pipeline}/Deploy`],
    ['codepipeline:PutJobSuccessResult', '*'],
  ])('cannot do %s even if another policy allows everything', (action, resource) => {
    expect(may([everything], action, resource)).toBe(true);
    for (const policy of Object.values(policies))
      expect(may([everything, policy], action, resource)).toBe(false);
  });

  it('viewers change nothing', () => {
    const actions = listOf(policies.viewers.Statement)
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap(({ Action }) => listOf(Action));
    expect(actions.filter((action) => !/^\w+:(Get|List|Describe|BatchGet)[A-Z]\w+$/.test(action))).toEqual(
      [],
    );
  });

  it('cannot make a function start or complete a job', () => {
    const invocable = listOf(policies.operators.Statement)
      .filter(({ Action }) => listOf(Action).includes('lambda:InvokeFunction'))
      .flatMap(({ Resource }) => listOf(Resource));
    expect(invocable.map((arn) => arn.replace(/Function[0-9A-F]{8}\.Arn>$/, '').slice(1)).sort()).toEqual([
      'FunctionsCompleteJob',
      'FunctionsReconcileJobs',
      'FunctionsRestoreProd',
      'FunctionsStartPromotion',
      'FunctionsTrackPromotion',
    ]);
    expect(ofType(orders, 'AWS::IAM::ManagedPolicy')).toHaveLength(2);
  });
});
