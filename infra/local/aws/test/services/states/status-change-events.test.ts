import {
  executionArn,
  invoke,
  isOver,
  machineArn,
  pass,
  type StatesHost,
  statesHost,
  T0,
} from './states-host.ts';

let states: StatesHost;
afterEach(() => states.stop());

describe('status changes on the event bus', () => {
  it('tell start and end with what EventBridge rules look at', async () => {
    states = await statesHost();
    await states.machine({ W: { Type: 'Wait', Seconds: 5, End: true } });
    await states.start('one', { a: 1 });
    states.clock.advance(5000);
    await states.until('one', isOver);
    expect(states.events.map(({ detail }) => detail.status)).toEqual(['RUNNING', 'SUCCEEDED']);
    expect(states.events[1]).toMatchObject({
      source: 'aws.states',
      'detail-type': 'Step Functions Execution Status Change',
      resources: [executionArn('one')],
      detail: {
        executionArn: executionArn('one'),
        stateMachineArn: machineArn,
        name: 'one',
        status: 'SUCCEEDED',
        startDate: T0,
        stopDate: T0 + 5000,
        input: '{"a":1}',
        inputDetails: { included: true },
        output: '{"a":1}',
        outputDetails: { included: true },
        error: null,
        cause: null,
        redriveCount: 0,
        redriveDate: null,
      },
    });
  });

  it('tell both even when an execution ends where it starts', async () => {
    states = await statesHost();
    await states.machine(pass);
    await states.start('one');
    const [running, succeeded] = states.events;
    expect(running?.detail).toMatchObject({ status: 'RUNNING', stopDate: null, output: null });
    expect(succeeded?.detail).toMatchObject({ status: 'SUCCEEDED', stopDate: T0 });
  });

  it('tell failure, redrive and stop', async () => {
    let answers = 0;
    states = await statesHost({
      work: () => {
        answers++;
        return answers === 1
          ? Promise.reject(new TypeError('not a function error'))
          : new Promise(() => undefined);
      },
    });
    await states.machine({ T: invoke() });
    await states.start('one');
    await states.until('one', isOver);
    await states.call('RedriveExecution', { executionArn: executionArn('one') });
    await states.call('StopExecution', { executionArn: executionArn('one'), error: 'E', cause: 'asked for' });
    expect(states.events.map(({ detail }) => [detail.status, detail.redriveCount, detail.error])).toEqual([
      ['RUNNING', 0, null],
      ['FAILED', 0, 'States.Runtime'],
      ['RUNNING', 1, null],
      ['ABORTED', 1, 'E'],
    ]);
  });
});
