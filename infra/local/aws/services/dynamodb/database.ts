import { AwsError, type Host } from '../../host.ts';
import { createEngine, type Engine, type Json } from './engine.ts';
import { addToStreams, type ItemChange, observeChanges } from './streams.ts';

/** The tables and their items: in memory, and journaled so that they are the same after a restart. */
export interface Database {
  readonly read: (operation: string, input: Json) => Promise<Json>;
  /** Changes one after the other, and journals each that succeeds before it is answered. */
  readonly change: (operation: string, input: Json) => Promise<Json>;
  /** Replaces a table by one with other indexes and the same items. @param input as for CreateTable */
  readonly rebuild: (input: Json) => Promise<void>;
  /** Reads the journal; everything else waits for it. */
  readonly open: () => Promise<void>;
}

interface JournalRecord {
  readonly operation: string;
  readonly input: Json;
  /** What it changed in tables with streams: in the same line, so that no change is without its record. */
  readonly changes?: readonly ItemChange[];
}

const REBUILD = 'RebuildTable';

/** The database of one emulator. */
export const createDatabase = (host: Host): Database => {
  const journal = host.store.log<JournalRecord>('dynamodb.journal');

  const apply = (engine: Engine, { operation, input }: JournalRecord): Promise<Json> =>
    operation === REBUILD ? rebuildTable(engine, input) : engine.perform(operation, input);

  let opening: Promise<Engine> | undefined;
  const open = () => {
    opening ??= (async () => {
      const engine = createEngine(host);
      for (const record of journal.records()) {
        await apply(engine, record);
        addToStreams(host, record.input, record.changes);
      }
      return engine;
    })();
    return opening;
  };

  let last: Promise<unknown> = Promise.resolve();
  const change = (operation: string, input: Json): Promise<Json> => {
    const result = last.then(async () => {
      const engine = await open();
      try {
        const { answer, changes } = await observeChanges(host, engine, { operation, input }, () =>
          apply(engine, { operation, input }),
        );
        journal.append({ operation, input, ...(changes.length > 0 && { changes }) });
        addToStreams(host, input, changes);
        return answer;
      } catch (error) {
        throw await withItem(engine, input, error);
      }
    });
    last = result.catch(() => undefined);
    return result;
  };

  return {
    read: async (operation, input) => (await open()).perform(operation, input),
    change,
    rebuild: async (input) => {
      await change(REBUILD, input);
    },
    open: async () => {
      await open();
    },
  };
};

const rebuildTable = async (engine: Engine, table: Json): Promise<Json> => {
  const { TableName } = table;
  const items: unknown[] = [];
  let ExclusiveStartKey: unknown;
  do {
    const page: Json = await engine.perform('Scan', {
      TableName,
      ...(ExclusiveStartKey !== undefined && { ExclusiveStartKey }),
    });
    items.push(...(page.Items as unknown[]));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey !== undefined);
  await engine.perform('DeleteTable', { TableName });
  const answer = await engine.perform('CreateTable', table);
  for (const Item of items) await engine.perform('PutItem', { TableName, Item });
  return answer;
};

/** dynalite does not know `ReturnValuesOnConditionCheckFailure`; changes wait for each other, so the item is still as it was. */
const withItem = async (engine: Engine, input: Json, error: unknown): Promise<unknown> => {
  if (input.ReturnValuesOnConditionCheckFailure !== 'ALL_OLD') return error;
  if (!(error instanceof AwsError) || error.name !== 'ConditionalCheckFailedException') return error;
  const { TableName } = input;
  const { Item } = await engine.perform('GetItem', {
    TableName,
    Key: input.Key ?? (await keyOf(engine, TableName, input.Item as Json)),
    ConsistentRead: true,
  });
  return Item ? new AwsError(error.name, error.message, error.statusCode, { Item }) : error;
};

const keyOf = async (engine: Engine, TableName: unknown, item: Json): Promise<Json> => {
  const { Table } = await engine.perform('DescribeTable', { TableName });
  const { KeySchema } = Table as { KeySchema: readonly { AttributeName: string }[] };
  return Object.fromEntries(KeySchema.map(({ AttributeName }) => [AttributeName, item[AttributeName]]));
};
