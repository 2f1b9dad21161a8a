import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { allItems } from '../all-items.ts';
import type { Calendar, DeclaredFreeze } from '../calendar/calendar.ts';
import type { Override } from '../calendar/override.ts';
import type { EnvironmentStatus } from '../drift/environment-status.ts';
import { type EnvironmentLock, freeLock } from '../environment-locks/environment-lock.ts';
import { ignoring } from '../ignoring.ts';
import type { Rebake } from '../images/rebake.ts';
import type { ImageReport } from '../keeping/image-report.ts';
import type { BadMark } from '../marks/bad-mark.ts';
import type { Acceptance } from '../vulnerabilities/acceptance.ts';
import { fromAttributes, toAttributes } from './attributes.ts';
import type { Absence, Approval, Denial, Job, Live, MissingSubscriptions, Promotion } from './items.ts';
import { type Ledger, LedgerConflictError, ledgerSchema, type PromotionChange } from './ledger.ts';
import { isUsableKey, pageToken } from './page-token.ts';
import {
  ABSENCE_PREFIX,
  ABSENCES,
  ACCEPTANCE_PREFIX,
  ALL_PROMOTIONS,
  approvalPrefix,
  type Bookkeeping,
  calendarKey,
  DENIAL_PREFIX,
  denialKey,
  FREEZE_PREFIX,
  imagesKey,
  isPromotionOpen,
  jobPrefix,
  liveKey,
  lockKey,
  MARK_PREFIX,
  markKey,
  OVERRIDE_PREFIX,
  partitionOf,
  rebakeKey,
  recordOf,
  SUMMARY,
  statusKey,
  storedAbsence,
  storedAcceptance,
  storedApproval,
  storedCalendar,
  storedFreeze,
  storedJob,
  storedLive,
  storedLock,
  storedMark,
  storedOverride,
  storedPromotion,
  storedStatus,
  storedSubscriptions,
  subscriptionsKey,
  versionOf,
} from './stored.ts';

type Attributes = Record<string, AttributeValue>;
type Index = (typeof ledgerSchema.indexes)[keyof typeof ledgerSchema.indexes];

const DEFAULT_PAGE = 50;
const { partitionKey, sortKey, indexes } = ledgerSchema;

// The attributes are what this file wrote from the same type: the table has no other writer.
const record = <Item>(attributes: Attributes): Item => recordOf(fromAttributes(attributes)) as Item;

/**
 * SET and REMOVE of a promotion's fields; images and deployments are merged by environment. Its status says whether it is
 * open, of the application that the item itself names.
 */
const updateOf = (change: PromotionChange) => {
  const names: Record<string, string> = {};
  const values: Record<string, unknown> = {};
  const sets: string[] = [];
  const removes: string[] = [];
  const set = (path: readonly string[], value: unknown): void => {
    const place = path.map((part) => `#${part}`).join('.');
    for (const part of path) names[`#${part}`] = part;
    if (value === undefined) {
      removes.push(place);
      return;
    }
    const variable = `:${path.join('_')}`;
    values[variable] = value;
    sets.push(`${place} = ${variable}`);
  };
  for (const [name, value] of Object.entries(change)) {
    if (name !== 'images' && name !== 'deployments') set([name], value);
    else for (const [environment, id] of Object.entries(value ?? {})) set([name, environment], id);
  }
  if (change.status !== undefined) {
    names['#open'] = indexes.openPromotions.partitionKey;
    if (isPromotionOpen({ status: change.status })) {
      names['#application'] = 'application';
      sets.push('#open = #application');
    } else removes.push('#open');
  }
  return {
    expression: [
      ...(sets.length > 0 ? [`SET ${sets.join(', ')}`] : []),
      ...(removes.length > 0 ? [`REMOVE ${removes.join(', ')}`] : []),
    ].join(' '),
    names,
    values: toAttributes(values),
  };
};

/** The ledger in DynamoDB. Reads by key are strongly consistent; indexes may lag by some milliseconds. */
export function createDynamoDbLedger(tableName: string, client = new DynamoDBClient({})): Ledger {
  const conflictAs = async (message: string, write: () => Promise<unknown>): Promise<void> => {
    try {
      await write();
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException)
        throw new LedgerConflictError(message, { cause: error });
      throw error;
    }
  };

  const put = (item: Bookkeeping, condition: string, values?: Attributes): Promise<unknown> =>
    client.send(
      new PutItemCommand({
        TableName: tableName,
        Item: toAttributes(item),
        ConditionExpression: condition,
        ExpressionAttributeNames: { '#condition': values === undefined ? partitionKey : 'version' },
        ...(values === undefined ? {} : { ExpressionAttributeValues: values }),
      }),
    );
  const add = (item: Bookkeeping): Promise<void> =>
    conflictAs(`${item.pk} / ${item.sk} exists already; read it and decide again`, () =>
      put(item, 'attribute_not_exists(#condition)'),
    );
  const addOnce = (item: Bookkeeping): Promise<void> => add(item).catch(ignoring(LedgerConflictError));
  const replace = (before: object, item: Bookkeeping): Promise<void> =>
    conflictAs(`${item.pk} / ${item.sk} was changed since it was read; read it and decide again`, () =>
      put(item, '#condition = :before', { ':before': { S: versionOf(before) } }),
    );

  const read = async (Key: Attributes): Promise<Attributes | undefined> =>
    (await client.send(new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true }))).Item;
  const get = async <Item>(key: Attributes): Promise<Item | undefined> => {
    const item = await read(key);
    return item && record<Item>(item);
  };

  /** All items of a partition whose sort key starts so, in the order of their keys. */
  const listedIn = async <Item>(partition: string, prefix: string, last = false): Promise<Item[]> => {
    const query = {
      TableName: tableName,
      ConsistentRead: true,
      KeyConditionExpression: '#pk = :pk AND begins_with(#sk, :sk)',
      ExpressionAttributeNames: { '#pk': partitionKey, '#sk': sortKey },
      ExpressionAttributeValues: { ':pk': { S: partition }, ':sk': { S: prefix } },
    };
    const items = last
      ? (await client.send(new QueryCommand({ ...query, ScanIndexForward: false, Limit: 1 }))).Items
      : await allItems(paginateQuery({ client }, query), ({ Items }) => Items);
    return (items ?? []).map((item) => record<Item>(item));
  };
  const listed = <Item>(promotionId: string, prefix: string, last = false): Promise<Item[]> =>
    listedIn<Item>(partitionOf(promotionId), prefix, last);

  const indexQuery = (index: Index, key: string) => ({
    TableName: tableName,
    IndexName: index.name,
    KeyConditionExpression: '#key = :key',
    ExpressionAttributeNames: { '#key': index.partitionKey },
    ExpressionAttributeValues: { ':key': { S: key } },
  });
  const newestFirst = (index: Index, key: string, Limit: number, from?: Attributes) =>
    client.send(
      new QueryCommand({
        ...indexQuery(index, key),
        ScanIndexForward: false,
        Limit,
        ExclusiveStartKey: from,
      }),
    );
  /** Oldest first. */
  const indexed = async <Item>(index: Index, key: string): Promise<Item[]> => {
    const items = await allItems(paginateQuery({ client }, indexQuery(index, key)), ({ Items }) => Items);
    return items.map((item) => record<Item>(item));
  };
  /** The newest item with that key, as the table has it now: an index may show an older version. */
  const lookedUp = async <Item>(index: Index, key: string): Promise<Item | undefined> => {
    if (!isUsableKey(key)) return undefined;
    const [found] = (await newestFirst(index, key, 1)).Items ?? [];
    const [pk, sk] = [found?.[partitionKey], found?.[sortKey]];
    return pk === undefined || sk === undefined
      ? undefined
      : get<Item>({ [partitionKey]: pk, [sortKey]: sk });
  };

  return {
    addPromotion: (promotion) => addOnce(storedPromotion(promotion)),
    promotion: async (promotionId) =>
      isUsableKey(promotionId)
        ? get<Promotion>({ [partitionKey]: { S: partitionOf(promotionId) }, [sortKey]: { S: SUMMARY } })
        : undefined,
    promotions: async ({ limit = DEFAULT_PAGE, next } = {}) => {
      const from = next === undefined ? undefined : pageToken.read(next);
      const page = await newestFirst(indexes.promotions, ALL_PROMOTIONS, limit, from);
      return {
        items: (page.Items ?? []).map((item) => record<Promotion>(item)),
        ...(page.LastEvaluatedKey === undefined ? {} : { next: pageToken.of(page.LastEvaluatedKey) }),
      };
    },
    openPromotions: (application) => indexed<Promotion>(indexes.openPromotions, application),
    updatePromotion: async (promotionId, change) => {
      const { expression, names, values } = updateOf(change);
      if (expression === '') return;
      await conflictAs(`The ledger has no promotion ${promotionId}`, () =>
        client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: { [partitionKey]: { S: partitionOf(promotionId) }, [sortKey]: { S: SUMMARY } },
            UpdateExpression: expression,
            ConditionExpression: 'attribute_exists(#pk)',
            ExpressionAttributeNames: { ...names, '#pk': partitionKey },
            ...(Object.keys(values).length > 0 ? { ExpressionAttributeValues: values } : {}),
          }),
        ),
      );
    },

    addJob: (job) => add(storedJob(job)),
    replaceJob: (before, after) => replace(before, storedJob(after)),
    latestJob: async (promotionId, state) => (await listed<Job>(promotionId, jobPrefix(state), true))[0],
    jobs: async (promotionId) =>
      (await listed<Job>(promotionId, jobPrefix())).sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1)),
    jobByExternalId: (externalId) => lookedUp<Job>(indexes.jobByExternalId, externalId),
    openJobs: (application) => indexed<Job>(indexes.openJobs, application),

    addApproval: (approval) => add(storedApproval(approval)),
    replaceApproval: (before, after) => replace(before, storedApproval(after)),
    latestApproval: async (promotionId, role) =>
      (await listed<Approval>(promotionId, approvalPrefix(role), true))[0],
    approvals: (promotionId) => listed<Approval>(promotionId, approvalPrefix()),
    approvalById: (approvalId) => lookedUp<Approval>(indexes.approvalById, approvalId),
    openApprovals: (role) => indexed<Approval>(indexes.openApprovals, role),

    addDenial: async (attempt) => {
      const { at, ...first } = attempt;
      const fields = Object.entries({ ...first, at });
      // A call that the SDK repeats may count twice.
      const { Attributes: item = {} } = await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: toAttributes(denialKey(attempt)),
          UpdateExpression: `SET ${fields.map(([name]) => `#${name} = if_not_exists(#${name}, :${name})`).join(', ')}, #lastAt = :at ADD #count :one`,
          ExpressionAttributeNames: {
            ...Object.fromEntries(fields.map(([name]) => [`#${name}`, name])),
            '#lastAt': 'lastAt',
            '#count': 'count',
          },
          ExpressionAttributeValues: toAttributes({
            ...Object.fromEntries(fields.map(([name, value]) => [`:${name}`, value])),
            ':one': 1,
          }),
          ReturnValues: 'ALL_NEW',
        }),
      );
      return record<Denial>(item);
    },
    denials: async (promotionId) =>
      (await listed<Denial>(promotionId, DENIAL_PREFIX)).sort((a, b) => (a.at < b.at ? -1 : 1)),

    addAbsence: (absence) => add(storedAbsence(absence)),
    replaceAbsence: (before, after) => replace(before, storedAbsence(after)),
    absences: () => listedIn<Absence>(ABSENCES, ABSENCE_PREFIX),

    lock: async (application, environment) => {
      const item = await read(toAttributes(lockKey(application, environment)));
      if (item === undefined) return freeLock(application, environment);
      const { [partitionKey]: _, [sortKey]: __, ...lock } = fromAttributes(item);
      return lock as unknown as EnvironmentLock;
    },
    replaceLock: async (before, after) => {
      const lock: EnvironmentLock = { ...after, version: before.version + 1 };
      await conflictAs(
        `The ${lock.environment} lock of ${lock.application} has changed since it was read. Read it and decide again.`,
        () =>
          client.send(
            new PutItemCommand({
              TableName: tableName,
              Item: toAttributes(storedLock(lock)),
              ExpressionAttributeNames: { '#version': 'version' },
              ...(before.version === 0
                ? { ConditionExpression: 'attribute_not_exists(#version)' }
                : {
                    ConditionExpression: '#version = :before',
                    ExpressionAttributeValues: { ':before': { N: String(before.version) } },
                  }),
            }),
          ),
      );
      return lock;
    },

    calendar: (application) => get<Calendar>(toAttributes(calendarKey(application))),
    noteCalendar: async (application, calendar) => {
      const Item = toAttributes(storedCalendar(application, calendar));
      await client.send(new PutItemCommand({ TableName: tableName, Item }));
    },
    declaredFreezes: (application) => listedIn<DeclaredFreeze>(calendarKey(application).pk, FREEZE_PREFIX),
    addDeclaredFreeze: (freeze) => add(storedFreeze(freeze)),
    replaceDeclaredFreeze: (before, after) => replace(before, storedFreeze(after)),
    overrides: (promotionId) => listed<Override>(promotionId, OVERRIDE_PREFIX),
    addOverride: (override) => add(storedOverride(override)),
    replaceOverride: (before, after) => replace(before, storedOverride(after)),

    live: (application) => get<Live>(toAttributes(liveKey(application))),
    noteLive: async (live) => {
      await client
        .send(
          new PutItemCommand({
            TableName: tableName,
            Item: toAttributes(storedLive(live)),
            ConditionExpression: 'attribute_not_exists(#since) OR #since <= :since',
            ExpressionAttributeNames: { '#since': 'since' },
            ExpressionAttributeValues: { ':since': { S: live.since } },
          }),
        )
        // Something later is live.
        .catch(ignoring(ConditionalCheckFailedException));
    },

    mark: (application, subject) => get<BadMark>(toAttributes(markKey(application, subject))),
    marks: (application) => listedIn<BadMark>(liveKey(application).pk, MARK_PREFIX),
    replaceMark: (before, after) =>
      before === undefined ? add(storedMark(after)) : replace(before, storedMark(after)),
    acceptances: (application) => listedIn<Acceptance>(liveKey(application).pk, ACCEPTANCE_PREFIX),
    replaceAcceptance: (before, after) =>
      before === undefined ? add(storedAcceptance(after)) : replace(before, storedAcceptance(after)),

    rebake: (application) => get<Rebake>(toAttributes(rebakeKey(application))),
    noteRebake: async (rebake) => {
      const Item = toAttributes({ ...rebake, ...rebakeKey(rebake.application) });
      await client.send(new PutItemCommand({ TableName: tableName, Item }));
    },

    imageReport: (application) => get<ImageReport>(toAttributes(imagesKey(application))),
    noteImageReport: async (report) => {
      const Item = toAttributes({ ...report, ...imagesKey(report.application) });
      await client.send(new PutItemCommand({ TableName: tableName, Item }));
    },
    missingSubscriptions: (application) =>
      get<MissingSubscriptions>(toAttributes(subscriptionsKey(application))),
    replaceMissingSubscriptions: (before, after) =>
      before === undefined ? add(storedSubscriptions(after)) : replace(before, storedSubscriptions(after)),
    environmentStatus: (application, environment) =>
      get<EnvironmentStatus>(toAttributes(statusKey(application, environment))),
    replaceEnvironmentStatus: (before, after) =>
      before === undefined ? add(storedStatus(after)) : replace(before, storedStatus(after)),
  };
}
