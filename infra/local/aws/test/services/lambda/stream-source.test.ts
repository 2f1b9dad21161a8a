import fs from 'node:fs';
import path from 'node:path';
import { createDynamoDbService } from '../../../services/dynamodb/dynamodb.ts';
import { createSqsService } from '../../../services/sqs/sqs.ts';
import {
  eventually,
  putRole,
  startHost,
  type TestHost,
  temporaryFolders,
} from '../../assembly/assembly-host.ts';
import { basicExecution, inTest, lambdaServices, providerOf } from './functions.ts';

const newFolder = temporaryFolders();
const administrator = { kind: 'administrator' } as const;
const TABLE = 'arn:aws:dynamodb:us-east-1:000000000000:table/ledger';
const DEAD = 'arn:aws:sqs:us-east-1:000000000000:dead';
let running: TestHost;
let file: string;

const create = (service: string, type: string, properties: object, id = 'Resource') =>
  providerOf(running.host.service(service), type).create({ ...properties }, inTest(id));
const write = (operation: string, input: object) =>
  running.host.call(administrator, 'dynamodb', operation, { TableName: 'ledger', ...input });
const put = (sk: string, value = sk) =>
  write('PutItem', { Item: { pk: { S: 'one' }, sk: { S: sk }, value: { S: value } } });
const deadLetters = () => running.store.table<{ body: string }>('sqs.messages').values();

/** What the function was given: one list of keys for each invocation. */
const batches = (): string[][] =>
  fs.existsSync(file)
    ? fs
        .readFileSync(file, 'utf8')
        // What follows the last line break is being written.
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as string[])
    : [];
const given = () => batches().flat();

/** A function that notes what it gets, and fails as `body` says. */
const source = (body = '') => `
  const fs = require('node:fs');
  exports.handler = async ({ Records }) => {
    const names = Records.map(({ eventName, dynamodb }) => eventName + ' ' + dynamodb.Keys.sk.S + ' ' + dynamodb.NewImage?.value?.S);
    fs.appendFileSync(process.env.FILE, JSON.stringify(names) + '\\n');
    ${body}
  };`;

const STREAM_READS = ['DescribeStream', 'GetShardIterator', 'GetRecords'].map((name) => `dynamodb:${name}`);

const start = async (body = '', settings: object = {}, actions = STREAM_READS) => {
  const folder = newFolder();
  file = path.join(folder, 'given');
  running = await startHost(folder, [createSqsService, createDynamoDbService, ...lambdaServices]);
  await create('sqs', 'AWS::SQS::Queue', { QueueName: 'dead' });
  const { attributes } = await create('dynamodb', 'AWS::DynamoDB::Table', {
    TableName: 'ledger',
    AttributeDefinitions: ['pk', 'sk'].map((name) => ({ AttributeName: name, AttributeType: 'S' })),
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
  });
  const Role = putRole(running.host, 'reader', 'lambda.amazonaws.com', [
    basicExecution,
    { Effect: 'Allow', Action: actions, Resource: `${TABLE}/stream/*` },
    { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: DEAD },
  ]);
  await create('lambda', 'AWS::Lambda::Function', {
    FunctionName: 'reader',
    Role,
    Handler: 'index.handler',
    Runtime: 'nodejs24.x',
    Code: { ZipFile: source(body) },
    Environment: { Variables: { FILE: file } },
  });
  await create('lambda', 'AWS::Lambda::EventSourceMapping', {
    EventSourceArn: attributes.StreamArn,
    FunctionName: 'reader',
    StartingPosition: 'TRIM_HORIZON',
    BatchSize: 10,
    ...settings,
  });
};
/** Lets time pass until something holds: fifty times as fast as on the machine, so that no record grows a day old. */
const until = (holds: () => boolean) => {
  let advancedAt = 0;
  return eventually(() => {
    if (performance.now() - advancedAt > 20) {
      advancedAt = performance.now();
      running.clock.advance(1_000);
    }
    return holds();
  });
};

afterEach(() => running.stop());

it('hands every change to the function, in its order and with the new image; what changes nothing is none', async () => {
  await start();
  await put('a');
  await put('b');
  await put('a', 'other');
  await put('a', 'other');
  await write('UpdateItem', {
    Key: { pk: { S: 'one' }, sk: { S: 'b' } },
    UpdateExpression: 'SET #value = :value',
    ExpressionAttributeNames: { '#value': 'value' },
    ExpressionAttributeValues: { ':value': { S: 'updated' } },
  });
  await write('DeleteItem', { Key: { pk: { S: 'one' }, sk: { S: 'a' } } });
  await until(() => given().length >= 5);
  expect(given()).toEqual([
    'INSERT a a',
    'INSERT b b',
    'MODIFY a other',
    'MODIFY b updated',
    'REMOVE a undefined',
  ]);
  expect(running.host.accessReport().denied).toEqual([]);
});

it('passes over what matches no filter', async () => {
  const pattern = { eventName: ['INSERT'], dynamodb: { Keys: { sk: { S: [{ prefix: 'E' }] } } } };
  await start('', { FilterCriteria: { Filters: [{ Pattern: JSON.stringify(pattern) }] } });
  for (const sk of ['a', 'E1', 'b', 'E2']) await put(sk);
  await put('E1', 'changed');
  await until(() => given().length >= 2);
  await put('E3');
  await until(() => given().length >= 3);
  expect(given()).toEqual(['INSERT E1 E1', 'INSERT E2 E2', 'INSERT E3 E3']);
});

it('goes on at the record that the function names, and lets nothing overtake it', async () => {
  const failOnce = `
    const marker = process.env.FILE + '.failed';
    const bad = Records.find(({ dynamodb }) => dynamodb.Keys.sk.S === 'b');
    if (bad && !fs.existsSync(marker)) {
      fs.writeFileSync(marker, '');
      return { batchItemFailures: [{ itemIdentifier: bad.dynamodb.SequenceNumber }] };
    }
    return { batchItemFailures: [] };`;
  await start(failOnce, { FunctionResponseTypes: ['ReportBatchItemFailures'] });
  for (const sk of ['a', 'b', 'c']) await put(sk);
  await until(() => batches().length >= 2);
  const [first = [], ...others] = batches();
  expect(first[0]).toBe('INSERT a a');
  expect(others.flat()).not.toContain('INSERT a a');
  expect(others.flat().slice(-2)).toEqual(['INSERT b b', 'INSERT c c']);
});

it('splits a batch that fails, gives up what fails for good, and tells the queue where it was', async () => {
  await start("if (Records.some(({ dynamodb }) => dynamodb.Keys.sk.S === 'bad')) throw new Error('bad');", {
    BisectBatchOnFunctionError: true,
    MaximumRetryAttempts: 1,
    DestinationConfig: { OnFailure: { Destination: DEAD } },
  });
  for (const sk of ['a', 'bad', 'c']) await put(sk);
  await until(
    () =>
      deadLetters().length > 0 && given().includes('INSERT c c') && batches().at(-1)?.[0] === 'INSERT c c',
  );
  expect(JSON.parse(deadLetters()[0]?.body ?? '')).toMatchObject({
    requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 2 },
    DDBStreamBatchInfo: { streamArn: expect.stringContaining(`${TABLE}/stream/`), batchSize: 1 },
  });
});

it('hands nothing to a function whose role may not read the stream', async () => {
  await start('', {}, ['dynamodb:DescribeStream']);
  await put('a');
  await until(() => running.host.accessReport().denied.length > 0);
  expect(given()).toEqual([]);
});

it('continues after a kill with what it had not noted, and loses nothing', async () => {
  await start();
  await put('a');
  await until(() => given().length >= 1);
  await put('b');
  running = await running.killAndRestart();
  await put('c');
  await until(() => given().includes('INSERT c c'));
  expect([...new Set(given())]).toEqual(['INSERT a a', 'INSERT b b', 'INSERT c c']);
});

it('fails for views and starts that it does not know', async () => {
  await start();
  await expect(async () =>
    create('dynamodb', 'AWS::DynamoDB::Table', {
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      StreamSpecification: { StreamViewType: 'OLD_IMAGE' },
    }),
  ).rejects.toThrow('StreamViewType must be NEW_IMAGE');
  await expect(async () =>
    create('lambda', 'AWS::Lambda::EventSourceMapping', {
      EventSourceArn: `${TABLE}/stream/x`,
      FunctionName: 'reader',
      StartingPosition: 'AT_TIMESTAMP',
    }),
  ).rejects.toThrow('StartingPosition must be TRIM_HORIZON or LATEST');
});
