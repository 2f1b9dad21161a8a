import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { ignoring } from '../../tasks/ignoring.ts';
import { fromAttributes, toAttributes } from '../../tasks/ledger/attributes.ts';
import { ledgerSchema } from '../../tasks/ledger/ledger.ts';
import type { SessionRecord, SessionStore } from './sessions.ts';

const { partitionKey, sortKey, timeToLive } = ledgerSchema;

/**
 * Sessions as items of the ledger's table, in partitions of their own: `SESSION#<hash of the id>` / `SESSION`. DynamoDB
 * deletes them some time after they have expired. An ended one has no person.
 */
export function createDynamoDbSessions(tableName: string, client = new DynamoDBClient({})): SessionStore {
  const keyOf = (key: string) => ({ [partitionKey]: `SESSION#${key}`, [sortKey]: 'SESSION' });
  const put = (key: string, record: object, forgetAt: number, condition: string) =>
    client.send(
      new PutItemCommand({
        TableName: tableName,
        Item: toAttributes({ ...keyOf(key), ...record, [timeToLive]: Math.ceil(forgetAt / 1000) }),
        ConditionExpression: condition,
        ExpressionAttributeNames: { '#pk': partitionKey },
      }),
    );
  return {
    add: async (key, record) => {
      await put(key, record, record.expiresAt, 'attribute_not_exists(#pk)');
    },
    read: async (key) => {
      const Key = toAttributes(keyOf(key));
      const { Item } = await client.send(
        new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true }),
      );
      if (Item?.person === undefined) return undefined;
      const { person, signedInAt, expiresAt } = fromAttributes(Item) as unknown as SessionRecord;
      return { person, signedInAt, expiresAt };
    },
    end: async (key, forgetAt) => {
      // Who sends an id that no session has adds nothing to the table.
      await put(key, {}, forgetAt, 'attribute_exists(#pk)').catch(ignoring(ConditionalCheckFailedException));
    },
  };
}
