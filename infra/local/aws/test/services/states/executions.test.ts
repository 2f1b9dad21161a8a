import { executionArn, isOver, machineArn, pass, type StatesHost, statesHost, T0 } from './states-host.ts';

let states: StatesHost;
beforeEach(async () => {
  states = await statesHost();
});
afterEach(() => states.stop());

const error = (name: string, message: string) => ({ name, message });
describe('executions', () => {
  it('start under a name of their own, or a UUID', async () => {
    await states.machine(pass);
    expect(await states.call('StartExecution', { stateMachineArn: machineArn, name: 'one' })).toEqual({
      executionArn: executionArn('one'),
      startDate: new Date(T0),
    });
    expect(await states.call('StartExecution', { stateMachineArn: machineArn })).toMatchObject({
      executionArn: expect.stringMatching(/:execution:machine:[0-9a-f]{8}-[0-9a-f-]{27}$/),
    });
  });

  it('answer a repeated start while open, and fail for any other (F48)', async () => {
    await states.machine({ W: { Type: 'Wait', Seconds: 60, End: true } });
    const start = (input: string) =>
      states.call('StartExecution', { stateMachineArn: machineArn, name: 'one', input });
    const [first, doubled] = await Promise.all([start('{"a":1}'), start('{"a":1}')]);
    expect(doubled).toEqual(first);
    states.clock.advance(1000);
    expect(await start('{"a":1}')).toEqual(first);
    const failure = error('ExecutionAlreadyExists', `Execution Already Exists: '${executionArn('one')}'`);
    await expect(start('{"a":2}')).rejects.toMatchObject(failure);
    states.clock.advance(59_000);
    await states.until('one', isOver);
    await expect(start('{"a":1}')).rejects.toMatchObject(failure);
    expect(states.events.filter(({ detail }) => detail.status === 'RUNNING')).toHaveLength(1);
  });

  it.each([
    [
      'an empty input',
      { input: '' },
      'InvalidExecutionInput',
      "Invalid State Machine Execution Input: 'Invalid execution input.'",
    ],
    [
      'an input that is not JSON',
      { input: '{' },
      'InvalidExecutionInput',
      /^Invalid State Machine Execution Input: '.+'$/,
    ],
    [
      'an input too long',
      { input: `"${'x'.repeat(262_143)}"` },
      'ValidationException',
      "1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less than or equal to 262144",
    ],
    ['a bad name', { name: 'a/b' }, 'InvalidName', "Invalid Name: 'a/b'"],
    ['a name too long', { name: 'a'.repeat(81) }, 'InvalidName', /^Invalid Name/],
    [
      'an ARN that is none',
      { stateMachineArn: 'machine' },
      'InvalidArn',
      "Invalid Arn: 'Invalid ARN prefix: machine'",
    ],
    [
      'an execution’s ARN',
      { stateMachineArn: executionArn('one') },
      'InvalidArn',
      "Invalid Arn: 'Resource type not valid in this context: execution'",
    ],
    [
      'an unknown machine',
      { stateMachineArn: `${machineArn}2` },
      'StateMachineDoesNotExist',
      `State Machine Does Not Exist: '${machineArn}2'`,
    ],
  ])('fail with %s', async (_what, given, name, message) => {
    await states.machine(pass);
    const expected = message instanceof RegExp ? expect.stringMatching(message) : message;
    await expect(
      states.call('StartExecution', { stateMachineArn: machineArn, ...given }),
    ).rejects.toMatchObject({ name, message: expected });
  });

  it.each(['1', 'null', '"text"', '[ 1 ]'])('take the input %s and keep its text', async (input) => {
    await states.machine(pass);
    await states.call('StartExecution', { stateMachineArn: machineArn, name: 'one', input });
    expect(await states.describe('one')).toMatchObject({ input, output: input });
  });

  it('are described while running and when over (F51)', async () => {
    await states.machine({
      W: { Type: 'Wait', Seconds: 60, Next: 'F' },
      F: { Type: 'Fail', Error: 'E', Cause: 'why' },
    });
    await states.start('one', { a: 1 });
    const running = {
      executionArn: executionArn('one'),
      stateMachineArn: machineArn,
      name: 'one',
      status: 'RUNNING',
      startDate: new Date(T0),
      input: '{"a":1}',
      inputDetails: { included: true },
      redriveCount: 0,
      redriveStatus: 'NOT_REDRIVABLE',
      redriveStatusReason: 'Execution is RUNNING and cannot be redriven',
    };
    expect(await states.describe('one')).toEqual(running);
    states.clock.advance(60_000);
    await states.until('one', isOver);
    const { redriveStatusReason: _reason, ...rest } = running;
    expect(await states.describe('one')).toEqual({
      ...rest,
      status: 'FAILED',
      stopDate: new Date(T0 + 60_000),
      error: 'E',
      cause: 'why',
      redriveStatus: 'REDRIVABLE',
    });
  });

  it.each([
    'DescribeExecution',
    'GetExecutionHistory',
    'StopExecution',
    'RedriveExecution',
    'DescribeStateMachineForExecution',
  ])('%s of one that does not exist', async (operation) => {
    await expect(states.call(operation, { executionArn: executionArn('none') })).rejects.toMatchObject(
      error('ExecutionDoesNotExist', `Execution Does Not Exist: '${executionArn('none')}'`),
    );
  });

  it('stop once: a repeat gives the first date and changes nothing (F37)', async () => {
    await states.machine({ W: { Type: 'Wait', Seconds: 60, End: true } });
    await states.start('one');
    const stop = (cause: string) =>
      states.call('StopExecution', { executionArn: executionArn('one'), cause });
    expect(await stop('first')).toEqual({ stopDate: new Date(T0) });
    states.clock.advance(5000);
    expect(await stop('second')).toEqual({ stopDate: new Date(T0) });
    expect(await states.describe('one')).toMatchObject({ status: 'ABORTED', cause: 'first' });
    expect((await states.history('one')).at(-1)).toMatchObject({
      type: 'ExecutionAborted',
      previousEventId: 0,
    });
  });
});

describe('redrive', () => {
  const redrive = (clientToken?: string) =>
    states.call<{ redriveDate: Date }>('RedriveExecution', {
      executionArn: executionArn('one'),
      ...(clientToken && { clientToken }),
    });
  const failing = { F: { Type: 'Fail', Error: 'E' } };

  it.each([
    ['RUNNING', { W: { Type: 'Wait', Seconds: 60, End: true } }],
    ['SUCCEEDED', pass],
  ])('fails when %s (F38)', async (status, definitionStates) => {
    await states.machine(definitionStates);
    await states.start('one');
    await expect(redrive()).rejects.toMatchObject(
      error(
        'ExecutionNotRedrivable',
        `Execution ${executionArn('one')} invalid for redrive as: Execution is ${status} and cannot be redriven`,
      ),
    );
  });

  it('is told in the description, keeps the definition, and each client token works once (F45, F46)', async () => {
    await states.machine(failing);
    await states.start('one');
    await states.machine(pass);
    states.clock.advance(1000);
    const first = await redrive('token');
    expect(first.redriveDate).toEqual(new Date(T0 + 1000));
    states.clock.advance(1000);
    expect(await redrive('token')).toEqual(first);
    expect(await states.describe('one')).toMatchObject({
      redriveCount: 1,
      redriveDate: first.redriveDate,
      error: 'E',
    });
    await redrive('another');
    expect(await states.describe('one')).toMatchObject({ redriveCount: 2, redriveStatus: 'REDRIVABLE' });
    states.clock.advance(16 * 60_000);
    await redrive('token');
    expect(await states.describe('one')).toMatchObject({ redriveCount: 3 });
    expect(
      await states.call('DescribeStateMachineForExecution', { executionArn: executionArn('one') }),
    ).toMatchObject({
      name: 'machine',
      definition: expect.stringContaining('Fail'),
      updateDate: new Date(T0),
    });
  });

  it('fails 14 days after the end', async () => {
    await states.machine(failing);
    await states.start('one');
    states.clock.advance(14 * 86_400_000 + 1);
    await expect(redrive()).rejects.toMatchObject({
      name: 'ExecutionNotRedrivable',
      message: expect.stringContaining('14 days ago'),
    });
  });
});
