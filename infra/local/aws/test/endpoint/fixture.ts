import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createClock } from '../../clock.ts';
import { createHost, type EmulatorHost } from '../../create-host.ts';
import { createEndpoint, type Endpoint } from '../../endpoint/endpoint.ts';
import { protocols } from '../../endpoint/protocols.ts';
import { readModel, type ServiceModel } from '../../endpoint/shapes.ts';
import type { Operation, Service } from '../../host.ts';
import { createMemoryStore } from '../../store.ts';

/** A served host without services, in a folder of its own. */
export interface ServedHost {
  readonly host: EmulatorHost;
  readonly endpoint: Endpoint;
  readonly close: () => Promise<void>;
}

/** Ports that nobody listens on in these tests; the endpoint takes any free one. */
export const anyPorts = { endpoint: 0, approvals: 0, signIn: 0, overview: 0, qat: 0, prod: 0, forge: 0 };

/** Starts an endpoint over a host with these services. */
export const serve = async (...services: readonly Service[]): Promise<ServedHost> => {
  const stateDir = fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-endpoint-'));
  const host = createHost({ stateDir, store: createMemoryStore(), clock: createClock(), ports: anyPorts });
  for (const service of services) host.register(service);
  const endpoint = await createEndpoint(host);
  return {
    host,
    endpoint,
    close: async () => {
      await endpoint.close();
      fs.rmSync(stateDir, { recursive: true, force: true });
    },
  };
};

/** A service of these operations, without resources. */
export const serviceOf = (name: string, operations: Readonly<Record<string, Operation>>): Service => ({
  name,
  operations,
  resources: {},
});

/** A service that answers every operation of its model by one function. */
export const echoService = (
  name: string,
  model: ServiceModel,
  run: (operation: string, input: unknown) => unknown,
): Service =>
  serviceOf(
    name,
    Object.fromEntries(
      [...model.operations.keys()].map((operation) => [
        operation,
        { requires: () => [], run: (input: never) => run(operation, input) },
      ]),
    ),
  );

/** What tests need of an SDK client module, for any service. */
interface ClientModule {
  readonly model: ServiceModel;
  /** A client that neither retries nor puts names before the host. */
  readonly createClient: (served: ServedHost) => SdkClient;
  readonly createCommand: (operation: string, input: object) => object;
}

/** The part of SDK clients that is the same for all. */
interface SdkClient {
  readonly send: (command: object) => Promise<object>;
  readonly destroy: () => void;
}

type Constructor<Result> = new (input: object) => Result;

/** Loads the SDK client of a service by its signing name. */
export const loadClient = async (name: string): Promise<ClientModule> => {
  const exports = await protocols[name]?.client?.();
  if (!exports) throw new Error(`There is no SDK client for ${name}.`);
  const clientName = Object.keys(exports).find((key) => key.endsWith('Client') && !key.startsWith('_')) ?? '';
  const Client = exports[clientName] as Constructor<SdkClient>;
  return {
    model: readModel(exports),
    createClient: ({ host, endpoint }) =>
      new Client({
        endpoint: endpoint.url,
        region: 'us-east-1',
        credentials: host.administratorKey(),
        maxAttempts: 1,
        disableHostPrefix: true,
      }),
    createCommand: (operation, input) => {
      const Command = exports[`${operation}Command`] as Constructor<object>;
      return new Command(input);
    },
  };
};

/** A value that can be compared across what clients wrap bytes and dates in; without metadata and what is undefined. */
export const comparable = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value instanceof Date) return value.toISOString();
  // Spread, so that lists made outside of the test's realm compare equal.
  if (Array.isArray(value)) return [...value].map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, item]) => item !== undefined && key !== '$metadata')
      .map(([key, item]) => [key, comparable(item)]),
  );
};
