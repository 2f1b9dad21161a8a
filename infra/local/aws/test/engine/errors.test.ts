import { covers, failure, retryDelay } from '../../engine/retry-and-catch.ts';
import { callback, lambda, seconds, start } from './drive.ts';

const done = { Done: { Type: 'Succeed' } };
const catchAll = [{ ErrorEquals: ['States.ALL'], Next: 'Done', Output: '{% $states.errorOutput %}' }];

describe('Catch', () => {
  it('leaves the state for the catcher’s next, without an event of its own (F26)', async () => {
    const drive = await start(
      {
        T: lambda({
          Next: 'Done',
          Output: '{% $error("skipped") %}',
          Catch: [
            { ErrorEquals: ['Other'], Next: 'Done' },
            {
              ErrorEquals: ['E'],
              Next: 'Done',
              Assign: { e: '{% $states.errorOutput.Error %}' },
              Output: { was: '{% $states.input %}', cause: '{% $states.errorOutput.Cause %}' },
            },
          ],
        }),
        ...done,
      },
      { a: 1 },
    );
    await drive.taskFails('E', '{"errorMessage":"why"}');
    expect(drive.lines(5).slice(0, 3)).toEqual([
      '5 TaskFailed←4',
      '6 TaskStateExited←5',
      '7 SucceedStateEntered←6',
    ]);
    expect(drive.details('TaskStateExited')).toMatchObject({ assignedVariables: { e: '"E"' } });
    expect(drive.outcome()).toEqual({ was: { a: 1 }, cause: '{"errorMessage":"why"}' });
  });

  it('hands on the error output where the catcher names none; missing texts are null (F14)', async () => {
    const drive = await start({
      T: callback({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Done' }], Next: 'Done' }),
      ...done,
    });
    await drive.taskFails();
    expect(drive.outcome()).toEqual({ Error: null, Cause: null });
  });

  it('fails when the catcher itself cannot be evaluated', async () => {
    const drive = await start({
      T: lambda({
        Next: 'Done',
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Done', Output: '{% $no %}' }],
      }),
      ...done,
    });
    await drive.taskFails('E');
    expect(drive.lines(5)).toEqual(['5 TaskFailed←4', '6 EvaluationFailed←5', '7 ExecutionFailed←6']);
    expect(drive.outcome()).toMatchObject({ error: 'States.QueryEvaluationError' });
  });

  it('takes what fails in the state’s own fields', async () => {
    const drive = await start({
      T: lambda({ Next: 'Done', Arguments: '{% $no %}', Catch: catchAll }),
      ...done,
    });
    expect(drive.lines(3).slice(0, 2)).toEqual(['3 EvaluationFailed←2', '4 TaskStateExited←3']);
    expect(drive.outcome()).toMatchObject({ Error: 'States.QueryEvaluationError' });
  });
});

describe('Retry', () => {
  it('schedules again after the delay, with fresh Arguments and no state event (F23)', async () => {
    const drive = await start({
      T: lambda({
        Arguments: { n: '{% $states.context.State.RetryCount %}' },
        Retry: [{ ErrorEquals: ['E'], IntervalSeconds: 5, BackoffRate: 3, MaxAttempts: 2 }],
      }),
    });
    for (const [attempt, wait] of [
      [0, 5],
      [1, 15],
    ] as const) {
      expect(drive.task().parameters).toBe(`{"n":${attempt}}`);
      expect(drive.task().retryCount).toBe(attempt);
      await drive.taskFails('E');
      await drive.elapse(seconds(wait) - 1);
      expect(drive.execution.tasks).toEqual({});
      await drive.elapse(1);
    }
    await drive.taskFails('E');
    expect(drive.lines(5)).toEqual([
      '5 TaskFailed←4',
      '6 TaskScheduled←5',
      '7 TaskStarted←6',
      '8 TaskFailed←7',
      '9 TaskScheduled←8',
      '10 TaskStarted←9',
      '11 TaskFailed←10',
      '12 ExecutionFailed←11',
    ]);
  });

  it('counts each retrier by itself, and the first that names the error decides', async () => {
    const drive = await start({
      T: lambda({
        Retry: [
          { ErrorEquals: ['A'], MaxAttempts: 1 },
          { ErrorEquals: ['B'], MaxAttempts: 1 },
          { ErrorEquals: ['States.ALL'] },
        ],
      }),
    });
    for (const error of ['A', 'B']) {
      await drive.taskFails(error);
      await drive.elapse(seconds(1));
    }
    await drive.taskFails('A');
    expect(drive.outcome()).toEqual({ status: 'FAILED', error: 'A' });
  });

  it('does not retry with MaxAttempts 0', async () => {
    const drive = await start({ T: lambda({ Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 0 }] }) });
    await drive.taskFails('E');
    expect(drive.execution.status).toBe('FAILED');
  });

  it('gives each attempt a token of its own (F18)', async () => {
    const drive = await start({ T: callback({ Retry: [{ ErrorEquals: ['States.ALL'] }] }) });
    const first = drive.task();
    await drive.taskFails('E');
    await drive.elapse(seconds(1));
    expect(drive.task().token).not.toBe(first.token);
    const late = await drive.tell({ type: 'taskSucceeded', taskId: first.id, output: '1' });
    expect(late.applied).toBe(false);
  });

  it('is over when the execution is stopped', async () => {
    const drive = await start({ T: lambda({ Retry: [{ ErrorEquals: ['States.ALL'] }] }) });
    await drive.taskFails('E');
    await drive.tell({ type: 'stopped' });
    await drive.elapse(seconds(60));
    expect(drive.lines(6)).toEqual(['6 ExecutionAborted←0']);
  });

  const retrier = {
    errorEquals: ['E'],
    intervalSeconds: 2,
    backoffRate: 2,
    maxAttempts: 9,
    maxDelaySeconds: undefined,
    fullJitter: false,
  };

  it.each([
    ['first', retrier, 0, 2000],
    ['third', retrier, 2, 8000],
    ['capped', { ...retrier, maxDelaySeconds: 5 }, 2, 5000],
    ['constant', { ...retrier, backoffRate: 1 }, 7, 2000],
    ['with full jitter', { ...retrier, fullJitter: true }, 2, 2000],
  ])('waits, %s', (_what, given, used, delay) => {
    expect(retryDelay(given, used, () => 0.25)).toBe(delay);
  });
});

describe('error names', () => {
  it.each([
    ['its name', ['E'], failure('E'), true],
    ['another name', ['F'], failure('E'), false],
    ['States.ALL', ['States.ALL'], failure('E'), true],
    ['States.ALL, no name', ['States.ALL'], failure(), true],
    ['States.ALL, data limit', ['States.ALL'], failure('States.DataLimitExceeded'), false],
    ['data limit by name', ['States.DataLimitExceeded'], failure('States.DataLimitExceeded'), true],
    ['States.ALL, runtime', ['States.ALL'], failure('States.Runtime'), false],
    ['runtime by name', ['States.Runtime'], failure('States.Runtime'), false],
    ['States.TaskFailed of a task', ['States.TaskFailed'], failure('E', '', { isTaskFailure: true }), true],
    ['States.TaskFailed of a state', ['States.TaskFailed'], failure('E'), false],
    [
      'a heartbeat by its own name',
      ['States.HeartbeatTimeout'],
      failure('States.Timeout', '', { aliases: ['States.HeartbeatTimeout'] }),
      true,
    ],
  ])('cover %s', (_what, names, failed, covered) => {
    expect(covers(names, failed)).toBe(covered);
  });
});

describe('timeouts', () => {
  it.each([
    ['TimeoutSeconds', { TimeoutSeconds: 7 * 86_400 }, 7 * 86_400],
    ['TimeoutSeconds by expression', { TimeoutSeconds: '{% $states.input.s %}' }, 30],
    ['HeartbeatSeconds', { HeartbeatSeconds: 10 }, 10],
  ])('%s ends the task, counted from its start (F19, F20)', async (_what, limits, wait) => {
    const drive = await start({ T: callback(limits) }, { s: 30 });
    await drive.elapse(seconds(100));
    await drive.taskStarted();
    await drive.taskSubmitted({});
    await drive.elapse(seconds(wait) - 1);
    expect(drive.execution.status).toBe('RUNNING');
    await drive.elapse(1);
    expect(drive.lines(6)).toEqual(['6 TaskTimedOut←5', '7 ExecutionFailed←6']);
    expect(drive.details('TaskTimedOut')).toEqual({
      resourceType: 'lambda',
      resource: 'invoke.waitForTaskToken',
      error: 'States.Timeout',
    });
    expect(drive.outcome()).toEqual({ status: 'FAILED', error: 'States.Timeout' });
  });

  it('heartbeats reset the heartbeat’s clock only (F21)', async () => {
    const drive = await start({ T: callback({ HeartbeatSeconds: 2, TimeoutSeconds: 4 }) });
    await drive.taskStarted();
    for (const _beat of [1, 2]) {
      await drive.elapse(seconds(1.5));
      await drive.tell({ type: 'taskHeartbeat', taskId: drive.task().id });
    }
    const events = drive.history.length;
    await drive.elapse(seconds(1) - 1);
    expect(drive.history.length).toBe(events);
    await drive.elapse(1);
    expect(drive.outcome()).toEqual({ status: 'FAILED', error: 'States.Timeout' });
  });

  it('a caught timeout has an empty cause (F19)', async () => {
    const drive = await start({ T: callback({ TimeoutSeconds: 5, Catch: catchAll, Next: 'Done' }), ...done });
    await drive.taskStarted();
    await drive.elapse(seconds(5));
    expect(drive.outcome()).toEqual({ Error: 'States.Timeout', Cause: '' });
  });

  it('the machine’s deadline ends it without Retry, Catch or a word about its task (F22)', async () => {
    const states = {
      T: lambda({ Catch: catchAll, Retry: [{ ErrorEquals: ['States.ALL'] }], Next: 'Done' }),
      ...done,
    };
    const drive = await start(states, {}, { TimeoutSeconds: 30 });
    await drive.taskStarted();
    await drive.elapse(seconds(30));
    expect(drive.lines(5)).toEqual(['5 ExecutionTimedOut←0']);
    expect(drive.outcome()).toEqual({ status: 'TIMED_OUT', error: 'States.Timeout' });
  });
});
