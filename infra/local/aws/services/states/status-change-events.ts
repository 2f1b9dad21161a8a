import { isRedrivable } from '../../engine/apply-event.ts';
import type { Execution } from '../../engine/execution.ts';
import { HISTORY_EVENTS } from '../../engine/limits.ts';
import type { ServiceEvent } from '../../host.ts';
import { stableUuid } from '../shared/ids.ts';

/** Days in which an execution can be redriven after it ended (AWS Step Functions Developer Guide). */
const REDRIVE_DAYS = 14;

/** Whether an execution can be redriven now, and else why not. */
export const redriveStatus = (
  execution: Execution,
  now: number,
): { readonly redriveStatus: 'REDRIVABLE' | 'NOT_REDRIVABLE'; readonly redriveStatusReason?: string } => {
  const { status, stopDate } = execution;
  const isOld = stopDate !== null && now - stopDate > REDRIVE_DAYS * 24 * 60 * 60 * 1000;
  if (isRedrivable(execution) && !isOld) return { redriveStatus: 'REDRIVABLE' };
  let redriveStatusReason = `Execution is ${status} and cannot be redriven`;
  if (execution.lastEventId >= HISTORY_EVENTS - 1) {
    redriveStatusReason = 'Execution has exceeded the maximum history event limit';
  } else if (isOld) redriveStatusReason = `Execution ended more than ${REDRIVE_DAYS} days ago`;
  return { redriveStatus: 'NOT_REDRIVABLE', redriveStatusReason };
};

/**
 * The event that tells an execution's status. Its id follows from the execution's progress, so that telling it again
 * after a crash is harmless.
 * Source: AWS Step Functions Developer Guide, "Automating Step Functions event delivery with EventBridge".
 */
export const statusChange = (execution: Execution, now: number): ServiceEvent => ({
  id: stableUuid(execution.arn, execution.sequence),
  source: 'aws.states',
  detailType: 'Step Functions Execution Status Change',
  resources: [execution.arn],
  detail: {
    executionArn: execution.arn,
    stateMachineArn: execution.stateMachineArn,
    name: execution.name,
    status: execution.status,
    startDate: execution.startDate,
    stopDate: execution.stopDate,
    input: execution.input,
    output: execution.output,
    inputDetails: { included: true },
    outputDetails: execution.output === null ? null : { included: true },
    error: execution.error,
    cause: execution.cause,
    stateMachineVersionArn: null,
    stateMachineAliasArn: null,
    redriveCount: execution.redriveCount,
    redriveDate: execution.redriveDate,
    redriveStatusReason: null,
    ...redriveStatus(execution, now),
  },
});
