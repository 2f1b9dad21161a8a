import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, QueryLanguage, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { type PromotionParts, promotionDefinition } from '../../../workflows/promotion.ts';
import { acknowledgeWildcards } from '../nag-acknowledgements.ts';
import { stateMachineArn, stateMachineName } from '../names.ts';
import { allow } from '../permissions.ts';
import { forResource } from '../service-principal.ts';

interface PromotionMachineProps extends Omit<PromotionParts, 'approvalExpiry' | 'soak'> {
  readonly application: string;
  readonly approvalExpiryDays: number;
  readonly soakMinutes: number;
}

/** What delivering its log takes. Source: Step Functions developer guide, "Logging using CloudWatch Logs". */
const LOG_ACTIONS = [
  'logs:CreateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:GetLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:UpdateLogDelivery',
] as const;
/** What tracing takes. Source: Step Functions developer guide, "AWS X-Ray and Step Functions". */
const TRACE_ACTIONS = [
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
] as const;

/** The state machine that promotes an application's commits. */
export class PromotionMachine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: PromotionMachineProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const { application, approvalExpiryDays, soakMinutes, ...parts } = props;
    const role = new Role(this, 'Role', {
      description: `State machine of ${application}`,
      assumedBy: forResource('states.amazonaws.com', stack, stateMachineArn(stack, application)),
    });
    allow(
      role,
      ['lambda:InvokeFunction'],
      Object.values(parts.functions).map(({ functionArn }) => functionArn),
    );
    allow(role, [...LOG_ACTIONS, ...TRACE_ACTIONS], ['*']);
    acknowledgeWildcards(
      role,
      'AWS authorizes the delivery of logs and traces of state machines on no particular resource.',
      '*',
    );
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineName: stateMachineName(application),
      comment: `Promotes commits of ${application} from push to production`,
      queryLanguage: QueryLanguage.JSONATA,
      definitionBody: DefinitionBody.fromChainable(
        promotionDefinition(this, {
          ...parts,
          approvalExpiry: Duration.days(approvalExpiryDays),
          soak: Duration.minutes(soakMinutes),
        }),
      ),
      // CDK would also grant versions of the functions, of which there are none.
      role: role.withoutPolicyUpdates(),
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(this, 'Logs', {
          // The prefix keeps the account's log resource policy, which has a size limit, from growing.
          logGroupName: `/aws/vendedlogs/states/${stateMachineName(application)}`,
          retention: RetentionDays.ONE_YEAR,
          // Its name is fixed: one that a failed creation left behind would let the next one fail.
          removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        }),
        level: LogLevel.ALL,
        includeExecutionData: true,
      },
    });
  }
}
