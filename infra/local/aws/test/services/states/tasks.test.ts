import {
  executionArn,
  FunctionFailure,
  invoke,
  isOver,
  lines,
  machineRole,
  pass,
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

describe('lambda:invoke', () => {
  it('gives the function’s answer in the integration’s form (F8)', async () => {
    states = await statesHost({ work: (payload) => ({ got: payload }) });
    const { status, output } = await run({ T: invoke() }, { a: 1 });
    expect(status).toBe('SUCCEEDED');
    expect(JSON.parse(output ?? '')).toMatchObject({
      ExecutedVersion: '$LATEST',
      Payload: { got: { a: 1 } },
      SdkHttpMetadata: { HttpHeaders: { 'Content-Type': 'application/json' }, HttpStatusCode: 200 },
      SdkResponseMetadata: { RequestId: expect.any(String) },
      StatusCode: 200,
    });
    expect(lines(await states.history('one'))).toEqual([
      '1 ExecutionStarted←0',
      '2 TaskStateEntered←0',
      '3 TaskScheduled←2',
      '4 TaskStarted←3',
      '5 TaskSucceeded←4',
      '6 TaskStateExited←5',
      '7 ExecutionSucceeded←6',
    ]);
  });

  it('hands a null payload on as an empty object (F8)', async () => {
    states = await statesHost({ work: () => 1 });
    await run({ T: invoke({ Arguments: { FunctionName: 'work', Payload: null } }) });
    expect(states.calls).toEqual([{}]);
  });

  it('a function’s error is the task’s, its report compact in the cause (F9)', async () => {
    states = await statesHost({
      work: () => {
        throw new FunctionFailure('no disk');
      },
    });
    expect(await run({ T: invoke() })).toMatchObject({
      status: 'FAILED',
      error: 'Broken',
      cause: '{"errorType":"Broken","errorMessage":"no disk","trace":["at work"]}',
    });
  });

  it('a function that does not exist (F10)', async () => {
    states = await statesHost();
    expect(await run({ T: invoke() })).toMatchObject({
      error: 'Lambda.ResourceNotFoundException',
      cause: expect.stringMatching(
        /^Function not found: work \(Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; Request ID: [0-9a-f-]{36}; Proxy: null\)$/,
      ),
    });
  });

  it('a role without permission: AccessDenied names role, action and resource', async () => {
    states = await statesHost({ work: () => 1 });
    putRole(states.store, 'machine', []);
    expect(await run({ T: invoke() })).toMatchObject({
      error: 'Lambda.AWSLambdaException',
      cause: expect.stringMatching(
        /assumed-role\/machine\/.+ is not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:us-east-1:000000000000:function:work .*Error Code: AccessDeniedException/,
      ),
    });
    expect(states.calls).toEqual([]);
  });

  it('a role that Step Functions may not assume (F36)', async () => {
    states = await statesHost({ work: () => 1 });
    putRole(states.store, 'machine', [], 'ec2.amazonaws.com');
    expect(await run({ T: invoke() })).toMatchObject({
      error: 'States.TaskFailed',
      cause: `The principal states.amazonaws.com is not authorized to assume the provided role. (role: ${machineRole})`,
    });
  });

  it.each([
    [{ Payload: 1 }, 'lambda:invoke needs FunctionName as a string, got undefined'],
    [{ FunctionName: 'work', Paylaod: 1 }, "lambda:invoke has no 'Paylaod'"],
    ['work', `The Arguments of state 'T' must be an object, got "work"`],
  ])('Arguments %j', async (Arguments, text) => {
    states = await statesHost({ work: () => 1 });
    expect(await run({ T: invoke({ Arguments }) })).toMatchObject({
      error: 'States.Runtime',
      cause: expect.stringContaining(text),
    });
  });
});

describe('aws-sdk tasks', () => {
  const sdk = (action: string, Arguments: object) => ({
    T: { Type: 'Task', Resource: `arn:aws:states:::aws-sdk:${action}`, Arguments, End: true },
  });

  it('call a service under the machine’s role; members have capitals and dates are text (F34)', async () => {
    states = await statesHost();
    await states.machine(pass);
    await states.start('zero');
    const { output } = await run(sdk('sfn:describeExecution', { ExecutionArn: executionArn('zero') }));
    expect(JSON.parse(output ?? '')).toMatchObject({
      Status: 'SUCCEEDED',
      StartDate: '2026-11-22T10:00:00.000Z',
      InputDetails: { Included: true },
      RedriveCount: 0,
    });
    const scheduled = (await states.history('one')).find((event) => event.type === 'TaskScheduled');
    expect(scheduled?.taskScheduledEventDetails).toMatchObject({
      resourceType: 'aws-sdk:sfn',
      resource: 'describeExecution',
    });
  });

  it('a function’s error is a result, and its payload stays text (F12)', async () => {
    states = await statesHost({
      work: () => {
        throw new FunctionFailure('no');
      },
    });
    const { output } = await run(sdk('lambda:invoke', { FunctionName: 'work', Payload: { a: 1 } }));
    expect(JSON.parse(output ?? '')).toEqual({
      ExecutedVersion: '$LATEST',
      FunctionError: 'Unhandled',
      Payload: expect.stringContaining('"errorMessage": "no"'),
      StatusCode: 200,
    });
    expect(states.calls).toEqual([{ a: 1 }]);
  });

  it.each([
    [
      'a modelled error',
      'sfn:describeExecution',
      { ExecutionArn: executionArn('none') },
      'Sfn.ExecutionDoesNotExistException',
      /^Execution Does Not Exist: '.+' \(Service: Sfn, Status Code: 400, Request ID: [0-9a-f-]{36}\) \(SDK Attempt Count: 1\)$/,
    ],
    [
      'a service that is not there',
      'ssm:getParameter',
      { Name: 'x' },
      'Ssm.SsmException',
      /has no service ssm/,
    ],
    [
      'a member that is not there',
      'sfn:describeExecution',
      { Arn: 'x' },
      'States.Runtime',
      /^The field '\/Arn' is not supported by the call. It takes: ExecutionArn, IncludedData$/,
    ],
    [
      'an operation that is not there',
      'sfn:describeAll',
      {},
      'States.Runtime',
      /^Sfn has no operation DescribeAll$/,
    ],
  ])('%s (F35)', async (_what, action, given, error, cause) => {
    states = await statesHost();
    expect(await run(sdk(action, given))).toMatchObject({ error, cause: expect.stringMatching(cause) });
  });

  it('a role without permission (F35)', async () => {
    states = await statesHost();
    putRole(states.store, 'machine', []);
    expect(await run(sdk('sfn:listStateMachines', {}))).toMatchObject({
      error: 'Sfn.SfnException',
      cause: expect.stringContaining('states:ListStateMachines'),
    });
  });
});
