import { randomUUID } from 'node:crypto';
import type { Host, Principal } from '../../host.ts';
import { bury } from '../shared/dead-letters.ts';
import { compilePattern } from '../shared/event-pattern.ts';
import { streamOf } from '../shared/streams.ts';
import { executionPrincipal } from './environment.ts';
import { type EventSourceMapping, failedItems, type SourceContext } from './source-context.ts';

/** How far a mapping has come, as the store keeps it under the mapping's id. */
interface Position {
  /** Sequence number of the next record. */
  readonly next: number;
  /** How often the batch that begins there has failed. */
  readonly failures: number;
  /** Of a batch that was split: how many records are tried next. */
  readonly size?: number;
  /** When it is tried again, in ms since the epoch. */
  readonly dueAt: number;
}

interface StreamEvent {
  readonly dynamodb: { readonly SequenceNumber: string; readonly ApproximateCreationDateTime: number };
}

/** Waits before another attempt: twice as long each time. */
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;

/** How many records are read at once, whether they match or not. */
const READ_AHEAD = 1_000;

/**
 * Hands a stream's records to a function, in their order: what fails is handed over again until it succeeds or is given up, and nothing
 * overtakes it. A process that is killed hands over again what it had not noted.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
 */
export const deliverRecords = async (
  { host, invoker, record, isStopped }: SourceContext,
  mapping: EventSourceMapping,
  settings: NonNullable<EventSourceMapping['stream']>,
): Promise<void> => {
  const { id, sourceArn, batchSize, reportsFailures } = mapping;
  const positions = host.store.table<Position>('lambda.streamPositions');
  const length = streamOf(host, sourceArn).length;
  const position = positions.get(id) ?? {
    next: settings.startingPosition === 'LATEST' ? length + 1 : 1,
    failures: 0,
    dueAt: 0,
  };
  // Nothing new is no reason to write anything down.
  if (positions.has(id) && (position.next > length || host.clock.now() < position.dueAt)) return;

  const principal = executionPrincipal(host, record);
  const read = await readFrom(host, principal, sourceArn, position.next);
  const matchers = settings.patterns.map(compilePattern);
  const matching = read.filter((one) => matchers.length === 0 || matchers.some((matches) => matches(one)));
  const batch = matching.slice(0, position.size ?? batchSize);
  const first = batch[0];
  const last = batch.at(-1);
  const moveTo = (next: number) => positions.put(id, { next, failures: 0, dueAt: 0 });
  if (!first || !last) return moveTo((sequenceOf(read.at(-1)) ?? length) + 1);

  const payload = JSON.stringify({ Records: batch.map((one) => ({ ...one, eventSourceARN: sourceArn })) });
  const result = await invoker.invoke(record, { requestId: randomUUID(), payload });
  if (isStopped()) return;
  const ids = batch.map(({ dynamodb }) => dynamodb.SequenceNumber);
  const failed = failedItems(result, ids, reportsFailures).map(Number);
  const end = Number(last.dynamodb.SequenceNumber) + 1;
  if (failed.length === 0) return moveTo(end);

  // The function goes on at the first that it failed with.
  const next = Math.min(...failed);
  const failures = next === position.next ? position.failures + 1 : 1;
  const age = host.clock.now() - first.dynamodb.ApproximateCreationDateTime * 1000;
  const { mostRetries = Number.POSITIVE_INFINITY, mostAgeMs = Number.POSITIVE_INFINITY } = settings;
  if (settings.bisects && result.isError && batch.length > 1)
    return positions.put(id, {
      next: position.next,
      // Splitting is no retry (MaximumRetryAttempts in Lambda's guide).
      failures: position.failures,
      size: Math.ceil(batch.length / 2),
      dueAt: 0,
    });
  if (failures <= mostRetries && age <= mostAgeMs)
    return positions.put(id, {
      next,
      failures,
      ...(position.size !== undefined && { size: position.size }),
      dueAt: host.clock.now() + Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS),
    });
  host.log('lambda', `Records for ${record.name} are given up`, { sourceArn, from: next, to: end - 1 });
  if (settings.onFailureArn !== undefined)
    await bury(host, principal, {
      queueArn: settings.onFailureArn,
      body: JSON.stringify({
        requestContext: {
          functionArn: record.arn,
          condition: age > mostAgeMs ? 'RecordAgeExceeded' : 'RetryAttemptsExhausted',
          approximateInvokeCount: failures,
        },
        DDBStreamBatchInfo: {
          streamArn: sourceArn,
          startSequenceNumber: String(next),
          endSequenceNumber: String(end - 1),
          batchSize: batch.length,
        },
      }),
      attributes: {},
    });
  moveTo(end);
};

const sequenceOf = (one: StreamEvent | undefined) => one && Number(one.dynamodb.SequenceNumber);

/** The role of the function reads the stream (Lambda's developer guide). */
const readFrom = async (
  host: Host,
  principal: Principal,
  StreamArn: string,
  next: number,
): Promise<readonly StreamEvent[]> => {
  const { StreamDescription } = await host.call<{
    StreamDescription: { Shards: readonly { ShardId: string }[] };
  }>(principal, 'dynamodb', 'DescribeStream', { StreamArn });
  const { ShardIterator } = await host.call<{ ShardIterator: string }>(
    principal,
    'dynamodb',
    'GetShardIterator',
    {
      StreamArn,
      ShardId: StreamDescription.Shards[0]?.ShardId,
      ...(next === 1
        ? { ShardIteratorType: 'TRIM_HORIZON' }
        : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: String(next - 1) }),
    },
  );
  const { Records } = await host.call<{ Records: readonly StreamEvent[] }>(
    principal,
    'dynamodb',
    'GetRecords',
    { ShardIterator, Limit: READ_AHEAD },
  );
  return Records;
};
