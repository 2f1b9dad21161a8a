import { machineArn, machineRole, type StatesHost, statesHost, T0 } from './states-host.ts';

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
const create = (given: object = {}) =>
  states.call('CreateStateMachine', {
    name: 'machine',
    definition: definition(),
    roleArn: machineRole,
    ...given,
  });

describe('state machines', () => {
  it('are created once: the exact repeat gives the same, another definition fails (F52)', async () => {
    const first = await create();
    expect(first).toEqual({ stateMachineArn: machineArn, creationDate: new Date(T0) });
    states.clock.advance(1000);
    expect(
      await create({ roleArn: 'arn:aws:iam::000000000000:role/other', tags: [{ key: 'a', value: 'b' }] }),
    ).toEqual(first);
    await expect(create({ definition: ` ${definition()}` })).rejects.toMatchObject(
      error('StateMachineAlreadyExists', `State Machine Already Exists: '${machineArn}'`),
    );
  });

  it.each([
    [
      'a bad definition',
      { definition: '{"StartAt":"A"}' },
      'InvalidDefinition',
      "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'",
    ],
    ['a bad name', { name: 'a b' }, 'InvalidName', "Invalid Name: 'a b'"],
    [
      'Express',
      { type: 'EXPRESS' },
      'StateMachineTypeNotSupported',
      "State Machine Type is not supported: 'EXPRESS'",
    ],
    [
      'versions',
      { publish: true },
      'ValidationException',
      'The emulator serves no versions: leave publish out.',
    ],
  ])('fail with %s', async (_what, given, name, message) => {
    await expect(create(given)).rejects.toMatchObject(error(name, message));
  });

  it('fail when a task calls what is not served here', async () => {
    const task = { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage', End: true };
    await expect(states.machine({ T: task })).rejects.toMatchObject({
      name: 'InvalidDefinition',
      message: expect.stringContaining(
        "'arn:aws:states:::sqs:sendMessage' of state 'T' is not served by the emulator",
      ),
    });
  });

  it('are described, updated and deleted', async () => {
    await create({ loggingConfiguration: { level: 'ALL' }, tags: [{ key: 'team', value: 'qa' }] });
    const described = {
      stateMachineArn: machineArn,
      name: 'machine',
      status: 'ACTIVE',
      definition: definition(),
      roleArn: machineRole,
      type: 'STANDARD',
      creationDate: new Date(T0),
      loggingConfiguration: { level: 'ALL' },
      tracingConfiguration: { enabled: false },
      encryptionConfiguration: { type: 'AWS_OWNED_KEY' },
    };
    expect(await states.call('DescribeStateMachine', { stateMachineArn: machineArn })).toEqual(described);

    states.clock.advance(5000);
    const update = await states.call('UpdateStateMachine', {
      stateMachineArn: machineArn,
      definition: definition(2),
    });
    expect(update).toEqual({ updateDate: new Date(T0 + 5000), revisionId: expect.any(String) });
    expect(await states.call('DescribeStateMachine', { stateMachineArn: machineArn })).toMatchObject({
      definition: definition(2),
      creationDate: new Date(T0),
    });
  });

  it('fail for an update of nothing', async () => {
    await create();
    await expect(states.call('UpdateStateMachine', { stateMachineArn: machineArn })).rejects.toMatchObject(
      error(
        'MissingRequiredParameter',
        'Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified',
      ),
    );
  });

  it('are listed page by page', async () => {
    for (const name of ['a', 'b', 'c']) await create({ name });
    const first = await states.call<{ stateMachines: { name: string }[]; nextToken: string }>(
      'ListStateMachines',
      { maxResults: 2 },
    );
    const second = await states.call<typeof first>('ListStateMachines', { nextToken: first.nextToken });
    expect([first, second].map((page) => page.stateMachines.map(({ name }) => name))).toEqual([
      ['a', 'b'],
      ['c'],
    ]);
    expect(second).not.toHaveProperty('nextToken');
  });
});
