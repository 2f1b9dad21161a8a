import {
  DescribeExecutionCommand,
  DescribeStateMachineForExecutionCommand,
  ExecutionDoesNotExist,
  ExecutionLimitExceeded,
  ExecutionNotRedrivable,
  type HistoryEvent,
  paginateGetExecutionHistory,
  RedriveExecutionCommand,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import type { Executions } from './dependencies.ts';

/** Most events that one answer of Step Functions holds. */
const EVENTS_PER_PAGE = 1000;

/** Executions as Step Functions tells of them. */
export const createSfnExecutions = (client: SFNClient): Executions => ({
  read: async (executionArn) => {
    try {
      // The history is read last: what it tells is at least as new as the status.
      const [description, machine] = await Promise.all([
        client.send(new DescribeExecutionCommand({ executionArn })),
        client.send(new DescribeStateMachineForExecutionCommand({ executionArn })),
      ]);
      return {
        status: description.status ?? 'RUNNING',
        redrivable: description.redriveStatus === 'REDRIVABLE',
        redrives: description.redriveCount ?? 0,
        startedAt: description.startDate?.getTime() ?? 0,
        ...(description.stopDate ? { endedAt: description.stopDate.getTime() } : {}),
        ...(description.error === undefined ? {} : { error: description.error }),
        ...(description.cause === undefined ? {} : { cause: description.cause }),
        definition: machine.definition ?? '',
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
        return { kind: 'refused', message: error.message };
      }
      throw error;
    }
  },
});

const wholeHistory = async (client: SFNClient, executionArn: string): Promise<HistoryEvent[]> => {
  const events: HistoryEvent[] = [];
  const pages = paginateGetExecutionHistory(
    { client, pageSize: EVENTS_PER_PAGE },
    { executionArn, includeExecutionData: false },
  );
  for await (const page of pages) events.push(...(page.events ?? []));
  return events;
};
