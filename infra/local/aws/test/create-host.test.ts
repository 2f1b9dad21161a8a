import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createClock } from '../clock.ts';
import { createHost, type HostOptions } from '../create-host.ts';
import type { BusEvent, PolicyStatement, Principal, Service } from '../host.ts';
import { createMemoryStore, openStore } from '../store.ts';
import { policyOf, putRole } from './iam/roles.ts';

const ports = {
  endpoint: 4566,
  approvals: 4567,
  signIn: 4568,
  overview: 4569,
  qat: 4570,
  prod: 4571,
  forge: 4572,
};
const administrator: Principal = { kind: 'administrator' };
const worker: Principal = {
  kind: 'role',
  roleArn: 'arn:aws:iam::000000000000:role/Worker',
  sessionName: 'one',
};
const topicArn = 'arn:aws:sns:us-east-1:000000000000:Promotions';

let stateDir: string;

beforeEach(() => {
  stateDir = fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-host-'));
});

afterEach(() => fs.rmSync(stateDir, { recursive: true, force: true }));

const setUp = (options: Partial<HostOptions> = {}) =>
  createHost({
    stateDir,
    ports,
    store: createMemoryStore(),
    clock: createClock(() => Date.UTC(2026, 10, 22)),
    ...options,
  });

const topics = (more: Partial<Service> = {}): Service => ({
  name: 'sns',
  resources: {},
  operations: {
    Publish: {
      requires: ({ TopicArn }: { TopicArn: string }) => ({ action: 'sns:Publish', resource: TopicArn }),
      run: ({ Message }: { Message: string }) => ({ MessageId: `of ${Message}` }),
    },
  },
  ...more,
});

const publishAllowed: PolicyStatement = { Effect: 'Allow', Action: 'sns:Publish', Resource: topicArn };

describe('calls', () => {
  it('run for the person at the machine without asking any policy, and are not counted', async () => {
    const host = setUp();
    host.register(topics());
    const output = await host.call(administrator, 'sns', 'Publish', { TopicArn: topicArn, Message: 'm' });
    expect(output).toEqual({ MessageId: 'of m' });
    expect(host.accessReport().allowed).toBe(0);
  });

  it('run for a role as its policies say, and are counted', async () => {
    const host = setUp();
    host.register(topics());
    putRole(host.store, 'Worker', { inlinePolicies: { Publish: policyOf(publishAllowed) } });
    await host.call(worker, 'sns', 'Publish', { TopicArn: topicArn, Message: 'm' });
    await expect(
      host.call(worker, 'sns', 'Publish', { TopicArn: `${topicArn}2`, Message: 'm' }),
    ).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message:
        'User: arn:aws:sts::000000000000:assumed-role/Worker/one is not authorized to perform: sns:Publish ' +
        `on resource: ${topicArn}2 because no identity-based policy allows the sns:Publish action`,
    });
    expect(host.accessReport()).toEqual({
      allowed: 1,
      denied: [{ role: 'Worker', action: 'sns:Publish', resource: `${topicArn}2` }],
      unused: [],
    });
  });

  it('let a resource admit a role or a service by its own policy', async () => {
    const host = setUp();
    const Condition = { ArnEquals: { 'aws:SourceArn': 'arn:aws:events:us-east-1:000000000000:rule/r' } };
    host.register(
      topics({
        resourcePolicy: (arn) =>
          arn === topicArn
            ? policyOf({ ...publishAllowed, Principal: { Service: 'events.amazonaws.com' }, Condition })
            : undefined,
      }),
    );
    const events = (rule: string): Principal => ({
      kind: 'service',
      service: 'events.amazonaws.com',
      sourceArn: `arn:aws:events:us-east-1:000000000000:rule/${rule}`,
    });
    const input = { TopicArn: topicArn, Message: 'm' };
    await expect(host.call(events('r'), 'sns', 'Publish', input)).resolves.toBeDefined();
    await expect(host.call(events('s'), 'sns', 'Publish', input)).rejects.toThrow(
      `User: events.amazonaws.com is not authorized to perform: sns:Publish on resource: ${topicArn} ` +
        'because no resource-based policy allows the sns:Publish action',
    );
  });

  it('fail for a role that does not exist', async () => {
    const host = setUp();
    host.register(topics());
    await expect(
      host.call(worker, 'sns', 'Publish', { TopicArn: topicArn, Message: 'm' }),
    ).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
      message: expect.stringContaining('role/Worker'),
    });
  });

  it('fail for a service or an operation that is not there', async () => {
    const host = setUp();
    host.register(topics());
    await expect(host.call(administrator, 'sqs', 'SendMessage', {})).rejects.toMatchObject({
      statusCode: 501,
      message: 'The emulator has no service sqs (asked for SendMessage).',
    });
    await expect(host.call(administrator, 'sns', 'Subscribe', {})).rejects.toThrow(
      "The emulator's sns does not serve Subscribe. It serves: Publish.",
    );
  });
});

describe('roles', () => {
  const trust = (more: Partial<PolicyStatement> = {}) =>
    policyOf({
      Effect: 'Allow',
      Principal: { Service: 'states.amazonaws.com' },
      Action: 'sts:AssumeRole',
      ...more,
    });
  const machineArn = 'arn:aws:states:us-east-1:000000000000:stateMachine:Promotion';
  const setUpRole = (trustPolicy = trust()) => {
    const host = setUp();
    const role = putRole(host.store, 'Worker', { trustPolicy });
    host.register({
      ...topics(),
      name: 'iam',
      resourcePolicy: (arn) => (arn === role.arn ? trustPolicy : undefined),
    });
    return host;
  };

  it('are taken on by a service that they trust', () => {
    const host = setUpRole();
    expect(host.assumeRole(worker.roleArn, 'states.amazonaws.com', machineArn)).toEqual({
      kind: 'role',
      roleArn: worker.roleArn,
      sessionName: 'Promotion',
    });
  });

  it('fail to be taken on by another service, and for another source', () => {
    expect(() => setUpRole().assumeRole(worker.roleArn, 'lambda.amazonaws.com', machineArn)).toThrow(
      `User: lambda.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: ${worker.roleArn}`,
    );
    const forOther = trust({ Condition: { StringEquals: { 'aws:SourceAccount': '111111111111' } } });
    expect(() => setUpRole(forOther).assumeRole(worker.roleArn, 'states.amazonaws.com', machineArn)).toThrow(
      'is not authorized to perform: sts:AssumeRole',
    );
    const host = setUpRole();
    expect(() => host.assumeRole(`${worker.roleArn}2`, 'states.amazonaws.com', machineArn)).toThrow(
      'is not authorized to perform: sts:AssumeRole',
    );
    expect(host.accessReport().denied).toEqual([
      { role: 'states.amazonaws.com', action: 'sts:AssumeRole', resource: `${worker.roleArn}2` },
    ]);
  });

  it('have keys that stay the same over restarts and differ between installations', () => {
    const store = openStore(stateDir);
    const keys = setUp({ store }).credentialsFor(worker);
    store.close();
    const reopened = openStore(stateDir);
    const host = setUp({ store: reopened });
    expect(host.principalOf(keys.accessKeyId, keys.sessionToken)).toEqual(worker);
    expect(host.credentialsFor(worker)).toEqual(keys);
    reopened.close();
    expect(setUp().credentialsFor(worker).accessKeyId).not.toBe(keys.accessKeyId);
  });

  it('may be authorised for what a service does by itself', () => {
    const host = setUp();
    putRole(host.store, 'Worker', { inlinePolicies: { Publish: policyOf(publishAllowed) } });
    const access = { action: 'sns:Publish', resource: topicArn };
    expect(() => host.authorize(worker, [access, access])).not.toThrow();
    expect(() => host.authorize(worker, [access, { ...access, action: 'sns:Subscribe' }])).toThrow(
      'sns:Subscribe',
    );
    expect(host.accessReport().allowed).toBe(3);
  });
});

describe('the access report', () => {
  it('outlives the process', () => {
    const store = openStore(stateDir);
    const host = setUp({ store });
    putRole(store, 'Worker', { inlinePolicies: { Publish: policyOf(publishAllowed) } });
    host.authorize(worker, { action: 'sns:Publish', resource: topicArn });
    expect(() => host.authorize(worker, { action: 'sns:Subscribe', resource: topicArn })).toThrow();
    const report = host.accessReport();
    store.close();
    const reopened = openStore(stateDir);
    expect(setUp({ store: reopened }).accessReport()).toEqual(report);
    reopened.close();
  });

  it('lists granted actions that no call needed, by role, without those of AWS policies', () => {
    const host = setUp();
    putRole(host.store, 'Worker', {
      inlinePolicies: {
        Own: policyOf(
          { Effect: 'Allow', Action: ['SNS:publish', 'sns:Get*', 'dynamodb:GetItem'], Resource: '*' },
          { Effect: 'Deny', Action: 'sns:DeleteTopic', Resource: '*' },
        ),
      },
      managedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'],
    });
    host.authorize(worker, { action: 'sns:Publish', resource: topicArn });
    host.authorize(worker, { action: 'logs:PutLogEvents', resource: '*' });
    expect(host.accessReport().unused).toEqual([
      { role: 'Worker', action: 'sns:Get*' },
      { role: 'Worker', action: 'dynamodb:GetItem' },
    ]);
  });
});

describe('services', () => {
  it('start in order and stop in reverse, all of them', async () => {
    const host = setUp();
    const seen: string[] = [];
    for (const name of ['first', 'second', 'third']) {
      host.register({
        ...topics(),
        name,
        start: () => {
          seen.push(`start ${name}`);
        },
        stop: () => {
          seen.push(`stop ${name}`);
          if (name === 'second') throw new Error('second does not stop');
        },
      });
    }
    await host.startServices();
    await expect(host.stopServices()).rejects.toThrow('second does not stop');
    expect(seen).toEqual([
      'start first',
      'start second',
      'start third',
      'stop third',
      'stop second',
      'stop first',
    ]);
  });

  it('fail to share a name or a CloudFormation type', () => {
    const host = setUp();
    const provider = { create: jest.fn(), update: jest.fn(), delete: jest.fn() };
    host.register(topics({ resources: { 'AWS::SNS::Topic': provider } }));
    expect(() => host.register(topics())).toThrow('The service sns is registered twice.');
    expect(() =>
      host.register({ ...topics(), name: 'x', resources: { 'AWS::SNS::Topic': provider } }),
    ).toThrow('The service x provides AWS::SNS::Topic, which another service provides.');
  });

  it('hear each event on the bus in the form of EventBridge', () => {
    const host = setUp();
    const heard: BusEvent[] = [];
    host.register(topics({ onServiceEvent: (event) => heard.push(event) }));
    host.emit({ source: 'aws.codepipeline', detailType: 'Changed', detail: { state: 'STARTED' } });
    expect(heard).toEqual([
      {
        version: '0',
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        'detail-type': 'Changed',
        source: 'aws.codepipeline',
        account: '000000000000',
        time: '2026-11-22T00:00:00Z',
        region: 'us-east-1',
        resources: [],
        detail: { state: 'STARTED' },
      },
    ]);
  });
});

describe('faults', () => {
  it('are used as often as asked for, in any process', () => {
    const store = createMemoryStore();
    const host = setUp({ store });
    const take = (job: string, target = 'pipeline') => setUp({ store }).faults.take(target, job, () => true);
    host.faults.arm('pipeline', 2);
    expect([take('a'), take('b'), take('c')]).toEqual([true, true, false]);
    expect(take('d', 'other')).toBe(false);
    host.faults.arm('pipeline', 1);
    expect(take('e')).toBe(true);
  });

  it('are given to the next job when a crash came before the job was written down', () => {
    const store = createMemoryStore();
    const jobs = new Set<string>();
    const take = (job: string) => setUp({ store }).faults.take('pipeline', job, (one) => jobs.has(one));
    setUp({ store }).faults.arm('pipeline', 1);
    expect(take('lost')).toBe(true);
    expect(take('a')).toBe(true);
    jobs.add('a');
    expect(take('b')).toBe(false);
  });
});

it('logs one JSON line per message into the state directory', () => {
  setUp().log('sns', 'delivered', { to: 'somebody' });
  const lines = fs.readFileSync(path.join(stateDir, 'lockstep.log'), 'utf8').trim().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { time: '2026-11-22T00:00:00.000Z', service: 'sns', message: 'delivered', details: { to: 'somebody' } },
  ]);
});
