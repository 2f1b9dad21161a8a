import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { ledgerSchema } from '../../../tasks/ledger/ledger.ts';

const key = (partitionKey: string, sortKey: string) => [
  { AttributeName: partitionKey, KeyType: 'HASH' as const },
  { AttributeName: sortKey, KeyType: 'RANGE' as const },
];

/** A DynamoDB on loopback, and ledger tables in it as the schema describes them. */
export const startLedgerTables = async () => {
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  let tables = 0;
  return {
    client,
    /** Creates an empty ledger table. @returns its name */
    table: async (): Promise<string> => {
      tables += 1;
      const TableName = `ledger-${tables}`;
      const indexes = Object.values(ledgerSchema.indexes);
      const names = new Set([
        ledgerSchema.partitionKey,
        ledgerSchema.sortKey,
        ...indexes.flatMap(({ partitionKey, sortKey }) => [partitionKey, sortKey]),
      ]);
      await client.send(
        new CreateTableCommand({
          TableName,
          BillingMode: 'PAY_PER_REQUEST',
          KeySchema: key(ledgerSchema.partitionKey, ledgerSchema.sortKey),
          AttributeDefinitions: [...names].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
          GlobalSecondaryIndexes: indexes.map(({ name, partitionKey, sortKey }) => ({
            IndexName: name,
            KeySchema: key(partitionKey, sortKey),
            Projection: { ProjectionType: 'ALL' },
          })),
        }),
      );
      return TableName;
    },
    stop: async (): Promise<void> => {
      client.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
