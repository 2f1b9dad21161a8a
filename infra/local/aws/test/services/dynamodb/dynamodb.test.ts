import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
  ResourceNotFoundException,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { resourceContext } from '../../../assembly/stack-records.ts';
import { createEndpoint, type Endpoint } from '../../../endpoint/endpoint.ts';
import type { Principal, ResourceProperties } from '../../../host.ts';
import { createDynamoDbService } from '../../../services/dynamodb/dynamodb.ts';
import {
  administratorAt,
  freePort,
  putRole,
  startHost,
  type TestHost,
  temporaryFolders,
} from '../../assembly/assembly-host.ts';

const newFolder = temporaryFolders();
let running: TestHost;
let endpoint: Endpoint;
let client: DynamoDBClient;

const connect = async () => {
  endpoint = await createEndpoint(running.host);
  client = new DynamoDBClient(administratorAt(endpoint, running));
};
const disconnect = async () => {
  client.destroy();
  await endpoint.close();
};

beforeEach(async () => {
  running = await startHost(newFolder(), [createDynamoDbService], await freePort());
  await connect();
});
afterEach(async () => {
  await disconnect();
  await running.stop();
});

const context = resourceContext('Test', 'Ledger');
const provider = (type = 'AWS::DynamoDB::Table') => {
  const found = running.host.service('dynamodb')?.resources[type];
  if (!found) throw new Error(`no provider of ${type}`);
  return found;
};

const attribute = (name: string) => ({ AttributeName: name, AttributeType: 'S' });
const index = (name: string) => ({
  IndexName: `by-${name}`,
  KeySchema: [{ AttributeName: name, KeyType: 'HASH' }],
  Projection: { ProjectionType: 'ALL' },
});
const ledger: ResourceProperties = {
  TableName: 'ledger',
  AttributeDefinitions: ['pk', 'sk', 'status'].map(attribute),
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  BillingMode: 'PAY_PER_REQUEST',
  GlobalSecondaryIndexes: [index('status')],
  PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
};

const item = (sk: string, more: Record<string, { S: string }> = {}) => ({
  pk: { S: 'p' },
  sk: { S: sk },
  ...more,
});
const put = (sk: string, more: Record<string, { S: string }> = {}) =>
  client.send(new PutItemCommand({ TableName: 'ledger', Item: item(sk, more) }));
const scan = async () => {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: 'ledger' }));
  return Items.map(({ sk }) => sk?.S).sort();
};

describe('items', () => {
  beforeEach(async () => {
    await provider().create(ledger, context);
  });

  it('are written on condition, and the failure shows what stood there', async () => {
    const input = {
      TableName: 'ledger',
      Item: item('a', { by: { S: 'second' } }),
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    };
    await client.send(new PutItemCommand({ ...input, Item: item('a', { by: { S: 'first' } }) }));
    const error = await client.send(new PutItemCommand(input)).catch((reason) => reason);
    expect(error).toBeInstanceOf(ConditionalCheckFailedException);
    expect(error.message).toBe('The conditional request failed');
    expect(error.Item).toEqual(item('a', { by: { S: 'first' } }));
  });

  it('are updated, read, queried by index and deleted', async () => {
    await put('a', { status: { S: 'OPEN' } });
    await put('b', { status: { S: 'DONE' } });
    const { Attributes } = await client.send(
      new UpdateItemCommand({
        TableName: 'ledger',
        Key: item('b'),
        UpdateExpression: 'SET #status = :open ADD attempts :one',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: { ':open': { S: 'OPEN' }, ':one': { N: '1' } },
        ReturnValues: 'ALL_NEW',
      }),
    );
    expect(Attributes?.attempts).toEqual({ N: '1' });
    const query = new QueryCommand({
      TableName: 'arn:aws:dynamodb:us-east-1:000000000000:table/ledger',
      IndexName: 'by-status',
      KeyConditionExpression: '#status = :open',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: { ':open': { S: 'OPEN' } },
    });
    expect((await client.send(query)).Items?.map(({ sk }) => sk?.S).sort()).toEqual(['a', 'b']);
    await client.send(new DeleteItemCommand({ TableName: 'ledger', Key: item('a') }));
    expect(
      (await client.send(new GetItemCommand({ TableName: 'ledger', Key: item('a') }))).Item,
    ).toBeUndefined();
  });

  it('are written and read in batches', async () => {
    const requests = ['a', 'b'].map((sk) => ({ PutRequest: { Item: item(sk) } }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { ledger: requests } }));
    const { Responses } = await client.send(
      new BatchGetItemCommand({ RequestItems: { ledger: { Keys: [item('a'), item('b'), item('c')] } } }),
    );
    expect(Responses?.ledger).toHaveLength(2);
  });

  it('are all there again after a kill, as the last write left them', async () => {
    await Promise.all(['a', 'b', 'c'].map((sk) => put(sk)));
    const set = (value: string) =>
      client.send(
        new UpdateItemCommand({
          TableName: 'ledger',
          Key: item('a'),
          UpdateExpression: 'SET note = :value',
          ExpressionAttributeValues: { ':value': { S: value } },
        }),
      );
    await Promise.all(['1', '2', '3', '4'].map(set));
    await client.send(new DeleteItemCommand({ TableName: 'ledger', Key: item('b') }));
    const get = new GetItemCommand({ TableName: 'ledger', Key: item('a') });
    const { Item } = await client.send(get);
    await disconnect();
    running = await running.killAndRestart();
    await connect();
    expect((await client.send(get)).Item).toEqual(Item);
    expect(await scan()).toEqual(['a', 'c']);
  });

  it('fail in transactions, which the emulator does not have', () =>
    expect(client.send(new TransactWriteItemsCommand({ TransactItems: [] }))).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: expect.stringContaining('it has no transactions'),
    }));

  it('fail with the name and text of DynamoDB', async () => {
    const error = await client
      .send(new GetItemCommand({ TableName: 'nowhere', Key: item('a') }))
      .catch((reason) => reason);
    expect(error).toBeInstanceOf(ResourceNotFoundException);
    expect(error.message).toBe('Requested resource not found');
  });
});

describe('access', () => {
  const arn = 'arn:aws:dynamodb:us-east-1:000000000000:table/ledger';
  const query = {
    TableName: 'ledger',
    KeyConditionExpression: 'pk = :p',
    ExpressionAttributeValues: { ':p': { S: 'p' } },
  };
  const as = (name: string, statement: object): Principal => ({
    kind: 'role',
    roleArn: putRole(running.host, name, 'lambda.amazonaws.com', [
      { Effect: 'Allow', Action: 'dynamodb:*', ...statement },
    ]),
    sessionName: 'test',
  });
  const call = (principal: Principal, operation: string, input: object) =>
    running.host.call(principal, 'dynamodb', operation, input);

  beforeEach(async () => {
    await provider().create(ledger, context);
  });

  it('to an index is asked for the index', async () => {
    const onIndex = {
      ...query,
      IndexName: 'by-status',
      KeyConditionExpression: '#s = :p',
      ExpressionAttributeNames: { '#s': 'status' },
    };
    await expect(call(as('table', { Resource: arn }), 'Query', onIndex)).rejects.toThrow(
      `dynamodb:Query on resource: ${arn}/index/by-status`,
    );
    await expect(call(as('index', { Resource: `${arn}/index/*` }), 'Query', onIndex)).resolves.toMatchObject({
      Count: 0,
    });
  });

  it('may be limited to leading keys', async () => {
    const only = (key: string) => ({
      Resource: arn,
      Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [key] } },
    });
    const key = { TableName: 'ledger', Key: item('a') };
    await expect(call(as('own', only('p')), 'GetItem', key)).resolves.toEqual({});
    await expect(call(as('own', only('p')), 'Query', query)).resolves.toMatchObject({ Count: 0 });
    await expect(call(as('foreign', only('q')), 'GetItem', key)).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    await expect(call(as('foreign', only('q')), 'Query', query)).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });
});

describe('tables', () => {
  it('may be made through the API, too', async () => {
    await client.send(
      new CreateTableCommand({
        TableName: 'own',
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
    const { Table } = await client.send(new DescribeTableCommand({ TableName: 'own' }));
    expect(Table).toMatchObject({
      TableStatus: 'ACTIVE',
      TableArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/own',
    });
    await client.send(new DeleteTableCommand({ TableName: 'own' }));
    expect((await client.send(new ListTablesCommand())).TableNames).toEqual([]);
  });

  it('are created again after a crash without an error', async () => {
    const first = await provider().create(ledger, context);
    expect(await provider().create(ledger, context)).toEqual(first);
    const other = resourceContext('Test', 'Other');
    await expect(provider().create(ledger, other)).rejects.toMatchObject({ name: 'ResourceInUseException' });
  });

  it('keep their items when an index is added', async () => {
    const state = await provider().create(ledger, context);
    await put('a', { status: { S: 'OPEN' }, owner: { S: 'quinn' } });
    const changed = {
      ...ledger,
      AttributeDefinitions: ['pk', 'sk', 'status', 'owner'].map(attribute),
      GlobalSecondaryIndexes: [index('status'), index('owner')],
    };
    await provider().update(changed, context, { state, properties: ledger });
    const byOwner = new QueryCommand({
      TableName: 'ledger',
      IndexName: 'by-owner',
      KeyConditionExpression: '#owner = :quinn',
      ExpressionAttributeNames: { '#owner': 'owner' },
      ExpressionAttributeValues: { ':quinn': { S: 'quinn' } },
    });
    expect((await client.send(byOwner)).Count).toBe(1);
    await disconnect();
    running = await running.killAndRestart();
    await connect();
    expect((await client.send(byOwner)).Count).toBe(1);
  });

  it('are replaced under another name, and their keys never change', async () => {
    const state = await provider().create(ledger, context);
    const before = { state, properties: ledger };
    expect((await provider().update({ ...ledger, TableName: 'ledger2' }, context, before)).physicalId).toBe(
      'ledger2',
    );
    const keys = { ...ledger, KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }] };
    await expect(provider().update(keys, context, before)).rejects.toThrow(
      'The keys and local indexes of the table ledger cannot be changed',
    );
  });

  it('are not deleted while they are protected', async () => {
    const protectedLedger = { ...ledger, DeletionProtectionEnabled: true };
    const state = await provider().create(protectedLedger, context);
    await expect(client.send(new DeleteTableCommand({ TableName: 'ledger' }))).rejects.toThrow(
      'protected against deletion',
    );
    await expect(provider().delete(state, context, protectedLedger)).rejects.toThrow(
      'protected against deletion',
    );
    await provider().update(ledger, context, { state, properties: protectedLedger });
    await provider().delete(state, context, ledger);
    await provider().delete(state, context, ledger);
    expect((await client.send(new ListTablesCommand())).TableNames).toEqual([]);
  });

  it('are understood as global tables of one region', async () => {
    const { DeletionProtectionEnabled: _, PointInTimeRecoverySpecification: __, ...common } = ledger;
    const global = { ...common, Replicas: [{ Region: 'us-east-1', DeletionProtectionEnabled: true }] };
    const type = 'AWS::DynamoDB::GlobalTable';
    expect((await provider(type).create(global, context)).attributes.Arn).toMatch(/:table\/ledger$/);
    const two = { ...global, Replicas: [...global.Replicas, { Region: 'eu-west-1' }] };
    await expect(provider(type).create(two, context)).rejects.toThrow(
      'property Replicas must be one, in us-east-1',
    );
  });
});
