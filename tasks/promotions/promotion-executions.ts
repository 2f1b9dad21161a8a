import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  type HistoryEvent,
  paginateGetExecutionHistory,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { wholeHistory } from '../executions/execution-history.ts';
import { ignoring } from '../ignoring.ts';
import type { PromotionInput } from '../payloads.ts';
import type { StateVisit } from './metrics.ts';
import type { Executions } from './track-promotion.ts';

/** Starts executions of any machine; one of that name exists already: it is started. */
export function createStartExecutions(client = new SFNClient({})) {
  return async function createStartExecutions(
    stateMachineArn: string,
    name: string,
    input: PromotionInput,
  ): Promise<void> {
    await client
      .send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }))
      .catch(ignoring(ExecutionAlreadyExists));
  };
}

/** Starts executions of one machine. */
export const createStartExecution = (stateMachineArn: string, client = new SFNClient({})) => {
  const start = createStartExecutions(client);
  return (name: string, input: PromotionInput): Promise<void> => start(stateMachineArn, name, input);
};

/** Executions in Step Functions. */
export const createExecutions = (client = new SFNClient({})): Executions => ({
  describe: (executionArn) => client.send(new DescribeExecutionCommand({ executionArn })),
  find: (executionArn) =>
    client.send(new DescribeExecutionCommand({ executionArn })).catch(ignoring(ExecutionDoesNotExist)),
  lastStateEntered: async (executionArn) => {
    const pages = paginateGetExecutionHistory(
      { client, pageSize: 100 },
      { executionArn, reverseOrder: true, includeExecutionData: false },
    );
    for await (const { events = [] } of pages) {
      const name = events.find(({ stateEnteredEventDetails }) => stateEnteredEventDetails !== undefined)
        ?.stateEnteredEventDetails?.name;
      if (name !== undefined) return name;
    }
    return undefined;
  },
  visits: async (executionArn) => stateVisitsOf(await wholeHistory(client, executionArn)),
});

/** The states that an execution has left, by the time at which it left them. */
export function stateVisitsOf(events: readonly HistoryEvent[]): readonly StateVisit[] {
  const entered = new Map<string, Date>();
  const visits: StateVisit[] = [];
  for (const event of [...events].sort((a, b) => (a.id ?? 0) - (b.id ?? 0))) {
    const { timestamp, stateEnteredEventDetails: entry, stateExitedEventDetails: exit } = event;
    if (timestamp && entry?.name !== undefined) entered.set(entry.name, timestamp);
    const enteredAt = exit?.name === undefined ? undefined : entered.get(exit.name);
    if (timestamp && exit?.name !== undefined && enteredAt)
      visits.push({ name: exit.name, enteredAt, exitedAt: timestamp });
  }
  return visits;
}
