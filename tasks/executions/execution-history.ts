import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  DescribeStateMachineForExecutionCommand,
  ExecutionDoesNotExist,
  ExecutionLimitExceeded,
  ExecutionNotRedrivable,
  type HistoryEvent,
  paginateGetExecutionHistory,
  RedriveExecutionCommand,
  type SFNClient,
  StateMachineDoesNotExist,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { allItems } from '../all-items.ts';
import { readCause } from '../failure-cause.ts';
import { ignoring } from '../ignoring.ts';
import type { Execution, Executions } from './execution.ts';

/** Most events that one answer of Step Functions holds. */
const EVENTS_PER_PAGE = 1000;

/** Executions as Step Functions describes them. */
export const createSfnExecutions = (client: SFNClient): Executions => ({
  read: async (executionArn) => {
    try {
      // The history is read last: it is at least as new as the status.
      const [description, machine] = await Promise.all([
        client.send(new DescribeExecutionCommand({ executionArn })),
        client.send(new DescribeStateMachineForExecutionCommand({ executionArn })),
      ]);
      const status = description.status ?? 'RUNNING';
      return {
        status,
        redrivable: description.redriveStatus === 'REDRIVABLE',
        ...(description.redriveStatusReason === undefined
          ? {}
          : { redriveDenial: description.redriveStatusReason }),
        redrives: description.redriveCount ?? 0,
        startedAt: description.startDate?.getTime() ?? 0,
        ...(description.stopDate ? { endedAt: description.stopDate.getTime() } : {}),
        ...(description.error === undefined ? {} : { error: description.error }),
        ...(description.cause === undefined ? {} : readCause(description.cause)),
        definition: machine.definition ?? '',
        ...(isOver(status) ? await currentDefinition(client, description.stateMachineArn) : {}),
        events: await wholeHistory(client, executionArn),
      };
    } catch (error) {
      if (error instanceof ExecutionDoesNotExist) return undefined;
      throw error;
    }
  },
  redrive: async (executionArn) => {
    try {
      await client.send(new RedriveExecutionCommand({ executionArn }));
      return { kind: 'redriven' };
    } catch (error) {
      if (error instanceof ExecutionNotRedrivable || error instanceof ExecutionLimitExceeded) {
        return { kind: 'failed', message: error.message };
      }
      throw error;
    }
  },
  stop: async (executionArn, failure) => {
    await client.send(new StopExecutionCommand({ executionArn, ...failure }));
  },
});

/** Whether it ended without success: only then the definition matters that a new promotion would run. */
const isOver = (status: string): boolean => ['FAILED', 'TIMED_OUT', 'ABORTED'].includes(status);

const currentDefinition = async (
  client: SFNClient,
  stateMachineArn: string | undefined,
): Promise<Pick<Execution, 'currentDefinition'>> => {
  const machine = await client
    .send(new DescribeStateMachineCommand({ stateMachineArn }))
    .catch(ignoring(StateMachineDoesNotExist));
  return machine?.definition === undefined ? {} : { currentDefinition: machine.definition };
};

/** All events of an execution, oldest first, without inputs and outputs. */
export const wholeHistory = (client: SFNClient, executionArn: string): Promise<HistoryEvent[]> =>
  allItems(
    paginateGetExecutionHistory(
      { client, pageSize: EVENTS_PER_PAGE },
      { executionArn, includeExecutionData: false },
    ),
    (page) => page.events,
  );
