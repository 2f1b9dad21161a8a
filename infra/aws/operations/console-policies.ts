import { Stack } from 'aws-cdk-lib';
import { Effect, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { FunctionName } from '../../../tasks/functions.ts';
import { EXECUTIONS_REASON, type LockstepFunction } from '../lockstep-function.ts';
import { acknowledgeWildcards } from '../nag-acknowledgements.ts';
import { executionArns, pipelineArns, stateMachineArn } from '../names.ts';
import { SEE_DEPLOYMENT_TARGETS } from '../permissions.ts';
import type { Evidence } from '../platform/evidence.ts';
import type { Ledger } from '../platform/ledger.ts';

interface PeopleProps {
  readonly application: string;
  readonly deploymentGroupArns: readonly string[];
  /** Every image of the application's recipe, as an ARN that ends with a star. */
  readonly imageArns: string;
  /** Functions whose dead letters operators see to. */
  readonly asynchronous: readonly LockstepFunction<FunctionName>[];
  /** Through which operators hand dead letters of start-promotion back to it. */
  readonly retries: { readonly deadLetters: IQueue; readonly queue: IQueue };
  readonly ledger: Ledger;
  readonly evidence: Evidence;
}

const WITHOUT_RESOURCE_REASON =
  'AWS authorizes states:ListStateMachines, which the console begins with, and what happened on instances of a deployment on no particular resource.';

/**
 * Policies to attach to people's roles in the AWS console. They deny everything that leads around the approvals site, even if another
 * policy allows it (D-041).
 */
export class People extends Construct {
  /** See an application's promotions: graph, history, and what failures link to. */
  readonly viewers: ManagedPolicy;
  /** Also redrive them, and see to dead letters. */
  readonly operators: ManagedPolicy;

  constructor(scope: Construct, id: string, props: PeopleProps) {
    super(scope, id);
    const { application } = props;
    this.viewers = new ManagedPolicy(this, 'Viewers', {
      description: `See the promotions of ${application}`,
      statements: [
        ...this.seeing(props),
        ...never(Stack.of(this)),
        ...neverWrite(props, props.retries.queue),
      ],
    });
    this.operators = new ManagedPolicy(this, 'Operators', {
      description: `See and redrive the promotions of ${application}`,
      statements: [
        ...this.seeing(props),
        ...this.redriving(props),
        ...never(Stack.of(this)),
        ...neverWrite(props),
      ],
    });
    acknowledgeWildcards(this, EXECUTIONS_REASON, executionArns(Stack.of(this), application));
    acknowledgeWildcards(
      this,
      "Images of this application's recipe: each build makes another, whose version and number are in its ARN.",
      props.imageArns,
    );
    acknowledgeWildcards(this, WITHOUT_RESOURCE_REASON, '*');
  }

  private seeing({ application, deploymentGroupArns, imageArns }: PeopleProps): PolicyStatement[] {
    const stack = Stack.of(this);
    const allow = (actions: string[], resources: readonly string[]) =>
      new PolicyStatement({ actions, resources: [...resources] });
    return [
      allow(['states:ListStateMachines'], ['*']),
      allow(['states:DescribeStateMachine', 'states:ListExecutions'], [stateMachineArn(stack, application)]),
      allow(
        ['states:DescribeExecution', 'states:DescribeStateMachineForExecution', 'states:GetExecutionHistory'],
        [executionArns(stack, application)],
      ),
      allow(
        [
          'codepipeline:GetPipeline',
          'codepipeline:GetPipelineExecution',
          'codepipeline:GetPipelineState',
          'codepipeline:ListActionExecutions',
          'codepipeline:ListPipelineExecutions',
        ],
        pipelineArns(stack, application),
      ),
      ...seeDeployments(deploymentGroupArns),
      allow(['imagebuilder:GetImage'], [imageArns]),
    ];
  }

  private redriving({ application, asynchronous, retries }: PeopleProps): PolicyStatement[] {
    const stack = Stack.of(this);
    return [
      new PolicyStatement({
        actions: ['states:RedriveExecution'],
        resources: [executionArns(stack, application)],
      }),
      new PolicyStatement({
        actions: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
        resources: [...queuesOf(asynchronous)],
      }),
      // SQS moves the messages in the operator's name. A person who can send to the retry queue can make an event up: it starts nothing but what
      // was pushed, and nobody is asked about it unless the push is on record (D-098).
      new PolicyStatement({
        actions: ['sqs:CancelMessageMoveTask', 'sqs:ListMessageMoveTasks', 'sqs:StartMessageMoveTask'],
        resources: [retries.deadLetters.queueArn],
      }),
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [retries.queue.queueArn] }),
    ];
  }
}

/**
 * The policy for people who look into a failure in an environment in another account, where {@link People}'s policies allow nothing.
 */
export function viewersElsewhere(
  stack: Stack,
  application: string,
  deploymentGroupArn: string,
): ManagedPolicy {
  const policy = new ManagedPolicy(stack, 'Viewers', {
    description: `See the deployments of ${application}`,
    statements: [...seeDeployments([deploymentGroupArn]), ...never(stack)],
  });
  acknowledgeWildcards(policy, WITHOUT_RESOURCE_REASON, '*');
  return policy;
}

const seeDeployments = (deploymentGroupArns: readonly string[]): PolicyStatement[] =>
  deploymentGroupArns.length === 0
    ? []
    : [
        new PolicyStatement({
          actions: ['codedeploy:GetDeployment'],
          resources: [...deploymentGroupArns],
        }),
        new PolicyStatement({ actions: SEE_DEPLOYMENT_TARGETS, resources: ['*'] }),
      ];

const deny = (actions: readonly string[], resources: readonly string[]): PolicyStatement =>
  new PolicyStatement({ effect: Effect.DENY, actions: [...actions], resources: [...resources] });

/** What nobody does by hand: an explicit deny overrides every other policy. */
const never = (stack: Stack): readonly PolicyStatement[] => [
  deny(
    [
      'states:SendTaskFailure',
      'states:SendTaskHeartbeat',
      'states:SendTaskSuccess',
      'states:StartExecution',
      'codedeploy:CreateDeployment',
      'codepipeline:OverrideStageCondition',
      'codepipeline:PutJobSuccessResult',
      'codepipeline:RetryStageExecution',
      'codepipeline:RollbackStage',
      'codepipeline:StartPipelineExecution',
      'lambda:InvokeAsync',
      'lambda:InvokeFunction',
      'lambda:InvokeFunctionUrl',
    ],
    ['*'],
  ),
  // The parameters of every application and environment, wherever it is: of images above all.
  deny(['ssm:PutParameter'], [`arn:${stack.partition}:ssm:*:*:parameter/lockstep/*`]),
];

/** What only functions write: the ledger, the evidence and the queues. */
const neverWrite = (
  { ledger, evidence, asynchronous }: PeopleProps,
  ...queues: readonly IQueue[]
): readonly PolicyStatement[] => [
  deny(
    [
      'dynamodb:BatchWriteItem',
      'dynamodb:DeleteItem',
      'dynamodb:PartiQLDelete',
      'dynamodb:PartiQLInsert',
      'dynamodb:PartiQLUpdate',
      // Transactions are authorized by these, too.
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
    ],
    [ledger.table.tableArn],
  ),
  deny(
    [
      's3:BypassGovernanceRetention',
      's3:DeleteObject',
      's3:DeleteObjectVersion',
      's3:PutObject',
      's3:PutObjectLegalHold',
      's3:PutObjectRetention',
    ],
    [evidence.bucket.arnForObjects('*')],
  ),
  deny(['kms:Sign'], [evidence.signingKey.keyArn]),
  deny(['sqs:SendMessage'], [...queuesOf(asynchronous), ...queues.map(({ queueArn }) => queueArn)]),
];

const queuesOf = (asynchronous: PeopleProps['asynchronous']): readonly string[] =>
  asynchronous.flatMap(({ deadLetters }) => deadLetters?.queueArn ?? []);
