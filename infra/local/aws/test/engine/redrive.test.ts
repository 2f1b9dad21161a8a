import { block, callback, type Drive, lambda, seconds, start } from './drive.ts';

const redrive = async (drive: Drive): Promise<void> => {
  expect((await drive.tell({ type: 'redriven' })).applied).toBe(true);
};

describe('redrive', () => {
  it('schedules a failed task again from its entry, with a full budget of retries (F39, F40)', async () => {
    const drive = await start({
      Before: { Type: 'Pass', Assign: { x: 1 }, Next: 'T' },
      T: callback({
        Arguments: { context: '{% $states.context %}', x: '{% $x %}' },
        Retry: [{ ErrorEquals: ['E'], MaxAttempts: 1 }],
      }),
    });
    for (let count = 1; count <= 2; count++) {
      const first = drive.task();
      await drive.taskFails('E');
      await drive.elapse(seconds(1));
      await drive.taskFails('E');
      const last = drive.history.length;
      await drive.elapse(seconds(60));
      await redrive(drive);
      expect(drive.lines(last)).toEqual([
        `${last} ExecutionFailed←${last - 1}`,
        `${last + 1} ExecutionRedriven←${last}`,
        `${last + 2} TaskScheduled←4`,
      ]);
      expect(drive.details('ExecutionRedriven')).toEqual({ redriveCount: count });
      const { context, x } = JSON.parse(drive.task().parameters);
      expect(x).toBe(1);
      expect(context.Execution).toMatchObject({
        RedriveCount: count,
        RedriveTime: new Date(drive.now).toISOString(),
        StartTime: '2026-11-22T10:00:00.000Z',
      });
      expect(context.State).toEqual({ Name: 'T', EnteredTime: '2026-11-22T10:00:00.000Z', RetryCount: 0 });
      expect(drive.task().token).not.toBe(first.token);
    }
    await drive.taskSucceeds('ok');
    expect(drive.outcome()).toBe('ok');
    expect(drive.execution).toMatchObject({ redriveCount: 2, error: null, cause: null });
    expect(drive.effects.filter((effect) => effect !== 'task')).toEqual([
      'started',
      'ended',
      'redriven',
      'ended',
      'redriven',
      'ended',
    ]);
  });

  it('lets a Fail state fail again without entering it (F41)', async () => {
    const drive = await start({
      P: { Type: 'Pass', Next: 'F' },
      F: { Type: 'Fail', Error: 'Rejected', Cause: 'no' },
    });
    await redrive(drive);
    expect(drive.lines(5)).toEqual(['5 ExecutionFailed←4', '6 ExecutionRedriven←5', '7 ExecutionFailed←6']);
    expect(drive.outcome()).toEqual({ status: 'FAILED', error: 'Rejected', cause: 'no' });
  });

  it.each([
    ['scheduled', false],
    ['started', true],
  ])('takes up a stopped execution whose task was %s (F42)', async (_stage, isStarted) => {
    const drive = await start({ T: lambda() });
    if (isStarted) await drive.taskStarted();
    await drive.tell({ type: 'stopped' });
    const last = drive.history.length;
    await redrive(drive);
    expect(drive.lines(last + 1)).toEqual([
      `${last + 1} ExecutionRedriven←${last}`,
      `${last + 2} TaskScheduled←2`,
    ]);
  });

  it('renews the machine’s deadline after a timeout (F42)', async () => {
    const drive = await start({ T: lambda() }, {}, { TimeoutSeconds: 30 });
    await drive.elapse(seconds(30));
    await redrive(drive);
    await drive.elapse(seconds(29));
    expect(drive.execution.status).toBe('RUNNING');
    await drive.elapse(seconds(1));
    expect(drive.execution.status).toBe('TIMED_OUT');
  });

  it('takes up a task timeout like any failure of the task', async () => {
    const drive = await start({ T: callback({ TimeoutSeconds: 5 }) });
    await drive.taskStarted();
    await drive.elapse(seconds(5));
    await redrive(drive);
    await drive.taskStarted();
    await drive.elapse(seconds(4));
    await drive.taskSucceeds('in time');
    expect(drive.outcome()).toBe('in time');
  });

  it('resumes failed and aborted branches, and keeps what succeeded (F43)', async () => {
    const drive = await start({
      P: {
        Type: 'Parallel',
        Branches: ['A', 'B', 'C'].map((name) => block({ [name]: lambda() })),
        End: true,
      },
    });
    await drive.taskSucceeds('a', 'A');
    await drive.taskFails('E', '', 'B');
    const last = drive.history.length;
    await redrive(drive);
    expect(drive.lines(last + 1)).toEqual([
      `${last + 1} ExecutionRedriven←${last}`,
      `${last + 2} TaskScheduled←6`,
      `${last + 3} TaskScheduled←8`,
    ]);
    await drive.taskSucceeds('c', 'C');
    await drive.taskSucceeds('b', 'B');
    expect(drive.outcome()).toEqual(['a', 'b', 'c']);
  });

  it('resumes the failed item, then starts those not reached (F44)', async () => {
    const drive = await start({
      M: {
        Type: 'Map',
        Items: [0, 1, 2],
        MaxConcurrency: 1,
        ItemProcessor: block({ T: lambda() }),
        End: true,
      },
    });
    await drive.taskSucceeds('zero');
    await drive.taskFails('E');
    const entered = drive.history.findLast((event) => event.type === 'TaskStateEntered')?.id;
    const last = drive.history.length;
    await redrive(drive);
    expect(drive.lines(last + 1)).toEqual([
      `${last + 1} ExecutionRedriven←${last}`,
      `${last + 2} TaskScheduled←${entered}`,
    ]);
    await drive.taskSucceeds('one');
    await drive.taskSucceeds('two');
    expect(drive.outcome()).toEqual(['zero', 'one', 'two']);
  });

  it('enters branches that had not been entered when a sibling failed', async () => {
    const drive = await start({
      P: {
        Type: 'Parallel',
        Branches: [
          block({ T: lambda({ Arguments: '{% $states.context.Execution.RedriveCount = 0 ? $no : {} %}' }) }),
          block({ B: { Type: 'Pass', End: true } }),
        ],
        End: true,
      },
    });
    expect(drive.execution.status).toBe('FAILED');
    await redrive(drive);
    await drive.taskSucceeds('t');
    expect(drive.outcome()).toEqual(['t', {}]);
    expect(drive.history.filter((event) => event.type === 'PassStateEntered')).toHaveLength(1);
  });

  it('evaluates a Choice again', async () => {
    const drive = await start({
      C: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $states.context.Execution.RedriveCount > 0 %}', Next: 'Done' }],
      },
      Done: { Type: 'Succeed' },
    });
    await redrive(drive);
    expect(drive.lines(3)).toEqual([
      '3 ExecutionFailed←2',
      '4 ExecutionRedriven←3',
      '5 ChoiceStateExited←2',
      '6 SucceedStateEntered←5',
      '7 SucceedStateExited←6',
      '8 ExecutionSucceeded←7',
    ]);
  });

  it('runs a Parallel again whose branches were done when leaving it failed', async () => {
    const drive = await start({
      P: {
        Type: 'Parallel',
        Branches: [block({ A: { Type: 'Pass', End: true } })],
        Output: '{% $states.context.Execution.RedriveCount = 0 ? $no : "now" %}',
        End: true,
      },
    });
    await redrive(drive);
    expect(drive.outcome()).toBe('now');
  });

  it.each(['Pass', 'Succeed'])('fails after success (%s)', async (Type) => {
    const drive = await start({ P: Type === 'Pass' ? { Type, End: true } : { Type } });
    expect((await drive.tell({ type: 'redriven' })).applied).toBe(false);
  });

  it('fails while running', async () => {
    const drive = await start({ T: lambda() });
    expect((await drive.tell({ type: 'redriven' })).applied).toBe(false);
  });
});
