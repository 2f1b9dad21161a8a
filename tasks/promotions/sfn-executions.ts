import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  paginateGetExecutionHistory,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { PromotionInput } from '../payloads.ts';
import type { Executions } from './track-promotion.ts';

/** Starts executions; one of that name exists already: it is started. */
export const createStartExecution =
  (stateMachineArn: string, client = new SFNClient({})) =>
  async (name: string, input: PromotionInput): Promise<void> => {
    try {
      await client.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
    } catch (error) {
      if (!(error instanceof ExecutionAlreadyExists)) throw error;
    }
  };

/** Executions in Step Functions. */
export const createExecutions = (client = new SFNClient({})): Executions => ({
  describe: (executionArn) => client.send(new DescribeExecutionCommand({ executionArn })),
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
});
