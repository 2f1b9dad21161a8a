import { Stack } from 'aws-cdk-lib';
import { Effect, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { FunctionName } from '../../../tasks/functions.ts';
import { EXECUTIONS_REASON, type LockstepFunction } from '../lockstep-function.ts';
import { acknowledgeWildcards } from '../nag-acknowledgements.ts';
import { executionArns, pipelineArns, stateMachineArn } from '../names.ts';
import { SEE_DEPLOYMENT_TARGETS } from '../permissions.ts';

interface PeopleProps {
  readonly application: string;
  readonly deploymentGroupArns: readonly string[];
  /** Every image of the application's recipe, as an ARN that ends with a star. */
  readonly imageArns: string;
  /** Functions whose dead letters operators see to, and which they may hand an event to again. */
  readonly asynchronous: readonly LockstepFunction<FunctionName>[];
}

const WITHOUT_RESOURCE_REASON =
  'AWS authorizes states:ListStateMachines, which the console begins with, and what happened on instances of a deployment on no particular resource.';

/**
 * Policies to attach to people's roles in the AWS console. They deny completing a task for an approver and starting a pipeline, even if
 * another policy allows it (D-041).
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
      statements: [...this.seeing(props), never()],
    });
    this.operators = new ManagedPolicy(this, 'Operators', {
      description: `See and redrive the promotions of ${application}`,
      statements: [...this.seeing(props), ...this.redriving(props), never()],
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

  private redriving({ application, asynchronous }: PeopleProps): PolicyStatement[] {
    const stack = Stack.of(this);
    const queues = asynchronous.flatMap(({ deadLetters }) => deadLetters?.queueArn ?? []);
    return [
      new PolicyStatement({
        actions: ['states:RedriveExecution'],
        resources: [executionArns(stack, application)],
      }),
      new PolicyStatement({
        actions: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
        resources: queues,
      }),
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        // Not the guard: by the time anybody reads its dead letter, CodePipeline's job has timed out. Not acquire-lock: it runs every
        // five minutes anyway, and nobody may request a lock in a promotion's name.
        resources: asynchronous
          .filter(({ name }) => name !== 'guard-pipeline' && name !== 'acquire-lock')
          .map(({ function: { functionArn } }) => functionArn),
      }),
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
    statements: [...seeDeployments([deploymentGroupArn]), never()],
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

/** An explicit deny overrides every other policy. */
const never = () =>
  new PolicyStatement({
    effect: Effect.DENY,
    actions: [
      'states:SendTaskFailure',
      'states:SendTaskHeartbeat',
      'states:SendTaskSuccess',
      'codepipeline:OverrideStageCondition',
      'codepipeline:PutJobSuccessResult',
      'codepipeline:RetryStageExecution',
      'codepipeline:RollbackStage',
      'codepipeline:StartPipelineExecution',
    ],
    resources: ['*'],
  });
