import {
  callback,
  executionArn,
  hasEvent,
  isOver,
  machineArn,
  putRole,
  type StatesHost,
  statesHost,
} from './states-host.ts';

let states: StatesHost;
afterEach(() => states.stop());

const run = async (definition: object, input: unknown = {}) => {
  await states.machine(definition);
  await states.start('one', input);
  await states.until('one', isOver);
  return states.describe('one');
};

describe('task tokens', () => {
  const failure = (name: string, message: string) => ({ name, message });
  const tokenOf = (call: unknown) => (call as { token: string }).token;
  const open = async (rest: object = {}) => {
    states = await statesHost({ work: () => ({ started: true }) });
    await states.machine({ T: callback(rest) });
    await states.start('one');
    await states.until('one', hasEvent('TaskSubmitted'));
    return tokenOf(states.calls[0]);
  };

  it('complete the task with the output that is sent (F13, F15)', async () => {
    const taskToken = await open();
    expect(await states.call('SendTaskHeartbeat', { taskToken })).toEqual({});
    expect(await states.call('SendTaskSuccess', { taskToken, output: '{ "ok": true }' })).toEqual({});
    expect(await states.describe('one')).toMatchObject({ status: 'SUCCEEDED', output: '{ "ok": true }' });
    const submitted = (await states.history('one')).find((event) => event.type === 'TaskSubmitted');
    expect(JSON.parse(submitted?.taskSubmittedEventDetails?.output ?? '')).toMatchObject({
      Payload: { started: true },
    });
  });

  it('fail the task with error and cause', async () => {
    const taskToken = await open();
    await states.call('SendTaskFailure', { taskToken, error: 'E', cause: 'why' });
    expect(await states.describe('one')).toMatchObject({ status: 'FAILED', error: 'E', cause: 'why' });
  });

  it('may be answered by the function that is given them', async () => {
    const work = async (payload: unknown) => {
      await states.call('SendTaskSuccess', { taskToken: tokenOf(payload), output: '"at once"' });
    };
    states = await statesHost({ work });
    expect(await run({ T: callback() })).toMatchObject({ status: 'SUCCEEDED', output: '"at once"' });
  });

  it.each([
    [
      'none',
      {},
      'ValidationException',
      "1 validation error detected: Value at 'taskToken' failed to satisfy constraint: Member must not be null",
    ],
    [
      'an empty one',
      { taskToken: '' },
      'ValidationException',
      "1 validation error detected: Value '' at 'taskToken' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      'another one',
      { taskToken: 'x'.repeat(100), output: '{' },
      'InvalidToken',
      "Invalid Token: 'Invalid token'",
    ],
    [
      'no output',
      { output: undefined },
      'ValidationException',
      "1 validation error detected: Value at 'output' failed to satisfy constraint: Member must not be null",
    ],
    ['bad output', { output: '{' }, 'InvalidOutput', "Invalid Output: '{' is not valid JSON."],
  ])('fail with %s, and a live one stays usable (F16)', async (_what, given, name, message) => {
    const taskToken = await open();
    const token = 'taskToken' in given || !('output' in given) ? {} : { taskToken };
    await expect(states.call('SendTaskSuccess', { output: '1', ...token, ...given })).rejects.toMatchObject(
      failure(name, message),
    );
    await states.call('SendTaskSuccess', { taskToken, output: '1' });
    expect(await states.describe('one')).toMatchObject({ status: 'SUCCEEDED' });
  });

  it.each(['SendTaskSuccess', 'SendTaskFailure', 'SendTaskHeartbeat'])(
    '%s on a closed one is TaskTimedOut (F16)',
    async (operation) => {
      const taskToken = await open();
      await states.call('StopExecution', { executionArn: executionArn('one') });
      const given = operation === 'SendTaskSuccess' ? { taskToken, output: '1' } : { taskToken };
      await expect(states.call(operation, given)).rejects.toMatchObject(
        failure('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'"),
      );
    },
  );

  it('with bad JSON on a closed one is InvalidOutput (F16)', async () => {
    const taskToken = await open();
    await states.call('StopExecution', { executionArn: executionArn('one') });
    await expect(states.call('SendTaskSuccess', { taskToken, output: '{' })).rejects.toMatchObject({
      name: 'InvalidOutput',
    });
  });

  it('a redrive gives a new one, and the old one is closed (F40)', async () => {
    const first = await open();
    await states.call('SendTaskFailure', { taskToken: first });
    await states.call('RedriveExecution', { executionArn: executionArn('one') });
    await states.until('one', hasEvent('TaskSubmitted', 2));
    await expect(states.call('SendTaskSuccess', { taskToken: first, output: '1' })).rejects.toMatchObject({
      name: 'TaskTimedOut',
    });
    await states.call('SendTaskSuccess', { taskToken: tokenOf(states.calls[1]), output: '2' });
    expect(await states.describe('one')).toMatchObject({ status: 'SUCCEEDED', output: '2' });
  });

  it('cannot be made by who only knows how they are made: a changed one is no token', async () => {
    const taskToken = await open();
    expect(taskToken.length).toBeLessThanOrEqual(1024);
    for (let i = 0; i < taskToken.length; i += 7) {
      const forged = `${taskToken.slice(0, i)}${taskToken[i] === 'A' ? 'B' : 'A'}${taskToken.slice(i + 1)}`;
      await expect(states.call('SendTaskHeartbeat', { taskToken: forged })).rejects.toMatchObject({
        name: 'InvalidToken',
      });
    }
  });

  it('are authorised against the state machine that they belong to', async () => {
    const taskToken = await open();
    putRole(states.store, 'caller', []);
    const role = {
      kind: 'role',
      roleArn: 'arn:aws:iam::000000000000:role/caller',
      sessionName: 's',
    } as const;
    await expect(states.call('SendTaskSuccess', { taskToken, output: '1' }, role)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(`states:SendTaskSuccess on resource: ${machineArn}`),
    });
    expect(await states.describe('one')).toMatchObject({ status: 'RUNNING' });
    putRole(states.store, 'caller', [
      { Effect: 'Allow', Action: 'states:SendTaskSuccess', Resource: machineArn },
    ]);
    expect(await states.call('SendTaskSuccess', { taskToken, output: '1' }, role)).toEqual({});
  });

  it('time out after days of a silent job', async () => {
    await open({ TimeoutSeconds: 7 * 86_400 });
    states.clock.advance(7 * 86_400_000 - 1);
    expect(await states.describe('one')).toMatchObject({ status: 'RUNNING' });
    states.clock.advance(1);
    await states.until('one', isOver);
    expect(await states.describe('one')).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
  });

  it('heartbeats hold off the timeout that they are for', async () => {
    const taskToken = await open({ HeartbeatSeconds: 10 });
    for (const _beat of [1, 2, 3]) {
      states.clock.advance(9000);
      await states.call('SendTaskHeartbeat', { taskToken });
    }
    expect(await states.describe('one')).toMatchObject({ status: 'RUNNING' });
    states.clock.advance(10_000);
    await states.until('one', isOver);
    expect(await states.describe('one')).toMatchObject({ error: 'States.Timeout' });
  });
});
