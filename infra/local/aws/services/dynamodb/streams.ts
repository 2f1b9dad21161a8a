import { isDeepStrictEqual } from 'node:util';
import { AwsError, type Host, type Operation } from '../../host.ts';
import { type StreamRecord, streamOf } from '../shared/streams.ts';
import type { Engine, Json } from './engine.ts';
import { streamArn, tableRecords } from './table-records.ts';

/** What one write did to an item of a table with a stream, as the journal keeps it beside the write. */
export interface ItemChange extends Pick<StreamRecord, 'event' | 'keys' | 'at'> {
  readonly table: string;
  /** Left out where it is what was put. */
  readonly image?: Json;
}

/** How long DynamoDB keeps a stream's records. */
const RETENTION_MS = 24 * 60 * 60 * 1000;

/** The one shard that a stream has here. On AWS, too, all changes of one partition key are in one shard, in their order. */
const SHARD = 'shardId-00000000000000000000-00000000';

type Item = { readonly table: string; readonly keys: Json };

const pick = (item: Json, names: readonly string[]): Json =>
  Object.fromEntries(names.map((name) => [name, item[name]]));

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The requests of a BatchWriteItem as inputs of single writes. What is malformed is left to the write to say. */
const singleWrites = ({ RequestItems }: Json): readonly Json[] =>
  (isObject(RequestItems) ? Object.entries(RequestItems) : []).flatMap(([TableName, requests]) =>
    (Array.isArray(requests) ? requests : []).flatMap((request: unknown) =>
      isObject(request)
        ? Object.values(request).map((one) => ({ ...(isObject(one) && one), TableName }))
        : [],
    ),
  );

/** The items of tables with streams that a write may change. */
const itemsOf = (host: Host, operation: string, input: Json): readonly Item[] => {
  if (operation === 'BatchWriteItem')
    return singleWrites(input).flatMap((one) => itemsOf(host, 'PutItem', one));
  const given = input.Key ?? input.Item;
  const table = String(input.TableName);
  const record = tableRecords(host).get(table);
  const isWrite = ['PutItem', 'UpdateItem', 'DeleteItem'].includes(operation);
  return isWrite && record?.hasStream && isObject(given) ? [{ table, keys: pick(given, record.keys) }] : [];
};

/** Does something, and says what it changed in tables with streams. A write that changes nothing makes no record, as on AWS. */
export const observeChanges = async <Answer>(
  host: Host,
  engine: Engine,
  { operation, input }: { readonly operation: string; readonly input: Json },
  write: () => Promise<Answer>,
): Promise<{ readonly answer: Answer; readonly changes: readonly ItemChange[] }> => {
  const items = itemsOf(host, operation, input);
  const images = () =>
    Promise.all(
      items.map(async ({ table, keys }) => {
        const key = { TableName: table, Key: keys, ConsistentRead: true };
        // Keys that are none are the write's to reject.
        const { Item } = await engine.perform('GetItem', key).catch((): Json => ({}));
        return Item as Json | undefined;
      }),
    );
  const before = await images();
  const answer = await write();
  const after = await images();
  const at = host.clock.now();
  const changes = items.flatMap((item, index): readonly ItemChange[] => {
    const [old, image] = [before[index], after[index]];
    if (isDeepStrictEqual(old, image)) return [];
    const event = image === undefined ? 'REMOVE' : old === undefined ? 'INSERT' : 'MODIFY';
    return [{ ...item, event, at, ...(operation !== 'PutItem' && image && { image }) }];
  });
  return { answer, changes };
};

/** Adds to the streams what a write of the journal changed. */
export const addToStreams = (host: Host, input: Json, changes: readonly ItemChange[] = []): void => {
  for (const { table, image, ...change } of changes) {
    const stream = streamOf(host, streamArn(host, table));
    const now = image ?? (input.Item as Json | undefined);
    stream.push({
      ...change,
      sequence: stream.length + 1,
      ...(change.event !== 'REMOVE' && now && { image: now }),
    });
  }
};

interface GetShardIteratorInput {
  readonly StreamArn: string;
  readonly ShardId: string;
  readonly ShardIteratorType: string;
  readonly SequenceNumber?: string;
}
interface GetRecordsInput {
  readonly ShardIterator: string;
  readonly Limit?: number;
}

/** DynamoDB hands out at most a thousand records at a time. */
const MOST_RECORDS = 1000;

/**
 * The API of DynamoDB Streams, which shares DynamoDB's signing name. No client of it is installed: Lambda alone reads here.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html
 */
export const streamOperations = (host: Host): Readonly<Record<string, Operation>> => {
  const onStream = (action: string, arn: string) => ({ action: `dynamodb:${action}`, resource: arn });
  const exists = (arn: string) => {
    const table = /:table\/([^/]+)\/stream\//.exec(arn)?.[1] ?? '';
    if (!tableRecords(host).get(table)?.hasStream || streamArn(host, table) !== arn)
      throw new AwsError(
        'ResourceNotFoundException',
        `Requested resource not found: Stream: ${arn} not found`,
      );
  };
  const partsOf = (iterator = '') => {
    const [arn = '', next = ''] = iterator.split('|');
    return { arn, next: Number(next) };
  };

  const describeStream: Operation<{ readonly StreamArn: string }> = {
    requires: ({ StreamArn }) => onStream('DescribeStream', StreamArn),
    run: ({ StreamArn }) => {
      exists(StreamArn);
      return {
        StreamDescription: { StreamArn, StreamStatus: 'ENABLED', Shards: [{ ShardId: SHARD }] },
      };
    },
  };
  const getShardIterator: Operation<GetShardIteratorInput> = {
    requires: ({ StreamArn }) => onStream('GetShardIterator', StreamArn),
    run: ({ StreamArn, ShardId, ShardIteratorType, SequenceNumber }) => {
      exists(StreamArn);
      if (ShardId !== SHARD)
        throw new AwsError('ResourceNotFoundException', `Requested resource not found: Shard: ${ShardId}`);
      const starts: Readonly<Record<string, number>> = {
        TRIM_HORIZON: 1,
        LATEST: streamOf(host, StreamArn).length + 1,
        AT_SEQUENCE_NUMBER: Number(SequenceNumber),
        AFTER_SEQUENCE_NUMBER: Number(SequenceNumber) + 1,
      };
      const next = starts[ShardIteratorType];
      if (next === undefined || Number.isNaN(next))
        throw new AwsError(
          'ValidationException',
          `ShardIteratorType ${ShardIteratorType} with SequenceNumber ${SequenceNumber} is not valid.`,
        );
      return { ShardIterator: `${StreamArn}|${next}` };
    },
  };
  const getRecords: Operation<GetRecordsInput> = {
    requires: ({ ShardIterator }) => onStream('GetRecords', partsOf(ShardIterator).arn),
    run: ({ ShardIterator, Limit = MOST_RECORDS }) => {
      const { arn, next } = partsOf(ShardIterator);
      exists(arn);
      const oldest = host.clock.now() - RETENTION_MS;
      const records = streamOf(host, arn)
        .slice(next - 1)
        .filter(({ at }) => at >= oldest)
        .slice(0, Limit);
      const last = records.at(-1)?.sequence ?? streamOf(host, arn).length;
      return {
        Records: records.map((record) => asRecord(host, record)),
        NextShardIterator: `${arn}|${last + 1}`,
      };
    },
  };
  return { DescribeStream: describeStream, GetShardIterator: getShardIterator, GetRecords: getRecords };
};

/** A record as DynamoDB Streams gives it. */
const asRecord = ({ region }: Host, { sequence, at, event, keys, image }: StreamRecord) => ({
  eventID: `change-${sequence}`,
  eventName: event,
  eventVersion: '1.1',
  eventSource: 'aws:dynamodb',
  awsRegion: region,
  dynamodb: {
    ApproximateCreationDateTime: Math.floor(at / 1000),
    Keys: keys,
    ...(image && { NewImage: image }),
    SequenceNumber: String(sequence),
    SizeBytes: Buffer.byteLength(JSON.stringify([keys, image])),
    StreamViewType: 'NEW_IMAGE',
  },
});
