import type { PolicyDocument } from '@lockstep/aws-emulator';
import { evaluate } from '../../../infra/local/aws/iam/evaluate.ts';
import { readPolicy } from '../../../infra/local/aws/iam/policy.ts';
import { listOf, text } from '../../../scripts/templates.ts';
import { grantsOfRole, ofType, only, type Statement, stackOf, templates } from './support/templates.ts';

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
/** What a function's role may do this on, with a name for the star. */
const resourceOf = (role: string, action: string): string => {
  const grant = grantsOfRole(orders, role).find((one) => one.startsWith(`${action} on `));
  return arnOf(grant?.slice(`${action} on `.length).replaceAll('*', 'any'));
};
const ledger = resourceOf('FunctionsStartPromotionRole', 'dynamodb:PutItem');
const record = resourceOf('FunctionsTrackPromotionRole', 's3:PutObject');
const signingKey = resourceOf('FunctionsTrackPromotionRole', 'kms:Sign');
const startPromotion = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:Lockstep-orders-FunctionsStartPromotion`;
const image = `arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/lockstep/orders/prod/image`;
const queueOf = (prefix: string): string =>
  arnOf({ 'Fn::GetAtt': [only(orders, 'AWS::SQS::Queue', prefix)[0], 'Arn'] });
const pushQueue = queueOf('FunctionsStartPromotion');
const retryQueue = queueOf('FunctionsRetries');
const queue = queueOf('FunctionsCompleteJob');

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
    ['sqs:DeleteMessage', queue, ['operators']],
    ['sqs:StartMessageMoveTask', queue, []],
    ['sqs:StartMessageMoveTask', pushQueue, ['operators']],
    ['sqs:ListMessageMoveTasks', pushQueue, ['operators']],
    ['sqs:CancelMessageMoveTask', pushQueue, ['operators']],
    ['sqs:ReceiveMessage', pushQueue, ['operators']],
    ['sqs:SendMessage', retryQueue, ['operators']],
    ['sqs:SendMessage', pushQueue, []],
    ['lambda:InvokeFunction', startPromotion, []],
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
    ['states:StartExecution', machine],
    ['codedeploy:CreateDeployment', `arn:aws:codedeploy:us-east-1:${ACCOUNT}:deploymentgroup:orders/prod`],
    ['ssm:PutParameter', image],
    ['ssm:PutParameter', image.replace('us-east-1', 'eu-central-1').replace('/orders/', '/billing/')],
    ['lambda:InvokeFunction', startPromotion],
    ['lambda:InvokeFunction', `${startPromotion}:$LATEST`],
    ['lambda:InvokeAsync', startPromotion],
    ['lambda:InvokeFunctionUrl', startPromotion],
    ['dynamodb:PutItem', ledger],
    ['dynamodb:UpdateItem', ledger],
    ['dynamodb:DeleteItem', ledger],
    ['dynamodb:BatchWriteItem', ledger],
    ['dynamodb:PartiQLUpdate', ledger],
    ['s3:PutObject', record],
    ['s3:DeleteObjectVersion', record],
    ['kms:Sign', signingKey],
    ['sqs:SendMessage', queue],
  ])('cannot do %s even if another policy allows everything', (action, resource) => {
    expect(may([everything], action, resource)).toBe(true);
    for (const policy of Object.values(policies))
      expect(may([everything, policy], action, resource)).toBe(false);
  });

  it('viewers hand nothing back to a function either', () => {
    expect(may([everything, policies.viewers], 'sqs:SendMessage', retryQueue)).toBe(false);
  });

  it('viewers change nothing', () => {
    const actions = listOf(policies.viewers.Statement)
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap(({ Action }) => listOf(Action));
    expect(actions.filter((action) => !/^\w+:(Get|List|Describe|BatchGet)[A-Z]\w+$/.test(action))).toEqual(
      [],
    );
  });

  it('stay within the size of a managed policy', () => {
    // Without white space (IAM's quotas); names of the templates are longer than AWS's.
    for (const document of Object.values(policies))
      expect(JSON.stringify(document).length).toBeLessThan(6144);
    expect(ofType(orders, 'AWS::IAM::ManagedPolicy')).toHaveLength(2);
  });
});
