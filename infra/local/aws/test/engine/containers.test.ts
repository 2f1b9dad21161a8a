import { block, callback, lambda, seconds, start } from './drive.ts';

const pass = (rest: object = {}) => ({ Type: 'Pass', End: true, ...rest });

describe('Parallel', () => {
  it('gives the branches’ outputs in their order, whichever ends first (F3)', async () => {
    const drive = await start(
      {
        P: {
          Type: 'Parallel',
          Arguments: { n: '{% $states.input.n + 1 %}' },
          Branches: [block({ A: lambda() }), block({ B: pass() })],
          Output: '{% $states.result %}',
          End: true,
        },
      },
      { n: 1 },
    );
    await drive.taskSucceeds('a');
    expect(drive.outcome()).toEqual(['a', { n: 2 }]);
    expect(drive.lines()).toEqual([
      '1 ExecutionStarted←0',
      '2 ParallelStateEntered←0',
      '3 ParallelStateStarted←2',
      '4 TaskStateEntered←3',
      '5 TaskScheduled←4',
      '6 PassStateEntered←3',
      '7 PassStateExited←6',
      '8 TaskStarted←5',
      '9 TaskSucceeded←8',
      '10 TaskStateExited←9',
      '11 ParallelStateSucceeded←10',
      '12 ParallelStateExited←10',
      '13 ExecutionSucceeded←12',
    ]);
  });

  it('reads outer variables inside, and keeps inner ones there (F28)', async () => {
    const drive = await start({
      Before: pass({ Assign: { outer: 1 }, Next: 'P', End: false }),
      P: {
        Type: 'Parallel',
        Branches: [
          block({
            A: pass({ Assign: { inner: '{% $outer + 1 %}' }, Next: 'A2', End: false }),
            A2: pass({ Output: '{% $inner %}' }),
          }),
          block({ B: pass({ Output: '{% $exists($inner) %}' }) }),
        ],
        Assign: { all: '{% $states.result %}' },
        Next: 'After',
      },
      After: pass({ Output: '{% [$all, $exists($inner)] %}' }),
    });
    expect(drive.outcome()).toEqual([2, false, false]);
    expect(drive.execution.variableBytes).toBe('1'.length + '[2,false]'.length);
  });

  it('a failing branch stops the others: one Aborted per open Task, its own included (F5)', async () => {
    const drive = await start({
      P: {
        Type: 'Parallel',
        Branches: ['A', 'B', 'C'].map((name) => block({ [name]: callback() })),
        End: true,
      },
    });
    await drive.taskStarted('A');
    await drive.taskSucceeds('c', 'C');
    const before = drive.history.length;
    const failing = drive.history.length + 2;
    const open = drive.task('A');
    await drive.taskFails('E', 'why', 'B');
    expect(drive.lines(before + 2)).toEqual([
      `${failing} TaskFailed←${failing - 1}`,
      `${failing + 1} TaskStateAborted←${failing}`,
      `${failing + 2} TaskStateAborted←${failing}`,
      `${failing + 3} ParallelStateFailed←${failing}`,
      `${failing + 4} ExecutionFailed←${failing + 3}`,
    ]);
    expect(drive.outcome()).toEqual({ status: 'FAILED', error: 'E', cause: 'why' });
    expect((await drive.tell({ type: 'taskSucceeded', taskId: open.id, output: '1' })).applied).toBe(false);
  });

  it('a Fail state in a branch has no Aborted event, and Catch takes it', async () => {
    const drive = await start({
      P: {
        Type: 'Parallel',
        Branches: [block({ A: lambda({ TimeoutSeconds: 9 }) }), block({ F: { Type: 'Fail', Error: 'E' } })],
        Catch: [{ ErrorEquals: ['E'], Next: 'Done' }],
        End: true,
      },
      Done: { Type: 'Succeed' },
    });
    expect(drive.lines(6)).toEqual([
      '6 FailStateEntered←3',
      '7 TaskStateAborted←6',
      '8 ParallelStateFailed←6',
      '9 ParallelStateExited←8',
      '10 SucceedStateEntered←9',
      '11 SucceedStateExited←10',
      '12 ExecutionSucceeded←11',
    ]);
    expect(drive.effects).toEqual(['started', 'ended']);
    expect(Object.keys(drive.execution.branches)).toEqual(['main']);
  });

  it('a retry restarts all branches, without ParallelStateFailed (F24)', async () => {
    const drive = await start({
      P: {
        Type: 'Parallel',
        Branches: [block({ A: lambda() }), block({ B: pass() })],
        Retry: [{ ErrorEquals: ['E'], IntervalSeconds: 3 }],
        Output: '{% $states.context.State.RetryCount %}',
        End: true,
      },
    });
    await drive.taskFails('E');
    await drive.elapse(seconds(3));
    await drive.taskSucceeds();
    expect(drive.lines(9).slice(0, 4)).toEqual([
      '9 TaskFailed←8',
      '10 TaskStateAborted←9',
      '11 ParallelStateStarted←9',
      '12 TaskStateEntered←11',
    ]);
    expect(drive.outcome()).toBe(1);
  });

  it('nested: an inner failure fails the outer state as well', async () => {
    const inner = { Type: 'Parallel', Branches: [block({ A: lambda() })], End: true };
    const drive = await start({
      Outer: {
        Type: 'Parallel',
        Branches: [block({ Inner: inner }), block({ W: { Type: 'Wait', Seconds: 99, End: true } })],
        End: true,
      },
    });
    await drive.taskFails('E');
    expect(drive.lines(10)).toEqual([
      '10 TaskFailed←9',
      '11 TaskStateAborted←10',
      '12 ParallelStateFailed←10',
      '13 WaitStateAborted←12',
      '14 ParallelStateFailed←12',
      '15 ExecutionFailed←14',
    ]);
    expect(drive.execution.timers).toEqual({});
  });
});

describe('Map', () => {
  const map = (rest: object, states: object = { T: lambda() }) => ({
    M: { Type: 'Map', ItemProcessor: block(states), End: true, ...rest },
  });

  it('keeps as many iterations open as MaxConcurrency allows, and the items’ order (F4)', async () => {
    const items = ['a', 'b', 'c'];
    const drive = await start(
      map({ Items: items, MaxConcurrency: 2 }, { T: lambda({ Arguments: '{% $states.input %}' }) }),
    );
    const openItems = () => Object.values(drive.execution.tasks).map((task) => task.parameters);
    expect(openItems()).toEqual(['"a"', '"b"']);
    expect(drive.lines(3).slice(0, 3)).toEqual([
      '3 MapStateStarted←2',
      '4 MapIterationStarted←3',
      '5 MapIterationStarted←3',
    ]);
    const finish = async (item: string) => {
      const task = Object.values(drive.execution.tasks).find(
        (one) => one.parameters === JSON.stringify(item),
      );
      await drive.tell({ type: 'taskSucceeded', taskId: task?.id ?? '', output: JSON.stringify(`${item}!`) });
    };
    await finish('b');
    expect(drive.lines(10)).toEqual([
      '10 TaskSucceeded←9',
      '11 TaskStateExited←10',
      '12 MapIterationSucceeded←11',
      '13 MapIterationStarted←11',
      '14 TaskStateEntered←13',
      '15 TaskScheduled←14',
    ]);
    expect(openItems()).toEqual(['"a"', '"c"']);
    await finish('c');
    await finish('a');
    expect(drive.lines().slice(-4)).toEqual([
      '21 MapIterationSucceeded←20',
      '22 MapStateSucceeded←21',
      '23 MapStateExited←21',
      '24 ExecutionSucceeded←23',
    ]);
    expect(drive.outcome()).toEqual(['a!', 'b!', 'c!']);
    expect(Object.keys(drive.execution.branches)).toEqual(['main']);
  });

  it('chooses each item’s input by ItemSelector, with the item in the context (F54)', async () => {
    const selector = {
      n: '{% $states.context.Map.Item.Index + $states.input.offset %}',
      v: '{% $states.context.Map.Item.Value %}',
    };
    const drive = await start(
      map(
        { Items: '{% ["x", "y"] %}', ItemSelector: selector },
        { P: pass({ Output: '{% [$states.input.n, $states.input.v, $states.context.Map.Item.Value] %}' }) },
      ),
      { offset: 10 },
    );
    expect(drive.outcome()).toEqual([
      [10, 'x', 'x'],
      [11, 'y', 'y'],
    ]);
  });

  it('an ItemSelector that fails fails the Map', async () => {
    const drive = await start(map({ Items: [1], ItemSelector: { v: '{% $no %}' } }));
    expect(drive.lines(4)).toEqual([
      '4 MapIterationStarted←3',
      '5 EvaluationFailed←4',
      '6 MapIterationFailed←5',
      '7 MapStateFailed←5',
      '8 ExecutionFailed←7',
    ]);
    expect(drive.details('EvaluationFailed')).toMatchObject({ state: 'M', location: 'ItemSelector/v' });
  });

  it('a failing item stops the others, with their events (F5)', async () => {
    const drive = await start(map({ Items: [0, 1] }));
    const [, second] = Object.values(drive.execution.tasks);
    await drive.tell({ type: 'taskFailed', taskId: second?.id ?? '', error: 'E' });
    expect(drive.lines(10)).toEqual([
      '10 TaskFailed←9',
      '11 MapIterationFailed←10',
      '12 TaskStateAborted←10',
      '13 MapIterationAborted←10',
      '14 TaskStateAborted←10',
      '15 MapStateFailed←10',
      '16 ExecutionFailed←15',
    ]);
    expect(drive.details('MapIterationFailed')).toEqual({ index: 1, name: 'M' });
    expect(drive.details('MapIterationAborted')).toEqual({ index: 0, name: 'M' });
  });

  it('a retry starts again at MapStateStarted; MapStateFailed comes after the last attempt only (F24)', async () => {
    const drive = await start(map({ Items: [0], Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 1 }] }));
    await drive.taskFails('E');
    await drive.elapse(seconds(1));
    await drive.taskFails('E');
    const types = drive.history.map((event) => event.type);
    expect(types.filter((type) => type === 'MapStateFailed')).toHaveLength(1);
    expect(drive.lines(8).slice(0, 4)).toEqual([
      '8 TaskFailed←7',
      '9 MapIterationFailed←8',
      '10 TaskStateAborted←8',
      '11 MapStateStarted←8',
    ]);
  });

  it('without items is over at once', async () => {
    const drive = await start(map({ Items: [] }));
    expect(drive.lines(3)).toEqual([
      '3 MapStateStarted←2',
      '4 MapStateSucceeded←3',
      '5 MapStateExited←3',
      '6 ExecutionSucceeded←5',
    ]);
  });

  it('whose Output fails is not reported as failed after it was as succeeded', async () => {
    const drive = await start(map({ Items: [1], Output: '{% $no %}' }, { P: pass() }));
    expect(drive.lines(8)).toEqual(['8 MapStateSucceeded←7', '9 EvaluationFailed←7', '10 ExecutionFailed←9']);
  });
});
