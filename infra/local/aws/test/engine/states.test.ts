import { callback, lambda, seconds, start, T0 } from './drive.ts';

const pass = (rest: object) => ({ Type: 'Pass', End: true, ...rest });

describe('Pass', () => {
  it.each([
    ['its input without Output', {}, { a: 1 }, { a: 1 }],
    ['literals', { Output: { n: null, l: [1, 'x'] } }, {}, { n: null, l: [1, 'x'] }],
    ['expressions at any depth', { Output: { l: ['{% $states.input.a %}', 2] } }, { a: 1 }, { l: [1, 2] }],
    ['a string that only resembles an expression', { Output: ' {% 1 %}' }, {}, ' {% 1 %}'],
    ['null', { Output: '{% null %}' }, {}, null],
    ['a list of one as a list', { Output: { l: '{% [$states.input.a] %}' } }, { a: 1 }, { l: [1] }],
  ])('hands on %s', async (_what, state, input, output) => {
    const drive = await start({ P: pass(state) }, input);
    expect(drive.outcome()).toEqual(output);
  });

  it('writes the history of F1, with input kept as it was sent', async () => {
    const drive = await start({ A: pass({ Next: 'B', End: false }), B: { Type: 'Succeed' } }, { a: 1 });
    expect(drive.lines()).toEqual([
      '1 ExecutionStarted←0',
      '2 PassStateEntered←0',
      '3 PassStateExited←2',
      '4 SucceedStateEntered←3',
      '5 SucceedStateExited←4',
      '6 ExecutionSucceeded←5',
    ]);
    expect(drive.details('ExecutionStarted')).toEqual({
      input: '{"a":1}',
      inputDetails: { truncated: false },
      roleArn: 'arn:aws:iam::000000000000:role/machine',
    });
  });
});

describe('Assign', () => {
  it('reads variables as they were at entry, and tells them as JSON texts (F27, F28)', async () => {
    const drive = await start({
      A: pass({ Assign: { x: 1, s: 'a' }, Next: 'B', End: false }),
      B: pass({ Assign: { x: '{% $x + 1 %}', y: '{% $x %}' }, Output: '{% $x %}', Next: 'C', End: false }),
      C: pass({ Output: '{% [$x, $y, $s] %}' }),
    });
    expect(drive.outcome()).toEqual([2, 1, 'a']);
    expect(drive.history.find((event) => event.id === 5)?.stateExitedEventDetails).toMatchObject({
      assignedVariables: { x: '2', y: '1' },
      assignedVariablesDetails: { truncated: false },
    });
  });
});

describe('Choice', () => {
  const choice = {
    C: {
      Type: 'Choice',
      Choices: [
        { Condition: '{% $states.input.n > 10 %}', Next: 'Big', Output: 'big', Assign: { size: 'big' } },
        { Condition: '{% $states.input.n > 5 %}', Next: 'Rest' },
      ],
      Default: 'Rest',
      Output: 'by default',
    },
    Big: pass({ Output: '{% $states.input & " " & $size %}' }),
    Rest: pass({}),
  };

  it.each([
    [11, 'big big'],
    [6, { n: 6 }],
    [1, 'by default'],
  ])('takes the first rule that holds, n = %d', async (n, output) => {
    expect((await start(choice, { n })).outcome()).toEqual(output);
  });

  it('fails with States.Runtime when nothing holds and there is no default (F33)', async () => {
    const { Default: _default, ...rest } = choice.C;
    const drive = await start({ ...choice, C: rest }, { n: 1 });
    expect(drive.lines(3)).toEqual(['3 ExecutionFailed←2']);
    expect(drive.outcome()).toEqual({
      status: 'FAILED',
      error: 'States.Runtime',
      cause:
        "An error occurred while executing the state 'C' (entered at the event id #2). Failed to transition out of " +
        'the state. The state does not point to a next state.',
    });
  });

  it('fails when a condition is not a boolean', async () => {
    const choices = [{ Condition: '{% $states.input.n %}', Next: 'Rest' }];
    const drive = await start({ C: { Type: 'Choice', Choices: choices }, Rest: pass({}) }, { n: 1 });
    expect(drive.outcome()).toMatchObject({
      error: 'States.QueryEvaluationError',
      cause: expect.stringContaining("Expected 'boolean', but was 'number' for value: 1"),
    });
  });
});

describe('Fail', () => {
  it.each([
    ['texts', { Error: 'E', Cause: 'c' }, { error: 'E', cause: 'c' }],
    ['expressions', { Error: '{% "E" & $states.input.n %}' }, { error: 'E1' }],
    ['nothing', {}, {}],
  ])('ends the execution with %s (F2)', async (_what, state, details) => {
    const drive = await start({ F: { Type: 'Fail', ...state } }, { n: 1 });
    expect(drive.lines(2)).toEqual(['2 FailStateEntered←0', '3 ExecutionFailed←2']);
    expect(drive.details('ExecutionFailed')).toEqual(details);
  });
});

describe('Wait', () => {
  it.each([
    ['seconds', { Seconds: 7 * 86_400 }, 7 * 86_400],
    ['an expression', { Seconds: '{% $states.input.s %}' }, 90],
    ['a timestamp', { Timestamp: '2026-11-22T12:00:00+01:00' }, 3600],
  ])('waits by %s, to the millisecond', async (_what, state, wait) => {
    const drive = await start({ W: { Type: 'Wait', End: true, ...state } }, { s: 90 });
    await drive.elapse(seconds(wait) - 1);
    expect(drive.execution.status).toBe('RUNNING');
    await drive.elapse(1);
    expect(drive.outcome()).toEqual({ s: 90 });
    expect(drive.lines(3)).toEqual(['3 WaitStateExited←2', '4 ExecutionSucceeded←3']);
    expect(drive.history.at(-1)?.timestamp).toBe(T0 + seconds(wait));
  });

  it.each(['2026-11-22T25:00:00Z', '2026-02-30T10:00:00Z', '2026-11-22 10:00:00Z', '2026-11-22T10:00:00'])(
    'fails at the timestamp %s',
    async (Timestamp) => {
      const drive = await start({ W: { Type: 'Wait', End: true, Timestamp } });
      expect(drive.lines(3)).toEqual(['3 EvaluationFailed←2', '4 ExecutionFailed←3']);
      expect(drive.details('EvaluationFailed')).toMatchObject({ location: 'Timestamp', state: 'W' });
    },
  );
});

describe('Task', () => {
  it('writes the history of F7 and leaves with the result', async () => {
    const drive = await start({ T: lambda({ TimeoutSeconds: 60, HeartbeatSeconds: 20 }) });
    expect(drive.task().parameters).toBe('{"FunctionName":"work"}');
    await drive.taskSucceeds({ Payload: 1 });
    expect(drive.lines(2)).toEqual([
      '2 TaskStateEntered←0',
      '3 TaskScheduled←2',
      '4 TaskStarted←3',
      '5 TaskSucceeded←4',
      '6 TaskStateExited←5',
      '7 ExecutionSucceeded←6',
    ]);
    expect(drive.details('TaskScheduled')).toEqual({
      resourceType: 'lambda',
      resource: 'invoke',
      region: 'us-east-1',
      parameters: '{"FunctionName":"work"}',
      timeoutInSeconds: 60,
      heartbeatInSeconds: 20,
    });
    expect(drive.details('TaskStarted')).toEqual({ resourceType: 'lambda', resource: 'invoke' });
    expect(drive.outcome()).toEqual({ Payload: 1 });
    expect(drive.execution.timers).toEqual({});
  });

  it('waits for its token, whose output is the result (F13)', async () => {
    const drive = await start({ T: callback({ Output: '{% $states.result.decision %}' }) });
    const { token, parameters } = drive.task();
    expect(JSON.parse(parameters)).toEqual({ FunctionName: 'work', Payload: token });
    await drive.taskStarted();
    await drive.taskSubmitted({ StatusCode: 200 });
    await drive.elapse(seconds(1_000_000));
    expect(drive.execution.status).toBe('RUNNING');
    await drive.taskSucceeds({ decision: 'approve' });
    expect(drive.outcome()).toBe('approve');
    expect(drive.lines(5).slice(0, 2)).toEqual(['5 TaskSubmitted←4', '6 TaskSucceeded←5']);
    expect(drive.details('TaskSubmitted')).toMatchObject({
      resource: 'invoke.waitForTaskToken',
      output: '{"StatusCode":200}',
    });
  });

  it('takes the token’s answer even before the call itself has returned', async () => {
    const drive = await start({ T: callback() });
    const { id } = drive.task();
    await drive.taskSucceeds('done');
    const late = await drive.tell({ type: 'taskSubmitted', taskId: id, output: '{}' });
    expect([drive.outcome(), late.applied]).toEqual(['done', false]);
  });

  it.each([
    ['error and cause', ['E', 'why'], { error: 'E', cause: 'why' }],
    ['neither', [], {}],
  ])('fails with %s as they were reported (F14)', async (_what, texts, details) => {
    const drive = await start({ T: lambda() });
    await drive.taskFails(...texts);
    expect(drive.details('TaskFailed')).toEqual({ resourceType: 'lambda', resource: 'invoke', ...details });
    expect(drive.details('ExecutionFailed')).toEqual(details);
    expect(drive.lines(5)).toEqual(['5 TaskFailed←4', '6 ExecutionFailed←5']);
  });

  it('tells the context object of F53', async () => {
    const drive = await start({ T: lambda({ Arguments: '{% $states.context %}' }) }, { a: 1 });
    expect(JSON.parse(drive.task().parameters)).toEqual({
      Execution: {
        Id: drive.execution.arn,
        Input: { a: 1 },
        StartTime: '2026-11-22T10:00:00.000Z',
        Name: 'one',
        RoleArn: drive.execution.roleArn,
        RedriveCount: 0,
      },
      StateMachine: { Id: drive.execution.stateMachineArn, Name: 'machine' },
      State: { Name: 'T', EnteredTime: '2026-11-22T10:00:00.000Z', RetryCount: 0 },
    });
  });

  it('ignores what no longer concerns it', async () => {
    const drive = await start({ T: lambda() });
    const { id } = drive.task();
    await drive.taskSucceeds();
    const before = drive.execution;
    const events = [
      { type: 'taskSucceeded', taskId: id, output: '1' },
      { type: 'taskHeartbeat', taskId: id },
      { type: 'timer', id: 'timer-9' },
      { type: 'started' },
      { type: 'stopped' },
      { type: 'redriven' },
    ] as const;
    for (const event of events) {
      expect(await drive.tell(event)).toEqual({
        execution: before,
        history: [],
        effects: [],
        applied: false,
      });
    }
  });
});

describe('a stopped execution', () => {
  it.each([{}, { error: 'E', cause: 'why' }])(
    'ends with %j, without a word about its states (F37)',
    async (given) => {
      const drive = await start({ T: lambda({ TimeoutSeconds: 60 }) });
      await drive.taskStarted();
      await drive.tell({ type: 'stopped', ...given });
      expect(drive.lines(5)).toEqual(['5 ExecutionAborted←0']);
      expect(drive.details('ExecutionAborted')).toEqual(given);
      expect(drive.outcome()).toEqual({ status: 'ABORTED', ...given });
      expect([drive.execution.tasks, drive.execution.timers]).toEqual([{}, {}]);
      expect(drive.effects).toEqual(['started', 'task', 'ended']);
    },
  );
});
