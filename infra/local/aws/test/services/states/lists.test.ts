import {
  executionArn,
  machineArn,
  machineRole,
  pass,
  putRole,
  type StatesHost,
  statesHost,
  T0,
} from './states-host.ts';

let states: StatesHost;
beforeEach(async () => {
  states = await statesHost();
});
afterEach(() => states.stop());

const error = (name: string, message: string) => ({ name, message });
const definition = (output: unknown = 1) =>
  JSON.stringify({
    QueryLanguage: 'JSONata',
    StartAt: 'P',
    States: { P: { Type: 'Pass', Output: output, End: true } },
  });

describe('lists', () => {
  it('give executions newest first, by status and page by page, also when more start in between (F49)', async () => {
    await states.machine({
      C: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.ok %}', Next: 'P' }], Default: 'F' },
      ...pass,
      F: { Type: 'Fail' },
    });
    for (const [i, ok] of [true, false, true, true].entries()) await states.start(`e${i}`, { ok });
    type Page = { executions: { name: string }[]; nextToken?: string };
    const list = (given: object) =>
      states.call<Page>('ListExecutions', { stateMachineArn: machineArn, ...given });
    const names = (page: Page) => page.executions.map(({ name }) => name);
    expect(names(await list({}))).toEqual(['e3', 'e2', 'e1', 'e0']);
    expect(names(await list({ statusFilter: 'FAILED' }))).toEqual(['e1']);
    const first = await list({ maxResults: 2, statusFilter: 'SUCCEEDED' });
    await states.start('e4', { ok: true });
    const second = await list({ maxResults: 2, statusFilter: 'SUCCEEDED', nextToken: first.nextToken });
    expect([names(first), names(second), second.nextToken]).toEqual([['e3', 'e2'], ['e0'], undefined]);
    expect((await list({ maxResults: 1 })).executions[0]).toEqual({
      executionArn: executionArn('e4'),
      stateMachineArn: machineArn,
      name: 'e4',
      status: 'SUCCEEDED',
      startDate: new Date(T0),
      stopDate: new Date(T0),
      redriveCount: 0,
    });
  });

  it.each([
    [
      { statusFilter: 'DONE' },
      "1 validation error detected: Value 'DONE' at 'statusFilter' failed to satisfy constraint: Member must satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]",
    ],
    [
      { maxResults: 1001 },
      "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000",
    ],
    [
      { redriveFilter: 'REDRIVEN' },
      'RedriveFilter cannot be applied to ListExecutions call with StateMachine ARN',
    ],
  ])('fail for %j', async (given, message) => {
    await states.machine(pass);
    await expect(
      states.call('ListExecutions', { stateMachineArn: machineArn, ...given }),
    ).rejects.toMatchObject(error('ValidationException', message));
  });

  it('give a history page by page, forwards and backwards, and no token after a full last page (F50)', async () => {
    await states.machine(pass);
    await states.start('one');
    const read = async (given: object) => {
      const pages: (number | undefined)[][] = [];
      for (let nextToken: string | undefined; ; ) {
        const input = { executionArn: executionArn('one'), ...given, ...(nextToken && { nextToken }) };
        const page = await states.call<{ events: { id: number }[]; nextToken?: string }>(
          'GetExecutionHistory',
          input,
        );
        pages.push(page.events.map(({ id }) => id));
        nextToken = page.nextToken;
        if (!nextToken) return pages;
      }
    };
    expect(await read({ maxResults: 2 })).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(await read({ maxResults: 3 })).toEqual([[1, 2, 3], [4]]);
    expect(await read({ maxResults: 3, reverseOrder: true })).toEqual([[4, 3, 2], [1]]);
    expect(await read({})).toEqual([[1, 2, 3, 4]]);
  });

  it('leave execution data out on request (F6)', async () => {
    await states.machine({ P: { Type: 'Pass', Assign: { x: 1 }, End: true } });
    await states.start('one', { secret: 1 });
    const input = { executionArn: executionArn('one'), includeExecutionData: false };
    const { events } = await states.call<{ events: object[] }>('GetExecutionHistory', input);
    expect(JSON.stringify(events)).not.toMatch(/secret|"input"|"output"|assignedVariables/);
    expect(events[2]).toEqual({
      id: 3,
      previousEventId: 2,
      timestamp: new Date(T0),
      type: 'PassStateExited',
      stateExitedEventDetails: { name: 'P', outputDetails: { truncated: false } },
    });
  });

  it('fail for a token that was not given', async () => {
    await states.machine(pass);
    await states.start('one');
    const given = { executionArn: executionArn('one'), nextToken: '!' };
    await expect(states.call('GetExecutionHistory', given)).rejects.toMatchObject({ name: 'InvalidToken' });
  });
});

describe('permissions', () => {
  const role = { kind: 'role', roleArn: 'arn:aws:iam::000000000000:role/caller', sessionName: 's' } as const;

  it.each([
    ['StartExecution', { stateMachineArn: machineArn }, machineArn],
    ['ListExecutions', { stateMachineArn: machineArn }, machineArn],
    ['DescribeStateMachine', { stateMachineArn: machineArn }, machineArn],
    ['UpdateStateMachine', { stateMachineArn: machineArn }, machineArn],
    ['DescribeExecution', { executionArn: executionArn('one') }, executionArn('one')],
    ['GetExecutionHistory', { executionArn: executionArn('one') }, executionArn('one')],
    ['StopExecution', { executionArn: executionArn('one') }, executionArn('one')],
    ['RedriveExecution', { executionArn: executionArn('one') }, executionArn('one')],
    ['DescribeStateMachineForExecution', { executionArn: executionArn('one') }, executionArn('one')],
    ['ListStateMachines', {}, '*'],
  ])('%s asks for itself on %j', async (operation, input, resource) => {
    await states.machine(pass);
    await states.start('one');
    putRole(states.store, 'caller', []);
    await expect(states.call(operation, input, role)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(
        `is not authorized to perform: states:${operation} on resource: ${resource}`,
      ),
    });
    putRole(states.store, 'caller', [{ Effect: 'Allow', Action: `states:${operation}`, Resource: resource }]);
    await states
      .call(operation, input, role)
      .catch((problem: Error) => expect(problem.name).not.toBe('AccessDeniedException'));
  });

  it('creating a machine also asks for passing its role', async () => {
    putRole(states.store, 'caller', [
      { Effect: 'Allow', Action: 'states:CreateStateMachine', Resource: machineArn },
    ]);
    const input = { name: 'machine', definition: definition(), roleArn: machineRole };
    await expect(states.call('CreateStateMachine', input, role)).rejects.toMatchObject({
      message: expect.stringContaining(`iam:PassRole on resource: ${machineRole}`),
    });
  });
});
