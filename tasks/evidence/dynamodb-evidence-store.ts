import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  PutItemCommand,
  paginateQuery,
} from '@aws-sdk/client-dynamodb';
import { fromAttributes, toAttributes } from '../ledger/attributes.ts';
import { LedgerConflictError, ledgerSchema } from '../ledger/ledger.ts';
import { partitionOf, recordOf } from '../ledger/stored.ts';
import type { EvidenceEntry, Seal } from './chain.ts';
import type { EvidenceStore } from './evidence-store.ts';

const { partitionKey, sortKey } = ledgerSchema;

const ENTRY_PREFIX = 'EVIDENCE#';
const SEAL_PREFIX = 'SEAL#';
// Sequences sort as text: six digits are more than a promotion can come to.
const placeOf = (prefix: string, sequence: number): string => `${prefix}${String(sequence).padStart(6, '0')}`;

/** Evidence as items of the ledger's table: `PROMOTION#<id>` / `EVIDENCE#<sequence>` and `SEAL#<entries>`. */
export function createDynamoDbEvidenceStore(
  tableName: string,
  client = new DynamoDBClient({}),
): EvidenceStore {
  const listed = async <Item>(promotionId: string, prefix: string): Promise<readonly Item[]> => {
    const items: Record<string, AttributeValue>[] = [];
    const pages = paginateQuery(
      { client },
      {
        TableName: tableName,
        ConsistentRead: true,
        KeyConditionExpression: '#pk = :pk AND begins_with(#sk, :sk)',
        ExpressionAttributeNames: { '#pk': partitionKey, '#sk': sortKey },
        ExpressionAttributeValues: { ':pk': { S: partitionOf(promotionId) }, ':sk': { S: prefix } },
      },
    );
    for await (const { Items = [] } of pages) items.push(...Items);
    return items.map((item) => recordOf(fromAttributes(item)) as Item);
  };
  const add = async (promotionId: string, place: string, record: object): Promise<void> => {
    try {
      await client.send(
        new PutItemCommand({
          TableName: tableName,
          Item: toAttributes({ ...record, [partitionKey]: partitionOf(promotionId), [sortKey]: place }),
          ConditionExpression: 'attribute_not_exists(#pk)',
          ExpressionAttributeNames: { '#pk': partitionKey },
        }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      throw new LedgerConflictError(`${partitionOf(promotionId)} / ${place} is taken; read and try again`, {
        cause: error,
      });
    }
  };

  return {
    entries: (promotionId) => listed<EvidenceEntry>(promotionId, ENTRY_PREFIX),
    addEntry: (promotionId, entry) => add(promotionId, placeOf(ENTRY_PREFIX, entry.sequence), entry),
    seals: (promotionId) => listed<Seal>(promotionId, SEAL_PREFIX),
    addSeal: async (promotionId, seal) => {
      try {
        await add(promotionId, placeOf(SEAL_PREFIX, seal.entries), seal);
      } catch (error) {
        if (!(error instanceof LedgerConflictError)) throw error;
      }
    },
  };
}
