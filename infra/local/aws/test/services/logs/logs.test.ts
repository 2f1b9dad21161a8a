import fs from 'node:fs';
import path from 'node:path';
import { resourceContext } from '../../../assembly/stack-records.ts';
import { createLogsService } from '../../../services/logs/logs.ts';
import { metricsOf, minuteOf } from '../../../services/shared/metrics.ts';
import { startHost, type TestHost, temporaryFolders } from '../../assembly/assembly-host.ts';

const newFolder = temporaryFolders();
let running: TestHost;

const call = <Output = object>(operation: string, input: object) =>
  running.host.call<Output>({ kind: 'administrator' }, 'logs', operation, input);
const group = { logGroupName: '/lockstep/states' };
const messages = async (operation: string, input: object) =>
  (await call<{ events: { message: string }[] }>(operation, { ...group, ...input })).events.map(
    ({ message }) => message,
  );

beforeEach(async () => {
  running = await startHost(newFolder(), [createLogsService]);
  await running.host
    .service('logs')
    ?.resources['AWS::Logs::LogGroup']?.create(
      { LogGroupName: group.logGroupName, RetentionInDays: 30 },
      resourceContext('Test', 'Logs'),
    );
  for (const logStreamName of ['a', 'b']) {
    await call('CreateLogStream', { ...group, logStreamName });
    const logEvents = [1, 2, 3].map((n) => ({
      timestamp: n * 1000,
      message: `${logStreamName}${n} of three`,
    }));
    await call('PutLogEvents', { ...group, logStreamName, logEvents });
  }
});
afterEach(() => running.stop());

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
it('lines in embedded metric format are metrics, by each set of dimensions', async () => {
  const directive = { Namespace: 'Shop', Dimensions: [['Place'], []], Metrics: [{ Name: 'Sales' }] };
  const lines = [
    { Place: 'till', Sales: [2, 3], _aws: { Timestamp: 1, CloudWatchMetrics: [directive] } },
    { Place: 'till', Sales: 'many', _aws: { CloudWatchMetrics: [directive] } },
    { Place: 'till', Sales: 7 },
  ].map((line) => JSON.stringify(line));
  const logEvents = [...lines, '{"_aws": broken'].map((message) => ({ timestamp: 1, message }));
  await call('PutLogEvents', { ...group, logStreamName: 'a', logEvents });
  const now = minuteOf(running.clock.now());
  for (const dimensions of [{ Place: 'till' }, {}]) {
    const metric = { namespace: 'Shop', name: 'Sales', dimensions };
    expect(metricsOf(running.host).summary(metric, now - 1, now + 1)).toMatchObject({ count: 2, sum: 5 });
  }
});

describe('log events', () => {
  it('are filtered by stream, time and words', async () => {
    expect(await messages('FilterLogEvents', { logStreamNames: ['b'] })).toEqual([
      'b1 of three',
      'b2 of three',
      'b3 of three',
    ]);
    expect(await messages('FilterLogEvents', { startTime: 2000, endTime: 3000 })).toEqual([
      'a2 of three',
      'b2 of three',
    ]);
    expect(await messages('FilterLogEvents', { filterPattern: '"1 of" three' })).toEqual([
      'a1 of three',
      'b1 of three',
    ]);
  });

  it('come in pages', async () => {
    const first = await call<{ events: object[]; nextToken: string }>('FilterLogEvents', {
      ...group,
      limit: 4,
    });
    expect(first.events).toHaveLength(4);
    expect(await messages('FilterLogEvents', { nextToken: first.nextToken })).toEqual([
      'b2 of three',
      'b3 of three',
    ]);
  });

  it('of one stream come newest last, from the end unless asked from the head', async () => {
    expect(await messages('GetLogEvents', { logStreamName: 'a', limit: 2 })).toEqual([
      'a2 of three',
      'a3 of three',
    ]);
    expect(await messages('GetLogEvents', { logStreamName: 'a', limit: 2, startFromHead: true })).toEqual([
      'a1 of three',
      'a2 of three',
    ]);
  });

  it('stand in a file per group', () => {
    const file = fs.readFileSync(path.join(running.host.stateDir, 'logs', 'lockstep_states.log'), 'utf8');
    expect(file.split('\n')[0]).toBe('1970-01-01T00:00:01.000Z a1 of three');
  });

  it('are put aside in a second file, and no more than that', async () => {
    const message = 'x'.repeat(512 * 1024);
    for (let n = 0; n < 20; n++) {
      const logEvents = [{ timestamp: 1_000, message: `${n} ${message}` }];
      await call('PutLogEvents', { ...group, logStreamName: 'a', logEvents });
    }
    const directory = path.join(running.host.stateDir, 'logs');
    const texts = ['lockstep_states.log.1', 'lockstep_states.log'].map((name) =>
      fs.readFileSync(path.join(directory, name), 'utf8'),
    );
    expect(fs.readdirSync(directory)).toHaveLength(2);
    const kept = texts.flatMap((text) => [...text.matchAll(/Z (\d+) x/g)]).map(([, n]) => Number(n));
    expect(kept).toEqual(Array.from(kept, (_, index) => 20 - kept.length + index));
    expect(kept.length).toBeGreaterThan(4);
    expect(kept.length).toBeLessThan(10);
  });

  it.each<[string, string, object, string]>([
    [
      'an unknown group',
      'CreateLogStream',
      { logGroupName: 'x', logStreamName: 'y' },
      'ResourceNotFoundException',
    ],
    [
      'an unknown stream',
      'PutLogEvents',
      { ...group, logStreamName: 'x', logEvents: [] },
      'ResourceNotFoundException',
    ],
    ['a group that exists', 'CreateLogGroup', group, 'ResourceAlreadyExistsException'],
    [
      'a stream that exists',
      'CreateLogStream',
      { ...group, logStreamName: 'a' },
      'ResourceAlreadyExistsException',
    ],
    [
      'a pattern that it does not know',
      'FilterLogEvents',
      { ...group, filterPattern: '{ $.a = 1 }' },
      'InvalidParameterException',
    ],
  ])('fail on %s', (_name, operation, input, name) =>
    expect(call(operation, input)).rejects.toMatchObject({ name }),
  );
});

it('describes groups with their retention', async () =>
  expect(await call('DescribeLogGroups', { logGroupNamePrefix: '/lockstep' })).toEqual({
    logGroups: [
      expect.objectContaining({
        logGroupName: '/lockstep/states',
        retentionInDays: 30,
        arn: 'arn:aws:logs:us-east-1:000000000000:log-group:/lockstep/states:*',
      }),
    ],
  }));

describe('names', () => {
  it.each(['', 'a\0b', '../x y', 'x'.repeat(513)])(
    'of log groups fail as CloudWatch Logs has it: %j',
    async (name) => {
      await expect(call('CreateLogGroup', { logGroupName: name })).rejects.toMatchObject({
        name: 'InvalidParameterException',
      });
    },
  );

  it.each(['', 'a:b', 'a*', 'a\0b', 'x'.repeat(513)])('of log streams fail as well: %j', async (name) => {
    await expect(call('CreateLogStream', { ...group, logStreamName: name })).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
  });

  it('may be longer than a file name', async () => {
    const longest = { logGroupName: `/${'x'.repeat(511)}`, logStreamName: 'a' };
    await call('CreateLogGroup', longest);
    await call('CreateLogStream', longest);
    await call('PutLogEvents', { ...longest, logEvents: [{ timestamp: 0, message: 'kept' }] });
    const files = fs.readdirSync(path.join(running.host.stateDir, 'logs'));
    expect(files.filter((file) => file.startsWith('xxx'))).toHaveLength(1);
  });
});
