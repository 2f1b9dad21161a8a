import {
  InvalidToken,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  SFNClient,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import { causeText } from './failure-cause.ts';
import { type Completion, MAX_ERROR_LENGTH, type TaskCompletions } from './task-completions.ts';

async function completionOf(send: () => Promise<unknown>): Promise<Completion> {
  try {
    await send();
    return 'completed';
  } catch (error) {
    if (error instanceof TaskTimedOut || error instanceof TaskDoesNotExist || error instanceof InvalidToken)
      return 'no-longer-open';
    throw error;
  }
}

/** Completes task tokens through Step Functions. */
export const createSfnTaskCompletions = (client = new SFNClient({})): TaskCompletions => ({
  succeed: (taskToken, output) =>
    completionOf(() =>
      client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) })),
    ),
  fail: (taskToken, { error, ...cause }) =>
    completionOf(() =>
      client.send(
        new SendTaskFailureCommand({
          taskToken,
          error: error.slice(0, MAX_ERROR_LENGTH),
          cause: causeText(cause),
        }),
      ),
    ),
});
