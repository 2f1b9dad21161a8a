import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { LogLevel } from 'aws-cdk-lib/aws-stepfunctions';
import { Provider, type ProviderProps } from 'aws-cdk-lib/custom-resources';
import type { Construct } from 'constructs';
import { acknowledgeWildcards } from './nag-acknowledgements.ts';

interface CustomResourceProviderProps
  extends Pick<ProviderProps, 'onEventHandler' | 'isCompleteHandler' | 'queryInterval' | 'totalTimeout'> {
  /**
   * Name of what waits until resources are complete, within the account; only with `isCompleteHandler`.
   * @default the log has a generated name
   */
  readonly waiterName?: string;
}

/** CDK's Provider framework around handlers of a custom resource, allowed no more than it needs. */
export function createProvider(
  scope: Construct,
  id: string,
  { waiterName, ...props }: CustomResourceProviderProps,
): Provider {
  const logGroup = new LogGroup(scope, `${id}Logs`, { retention: RetentionDays.THREE_MONTHS });
  const provider = new Provider(scope, id, {
    ...props,
    logGroup,
    ...(props.isCompleteHandler && {
      disableWaiterStateMachineLogging: false,
      waiterStateMachineLogOptions: {
        destination: new LogGroup(scope, `${id}WaiterLogs`, {
          // The prefix keeps the account's log resource policy, which has a size limit, from growing.
          ...(waiterName && { logGroupName: `/aws/vendedlogs/states/${waiterName}` }),
          retention: RetentionDays.THREE_MONTHS,
          // One with a fixed name that a failed creation left behind would let the next one fail.
          removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        }),
        level: LogLevel.ALL,
        includeExecutionData: true,
      },
    }),
  });
  const framework = provider.node
    .findAll()
    .filter((construct): construct is LambdaFunction => construct instanceof LambdaFunction);
  for (const { role } of framework) {
    // AWS's policy for functions lets them write to every log group of the account.
    const cfnRole = role?.node.defaultChild;
    if (cfnRole instanceof CfnRole) cfnRole.managedPolicyArns = [];
    role?.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
  }
  const { onEventHandler, isCompleteHandler } = props;
  // CloudFormation alone calls this one, without a role.
  const called = framework.filter(({ node }) => node.id !== 'framework-onEvent');
  acknowledgeWildcards(
    provider,
    "Versions of the handlers and of the framework's own functions, which CDK grants along with the functions; there are none.",
    ...[onEventHandler, ...(isCompleteHandler ? [isCompleteHandler] : []), ...called].map(
      ({ functionArn }) => `${functionArn}:*`,
    ),
  );
  const waiter = provider.node.tryFindChild('waiter-state-machine');
  if (waiter) {
    acknowledgeWildcards(
      waiter,
      'AWS authorizes the delivery of logs of state machines on no particular resource.',
      '*',
    );
    // Its name is CloudFormation's, so that only the account can be named.
    const role = waiter.node.tryFindChild('Role')?.node.defaultChild;
    if (role instanceof CfnRole)
      role.addPropertyOverride('AssumeRolePolicyDocument.Statement.0.Condition', {
        StringEquals: { 'aws:SourceAccount': Stack.of(scope).account },
      });
  }
  return provider;
}
