import { AwsError, type ServiceEvent } from '../../../host.ts';
import { createEventsService } from '../../../services/events/events.ts';
import {
  ACCOUNT,
  administrator,
  create,
  createWorld,
  putRole,
  REGION,
  roleArn,
  runFor,
  startProcess,
  until,
  type World,
} from '../shared/test-host.ts';

const FUNCTION = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:starter`;
const RULE = `arn:aws:events:${REGION}:${ACCOUNT}:rule/push`;
const push: ServiceEvent = { source: 'aws.codecommit', detailType: 'Push', detail: { branch: 'main' } };

interface Invocation {
  readonly FunctionName: string;
  readonly InvocationType: string;
  readonly Payload: Uint8Array;
}

describe('EventBridge', () => {
  let world: World;
  let invocations: { id: string; event: Record<string, unknown> }[];

  beforeEach(() => {
    world = createWorld();
    invocations = [];
    world.played.lambda = {
      Invoke: ({ FunctionName, InvocationType, Payload }: Invocation) => {
        const event = JSON.parse(Buffer.from(Payload).toString()) as Record<string, unknown>;
        invocations.push({ id: String(event.id), event });
        return { StatusCode: FunctionName === FUNCTION && InvocationType === 'Event' ? 202 : 500 };
      },
    };
    // The function lets in this rule only.
    world.policies[FUNCTION] = {
      Statement: {
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'lambda:InvokeFunction',
        Resource: FUNCTION,
        Condition: { ArnLike: { 'AWS:SourceArn': RULE } },
      },
    };
  });
  afterEach(() => world.remove());

  const open = (writesToLive?: number) => {
    const process = startProcess(world, writesToLive);
    return { process, events: process.register(createEventsService) };
  };
  const pushRule = (properties: Record<string, unknown> = {}) => ({
    Name: 'push',
    EventPattern: { source: ['aws.codecommit'], detail: { branch: ['main'] } },
    State: 'ENABLED',
    Targets: [{ Id: 'Target0', Arn: FUNCTION }],
    ...properties,
  });

  it('delivers a matching service event to the function under the rule, and no other event', async () => {
    const { process, events } = open();
    await create(events, 'AWS::Events::Rule', 'PushRule', pushRule());
    process.host.emit({ ...push, detail: { branch: 'dev' } });
    process.host.emit(push);
    await until(world, () => invocations.length > 0);
    await runFor(world);
    expect(invocations.map(({ event }) => event.detail)).toEqual([{ branch: 'main' }]);
    expect(invocations[0]?.event).toMatchObject({
      version: '0',
      source: 'aws.codecommit',
      'detail-type': 'Push',
      account: ACCOUNT,
      region: REGION,
      time: '2026-11-22T10:00:00Z',
    });
  });

  it('takes an event with the same id once, and delivers it again under that id when asked to', async () => {
    const { process, events } = open();
    await create(events, 'AWS::Events::Rule', 'PushRule', pushRule());
    process.host.emit({ ...push, id: 'push-1' });
    process.host.emit({ ...push, id: 'push-1' });
    await runFor(world);
    expect(invocations.map(({ id }) => id)).toEqual(['push-1']);
    events.redeliver('push-1');
    await until(world, () => invocations.length === 2);
    expect(invocations.map(({ id }) => id)).toEqual(['push-1', 'push-1']);
    expect(events.recentEvents().map(({ id }) => id)).toEqual(['push-1']);
    expect(() => events.redeliver('unknown')).toThrow('unknown');
  });

  it('delivers nothing by a disabled rule or one that was deleted', async () => {
    const { process, events } = open();
    await create(events, 'AWS::Events::Rule', 'PushRule', pushRule({ State: 'DISABLED' }));
    const other = await create(events, 'AWS::Events::Rule', 'Other', pushRule({ Name: 'other' }));
    await events.resources['AWS::Events::Rule']?.delete(other, {} as never, {});
    process.host.emit(push);
    await runFor(world);
    expect(invocations).toEqual([]);
  });

  it('drops a delivery that the function does not allow, and says so in the log', async () => {
    const { process, events } = open();
    await create(events, 'AWS::Events::Rule', 'Other', pushRule({ Name: 'other' }));
    process.host.emit(push);
    await until(world, () => world.logs.some(({ message }) => message.includes('dropped')));
    expect(invocations).toEqual([]);
    expect(JSON.stringify(world.logs)).toContain('lambda:InvokeFunction');
    expect(world.store.table('events.deliveries').keys()).toEqual([]);
  });

  it('retries when the target is unavailable', async () => {
    const invoke = world.played.lambda?.Invoke;
    let failures = 2;
    world.played.lambda = {
      Invoke: (input: never, principal) => {
        if (failures-- > 0) throw new AwsError('ServiceException', 'not now', 500);
        return invoke?.(input, principal);
      },
    };
    const { process, events } = open();
    await create(events, 'AWS::Events::Rule', 'PushRule', pushRule());
    process.host.emit(push);
    await until(world, () => invocations.length === 1);
    expect(failures).toBe(-1);
  });

  it('loses no event to a crash, after whichever write it comes', async () => {
    const counted = open();
    await create(counted.events, 'AWS::Events::Rule', 'PushRule', pushRule());
    const before = counted.process.writes();
    counted.process.host.emit({ ...push, id: 'counted' });
    await until(world, () => invocations.length === 1);
    await runFor(world);
    const writes = counted.process.writes() - before;
    counted.process.kill();
    expect(writes).toBeGreaterThanOrEqual(4);
    for (let life = 1; life <= writes; life++) {
      invocations.length = 0;
      const id = `push-${life}`;
      const dying = open(life);
      dying.process.inner.emit({ ...push, id });
      await runFor(world, 200);
      expect(dying.process.isDead()).toBe(true);
      const { process, events } = open();
      // The emitting service repeats what it did not write down; the id makes that harmless.
      events.start?.();
      process.host.emit({ ...push, id });
      await until(world, () => invocations.some((one) => one.id === id), `delivery after write ${life}`);
      await runFor(world, 200);
      expect(world.store.table('events.deliveries').keys()).toEqual([]);
      process.kill();
    }
  });

  it('fires a rate in turn, once for a leap of time, and when it is started again: at once, and after a minute', async () => {
    const { process, events } = open();
    const scheduled = pushRule({ EventPattern: undefined, ScheduleExpression: 'rate(5 minutes)' });
    await create(events, 'AWS::Events::Rule', 'Reconcile', scheduled);
    await runFor(world, 4 * 60_000);
    expect(invocations).toHaveLength(0);
    await runFor(world, 2 * 60_000);
    expect(invocations).toHaveLength(1);
    expect(invocations[0]?.event).toMatchObject({
      source: 'aws.events',
      'detail-type': 'Scheduled Event',
      resources: [RULE],
    });
    world.clock.advance(7 * 24 * 3_600_000);
    await runFor(world, 100);
    expect(invocations).toHaveLength(2);
    process.kill();
    const again = open();
    again.events.start?.();
    await runFor(world, 100);
    expect(invocations).toHaveLength(3);
    await runFor(world, 60_000);
    expect(invocations).toHaveLength(3);
    await runFor(world, 10_000);
    expect(invocations).toHaveLength(4);
    again.events.stop?.();
    await runFor(world, 6 * 60_000);
    expect(invocations).toHaveLength(4);
  });

  it('invokes by a schedule of Scheduler under its role, at one moment of its window in each turn', async () => {
    putRole(world, 'scheduling', 'scheduler.amazonaws.com');
    const { process, events } = open();
    const Target = { Arn: FUNCTION, RoleArn: `arn:aws:iam::${ACCOUNT}:role/scheduling` };
    await create(events, 'AWS::Scheduler::Schedule', 'Check', {
      Name: 'check',
      ScheduleExpression: 'rate(5 minutes)',
      FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 4 },
      Target,
    });
    await runFor(world, 5 * 60_000 - 1);
    expect(invocations).toHaveLength(0);
    await runFor(world, 4 * 60_000 + 1);
    expect(invocations).toHaveLength(1);
    expect(invocations[0]?.event).toMatchObject({
      source: 'aws.scheduler',
      resources: [`arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule/default/check`],
    });
    await runFor(world, 5 * 60_000);
    expect(invocations).toHaveLength(2);
    process.kill();
  });

  it.each([
    [{ FlexibleTimeWindow: { Mode: 'SOMETIMES' } }, /FlexibleTimeWindow.Mode must be FLEXIBLE, or OFF/],
    [{ FlexibleTimeWindow: { Mode: 'FLEXIBLE' } }, /MaximumWindowInMinutes must be 1 to 1440, got undefined/],
    [{ ScheduleExpression: 'at(noon)' }, /ScheduleExpression is not usable/],
    [
      { Target: { Arn: `arn:aws:sqs:${REGION}:${ACCOUNT}:queue`, RoleArn: 'arn' } },
      /Target.Arn must be that of a function/,
    ],
  ])('fails for a schedule that Scheduler or the emulator does not take: %j', async (change, text) => {
    const { events } = open();
    await expect(
      create(events, 'AWS::Scheduler::Schedule', 'Check', {
        ScheduleExpression: 'rate(5 minutes)',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: { Arn: FUNCTION, RoleArn: `arn:aws:iam::${ACCOUNT}:role/scheduling` },
        ...change,
      }),
    ).rejects.toThrow(text);
  });

  it('starts state machines and pipelines under the target role, and publishes to topics', async () => {
    const calls: unknown[] = [];
    const note = (input: never, principal: unknown) => calls.push({ input, principal });
    world.played.states = { StartExecution: note };
    world.played.codepipeline = { StartPipelineExecution: note };
    world.played.sns = { Publish: note };
    const topic = `arn:aws:sns:${REGION}:${ACCOUNT}:topic`;
    putRole(world, 'starter', 'events.amazonaws.com');
    const { process, events } = open();
    world.policies[topic] = {
      Statement: {
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sns:Publish',
        Resource: topic,
      },
    };
    await create(events, 'AWS::Events::Rule', 'Rule', {
      EventPattern: { source: ['aws.codecommit'] },
      Targets: [
        {
          Id: 'machine',
          Arn: `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:m`,
          RoleArn: roleArn('starter'),
          InputPath: '$.detail',
        },
        { Id: 'pipeline', Arn: `arn:aws:codepipeline:${REGION}:${ACCOUNT}:p`, RoleArn: roleArn('starter') },
        {
          Id: 'topic',
          Arn: topic,
          InputTransformer: {
            InputPathsMap: { branch: '$.detail.branch' },
            InputTemplate: '"<branch> was pushed"',
          },
        },
      ],
    });
    process.host.emit({ ...push, id: 'one' });
    await until(world, () => calls.length === 3);
    expect(calls).toEqual([
      {
        input: {
          stateMachineArn: `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:m`,
          name: expect.stringMatching(/^one_[0-9a-f-]{36}$/),
          input: '{"branch":"main"}',
        },
        principal: expect.objectContaining({ kind: 'role', roleArn: roleArn('starter') }),
      },
      { input: { name: 'p', clientRequestToken: expect.any(String) }, principal: expect.anything() },
      {
        input: { TopicArn: topic, Message: 'main was pushed' },
        principal: expect.objectContaining({ kind: 'service', service: 'events.amazonaws.com' }),
      },
    ]);
  });

  it('fails for rules that AWS, or this bus, cannot serve', async () => {
    const { events } = open();
    const make = (properties: Record<string, unknown>) =>
      create(events, 'AWS::Events::Rule', 'Rule', pushRule(properties));
    await expect(make({ EventPattern: { source: [{ cidr: '1' }] } })).rejects.toThrow(
      /AWS::Events::Rule Test\/Rule: property EventPattern .*cidr/,
    );
    await expect(make({ EventPattern: undefined })).rejects.toThrow('ScheduleExpression is required');
    await expect(make({ ScheduleExpression: 'rate(1 minutes)' })).rejects.toThrow('ScheduleExpression');
    await expect(
      make({ Targets: [{ Id: 'x', Arn: 'arn:aws:kinesis:us-east-1:0:stream/s' }] }),
    ).rejects.toThrow(/Targets\[0\]\.Arn .*not supported/);
    await expect(
      make({ Targets: [{ Id: 'x', Arn: 'arn:aws:states:us-east-1:0:stateMachine:m' }] }),
    ).rejects.toThrow('needs a RoleArn');
    await expect(make({ Targets: [{ Id: 'x', Arn: FUNCTION, Input: '{' }] })).rejects.toThrow(
      /Targets\[0\]\.Input/,
    );
    await expect(make({ Unknown: 1 })).rejects.toThrow('Unknown');
  });

  it('takes custom events, and none in the name of AWS, not even from the administrator', async () => {
    const { process, events } = open();
    const EventPattern = { source: ['app', 'aws.codecommit'], detail: { branch: ['main'] } };
    await create(events, 'AWS::Events::Rule', 'PushRule', pushRule({ EventPattern }));
    const role = putRole(world, 'app', 'lambda.amazonaws.com');
    const entry = { Source: 'aws.codecommit', DetailType: 'Push', Detail: '{"branch":"main"}' };
    const put = (principal: typeof role, Entries: object[]) =>
      process.inner.call<{ FailedEntryCount: number; Entries: { ErrorCode?: string; EventId?: string }[] }>(
        principal,
        'events',
        'PutEvents',
        { Entries },
      );
    const failed = await put(role, [
      entry,
      { ...entry, Source: 'app' },
      { ...entry, Source: 'app', Detail: '[1]' },
      { Source: 'app' },
    ]);
    expect(failed.FailedEntryCount).toBe(3);
    expect(failed.Entries.map((one) => one.ErrorCode)).toEqual([
      'NotAuthorizedForSourceException',
      undefined,
      'MalformedDetail',
      'InvalidArgument',
    ]);
    const forged = await put(administrator, [entry]);
    expect(forged.Entries[0]).toMatchObject({ ErrorCode: 'NotAuthorizedForSourceException' });
    const taken = await put(administrator, [{ ...entry, Source: 'app' }]);
    await until(world, () => invocations.length === 2);
    expect(invocations[1]?.id).toBe(taken.Entries[0]?.EventId);
  });
});
