import { createRequire } from 'node:module';
import path from 'node:path';
import { AwsError } from '../../host.ts';

/** A request or answer in DynamoDB's own JSON. */
export type Json = Readonly<Record<string, unknown>>;

/** DynamoDB in memory. */
export interface Engine {
  /** @throws AwsError with DynamoDB's name and text */
  readonly perform: (operation: string, input: Json) => Promise<Json>;
}

/** What is used of dynalite's modules; they carry no types of their own. */
interface DynaliteStore {
  readonly tableDb: { awsAccountId: string; awsRegion: string };
}
type DynaliteAction = (
  store: DynaliteStore,
  data: unknown,
  callback: (error: DynaliteError | null, data: Json) => void,
) => void;
type DynaliteError = Error & {
  readonly statusCode?: number;
  readonly body?: { readonly __type: string; readonly message?: string; readonly Message?: string };
};
interface DynaliteValidations {
  readonly checkTypes: (data: unknown, types: unknown) => unknown;
  readonly checkValidations: (data: unknown, types: unknown, custom: unknown, store: DynaliteStore) => void;
}

/** A table is usable one iteration of the event loop after its creation; this many are waited for. */
const MAX_ITERATIONS = 1000;

/**
 * Opens an empty DynamoDB. dynalite's actions are called without its HTTP server, which would only check a signature again;
 * it keeps everything in memory.
 */
export const createEngine = ({ accountId, region }: { accountId: string; region: string }): Engine => {
  // Loaded when it is needed: it takes about 100 ms.
  const load = createRequire(path.join(import.meta.dirname, 'engine.ts'));
  const { create } = load('dynalite/db/index.js') as { create: (options: object) => DynaliteStore };
  const { checkTypes, checkValidations } = load('dynalite/validations/index.js') as DynaliteValidations;
  const store = create({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  store.tableDb.awsAccountId = accountId;
  store.tableDb.awsRegion = region;

  const act = async (operation: string, input: Json): Promise<Json> => {
    const module = `${operation.charAt(0).toLowerCase()}${operation.slice(1)}.js`;
    const { types, custom } = load(`dynalite/validations/${module}`) as { types: unknown; custom: unknown };
    const action = load(`dynalite/actions/${module}`) as DynaliteAction;
    try {
      // Checking adds to the request and acting changes it.
      const data = checkTypes(structuredClone(input), types);
      checkValidations(data, types, custom, store);
      return await new Promise<Json>((resolve, reject) =>
        action(store, data, (error, answer) => (error ? reject(error) : resolve(answer))),
      );
    } catch (error) {
      throw asAwsError(error as DynaliteError);
    }
  };

  const statusOf = async (name: unknown): Promise<string | undefined> => {
    try {
      const { Table } = await act('DescribeTable', { TableName: name });
      return (Table as { TableStatus?: string }).TableStatus;
    } catch (error) {
      if (error instanceof AwsError && error.name === 'ResourceNotFoundException') return undefined;
      throw error;
    }
  };
  const waitFor = async (name: unknown, status: string | undefined) => {
    for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
      if ((await statusOf(name)) === status) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
    throw new Error(`Table ${name} did not become ${status ?? 'deleted'}.`);
  };

  return {
    perform: async (operation, input) => {
      const answer = structuredClone(await act(operation, input));
      if (operation === 'CreateTable') await waitFor(input.TableName, 'ACTIVE');
      if (operation === 'DeleteTable') await waitFor(input.TableName, undefined);
      return answer;
    },
  };
};

const asAwsError = (error: DynaliteError): Error => {
  const { body, statusCode } = error;
  if (!body) return error;
  const name = body.__type.slice(body.__type.lastIndexOf('#') + 1);
  return new AwsError(name, body.message ?? body.Message ?? '', statusCode ?? 400);
};
