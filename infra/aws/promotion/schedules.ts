import { Stack } from 'aws-cdk-lib';
import { Role } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type { FunctionName } from '../../../tasks/functions.ts';
import type { LockstepFunction } from '../lockstep-function.ts';
import { allow, awaitPermissions } from '../permissions.ts';
import { forResource } from '../service-principal.ts';

/** How often, and within how many minutes of each turn. */
interface Pace {
  readonly rate: string;
  readonly windowMinutes: number;
}
const EVERY_FIVE_MINUTES: Pace = { rate: 'rate(5 minutes)', windowMinutes: 4 };
/** At any time of four hours: no two applications need the same minute. */
export const EVERY_DAY: Pace = { rate: 'rate(1 day)', windowMinutes: 240 };

/**
 * Invokes functions at intervals, each at another moment of a window: a new account runs few functions at once (T63), and people
 * wait for the approvals site while the schedules of all applications run.
 */
export class Schedules extends Construct {
  private readonly role: Role;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const stack = Stack.of(this);
    this.role = new Role(this, 'Role', {
      description: 'Schedules of what checks again',
      // Scheduler names the schedule's group, and ours are in the default one.
      assumedBy: forResource(
        'scheduler.amazonaws.com',
        stack,
        stack.formatArn({ service: 'scheduler', resource: 'schedule-group', resourceName: 'default' }),
      ),
    });
  }

  /** Adds a function; what cannot be handed to it goes where its own failures go. @param pace @default every five minutes */
  add(
    id: string,
    description: string,
    one: LockstepFunction<FunctionName>,
    { rate, windowMinutes }: Pace = EVERY_FIVE_MINUTES,
  ): void {
    const { functionArn } = one.function;
    const queueArn = one.deadLetters?.queueArn;
    allow(this.role, ['lambda:InvokeFunction'], [functionArn]);
    if (queueArn !== undefined) allow(this.role, ['sqs:SendMessage'], [queueArn]);
    const schedule = new CfnSchedule(this, id, {
      description,
      scheduleExpression: rate,
      flexibleTimeWindow: { mode: 'FLEXIBLE', maximumWindowInMinutes: windowMinutes },
      target: {
        arn: functionArn,
        roleArn: this.role.roleArn,
        ...(queueArn !== undefined && { deadLetterConfig: { arn: queueArn } }),
      },
    });
    // The first turn needs the permission.
    awaitPermissions(schedule, this.role);
  }
}
