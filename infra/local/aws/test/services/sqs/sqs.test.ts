import { createEventsService } from '../../../services/events/events.ts';
import { createLambdaService } from '../../../services/lambda/lambda.ts';
import { createLogsService } from '../../../services/logs/logs.ts';
import { createSnsService } from '../../../services/sns/sns.ts';
import { createSqsService } from '../../../services/sqs/sqs.ts';
import {
  eventually,
  putRole,
  startHost,
  type TestHost,
  temporaryFolders,
} from '../../assembly/assembly-host.ts';
import { basicExecution, inTest, invoke, providerOf } from '../lambda/functions.ts';

const newFolder = temporaryFolders();
const administrator = { kind: 'administrator' } as const;
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:dead';
let running: TestHost;
let url: string;

interface Received {
  readonly Messages: readonly {
    readonly MessageId: string;
    readonly ReceiptHandle: string;
    readonly Body: string;
    readonly MD5OfBody: string;
    readonly MessageAttributes: Readonly<Record<string, { readonly StringValue: string }>>;
  }[];
}
const call = <Output>(operation: string, input: object) =>
  running.host.call<Output>(administrator, 'sqs', operation, { QueueUrl: url, ...input });
const receive = async () => (await call<Received>('ReceiveMessage', { MaxNumberOfMessages: 10 })).Messages;
const waiting = () => running.store.table('sqs.messages').keys().length;

const create = (service: string, type: string, properties: object, id = 'Resource') =>
  providerOf(running.host.service(service), type).create({ ...properties }, inTest(id));

beforeEach(async () => {
  running = await startHost(newFolder(), [
    createSqsService,
    createSnsService,
    createLogsService,
    createEventsService,
    createLambdaService,
  ]);
  const state = await create('sqs', 'AWS::SQS::Queue', { QueueName: 'dead', MessageRetentionPeriod: 60 });
  expect(state.attributes.Arn).toBe(QUEUE);
  url = state.physicalId;
});
afterEach(() => running.stop());

describe('a queue', () => {
  it('hands a message out until it is deleted, and to one reader at a time', async () => {
    await call('SendMessage', { MessageBody: 'hello' });
    const [message] = await receive();
    expect(message).toMatchObject({ Body: 'hello', MD5OfBody: '5d41402abc4b2a76b9719d911017c592' });
    expect(await receive()).toEqual([]);
    running.clock.advance(31_000);
    const [again] = await receive();
    expect(again?.MessageId).toBe(message?.MessageId);
    await call('DeleteMessage', { ReceiptHandle: message?.ReceiptHandle });
    expect(waiting()).toBe(1);
    await call('DeleteMessage', { ReceiptHandle: again?.ReceiptHandle });
    expect(waiting()).toBe(0);
  });

  it('tells how much it holds, and for how long', async () => {
    await call('SendMessage', { MessageBody: 'one' });
    await call('SendMessage', { MessageBody: 'two' });
    await call('ReceiveMessage', {});
    expect(await call('GetQueueAttributes', {})).toEqual({ Attributes: {} });
    expect(await call('GetQueueAttributes', { AttributeNames: ['VisibilityTimeout'] })).toEqual({
      Attributes: { VisibilityTimeout: expect.any(String) },
    });
    expect(await call('GetQueueAttributes', { AttributeNames: ['All'] })).toMatchObject({
      Attributes: {
        QueueArn: QUEUE,
        ApproximateNumberOfMessages: '1',
        ApproximateNumberOfMessagesNotVisible: '1',
        MessageRetentionPeriod: '60',
      },
    });
    running.clock.advance(61_000);
    expect(await receive()).toEqual([]);
    expect(waiting()).toBe(0);
  });

  it('keeps messages over a kill, and loses them with itself', async () => {
    await call('SendMessage', { MessageBody: 'hello' });
    running = await running.killAndRestart();
    expect(waiting()).toBe(1);
    const provider = providerOf(running.host.service('sqs'), 'AWS::SQS::Queue');
    await provider.delete({ physicalId: url, attributes: {} }, inTest('Resource'), {});
    expect(waiting()).toBe(0);
    await expect(call('SendMessage', { MessageBody: 'hello' })).rejects.toThrow(/does not exist/);
  });

  it('fails for what SQS rejects', async () => {
    await expect(call('SendMessage', {})).rejects.toMatchObject({ name: 'MissingParameter' });
    await expect(call('ReceiveMessage', { MaxNumberOfMessages: 11 })).rejects.toMatchObject({
      name: 'InvalidParameterValue',
    });
  });

  it('lets in roles and services that policies let in, and nobody else', async () => {
    const send = (sourceArn: string) =>
      running.host.call(
        { kind: 'service', service: 'events.amazonaws.com', sourceArn },
        'sqs',
        'SendMessage',
        {
          QueueUrl: url,
          MessageBody: 'hello',
        },
      );
    const rule = 'arn:aws:events:us-east-1:000000000000:rule/push';
    await expect(send(rule)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await create('sqs', 'AWS::SQS::QueuePolicy', {
      Queues: [url],
      PolicyDocument: {
        Statement: {
          Effect: 'Allow',
          Principal: { Service: 'events.amazonaws.com' },
          Action: 'sqs:SendMessage',
          Resource: QUEUE,
          Condition: { ArnEquals: { 'aws:SourceArn': rule } },
        },
      },
    });
    await send(rule);
    await expect(send(`${rule}-2`)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

/** Time passes as soon as something waits for it. */
const pass = (done: () => boolean) =>
  eventually(() => {
    running.clock.advance(60_000);
    return done();
  });

describe('dead letters', () => {
  const letQueueIn = (service: string) =>
    create('sqs', 'AWS::SQS::QueuePolicy', {
      Queues: [url],
      PolicyDocument: {
        Statement: {
          Effect: 'Allow',
          Principal: { Service: service },
          Action: 'sqs:SendMessage',
          Resource: QUEUE,
        },
      },
    });
  const putFailing = async (mayBury: boolean) => {
    const Role = putRole(running.host, 'fn-role', 'lambda.amazonaws.com', [
      basicExecution,
      ...(mayBury ? [{ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: QUEUE } as const] : []),
    ]);
    await create('lambda', 'AWS::Lambda::Function', {
      FunctionName: 'fn',
      Role,
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Code: { ZipFile: "exports.handler = async () => { throw new Error('always'); };" },
      DeadLetterConfig: { TargetArn: QUEUE },
    });
    await invoke(running, 'fn', { text: 'hello' }, { InvocationType: 'Event' });
    await pass(() => running.store.table('lambda.asyncEvents').keys().length === 0);
  };

  it('are events that a function failed with for good, with the error', async () => {
    await create('sqs', 'AWS::SQS::Queue', { QueueName: 'dead', MessageRetentionPeriod: 1_209_600 });
    await putFailing(true);
    const [letter] = await receive();
    expect(letter?.Body).toBe('{"text":"hello"}');
    expect(letter?.MessageAttributes.ErrorMessage?.StringValue).toContain('always');
    expect(letter?.MessageAttributes.RequestID?.StringValue).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('are lost, and the operator told, when the function may not write them', async () => {
    await putFailing(false);
    expect(waiting()).toBe(0);
    expect(running.log.at(-1)?.message).toMatch(/dead letter is lost.*sqs:SendMessage/);
  });

  it('are apart from events that a rule of a bus of its own puts into a queue that lets it in', async () => {
    await create('events', 'AWS::Events::EventBus', { Name: 'own' });
    await create('events', 'AWS::Events::Rule', {
      Name: 'told',
      EventBusName: 'own',
      EventPattern: { source: ['mine'] },
      Targets: [{ Id: 'Target0', Arn: QUEUE }],
    });
    const tell = (EventBusName?: string) =>
      running.host.call(administrator, 'events', 'PutEvents', {
        Entries: [{ Source: 'mine', DetailType: 'told', Detail: '{"n":1}', EventBusName }],
      });
    await tell('own');
    await pass(() => running.log.some(({ message }) => message.includes('dropped')));
    expect(running.host.accessReport().denied).toMatchObject([{ action: 'sqs:SendMessage' }]);
    await letQueueIn('events.amazonaws.com');
    await tell();
    await tell('own');
    await pass(() => waiting() > 0);
    const [message, ...others] = await receive();
    expect(JSON.parse(message?.Body ?? '')).toMatchObject({ source: 'mine', detail: { n: 1 } });
    expect(others).toEqual([]);
  });

  it('are events that a rule could not hand over', async () => {
    await letQueueIn('events.amazonaws.com');
    const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:gone';
    await create('events', 'AWS::Events::Rule', {
      Name: 'push',
      EventPattern: { source: ['mine'] },
      Targets: [{ Id: 'Target0', Arn: FUNCTION, DeadLetterConfig: { Arn: QUEUE } }],
    });
    running.host.emit({ source: 'mine', detailType: 'Push', detail: { branch: 'main' } });
    await eventually(() => waiting() === 1);
    const [letter] = await receive();
    expect(JSON.parse(letter?.Body ?? '')).toMatchObject({ detail: { branch: 'main' } });
    expect(letter?.MessageAttributes.TARGET_ARN?.StringValue).toBe(FUNCTION);
    expect(letter?.MessageAttributes.RULE_ARN?.StringValue).toMatch(/:rule\/push$/);
  });

  it('are messages that a topic could not hand over', async () => {
    await letQueueIn('sns.amazonaws.com');
    const { physicalId: TopicArn } = await create('sns', 'AWS::SNS::Topic', { TopicName: 'images' });
    await create('sns', 'AWS::SNS::Subscription', {
      TopicArn,
      Protocol: 'lambda',
      Endpoint: 'arn:aws:lambda:us-east-1:000000000000:function:gone',
      RedrivePolicy: { deadLetterTargetArn: QUEUE },
    });
    await running.host.call(administrator, 'sns', 'Publish', { TopicArn, Message: 'an image' });
    await eventually(() => waiting() === 1);
    const [letter] = await receive();
    expect(JSON.parse(letter?.Body ?? '')).toMatchObject({ Records: [{ Sns: { Message: 'an image' } }] });
  });
});

describe('a dead-letter queue of another queue', () => {
  const SOURCE = 'arn:aws:sqs:us-east-1:000000000000:work';
  let work: string;
  beforeEach(async () => {
    const state = await create(
      'sqs',
      'AWS::SQS::Queue',
      { QueueName: 'work', RedrivePolicy: { deadLetterTargetArn: QUEUE, maxReceiveCount: 2 } },
      'Work',
    );
    work = state.physicalId;
  });
  const bodies = async (QueueUrl: string) =>
    (await call<Received>('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 })).Messages.map(
      ({ Body }) => Body,
    );
  const receiveTooOften = async () => {
    for (let time = 0; time < 2; time++) {
      expect(await bodies(work)).toEqual(['hello']);
      running.clock.advance(31_000);
    }
    expect(await bodies(work)).toEqual([]);
  };
  const move = (input: object) => call('StartMessageMoveTask', { SourceArn: QUEUE, ...input });
  const tasks = async () =>
    (await call<{ Results: object[] }>('ListMessageMoveTasks', { SourceArn: QUEUE })).Results;

  it('takes what was received too often, and gives it back to where it came from', async () => {
    await call('SendMessage', { QueueUrl: work, MessageBody: 'hello' });
    await receiveTooOften();
    await move({});
    expect(await tasks()).toMatchObject([{ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 1 }]);
    expect([await bodies(work), await bodies(url)]).toEqual([['hello'], []]);
  });

  it('gives what no queue sent to a queue that is named, and not without', async () => {
    await call('SendMessage', { MessageBody: 'of a function' });
    await move({});
    expect(await tasks()).toMatchObject([
      { Status: 'FAILED', FailureReason: 'CouldNotDetermineMessageSource' },
    ]);
    await move({ DestinationArn: SOURCE });
    expect(await bodies(work)).toEqual(['of a function']);
  });

  it('fails to move out of a queue that is no dead-letter queue, or does not exist', async () => {
    await expect(move({ SourceArn: SOURCE })).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await expect(move({ SourceArn: `${SOURCE}-gone` })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  it.each(['StartMessageMoveTask', 'ReceiveMessage', 'DeleteMessage', 'SendMessage'])(
    'moves nothing for a caller without sqs:%s',
    async (missing) => {
      const actions = [
        'StartMessageMoveTask',
        'ReceiveMessage',
        'DeleteMessage',
        'GetQueueAttributes',
        'SendMessage',
      ];
      const roleArn = putRole(running.host, 'operator', 'lambda.amazonaws.com', [
        {
          Effect: 'Allow',
          Action: actions.filter((action) => action !== missing).map((action) => `sqs:${action}`),
          Resource: [QUEUE, SOURCE],
        },
      ]);
      await call('SendMessage', { MessageBody: 'hello' });
      const operator = { kind: 'role', roleArn, sessionName: 'test' } as const;
      await expect(
        running.host.call(operator, 'sqs', 'StartMessageMoveTask', {
          SourceArn: QUEUE,
          DestinationArn: SOURCE,
        }),
      ).rejects.toThrow(`not authorized to perform: sqs:${missing}`);
      expect(await bodies(work)).toEqual([]);
    },
  );
});

describe('a queue as a source of events', () => {
  const REQUIRED = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
  const putConsumer = async (source: string) => {
    await create('sqs', 'AWS::SQS::Queue', { QueueName: 'dead', MessageRetentionPeriod: 1_209_600 });
    const Role = putRole(running.host, 'consumer', 'lambda.amazonaws.com', [
      basicExecution,
      { Effect: 'Allow', Action: REQUIRED, Resource: QUEUE },
    ]);
    await create('lambda', 'AWS::Lambda::Function', {
      FunctionName: 'consumer',
      Role,
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Code: { ZipFile: source },
    });
    await create(
      'lambda',
      'AWS::Lambda::EventSourceMapping',
      { EventSourceArn: QUEUE, FunctionName: 'consumer', BatchSize: 1 },
      'Source',
    );
    await running.host.service('lambda')?.start?.();
  };

  it('hands each message to the function, and deletes what it accepted', async () => {
    await putConsumer(
      "exports.handler = async ({ Records }) => console.log('got', Records[0].body, Records[0].eventSource);",
    );
    await call('SendMessage', { MessageBody: 'hello' });
    running.clock.advance(1000);
    await eventually(() => waiting() === 0);
    expect(running.host.accessReport().denied).toEqual([]);
  });

  it('keeps what the function failed with, until it is received again', async () => {
    await putConsumer("exports.handler = async () => { throw new Error('not now'); };");
    await call('SendMessage', { MessageBody: 'hello' });
    running.clock.advance(1000);
    const received = () =>
      running.store.table<{ received: number }>('sqs.messages').values()[0]?.received ?? 0;
    await eventually(() => received() === 1);
    await eventually(() => {
      running.clock.advance(31_000);
      return received() > 1;
    });
    expect(waiting()).toBe(1);
  });
});
