import {
  InvalidToken,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  SFNClient,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import { causeText } from '../../tasks/failure-cause.ts';
import { createSfnTaskCompletions } from '../../tasks/sfn-task-completions.ts';
import { because, double, offline, on } from './doubles/sdk.ts';

const responding = (respond: () => object) =>
  double(new SFNClient(offline), on(SendTaskSuccessCommand, respond), on(SendTaskFailureCommand, respond));

describe('completing tasks', () => {
  it('sends the output as JSON', async () => {
    const { client, sent } = responding(() => ({}));
    expect(await createSfnTaskCompletions(client).succeed('token', { imageId: 'ami-1' })).toBe('completed');
    expect(sent).toEqual([
      { command: 'SendTaskSuccessCommand', input: { taskToken: 'token', output: '{"imageId":"ami-1"}' } },
    ]);
  });

  it('sends error and cause within what Step Functions takes', async () => {
    const { client, sent } = responding(() => ({}));
    await createSfnTaskCompletions(client).fail('token', {
      error: 'E'.repeat(300),
      code: 'ScriptFailed',
      cause: 'c'.repeat(40_000),
    });
    expect(sent).toEqual([
      {
        command: 'SendTaskFailureCommand',
        input: {
          taskToken: 'token',
          error: 'E'.repeat(256),
          cause: causeText({ code: 'ScriptFailed', cause: 'c'.repeat(40_000) }),
        },
      },
    ]);
  });

  it.each([TaskTimedOut, TaskDoesNotExist, InvalidToken])(
    'takes %p as no longer open (T36)',
    async (Gone) => {
      const { client } = responding(() => {
        throw new Gone(because('gone'));
      });
      const tasks = createSfnTaskCompletions(client);
      expect(await tasks.succeed('token', {})).toBe('no-longer-open');
      expect(await tasks.fail('token', { error: 'E', cause: 'c' })).toBe('no-longer-open');
    },
  );

  it('fails on other errors', async () => {
    const { client } = responding(() => {
      throw new Error('throttled');
    });
    await expect(createSfnTaskCompletions(client).succeed('token', {})).rejects.toThrow('throttled');
  });
});
