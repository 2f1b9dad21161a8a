import { serviceLinkedRole } from '../../../services/imagebuilder/records.ts';
import { readOutbox } from '../../../services/sns/outbox.ts';
import { createSnsService } from '../../../services/sns/sns.ts';
import {
  ACCOUNT,
  administrator,
  context,
  create,
  createWorld,
  putRole,
  REGION,
  runFor,
  startProcess,
  until,
  type World,
} from '../shared/test-host.ts';

const TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:promotions`;
const FUNCTION = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:complete`;
const IMAGE_BUILDER = `arn:aws:iam::${ACCOUNT}:role/aws-service-role/imagebuilder.amazonaws.com/AWSServiceRoleForImageBuilder`;
const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234`;

describe('SNS', () => {
  let world: World;
  let invocations: unknown[];

  beforeEach(() => {
    world = createWorld();
    invocations = [];
    world.played.lambda = {
      Invoke: ({ Payload }: { Payload: Uint8Array }) => {
        invocations.push(JSON.parse(Buffer.from(Payload).toString()));
        return { StatusCode: 202 };
      },
    };
    world.policies[FUNCTION] = {
      Statement: {
        Effect: 'Allow',
        Principal: { Service: 'sns.amazonaws.com' },
        Action: 'lambda:InvokeFunction',
        Resource: FUNCTION,
        Condition: { ArnLike: { 'AWS:SourceArn': TOPIC } },
      },
    };
    world.played.kms = {};
  });
  afterEach(() => world.remove());

  const open = async (topic: Record<string, unknown> = {}, writesToLive?: number) => {
    const process = startProcess(world, writesToLive);
    const sns = process.register(createSnsService);
    await create(sns, 'AWS::SNS::Topic', 'Topic', { TopicName: 'promotions', ...topic });
    return { process, sns };
  };
  const subscribe = (
    sns: Awaited<ReturnType<typeof open>>['sns'],
    id: string,
    properties: Record<string, unknown>,
  ) => create(sns, 'AWS::SNS::Subscription', id, { TopicArn: TOPIC, ...properties });
  const publish = (
    process: Awaited<ReturnType<typeof open>>['process'],
    input: object,
    principal = administrator,
  ) => process.inner.call<{ MessageId: string }>(principal, 'sns', 'Publish', { TopicArn: TOPIC, ...input });

  it('puts mails into the outbox of those whose filter lets the message through', async () => {
    const { process, sns } = await open();
    await subscribe(sns, 'Qc', {
      Protocol: 'email',
      Endpoint: 'qc@example.com',
      FilterPolicy: { role: ['qc'] },
    });
    await subscribe(sns, 'Pmo', {
      Protocol: 'email',
      Endpoint: 'pmo@example.com',
      FilterPolicy: { $or: [{ role: ['pmo'] }, { role: ['operator'], application: ['orders'] }] },
    });
    await subscribe(sns, 'All', { Protocol: 'email-json', Endpoint: 'all@example.com' });
    const attributes = (role: string) => ({
      role: { DataType: 'String', StringValue: role },
      application: { DataType: 'String', StringValue: 'orders' },
    });
    await publish(process, {
      Subject: 'QC approval',
      Message: 'Please decide: http://x/',
      MessageAttributes: attributes('qc'),
    });
    await publish(process, { Message: 'It failed', MessageAttributes: attributes('operator') });
    await publish(process, { Message: 'Nobody in particular' });
    const mails = readOutbox(world.store);
    expect(mails.map(({ to, subject }) => [to, subject])).toEqual([
      ['qc@example.com', 'QC approval'],
      ['all@example.com', 'QC approval'],
      ['pmo@example.com', 'AWS Notification Message'],
      ['all@example.com', 'AWS Notification Message'],
      ['all@example.com', 'AWS Notification Message'],
    ]);
    expect(mails[0]).toMatchObject({
      message: 'Please decide: http://x/',
      topicArn: TOPIC,
      attributes: { role: 'qc', application: 'orders' },
      at: world.clock.now(),
    });
    expect(JSON.parse(mails[1]?.message ?? '')).toMatchObject({
      Type: 'Notification',
      Message: 'Please decide: http://x/',
      Subject: 'QC approval',
    });
  });

  it.each<[string, Record<string, unknown>, object, boolean]>([
    [
      'a number attribute',
      { size: [{ numeric: ['>', 3] }] },
      { size: { DataType: 'Number', StringValue: '5' } },
      true,
    ],
    [
      'a list attribute',
      { teams: ['b'] },
      { teams: { DataType: 'String.Array', StringValue: '["a","b"]' } },
      true,
    ],
    ['a missing attribute', { role: ['qc'] }, {}, false],
    [
      'two attributes',
      { role: ['qc'], size: [1] },
      { role: { DataType: 'String', StringValue: 'qc' } },
      false,
    ],
    [
      'anything but',
      { role: [{ 'anything-but': ['qc'] }] },
      { role: { DataType: 'String', StringValue: 'pmo' } },
      true,
    ],
    ['an empty policy', {}, {}, true],
  ])('filters by %s', async (_name, FilterPolicy, MessageAttributes, passes) => {
    const { process, sns } = await open();
    await subscribe(sns, 'One', { Protocol: 'email', Endpoint: 'a@example.com', FilterPolicy });
    await publish(process, { Message: 'x', MessageAttributes });
    expect(readOutbox(world.store)).toHaveLength(passes ? 1 : 0);
  });

  it('filters by the body when the policy says so', async () => {
    const { process, sns } = await open();
    await subscribe(sns, 'One', {
      Protocol: 'email',
      Endpoint: 'a@example.com',
      FilterPolicyScope: 'MessageBody',
      FilterPolicy: { state: { status: ['FAILED'] } },
    });
    await publish(process, { Message: '{"state":{"status":"AVAILABLE"}}' });
    await publish(process, { Message: 'not JSON' });
    await publish(process, { Message: '{"state":{"status":"FAILED"}}' });
    expect(readOutbox(world.store)).toHaveLength(1);
  });

  it('hands functions the event that SNS gives, under the topic', async () => {
    const { process, sns } = await open();
    const { physicalId } = await subscribe(sns, 'Function', { Protocol: 'lambda', Endpoint: FUNCTION });
    const { MessageId } = await publish(process, {
      Message: 'hello',
      MessageAttributes: { a: { DataType: 'String', StringValue: 'b' } },
    });
    await until(world, () => invocations.length === 1);
    expect(invocations).toEqual([
      {
        Records: [
          {
            EventSource: 'aws:sns',
            EventVersion: '1.0',
            EventSubscriptionArn: physicalId,
            Sns: expect.objectContaining({
              Type: 'Notification',
              MessageId,
              TopicArn: TOPIC,
              Subject: null,
              Message: 'hello',
              Timestamp: expect.stringMatching(/^2026-11-22T10:00:0/),
              MessageAttributes: { a: { Type: 'String', Value: 'b' } },
            }),
          },
        ],
      },
    ]);
  });

  it.each([
    ['before the delivery is made', 3],
    ['when it was made and not struck off', 4],
  ])('delivers to functions at least once when it dies %s', async (_name, writesToLive) => {
    // The first two writes make topic and subscription.
    const { process: dying, sns } = await open({}, writesToLive);
    await subscribe(sns, 'Function', { Protocol: 'lambda', Endpoint: FUNCTION });
    void publish(dying, { Message: 'hello' });
    await until(world, dying.isDead);
    await runFor(world, 100);
    const { sns: again } = await open();
    again.start?.();
    await until(world, () => invocations.length > 0);
    await runFor(world, 100);
    expect(world.store.table('sns.deliveries').keys()).toEqual([]);
  });

  it('fails for subjects and messages that SNS rejects (T49)', async () => {
    const { process } = await open();
    const fails = async (input: object, message: string) =>
      expect(publish(process, input)).rejects.toMatchObject({
        name: 'InvalidParameter',
        message: `Invalid parameter: ${message}`,
      });
    await fails({ Message: 'x', Subject: 'two\nlines' }, 'Subject');
    await fails({ Message: 'x', Subject: 'ü' }, 'Subject');
    await fails({ Message: 'x', Subject: ' starts with a space' }, 'Subject');
    await fails({ Message: 'x', Subject: 'a'.repeat(100) }, 'Subject');
    await fails({ Message: '' }, 'Empty message');
    await fails({ Message: 'x'.repeat(262_145) }, 'Message too long');
    await fails(
      { Message: '{"email":"x"}', MessageStructure: 'json' },
      'Message Structure - No default entry in JSON message body',
    );
    await expect(publish(process, { Message: 'x', Subject: 'a'.repeat(99) })).resolves.toMatchObject({
      MessageId: expect.any(String),
    });
    await expect(publish(process, { Message: 'x', TopicArn: `${TOPIC}2` })).rejects.toMatchObject({
      name: 'NotFound',
    });
  });

  it('lets in publishers by their policy or the topic policy, no others', async () => {
    const { process, sns } = await open();
    const stranger = putRole(world, 'stranger', 'lambda.amazonaws.com', []);
    const service = {
      kind: 'service',
      service: 'events.amazonaws.com',
      sourceArn: 'arn:aws:events:us-east-1:000000000000:rule/a',
    } as const;
    await expect(publish(process, { Message: 'x' }, stranger)).rejects.toThrow(
      /sns:Publish on resource: .*promotions/,
    );
    await expect(publish(process, { Message: 'x' }, service)).rejects.toThrow('sns:Publish');
    const statement = {
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sns:Publish',
      Resource: TOPIC,
    };
    const policy = { PolicyDocument: { Statement: [statement] }, Topics: [TOPIC] };
    const state = await create(sns, 'AWS::SNS::TopicPolicy', 'Policy', policy);
    await publish(process, { Message: 'x' }, service);
    await sns.resources['AWS::SNS::TopicPolicy']?.delete(state, context('Policy'), policy);
    await expect(publish(process, { Message: 'x' }, service)).rejects.toThrow('sns:Publish');
  });

  it('asks the key of an encrypted topic, as Image Builder finds it too (T16)', async () => {
    const { process } = await open({ KmsMasterKeyId: KEY });
    const imageBuilder = serviceLinkedRole(process.host);
    await expect(publish(process, { Message: 'x' }, imageBuilder)).rejects.toThrow(
      `kms:GenerateDataKey on resource: ${KEY}`,
    );
    world.policies[KEY] = {
      Statement: {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
        Action: ['kms:GenerateDataKey*', 'kms:Decrypt'],
        Resource: '*',
        Condition: { ArnLike: { 'aws:PrincipalArn': IMAGE_BUILDER } },
      },
    };
    await expect(publish(process, { Message: 'x' }, imageBuilder)).resolves.toBeDefined();
  });

  it("lets no AWS service publish to a topic with AWS's own key (T16)", async () => {
    const { process } = await open({ KmsMasterKeyId: 'alias/aws/sns' });
    const service = { kind: 'service', service: 'events.amazonaws.com', sourceArn: 'arn:rule' } as const;
    await expect(publish(process, { Message: 'x' }, service)).rejects.toMatchObject({
      name: 'KMSAccessDenied',
    });
  });

  it('subscribes a mail address when its confirmation comes', async () => {
    const { process } = await open();
    const call = <Output>(name: string, input: object) =>
      process.inner.call<Output>(administrator, 'sns', name, input);
    expect(
      await call('Subscribe', { TopicArn: TOPIC, Protocol: 'email', Endpoint: 'new@example.com' }),
    ).toEqual({ SubscriptionArn: 'pending confirmation' });
    await publish(process, { Message: 'too early' });
    expect(await call('ListSubscriptionsByTopic', { TopicArn: TOPIC })).toMatchObject({
      Subscriptions: [{ SubscriptionArn: 'PendingConfirmation', Endpoint: 'new@example.com' }],
    });
    const [confirmation] = readOutbox(world.store);
    const Token = confirmation?.message.split(': ').at(-1);
    await expect(call('ConfirmSubscription', { TopicArn: TOPIC, Token: 'wrong' })).rejects.toMatchObject({
      name: 'InvalidParameter',
    });
    const { SubscriptionArn } = await call<{ SubscriptionArn: string }>('ConfirmSubscription', {
      TopicArn: TOPIC,
      Token,
    });
    await publish(process, { Message: 'now' });
    expect(
      readOutbox(world.store)
        .map(({ message }) => message)
        .slice(1),
    ).toEqual(['now']);
    expect(await call('ListSubscriptionsByTopic', { TopicArn: TOPIC })).toMatchObject({
      Subscriptions: [{ SubscriptionArn, Protocol: 'email', Endpoint: 'new@example.com' }],
    });
    await expect(call('ListSubscriptionsByTopic', { TopicArn: `${TOPIC}2` })).rejects.toMatchObject({
      name: 'NotFound',
    });
    await call('Unsubscribe', { SubscriptionArn });
    expect(await call('ListSubscriptions', {})).toEqual({ Subscriptions: [] });
  });

  it('makes subscriptions of a template once, and others when endpoint or topic change', async () => {
    const { process, sns } = await open({
      Subscription: [{ Protocol: 'email', Endpoint: 'inline@example.com' }],
    });
    const first = await subscribe(sns, 'One', { Protocol: 'email', Endpoint: 'a@example.com' });
    expect(await subscribe(sns, 'One', { Protocol: 'email', Endpoint: 'a@example.com' })).toEqual(first);
    const second = await subscribe(sns, 'One', { Protocol: 'email', Endpoint: 'b@example.com' });
    expect(second.physicalId).not.toBe(first.physicalId);
    await sns.resources['AWS::SNS::Subscription']?.delete(first, context('One'), {});
    await create(sns, 'AWS::SNS::Topic', 'Topic', { TopicName: 'promotions' });
    const { Subscriptions } = await process.inner.call<{ Subscriptions: { Endpoint: string }[] }>(
      administrator,
      'sns',
      'ListSubscriptions',
      {},
    );
    expect(Subscriptions.map(({ Endpoint }) => Endpoint)).toEqual(['b@example.com']);
  });

  it('fails for templates that it cannot serve', async () => {
    const { sns } = await open();
    await expect(subscribe(sns, 'One', { Protocol: 'sms', Endpoint: '+1' })).rejects.toThrow(
      /AWS::SNS::Subscription Test\/One: property Protocol/,
    );
    await expect(
      subscribe(sns, 'One', { Protocol: 'email', Endpoint: 'a@b', FilterPolicy: { a: [{ cidr: '1' }] } }),
    ).rejects.toThrow('FilterPolicy');
    await expect(
      subscribe(sns, 'One', { Protocol: 'email', Endpoint: 'a@b', RawMessageDelivery: true }),
    ).rejects.toThrow('RawMessageDelivery');
    await expect(
      subscribe(sns, 'One', { Protocol: 'email', Endpoint: 'a@b', TopicArn: 'arn:none' }),
    ).rejects.toThrow('TopicArn');
    await expect(create(sns, 'AWS::SNS::Topic', 'Fifo', { FifoTopic: true })).rejects.toThrow('FifoTopic');
  });
});
