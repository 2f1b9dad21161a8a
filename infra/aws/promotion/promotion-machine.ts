import { Duration, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, QueryLanguage, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { type PromotionParts, promotionDefinition } from '../../../workflows/promotion.ts';
import { stateMachineArn, stateMachineName } from '../names.ts';

export interface PromotionMachineProps extends Omit<PromotionParts, 'approvalExpiry' | 'terminationWait'> {
  readonly application: string;
  readonly approvalExpiryDays: number;
  readonly terminationWaitMinutes: number;
}

/** The state machine that promotes an application's commits. */
export class PromotionMachine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: PromotionMachineProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const { application, approvalExpiryDays, terminationWaitMinutes, ...parts } = props;
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineName: stateMachineName(application),
      comment: `Promotes commits of ${application} from push to production`,
      queryLanguage: QueryLanguage.JSONATA,
      definitionBody: DefinitionBody.fromChainable(
        promotionDefinition(this, {
          ...parts,
          approvalExpiry: Duration.days(approvalExpiryDays),
          terminationWait: Duration.minutes(terminationWaitMinutes),
        }),
      ),
      role: new Role(this, 'Role', {
        description: `State machine of ${application}`,
        assumedBy: new ServicePrincipal('states.amazonaws.com', {
          conditions: {
            StringEquals: { 'aws:SourceAccount': stack.account },
            ArnLike: { 'aws:SourceArn': stateMachineArn(stack, application) },
          },
        }),
      }),
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(this, 'Logs', {
          // The prefix keeps the account's log resource policy, which has a size limit, from growing.
          logGroupName: `/aws/vendedlogs/states/${stateMachineName(application)}`,
          retention: RetentionDays.ONE_YEAR,
        }),
        level: LogLevel.ALL,
        includeExecutionData: true,
      },
    });
  }
}
