import type { SendTaskFailureInput, SendTaskHeartbeatInput, SendTaskSuccessInput } from '@aws-sdk/client-sfn';
import type { InputEvent } from '../../engine/apply-event.ts';
import { PAYLOAD_BYTES } from '../../engine/limits.ts';
import { type Access, AwsError, type Operation } from '../../host.ts';
import { checkFailure } from './execution-operations.ts';
import type { Executions } from './executions.ts';
import { checkLength } from './input-checks.ts';
import type { Tokens } from './tokens.ts';

/** Characters of a task token. */
const TOKEN_CHARACTERS = 2048;

const checkJson = (output: string): void => {
  try {
    JSON.parse(output);
  } catch {
    throw new AwsError('InvalidOutput', `Invalid Output: '${output}' is not valid JSON.`);
  }
};

const stateMachineArnOf = (executionArn: string): string =>
  executionArn.replace(':execution:', ':stateMachine:').split(':').slice(0, 7).join(':');

/** The operations that answer a task by its token. Errors come in AWS's order of precedence. */
export const tokenOperations = (
  tokens: Tokens,
  executions: Executions,
): Readonly<Record<string, Operation>> => {
  const requires =
    (action: string) =>
    ({ taskToken = '' }: { taskToken?: string | undefined }): readonly Access[] => {
      const task = tokens.read(taskToken);
      // A token that belongs to nothing fails as such for every sender.
      return task ? [{ action: `states:${action}`, resource: stateMachineArnOf(task.executionArn) }] : [];
    };

  const read = async (token: string) => {
    await executions.load();
    const task = tokens.read(token);
    const run = task && executions.find(task.executionArn);
    if (!task || !run) throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
    return { ...task, run };
  };

  const tell = async (task: Awaited<ReturnType<typeof read>>, event: InputEvent) => {
    const { run, taskId } = task;
    const isOpen = taskId in run.execution.tasks && (await executions.tell(run.arn, event));
    if (!isOpen) throw new AwsError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
    return {};
  };

  const success: Operation<SendTaskSuccessInput> = {
    requires: requires('SendTaskSuccess'),
    run: async ({ taskToken, output }) => {
      checkLength('taskToken', taskToken, 1, TOKEN_CHARACTERS);
      checkLength('output', output, 0, PAYLOAD_BYTES);
      const task = await read(taskToken ?? '');
      checkJson(output ?? '');
      return tell(task, { type: 'taskSucceeded', taskId: task.taskId, output: output ?? '' });
    },
  };

  const failure: Operation<SendTaskFailureInput> = {
    requires: requires('SendTaskFailure'),
    run: async ({ taskToken, ...given }) => {
      checkLength('taskToken', taskToken, 1, TOKEN_CHARACTERS);
      const texts = checkFailure(given);
      const task = await read(taskToken ?? '');
      return tell(task, { type: 'taskFailed', taskId: task.taskId, ...texts });
    },
  };

  const heartbeat: Operation<SendTaskHeartbeatInput> = {
    requires: requires('SendTaskHeartbeat'),
    run: async ({ taskToken }) => {
      checkLength('taskToken', taskToken, 1, TOKEN_CHARACTERS);
      const task = await read(taskToken ?? '');
      return tell(task, { type: 'taskHeartbeat', taskId: task.taskId });
    },
  };

  return { SendTaskSuccess: success, SendTaskFailure: failure, SendTaskHeartbeat: heartbeat };
};
