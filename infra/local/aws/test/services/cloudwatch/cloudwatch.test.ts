import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { createEndpoint } from '../../../endpoint/endpoint.ts';
import type { ResourceContext, ResourceProperties } from '../../../host.ts';
import { createCloudWatchService } from '../../../services/cloudwatch/cloudwatch.ts';
import { metricsOf } from '../../../services/shared/metrics.ts';
import { readOutbox } from '../../../services/sns/outbox.ts';
import { createSnsService } from '../../../services/sns/sns.ts';
import { createSqsService } from '../../../services/sqs/sqs.ts';
import {
  administratorAt,
  freePort,
  putRole,
  startHost,
  type TestHost,
  temporaryFolders,
} from '../../assembly/assembly-host.ts';

const newFolder = temporaryFolders();
const services = [createSnsService, createSqsService, createCloudWatchService];
let running: TestHost;
beforeEach(async () => {
  running = await startHost(newFolder(), services, await freePort());
  await create('AWS::SNS::Topic', 'alarms', {
    TopicName: 'alarms',
    Subscription: [{ Protocol: 'email', Endpoint: 'olga@example.com' }],
  });
  await create('AWS::SNS::TopicPolicy', 'policy', {
    Topics: [TOPIC],
    PolicyDocument: {
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Action: 'sns:Publish',
          Resource: TOPIC,
          Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:*' } },
        },
      ],
    },
  });
});
afterEach(() => running.stop());

const TOPIC = 'arn:aws:sns:us-east-1:000000000000:alarms';
const METRIC = { namespace: 'Shop', name: 'Failures', dimensions: { Place: 'till' } };

const create = (type: string, logicalId: string, properties: ResourceProperties) => {
  const provider = running.host.services().find(({ resources }) => resources[type])?.resources[type];
  const context: ResourceContext = { stackName: 'stack', logicalId, generatedName: () => logicalId };
  if (!provider) throw new Error(`No provider of ${type}`);
  return provider.create(properties, context);
};
const properties = (change: ResourceProperties = {}): ResourceProperties => ({
  AlarmDescription: 'Too many failures.',
  Namespace: METRIC.namespace,
  MetricName: METRIC.name,
  Dimensions: [{ Name: 'Place', Value: 'till' }],
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 2,
  Threshold: 10,
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  TreatMissingData: 'notBreaching',
  AlarmActions: [TOPIC],
  OKActions: [TOPIC],
  ...change,
});
const add = (value: number) => metricsOf(running.host).add(METRIC, value);
const minute = () => running.clock.advance(60_000);
const stateOf = (name: string) =>
  running.store.table<{ state: { value: string; reason: string } }>('cloudwatch.alarms').get(name)?.state
    .value;
const subjects = () => readOutbox(running.store).map(({ subject }) => subject.split('"')[0]?.trim());
const quiet = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('an alarm about a metric', () => {
  it('goes on when enough periods are breaching, and off again, each with a mail', async () => {
    await create('AWS::CloudWatch::Alarm', 'failures', properties());
    expect(stateOf('failures')).toBe('INSUFFICIENT_DATA');
    add(6);
    add(6);
    minute();
    expect(stateOf('failures')).toBe('INSUFFICIENT_DATA');
    add(10);
    // Soon after the data, not at the next minute.
    running.clock.advance(100);
    expect(stateOf('failures')).toBe('ALARM');
    minute();
    minute();
    minute();
    minute();
    minute();
    expect(stateOf('failures')).toBe('OK');
    await quiet();
    expect(subjects()).toEqual(['ALARM:', 'OK:']);
    const [mail] = readOutbox(running.store);
    expect(mail?.to).toBe('olga@example.com');
    expect(mail?.message).toContain('Too many failures.');
    expect(mail?.message).toContain('2 out of the last 2 datapoints [12, 10]');
  });

  it('takes percentiles of the values', async () => {
    const slow = { Statistic: undefined, ExtendedStatistic: 'p90', EvaluationPeriods: 1, Threshold: 2 };
    await create('AWS::CloudWatch::Alarm', 'slow', properties(slow));
    for (let count = 0; count < 9; count++) add(0.2);
    add(9);
    minute();
    expect(stateOf('slow')).not.toBe('ALARM');
    for (let count = 0; count < 8; count++) add(0.2);
    for (let count = 0; count < 2; count++) add(3);
    minute();
    expect(stateOf('slow')).toBe('ALARM');
  });

  it('does not take what was missing before it, before this run or during a jump of the clock for breaching', async () => {
    const gone = {
      TreatMissingData: 'breaching',
      EvaluationPeriods: 3,
      ComparisonOperator: 'LessThanThreshold',
    };
    await create('AWS::CloudWatch::Alarm', 'gone', properties(gone));
    minute();
    minute();
    expect(stateOf('gone')).toBe('INSUFFICIENT_DATA');
    running.clock.advance(7 * 24 * 60 * 60_000);
    minute();
    expect(stateOf('gone')).toBe('INSUFFICIENT_DATA');
    minute();
    minute();
    expect(stateOf('gone')).toBe('ALARM');
  });

  it('keeps its state over a kill, and what was measured is missing then', async () => {
    const short = { EvaluationPeriods: 1 };
    await create('AWS::CloudWatch::Alarm', 'failures', properties(short));
    add(10);
    running.clock.advance(100);
    running = await running.killAndRestart();
    expect(stateOf('failures')).toBe('ALARM');
    minute();
    minute();
    expect(stateOf('failures')).toBe('OK');
  });

  it('tells of a change that a kill kept it from telling', async () => {
    await create('AWS::CloudWatch::Alarm', 'failures', properties());
    const alarms = running.store.table<object>('cloudwatch.alarms');
    const state = { value: 'ALARM', reason: 'Many.', since: running.clock.now(), isTold: false };
    alarms.put('failures', { ...alarms.get('failures'), state });
    running = await running.killAndRestart();
    await quiet();
    expect(subjects()).toEqual(['ALARM:']);
    running = await running.killAndRestart();
    await quiet();
    expect(subjects()).toEqual(['ALARM:']);
  });

  it.each([
    [{ Period: 10 }, 'multiple of 60'],
    [{ Period: 3600, EvaluationPeriods: 25 }, 'a day at most'],
    [{ Statistic: 'Median' }, 'does not know'],
    [{ Namespace: 'AWS/ApplicationELB', MetricName: 'Nothing' }, 'publishes with these dimensions'],
    [{ TreatMissingData: 'good' }, 'must be one of'],
    [{ ThresholdMetricId: 'e1' }, 'ThresholdMetricId'],
  ])('fails to be made with %j', async (change, problem) => {
    await expect(async () => create('AWS::CloudWatch::Alarm', 'wrong', properties(change))).rejects.toThrow(
      problem,
    );
  });
});

it('a composite alarm follows its rule', async () => {
  await create('AWS::CloudWatch::Alarm', 'failures', properties());
  await create('AWS::CloudWatch::CompositeAlarm', 'both', {
    AlarmRule: 'ALARM(failures) AND NOT ALARM("gone")',
    AlarmActions: [TOPIC],
  });
  expect(stateOf('both')).toBe('OK');
  add(12);
  minute();
  add(12);
  running.clock.advance(100);
  expect(stateOf('both')).toBe('ALARM');
  await expect(async () =>
    create('AWS::CloudWatch::CompositeAlarm', 'wrong', { AlarmRule: 'ALARM(' }),
  ).rejects.toThrow('cannot be read');
});

it('the length of a queue is a metric while the queue is in use', async () => {
  await create('AWS::SQS::Queue', 'letters', { QueueName: 'letters' });
  await create(
    'AWS::CloudWatch::Alarm',
    'letters',
    properties({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: 'letters' }],
      Statistic: 'Maximum',
      EvaluationPeriods: 1,
      Threshold: 1,
    }),
  );
  const administrator = { kind: 'administrator' } as const;
  const QueueUrl = `${running.host.endpointUrl}/000000000000/letters`;
  await running.host.call(administrator, 'sqs', 'SendMessage', { QueueUrl, MessageBody: 'dead' });
  minute();
  expect(stateOf('letters')).toBe('ALARM');
});

describe('through the SDK', () => {
  let endpoint: Awaited<ReturnType<typeof createEndpoint>>;
  let client: CloudWatchClient;
  beforeEach(async () => {
    endpoint = await createEndpoint(running.host);
    client = new CloudWatchClient(administratorAt(endpoint, running));
  });
  afterEach(async () => {
    client.destroy();
    await endpoint.close();
  });

  it("a metric's values are read in whole periods, without those that have none", async () => {
    const StartTime = new Date(running.clock.now());
    add(6);
    add(7);
    minute();
    minute();
    add(1);
    const ask = (MetricStat: { Period: number; Stat: string }) =>
      client.send(
        new GetMetricDataCommand({
          StartTime,
          EndTime: new Date(running.clock.now() + 1),
          ScanBy: 'TimestampAscending',
          MetricDataQueries: [
            {
              Id: 'm1',
              MetricStat: {
                Metric: {
                  Namespace: METRIC.namespace,
                  MetricName: METRIC.name,
                  Dimensions: [{ Name: 'Place', Value: 'till' }],
                },
                ...MetricStat,
              },
            },
          ],
        }),
      );
    const { MetricDataResults = [] } = await ask({ Period: 60, Stat: 'Sum' });
    expect(MetricDataResults).toMatchObject([{ Id: 'm1', Label: METRIC.name, Values: [13, 1] }]);
    const [first, second] = MetricDataResults[0]?.Timestamps ?? [];
    expect((second?.getTime() ?? 0) - (first?.getTime() ?? 0)).toBe(120_000);
    expect((first?.getTime() ?? 1) % 60_000).toBe(0);
    await expect(ask({ Period: 30, Stat: 'Sum' })).rejects.toThrow('Period must be a multiple of 60');
    await expect(ask({ Period: 60, Stat: 'Odd' })).rejects.toThrow('does not know the statistic Odd');
  });

  it('alarms are described and set by hand; composite ones only if they are asked for', async () => {
    await create('AWS::CloudWatch::Alarm', 'failures', properties());
    await create('AWS::CloudWatch::CompositeAlarm', 'both', { AlarmRule: 'ALARM(failures)' });
    await client.send(
      new SetAlarmStateCommand({ AlarmName: 'failures', StateValue: 'ALARM', StateReason: 'A test.' }),
    );
    const { MetricAlarms, CompositeAlarms } = await client.send(new DescribeAlarmsCommand({}));
    expect(CompositeAlarms).toEqual([]);
    expect(MetricAlarms).toMatchObject([
      { AlarmName: 'failures', StateValue: 'ALARM', StateReason: 'A test.', Statistic: 'Sum', Period: 60 },
    ]);
    const both = await client.send(new DescribeAlarmsCommand({ AlarmTypes: ['CompositeAlarm'] }));
    expect(both.CompositeAlarms).toMatchObject([{ AlarmName: 'both', StateValue: 'ALARM' }]);
    const one = await client.send(new DescribeAlarmsCommand({ StateValue: 'OK' }));
    expect(one.MetricAlarms).toEqual([]);
  });

  it('fails for an alarm that does not exist', async () => {
    const command = new SetAlarmStateCommand({ AlarmName: 'gone', StateValue: 'OK', StateReason: 'none' });
    await expect(client.send(command)).rejects.toMatchObject({ name: 'ResourceNotFound' });
  });
});

it('fails for a role that may not read alarms', async () => {
  putRole(running.host, 'reader', 'lambda.amazonaws.com', []);
  const role = {
    kind: 'role',
    roleArn: 'arn:aws:iam::000000000000:role/reader',
    sessionName: 'test',
  } as const;
  await expect(running.host.call(role, 'monitoring', 'DescribeAlarms', {})).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringContaining('cloudwatch:DescribeAlarms'),
  });
});
