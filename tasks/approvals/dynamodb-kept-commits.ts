import { gunzipSync, gzipSync } from 'node:zlib';
import { type DynamoDBClient, PutItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import { ledgerSchema } from '../ledger/ledger.ts';
import type { CommitRecord } from './commit-record.ts';
import type { KeptCommits } from './read-change.ts';

/** Changes with what a record holds: records of an earlier form are read again, not trusted. */
const SORT_KEY_PREFIX = 'COMMITS#1#';
/** Bytes of records in one item, before they are compressed: an item holds 400 KB. */
const MOST_BYTES = 350_000;
const { partitionKey, sortKey } = ledgerSchema;

/** Records in portions of one item. One that needs more is not kept: it is read again each time. */
const portions = (records: readonly CommitRecord[]): string[][] => {
  const all: string[][] = [[]];
  let bytes = 0;
  for (const record of records) {
    const line = JSON.stringify(record);
    const size = Buffer.byteLength(line) + 1;
    if (size > MOST_BYTES) continue;
    if (bytes + size > MOST_BYTES) {
      all.push([]);
      bytes = 0;
    }
    all.at(-1)?.push(line);
    bytes += size;
  }
  return all.filter((lines) => lines.length > 0);
};

/** Keeps commits in the ledger's table, hundreds to an item. */
export const createKeptCommits = (
  tableName: string,
  application: string,
  client: DynamoDBClient,
): KeptCommits => {
  const partition = `APPLICATION#${application}`;
  return {
    load: async () => {
      const records: CommitRecord[] = [];
      const pages = paginateQuery(
        { client },
        {
          TableName: tableName,
          ConsistentRead: true,
          KeyConditionExpression: '#pk = :pk AND begins_with(#sk, :sk)',
          ExpressionAttributeNames: { '#pk': partitionKey, '#sk': sortKey },
          ExpressionAttributeValues: { ':pk': { S: partition }, ':sk': { S: SORT_KEY_PREFIX } },
        },
      );
      for await (const { Items = [] } of pages)
        for (const item of Items) {
          const lines = gunzipSync(item.commits?.B ?? new Uint8Array())
            .toString('utf8')
            .split('\n');
          for (const line of lines) records.push(JSON.parse(line) as CommitRecord);
        }
      return records;
    },
    save: async (records) => {
      for (const lines of portions(records)) {
        const { commitId } = JSON.parse(lines[0] ?? '') as CommitRecord;
        await client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: {
              [partitionKey]: { S: partition },
              // Of two portions that begin with the same commit, one is lost: its commits are read again.
              [sortKey]: { S: `${SORT_KEY_PREFIX}${commitId}` },
              commits: { B: gzipSync(lines.join('\n')) },
            },
          }),
        );
      }
    },
  };
};
