import {
  InvalidToken,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  SFNClient,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import fc from 'fast-check';
import { createSfnTaskCompletions } from '../../tasks/sfn-task-completions.ts';
import { fitCause } from '../../tasks/task-completions.ts';
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
      cause: 'c'.repeat(40_000),
    });
    expect(sent).toEqual([
      {
        command: 'SendTaskFailureCommand',
        input: { taskToken: 'token', error: 'E'.repeat(256), cause: fitCause('c'.repeat(40_000), 32_768) },
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

describe('fitting a cause', () => {
  it('keeps what fits, and else its head and its tail', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), fc.integer({ min: 10, max: 150 }), (cause, max) => {
        const fitted = fitCause(cause, max);
        expect(fitted.length).toBe(Math.min(cause.length, max));
        if (cause.length <= max) expect(fitted).toBe(cause);
        else expect(cause.startsWith(fitted.split('\n[…]\n')[0] ?? '')).toBe(true);
        expect(cause.endsWith(fitted.slice(-1))).toBe(true);
      }),
    );
  });

  it('cuts between characters, never within one', () => {
    const fitted = [10, 11, 12, 13].map((max) => fitCause('🚀'.repeat(20), max));
    expect(fitted).toEqual(['🚀\n[…]\n🚀', '🚀\n[…]\n🚀', '🚀\n[…]\n🚀🚀', '🚀🚀\n[…]\n🚀🚀']);
  });
});
