import {
  InvalidToken,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  SFNClient,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import { causeText } from './failure-cause.ts';
import { ignoring } from './ignoring.ts';
import { type Completion, MAX_ERROR_LENGTH, type TaskCompletions } from './task-completions.ts';

const completionOf = async (sent: Promise<object>): Promise<Completion> =>
  (await sent.catch(ignoring(TaskTimedOut, TaskDoesNotExist, InvalidToken))) ? 'completed' : 'no-longer-open';

/** Completes task tokens through Step Functions. */
export const createSfnTaskCompletions = (client = new SFNClient({})): TaskCompletions => ({
  succeed: (taskToken, output) =>
    completionOf(client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }))),
  fail: (taskToken, { error, ...cause }) =>
    completionOf(
      client.send(
        new SendTaskFailureCommand({
          taskToken,
          error: error.slice(0, MAX_ERROR_LENGTH),
          cause: causeText(cause),
        }),
      ),
    ),
});
