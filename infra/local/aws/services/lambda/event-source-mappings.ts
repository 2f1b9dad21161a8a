import { type PropertyReader, readProperties } from '../../assembly/properties.ts';
import type { Host, ResourceContext, ResourceProperties, ResourceProvider } from '../../host.ts';
import { arnOf } from '../shared/arns.ts';
import { compilePattern } from '../shared/event-pattern.ts';
import { stableUuid } from '../shared/ids.ts';
import { findFunction, functionTable } from './functions.ts';
import type { Invoker } from './invoker.ts';
import { deliverMessages } from './queue-source.ts';
import type { EventSourceMapping, StreamSettings } from './source-context.ts';
import { deliverRecords } from './stream-source.ts';

/** How often sources are looked at. */
const POLL_MS = 500;
/** Lambda's defaults for queues and for streams. */
const DEFAULT_BATCH = { queue: 10, stream: 100 };

const mappingsOf = ({ store }: Host) => store.table<EventSourceMapping>('lambda.eventSourceMappings');

/** The CloudFormation type, for queues and for streams of DynamoDB. */
export const eventSourceMappingProvider = (host: Host): ResourceProvider => {
  const put = (properties: ResourceProperties, context: ResourceContext) => {
    const read = readProperties('AWS::Lambda::EventSourceMapping', context, properties);
    const sourceArn = read.string('EventSourceArn');
    const kind = sourceArn.includes(':sqs:')
      ? 'queue'
      : /:dynamodb:.*\/stream\//.test(sourceArn)
        ? 'stream'
        : undefined;
    if (!kind)
      throw read.error('EventSourceArn', 'must be the ARN of a queue of SQS or of a stream of DynamoDB');
    read.only(
      ...['BatchSize', 'EventSourceArn', 'FunctionName', 'FunctionResponseTypes', 'Tags'],
      ...(kind === 'stream' ? STREAM_PROPERTIES : []),
    );
    const id = stableUuid('lambda', context.stackName, context.logicalId);
    mappingsOf(host).put(id, {
      id,
      sourceArn,
      functionName: findFunction(host, read.string('FunctionName')).name,
      batchSize: read.optionalNumber('BatchSize') ?? DEFAULT_BATCH[kind],
      reportsFailures: read.strings('FunctionResponseTypes').includes('ReportBatchItemFailures'),
      ...(kind === 'stream' && { stream: readStream(read) }),
    });
    const arn = arnOf(host, 'lambda', `event-source-mapping:${id}`);
    return { physicalId: id, attributes: { Id: id, EventSourceMappingArn: arn } };
  };
  return { create: put, update: put, delete: ({ physicalId }) => mappingsOf(host).delete(physicalId) };
};

const STREAM_PROPERTIES = [
  ...['BisectBatchOnFunctionError', 'DestinationConfig', 'FilterCriteria', 'MaximumRecordAgeInSeconds'],
  ...['MaximumRetryAttempts', 'StartingPosition'],
];

const readStream = (read: PropertyReader): StreamSettings => {
  const startingPosition = read.string('StartingPosition');
  if (startingPosition !== 'TRIM_HORIZON' && startingPosition !== 'LATEST')
    throw read.error('StartingPosition', 'must be TRIM_HORIZON or LATEST');
  const patterns = (read.optionalAt('FilterCriteria')?.each('Filters') ?? []).map((filter) => {
    try {
      const pattern: unknown = JSON.parse(filter.string('Pattern'));
      compilePattern(pattern);
      return pattern;
    } catch (error) {
      throw filter.error('Pattern', `is not usable: ${(error as Error).message}`);
    }
  });
  const mostRetries = limit(read.optionalNumber('MaximumRetryAttempts'));
  const mostAgeS = limit(read.optionalNumber('MaximumRecordAgeInSeconds'));
  const onFailureArn = read
    .optionalAt('DestinationConfig')
    ?.optionalAt('OnFailure')
    ?.optionalString('Destination');
  return {
    startingPosition,
    patterns,
    bisects: read.optionalBoolean('BisectBatchOnFunctionError') ?? false,
    ...(mostRetries !== undefined && { mostRetries }),
    ...(mostAgeS !== undefined && { mostAgeMs: mostAgeS * 1000 }),
    ...(onFailureArn !== undefined && { onFailureArn }),
  };
};

/** -1 is Lambda's way to say that there is no limit. */
const limit = (value: number | undefined) => (value === -1 ? undefined : value);

/** Hands messages and records to functions, of each mapping one batch at a time. */
export const createEventSources = (host: Host, invoker: Invoker) => {
  const underWay = new Set<string>();
  let cancel: (() => void) | undefined;
  let isStopped = false;

  const deliver = async (mapping: EventSourceMapping): Promise<void> => {
    const record = functionTable(host).get(mapping.functionName);
    if (!record) return;
    const context = { host, invoker, record, isStopped: () => isStopped };
    try {
      if (mapping.stream) await deliverRecords(context, mapping, mapping.stream);
      else await deliverMessages(context, mapping);
    } catch (error) {
      if (!isStopped)
        host.log('lambda', `Events for ${mapping.functionName} could not be handed over`, {
          sourceArn: mapping.sourceArn,
          error: String(error),
        });
    }
  };

  const poll = (): void => {
    if (isStopped) return;
    cancel = host.clock.at(host.clock.now() + POLL_MS, () => {
      for (const mapping of mappingsOf(host).values()) {
        if (underWay.has(mapping.id)) continue;
        underWay.add(mapping.id);
        void deliver(mapping).finally(() => underWay.delete(mapping.id));
      }
      poll();
    });
  };

  return {
    start: () => {
      isStopped = false;
      poll();
    },
    stop: () => {
      isStopped = true;
      cancel?.();
    },
  };
};
