import fs from 'node:fs';
import path from 'node:path';
import type {
  CreateLogGroupCommandInput,
  CreateLogStreamCommandInput,
  DeleteLogGroupCommandInput,
  DescribeLogGroupsCommandInput,
  DescribeLogGroupsCommandOutput,
  FilterLogEventsCommandInput,
  FilterLogEventsCommandOutput,
  GetLogEventsCommandInput,
  GetLogEventsCommandOutput,
  PutLogEventsCommandInput,
} from '@aws-sdk/client-cloudwatch-logs';
import { readProperties } from '../../assembly/properties.ts';
import {
  type Access,
  AwsError,
  type Host,
  type Operation,
  type ResourceContext,
  type ResourceProperties,
  type ResourceState,
  type Service,
} from '../../host.ts';
import { createLogFile, type LogFile } from '../../log-file.ts';
import { arnOf } from '../shared/arns.ts';
import { page } from '../shared/paging.ts';
import { publishEmbeddedMetrics } from './embedded-metrics.ts';
import { checkName, fileName, GROUP_NAME, STREAM_NAME } from './names.ts';

type Answer<Output> = Omit<Output, '$metadata'>;
type Writable<Value> = { -readonly [Key in keyof Value]: Value[Key] };

interface LogGroup {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly retentionInDays?: number;
}

interface LogEvent {
  readonly id: string;
  readonly stream: string;
  readonly timestamp: number;
  readonly message: string;
  readonly ingestionTime: number;
}

/** Events of one group that can be asked for. */
const RING = 10_000;
/** Size from which a group's file is put aside, in bytes. */
const FILE_LIMIT_BYTES = 2 * 1024 * 1024;
/** CloudWatch Logs' limit for one answer. */
const MAX_EVENTS = 10_000;

/**
 * CloudWatch Logs: the newest events of each group in memory, and more of them in a file per group under `logs` of the state
 * directory, with `.1` for those before. Filter patterns are a word or a quoted text that the message contains.
 */
export const createLogsService = (host: Host): Service => {
  const groups = host.store.table<LogGroup>('logs.groups');
  const streams = new Map<string, Set<string>>();
  const events = new Map<string, LogEvent[]>();
  const directory = path.join(host.stateDir, 'logs');
  const files = new Map<string, LogFile>();
  let count = 0;

  const fileOf = (group: string): LogFile => {
    const known = files.get(group);
    if (known) return known;
    fs.mkdirSync(directory, { recursive: true });
    const file = createLogFile(path.join(directory, fileName(group)), FILE_LIMIT_BYTES);
    files.set(group, file);
    return file;
  };
  const notFound = (what: string) =>
    new AwsError('ResourceNotFoundException', `The specified ${what} does not exist.`);
  const findGroup = (name: string | undefined): LogGroup => {
    const group = groups.get(name ?? '');
    if (!group) throw notFound('log group');
    return group;
  };
  const groupName = ({
    logGroupName,
    logGroupIdentifier,
  }: {
    logGroupName?: string | undefined;
    logGroupIdentifier?: string | undefined;
  }): string =>
    logGroupName ?? /log-group:([^:]+)/.exec(logGroupIdentifier ?? '')?.[1] ?? logGroupIdentifier ?? '';

  const onGroup =
    (action: string) =>
    (input: { logGroupName?: string | undefined; logGroupIdentifier?: string | undefined }): Access => ({
      action,
      resource: arnOf(host, 'logs', `log-group:${groupName(input)}`),
    });
  const onStream =
    (action: string) =>
    ({
      logGroupName,
      logStreamName,
    }: {
      logGroupName?: string | undefined;
      logStreamName?: string | undefined;
    }) => ({
      action,
      resource: arnOf(host, 'logs', `log-group:${logGroupName}:log-stream:${logStreamName ?? ''}`),
    });

  const createLogGroup: Operation<CreateLogGroupCommandInput, object> = {
    requires: onGroup('logs:CreateLogGroup'),
    run: ({ logGroupName = '' }) => {
      checkName('logGroupName', logGroupName, GROUP_NAME);
      if (groups.has(logGroupName))
        throw new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists');
      groups.put(logGroupName, { name: logGroupName, createdAt: host.clock.now() });
      return {};
    },
  };

  const removeGroup = (name: string) => {
    groups.delete(name);
    streams.delete(name);
    events.delete(name);
  };
  const deleteLogGroup: Operation<DeleteLogGroupCommandInput, object> = {
    requires: onGroup('logs:DeleteLogGroup'),
    run: ({ logGroupName }) => {
      removeGroup(findGroup(logGroupName).name);
      return {};
    },
  };

  const createLogStream: Operation<CreateLogStreamCommandInput, object> = {
    requires: onStream('logs:CreateLogStream'),
    run: ({ logGroupName, logStreamName = '' }) => {
      const { name } = findGroup(logGroupName);
      checkName('logStreamName', logStreamName, STREAM_NAME);
      const known = streams.get(name) ?? new Set();
      if (known.has(logStreamName))
        throw new AwsError('ResourceAlreadyExistsException', 'The specified log stream already exists');
      streams.set(name, known.add(logStreamName));
      return {};
    },
  };

  const putLogEvents: Operation<PutLogEventsCommandInput, object> = {
    requires: onStream('logs:PutLogEvents'),
    run: ({ logGroupName, logStreamName = '', logEvents = [] }) => {
      const { name } = findGroup(logGroupName);
      if (!streams.get(name)?.has(logStreamName)) throw notFound('log stream');
      const ingestionTime = host.clock.now();
      const added = logEvents.map(({ timestamp = ingestionTime, message = '' }) => ({
        id: String(count++).padStart(20, '0'),
        stream: logStreamName,
        timestamp,
        message,
        ingestionTime,
      }));
      events.set(name, [...(events.get(name) ?? []), ...added].slice(-RING));
      for (const { message } of added) publishEmbeddedMetrics(host, message);
      if (added.length > 0) fileOf(name)(added.map(fileLine).join('\n'));
      return { nextSequenceToken: String(count) };
    },
  };

  const eventsOf = (
    name: string,
    {
      startTime = 0,
      endTime = Number.POSITIVE_INFINITY,
    }: { startTime?: number | undefined; endTime?: number | undefined },
  ) => (events.get(name) ?? []).filter(({ timestamp }) => timestamp >= startTime && timestamp < endTime);

  const filterLogEvents: Operation<FilterLogEventsCommandInput, Answer<FilterLogEventsCommandOutput>> = {
    requires: onGroup('logs:FilterLogEvents'),
    run: (input) => {
      const { name } = findGroup(groupName(input));
      const { logStreamNames, logStreamNamePrefix = '', filterPattern } = input;
      const matches = matcher(filterPattern);
      const found = eventsOf(name, input).filter(
        ({ stream, message }) =>
          stream.startsWith(logStreamNamePrefix) &&
          (!logStreamNames || logStreamNames.includes(stream)) &&
          matches(message),
      );
      const { items, nextToken } = page(found, input.nextToken, input.limit, pagingOptions);
      return {
        events: items.map(({ id, stream, ...event }) => ({ eventId: id, logStreamName: stream, ...event })),
        searchedLogStreams: [],
        ...(nextToken && { nextToken }),
      };
    },
  };

  const getLogEvents: Operation<GetLogEventsCommandInput, Answer<GetLogEventsCommandOutput>> = {
    requires: onStream('logs:GetLogEvents'),
    run: (input) => {
      const { name } = findGroup(groupName(input));
      const { logStreamName = '', limit = MAX_EVENTS, startFromHead = false, nextToken } = input;
      if (!streams.get(name)?.has(logStreamName)) throw notFound('log stream');
      const all = eventsOf(name, input).filter(({ stream }) => stream === logStreamName);
      const from = nextToken
        ? Number(nextToken.slice(2))
        : startFromHead
          ? 0
          : Math.max(0, all.length - limit);
      const items = all.slice(from, from + limit);
      return {
        events: items.map(({ timestamp, message, ingestionTime }) => ({ timestamp, message, ingestionTime })),
        nextForwardToken: `f/${from + items.length}`,
        nextBackwardToken: `b/${Math.max(0, from - limit)}`,
      };
    },
  };

  const describeLogGroups: Operation<
    DescribeLogGroupsCommandInput,
    Answer<DescribeLogGroupsCommandOutput>
  > = {
    requires: () => ({ action: 'logs:DescribeLogGroups', resource: arnOf(host, 'logs', 'log-group:*') }),
    run: ({ logGroupNamePrefix = '', limit, nextToken: token }) => {
      const found = groups.values().filter(({ name }) => name.startsWith(logGroupNamePrefix));
      const { items, nextToken } = page(found, token, limit, { ...pagingOptions, fallback: 50 });
      return {
        logGroups: items.map(({ name, createdAt, retentionInDays }) => ({
          logGroupName: name,
          arn: arnOf(host, 'logs', `log-group:${name}:*`),
          logGroupArn: arnOf(host, 'logs', `log-group:${name}`),
          creationTime: createdAt,
          ...(retentionInDays !== undefined && { retentionInDays }),
        })),
        ...(nextToken && { nextToken }),
      };
    },
  };

  const putGroup = (properties: ResourceProperties, context: ResourceContext): ResourceState => {
    const read = readProperties('AWS::Logs::LogGroup', context, properties);
    // No difference locally: encryption at rest, classes of storage, tags, protection and masking of data.
    read.only('LogGroupName', 'RetentionInDays', 'DataProtectionPolicy', 'KmsKeyId', 'LogGroupClass', 'Tags');
    const name = read.optionalString('LogGroupName') ?? context.generatedName(512);
    const retentionInDays = read.optionalNumber('RetentionInDays');
    const group: Writable<LogGroup> = { name, createdAt: groups.get(name)?.createdAt ?? host.clock.now() };
    if (retentionInDays !== undefined) group.retentionInDays = retentionInDays;
    groups.put(name, group);
    return { physicalId: name, attributes: { Arn: arnOf(host, 'logs', `log-group:${name}:*`) } };
  };

  return {
    name: 'logs',
    operations: {
      CreateLogGroup: createLogGroup,
      DeleteLogGroup: deleteLogGroup,
      CreateLogStream: createLogStream,
      PutLogEvents: putLogEvents,
      FilterLogEvents: filterLogEvents,
      GetLogEvents: getLogEvents,
      DescribeLogGroups: describeLogGroups,
    },
    resources: {
      'AWS::Logs::LogGroup': {
        create: putGroup,
        update: putGroup,
        delete: ({ physicalId }) => removeGroup(physicalId),
      },
    },
  };
};

const pagingOptions = { fallback: MAX_EVENTS, errorName: 'InvalidParameterException' };

const fileLine = ({ timestamp, message }: LogEvent): string =>
  `${new Date(timestamp).toISOString()} ${message.replaceAll('\r', '\n')}`;

/** @throws AwsError for patterns beyond words and quoted texts */
const matcher = (pattern: string | undefined): ((message: string) => boolean) => {
  const trimmed = pattern?.trim() ?? '';
  if (/^[[{]|[?%]|(^|\s)-/.test(trimmed)) {
    throw new AwsError(
      'InvalidParameterException',
      `The emulator filters by words and "quoted texts" only; received the filter pattern ${trimmed}.`,
    );
  }
  const terms = [...trimmed.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
  return (message) => terms.every((term) => message.includes(term));
};
