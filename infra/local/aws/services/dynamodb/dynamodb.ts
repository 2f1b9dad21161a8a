import { type Access, AwsError, type Host, type Operation, type Service } from '../../host.ts';
import { createDatabase, type Database } from './database.ts';
import type { Json } from './engine.ts';
import { streamOperations } from './streams.ts';
import { tableArn, tableRecords } from './table-records.ts';
import { requireUnprotected, tableResources } from './tables.ts';

const itemReads = ['GetItem', 'Query', 'Scan'];
const itemWrites = ['PutItem', 'UpdateItem', 'DeleteItem'];
const transactions = ['TransactGetItems', 'TransactWriteItems'];

/**
 * DynamoDB by dynalite, in memory with a journal in the store. Operations take and give DynamoDB's own JSON. There are no
 * transactions and no PartiQL, and no item expires.
 */
export const createDynamoDbService = (host: Host): Service => {
  const database = createDatabase(host);
  return {
    name: 'dynamodb',
    wire: 'json',
    operations: { ...dynamoDbOperations(host, database), ...streamOperations(host) },
    resources: tableResources(host, database),
    start: database.open,
  };
};

type JsonOperation = Operation<Json, Json>;

const dynamoDbOperations = (host: Host, database: Database): Readonly<Record<string, Operation>> => {
  const onTable = (action: string, input: Json): Access => ({
    action: `dynamodb:${action}`,
    resource: tableArn(host, tableName(input.TableName)),
  });
  const onItems = (action: string, input: Json): Access => {
    const { resource } = onTable(action, input);
    const leading = leadingKeys(host, action, input);
    return {
      action: `dynamodb:${action}`,
      resource: typeof input.IndexName === 'string' ? `${resource}/index/${input.IndexName}` : resource,
      ...(leading.length > 0 && { context: { 'dynamodb:LeadingKeys': leading } }),
    };
  };
  const onTables = (action: string, input: Json): Access[] =>
    Object.keys((input.RequestItems ?? {}) as Json).map((table) => onTable(action, { TableName: table }));

  const operation = (
    requires: JsonOperation['requires'],
    run: (input: Json) => Promise<Json>,
  ): Operation<Json, Json> => ({ requires, run: (input) => run(withNames(input)) });

  const operations: Record<string, JsonOperation> = {
    DescribeTable: operation(
      (input) => onTable('DescribeTable', input),
      (input) => database.read('DescribeTable', input),
    ),
    ListTables: operation(
      () => ({ action: 'dynamodb:ListTables', resource: '*' }),
      (input) => database.read('ListTables', input),
    ),
    CreateTable: operation(
      (input) => onTable('CreateTable', input),
      async (input) => {
        const answer = await database.change('CreateTable', input);
        const schema = input.KeySchema as readonly { AttributeName: string }[];
        tableRecords(host).put(String(input.TableName), {
          keys: schema.map(({ AttributeName }) => AttributeName),
          isProtected: input.DeletionProtectionEnabled === true,
        });
        return answer;
      },
    ),
    UpdateTable: operation(
      (input) => onTable('UpdateTable', input),
      async (input) => {
        const { TableName, DeletionProtectionEnabled, ...others } = input;
        const name = String(TableName);
        const description = await database.read('DescribeTable', { TableName: name });
        const record = tableRecords(host).get(name);
        if (Object.keys(others).length > 0 || typeof DeletionProtectionEnabled !== 'boolean')
          throw new AwsError(
            'ValidationException',
            `The emulator updates DeletionProtectionEnabled of a table and nothing else; received ${Object.keys(input).join(', ')}.`,
          );
        if (record) tableRecords(host).put(name, { ...record, isProtected: DeletionProtectionEnabled });
        return { TableDescription: description.Table as Json };
      },
    ),
    DeleteTable: operation(
      (input) => onTable('DeleteTable', input),
      async (input) => {
        requireUnprotected(host, String(input.TableName));
        const answer = await database.change('DeleteTable', input);
        tableRecords(host).delete(String(input.TableName));
        return answer;
      },
    ),
    BatchGetItem: operation(
      (input) => onTables('BatchGetItem', input),
      (input) => database.read('BatchGetItem', input),
    ),
    BatchWriteItem: operation(
      (input) => onTables('BatchWriteItem', input),
      (input) => database.change('BatchWriteItem', input),
    ),
  };
  for (const name of itemReads)
    operations[name] = operation(
      (input) => onItems(name, input),
      (input) => database.read(name, input),
    );
  for (const name of itemWrites)
    operations[name] = operation(
      (input) => onItems(name, input),
      (input) => database.change(name, input),
    );
  for (const name of transactions)
    operations[name] = operation(
      () => [],
      () => failTransaction(name),
    );
  return operations;
};

const failTransaction = (name: string): never => {
  throw new AwsError(
    'UnknownOperationException',
    `The emulated DynamoDB does not serve ${name}: it has no transactions. Use conditional writes of single items.`,
    501,
  );
};

/** Requests may name a table by its ARN. */
const tableName = (given: unknown): string => String(given).replace(/^arn:[^/]*:table\//, '');

const withNames = (input: Json): Json => {
  if (typeof input.TableName === 'string') return { ...input, TableName: tableName(input.TableName) };
  if (typeof input.RequestItems !== 'object' || input.RequestItems === null) return input;
  const items = Object.entries(input.RequestItems).map(([table, value]) => [tableName(table), value]);
  return { ...input, RequestItems: Object.fromEntries(items) };
};

/** Values of the partition key, for policies that let callers see their own items only. */
const leadingKeys = (host: Host, action: string, input: Json): string[] => {
  const [name] = tableRecords(host).get(tableName(input.TableName))?.keys ?? [];
  if (name === undefined) return [];
  const source =
    action === 'Query' ? partitionCondition(name, input) : ((input.Key ?? input.Item) as Json)?.[name];
  const value = Object.values((source ?? {}) as Json)[0];
  return typeof value === 'string' ? [value] : [];
};

/** The value that a Query compares the partition key with. */
const partitionCondition = (name: string, input: Json): unknown => {
  const names = (input.ExpressionAttributeNames ?? {}) as Json;
  const values = (input.ExpressionAttributeValues ?? {}) as Json;
  for (const match of String(input.KeyConditionExpression ?? '').matchAll(/([#\w.-]+)\s*=\s*(:\w+)/g)) {
    const [, attribute = '', value = ''] = match;
    if ((names[attribute] ?? attribute) === name) return values[value];
  }
  return undefined;
};
