import path from 'node:path';
import { findAsset } from '../../assembly/assets.ts';
import type { Host } from '../../host.ts';
import { metricsOf } from '../shared/metrics.ts';
import { executionPrincipal, processEnvironment, sharedOffset } from './environment.ts';
import { createFunctionLog, type FunctionLog } from './function-log.ts';
import {
  type FunctionWorker,
  startFunctionWorker,
  type WorkerEnvironment,
  type WorkerResult,
} from './function-worker.ts';
import type { FunctionRecord } from './functions.ts';
import { createPool, type Kind, type Pooled } from './pool.ts';

/** Runs functions. */
export interface Invoker {
  /**
   * @param payload JSON
   * @throws AwsError if the role does not let Lambda in
   */
  readonly invoke: (record: FunctionRecord, request: InvocationRequest) => Promise<InvocationResult>;
  /** Ends the threads of a function that has been changed or deleted, once they have finished, unless others share them. */
  readonly retire: (name: string) => void;
  readonly stop: () => Promise<void>;
}

/** What is asked of a function. */
interface InvocationRequest {
  readonly requestId: string;
  /** JSON. */
  readonly payload: string;
  readonly clientContext?: string;
  /** Whether a function waits for the answer. Threads are few here, so it does not wait for one: those that are busy may all belong to such functions. */
  readonly isNested?: boolean;
}

/** What a function answered, and what it logged. */
interface InvocationResult extends WorkerResult {
  readonly log: string;
}

/** Threads that functions share; more invocations wait. Each takes some 70 MB with what it has loaded. */
const SHARED_THREADS = 3;

/** Of a function that has threads of its own. */
const OWN_THREADS = 4;

const MOST_THREADS = 6;

/** MB of heap of a shared thread; the memory that its functions ask for does not count. */
const SHARED_MEMORY = 1024;

interface LogLine {
  readonly timestamp: number;
  readonly message: string;
}

/** A function's execution environment in one thread. */
interface Environment extends WorkerEnvironment {
  readonly revisionId: string;
  readonly log: FunctionLog;
}

/** One thread, with the lines of the invocation that it runs. */
interface Thread extends Pooled {
  readonly worker: FunctionWorker;
  /** By function name. */
  readonly environments: Map<string, Environment>;
  readonly takeLines: () => LogLine[];
}

/** The invoker of one emulator. */
export const createInvoker = (host: Host): Invoker => {
  const pool = createPool<Thread>(MOST_THREADS);
  /** By function name, the key of the threads that it ran in last. */
  const keys = new Map<string, string>();
  const clock = sharedOffset(host.clock);

  const startThread = (memorySize: number): Thread => {
    const lines: LogLine[] = [];
    const worker = startFunctionWorker({ memorySize, clock }, (message) =>
      lines.push({ timestamp: host.clock.now(), message }),
    );
    const takeLines = () => lines.splice(0);
    return { worker, environments: new Map(), takeLines, isAlive: worker.isAlive, stop: worker.stop };
  };

  const environmentIn = ({ environments }: Thread, record: FunctionRecord): Environment => {
    const { name, revisionId, handler, logFormat, logLevel } = record;
    const known = environments.get(name);
    if (known?.revisionId === revisionId) return known;
    const principal = executionPrincipal(host, record);
    const log = createFunctionLog(host, record, principal);
    const taskRoot = taskRootOf(host, record);
    const place = { taskRoot, logStream: log.streamName };
    const variables = processEnvironment(host, record, principal, place);
    const id = `${name} ${revisionId}`;
    const environment = { id, revisionId, taskRoot, handler, logFormat, logLevel, variables, log };
    environments.set(name, environment);
    return environment;
  };

  /** Ends the threads that a function was the last to use. */
  const retire = (name: string) => {
    const key = keys.get(name);
    keys.delete(name);
    if (key !== undefined && ![...keys.values()].includes(key)) pool.retire(key);
  };

  const kindOf = (record: FunctionRecord, isUrgent: boolean): Kind<Thread> => {
    const key = threadKey(record);
    if (keys.get(record.name) !== key) {
      retire(record.name);
      keys.set(record.name, key);
    }
    const suits = ({ environments }: Thread) => environments.has(record.name);
    if (key === SHARED)
      return { key, limit: SHARED_THREADS, suits, isUrgent, start: () => startThread(SHARED_MEMORY) };
    const { memorySize, reservedConcurrency } = record;
    return {
      key,
      limit: Math.min(OWN_THREADS, reservedConcurrency ?? OWN_THREADS),
      isUrgent: isUrgent && reservedConcurrency === undefined,
      start: () => startThread(memorySize),
    };
  };

  const measure = (FunctionName: string, values: Readonly<Record<string, number>>) => {
    for (const [name, value] of Object.entries(values))
      metricsOf(host).add({ namespace: 'AWS/Lambda', name, dimensions: { FunctionName } }, value);
  };

  return {
    retire,
    invoke: (record, { isNested = false, ...request }) =>
      pool.run(kindOf(record, isNested), async (thread) => {
        const { log, revisionId, ...environment } = environmentIn(thread, record);
        const startedAt = host.clock.now();
        const startMs = performance.now();
        const result = await thread.worker.invoke({
          ...request,
          environment,
          timeoutMs: record.timeout * 1000,
          functionArn: record.arn,
        });
        const duration = performance.now() - startMs;
        measure(record.name, { Invocations: 1, Errors: result.isError ? 1 : 0, Duration: duration });
        const lines = frame(record, request.requestId, duration, {
          startedAt,
          endedAt: host.clock.now(),
          lines: thread.takeLines(),
        });
        void log.write(lines);
        return { ...result, log: lines.map(({ message }) => message).join('\n') };
      }),
    stop: pool.stop,
  };
};

const SHARED = 'shared';

/**
 * Functions with the same key share threads. Code that stands in the template, and a function whose concurrency is reserved,
 * have threads of their own.
 */
const threadKey = ({ name, revisionId, code, reservedConcurrency }: FunctionRecord): string =>
  'directory' in code || reservedConcurrency !== undefined ? `${name} ${revisionId}` : SHARED;

const taskRootOf = (host: Host, { code }: FunctionRecord): string =>
  'directory' in code
    ? code.directory
    : (findAsset(host.store, code.bucket, code.key)?.path ??
      path.join(host.stateDir, 'missing-asset', code.key));

/** The platform's lines around the function's own. */
const frame = (
  record: FunctionRecord,
  requestId: string,
  durationMs: number,
  { startedAt, endedAt, lines }: { startedAt: number; endedAt: number; lines: readonly LogLine[] },
): LogLine[] => {
  const billed = Math.ceil(durationMs);
  const report =
    `REPORT RequestId: ${requestId}\tDuration: ${durationMs.toFixed(2)} ms\tBilled Duration: ${billed} ms\t` +
    `Memory Size: ${record.memorySize} MB`;
  return [
    { timestamp: startedAt, message: `START RequestId: ${requestId} Version: $LATEST` },
    ...lines,
    { timestamp: endedAt, message: `END RequestId: ${requestId}` },
    { timestamp: endedAt, message: report },
  ];
};
