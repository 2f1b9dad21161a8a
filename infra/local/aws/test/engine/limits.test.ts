import { Drive, lambda, machineOf, start } from './drive.ts';

const filled = (characters: number) => `{% $pad('', ${characters}, 'x') %}`;

describe('limits', () => {
  it('a state’s output holds 256 KiB and no more', async () => {
    const output = (characters: number) => ({ P: { Type: 'Pass', Output: filled(characters), End: true } });
    expect((await start(output(262_142))).execution.status).toBe('SUCCEEDED');
    const drive = await start(output(262_143));
    expect(drive.lines(3)).toEqual(['3 ExecutionFailed←2']);
    expect(drive.outcome()).toEqual({
      status: 'FAILED',
      error: 'States.DataLimitExceeded',
      cause:
        "The state/task 'P' returned a result with a size exceeding the maximum number of bytes service limit.",
    });
  });

  it('a task’s result beyond 256 KiB fails the task (F11), and States.ALL does not catch it', async () => {
    const drive = await start({
      T: lambda({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Done' }], Next: 'Done' }),
      Done: { Type: 'Succeed' },
    });
    await drive.taskSucceeds('x'.repeat(262_143));
    expect(drive.lines(5)).toEqual(['5 TaskFailed←4', '6 ExecutionFailed←5']);
    expect(drive.details('TaskFailed')).toMatchObject({
      error: 'States.DataLimitExceeded',
      cause:
        "The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit.",
    });
  });

  it('one state assigns at most 256 KiB, values counted as JSON (F29)', async () => {
    const assign = (characters: number) => ({
      P: { Type: 'Pass', Assign: { x: filled(131_070), y: filled(characters) }, End: true },
    });
    expect((await start(assign(131_070))).execution.status).toBe('SUCCEEDED');
    const drive = await start(assign(131_071));
    expect(drive.lines(3)).toEqual(['3 EvaluationFailed←2', '4 ExecutionFailed←3']);
    expect(drive.outcome()).toMatchObject({ error: 'States.DataLimitExceeded' });
  });

  it('an execution’s variables take 10 MiB at most (F29)', async () => {
    const states = Object.fromEntries(
      Array.from({ length: 43 }, (_, i) => [
        `Assign${i + 1}`,
        {
          Type: 'Pass',
          Assign: { [`v${i + 1}`]: filled(250_000) },
          ...(i < 42 ? { Next: `Assign${i + 2}` } : { End: true }),
        },
      ]),
    );
    const drive = await start(states);
    expect(drive.lines(85)).toEqual(['85 EvaluationFailed←84', '86 ExecutionFailed←85']);
    expect(drive.details('EvaluationFailed')).toEqual({
      error: 'States.DataLimitExceeded',
      cause:
        "Execution total variable size limit exceeded. State 'Assign42' assigned variables that exceed the total " +
        'execution limit by 14324 bytes.',
      location: 'Assign',
      state: 'Assign42',
    });
  });

  it('the 25,000th event can only be the end, and such an execution is not redriven', async () => {
    const drive = new Drive(machineOf({ A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'A' } }));
    await drive.tell({ type: 'started' });
    expect(drive.lines(24_999)).toEqual(['24999 PassStateExited←24998', '25000 ExecutionFailed←24999']);
    expect(drive.outcome()).toEqual({
      status: 'FAILED',
      error: 'States.Runtime',
      cause: 'The execution reached the maximum number of history events (25000).',
    });
    expect((await drive.tell({ type: 'redriven' })).applied).toBe(false);
  });
});
