import path from 'node:path';
import { findAsset } from '../../assembly/assets.ts';
import type { Host } from '../../host.ts';
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
export interface InvocationRequest {
  readonly requestId: string;
  /** JSON. */
  readonly payload: string;
  readonly clientContext?: string;
}

/** What a function answered, and what it logged. */
export interface InvocationResult extends WorkerResult {
  readonly log: string;
}

/** Threads for one code at a time; more invocations wait. */
const MAX_WORKERS = 4;

/**
 * Threads in all. With the code of one function, each takes some 30 MB; a system of one application has fewer than these
 * at work, and one of twenty must stay within a laptop's memory.
 */
const MAX_WORKERS_IN_ALL = 12;

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

/** The invoker of one embedded run. */
export const createInvoker = (host: Host): Invoker => {
  const pool = createPool<Thread>(MAX_WORKERS_IN_ALL);
  /** By function name, the key of the code that it ran last. */
  const keys = new Map<string, string>();
  const clock = sharedOffset(host.clock);

  const startThread = (record: FunctionRecord): Thread => {
    const { handler, logFormat, logLevel, memorySize } = record;
    const lines: LogLine[] = [];
    const worker = startFunctionWorker(
      { taskRoot: taskRootOf(host, record), handler, logFormat, logLevel, memorySize, clock },
      (message) => lines.push({ timestamp: host.clock.now(), message }),
    );
    const takeLines = () => lines.splice(0);
    return { worker, environments: new Map(), takeLines, isAlive: worker.isAlive, stop: worker.stop };
  };

  const environmentIn = ({ environments }: Thread, record: FunctionRecord): Environment => {
    const { name, revisionId } = record;
    const known = environments.get(name);
    if (known?.revisionId === revisionId) return known;
    const principal = executionPrincipal(host, record);
    const log = createFunctionLog(host, record, principal);
    const place = { taskRoot: taskRootOf(host, record), logStream: log.streamName };
    const variables = processEnvironment(host, record, principal, place);
    const environment = { id: `${name} ${revisionId}`, revisionId, variables, log };
    environments.set(name, environment);
    return environment;
  };

  /** Ends the threads of a code when no function runs it any more. */
  const retire = (name: string) => {
    const key = keys.get(name);
    keys.delete(name);
    if (key !== undefined && ![...keys.values()].includes(key)) pool.retire(key);
  };

  const kindOf = (record: FunctionRecord): Kind<Thread> => {
    const key = threadKey(record);
    if (keys.get(record.name) !== key) {
      retire(record.name);
      keys.set(record.name, key);
    }
    const limit = Math.min(MAX_WORKERS, record.reservedConcurrency ?? MAX_WORKERS);
    return { key, limit, start: () => startThread(record) };
  };

  return {
    retire,
    invoke: (record, request) =>
      pool.run(kindOf(record), async (thread) => {
        const { id, variables, log } = environmentIn(thread, record);
        const startedAt = host.clock.now();
        const startMs = performance.now();
        const result = await thread.worker.invoke({
          ...request,
          environment: { id, variables },
          timeoutMs: record.timeout * 1000,
          functionArn: record.arn,
        });
        const duration = performance.now() - startMs;
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

/**
 * Functions with the same key share threads: an asset's key is the digest of what it holds. Code that stands in the template,
 * and a function whose concurrency is reserved, have threads of their own.
 */
const threadKey = (record: FunctionRecord): string => {
  const { name, revisionId, code, handler, logFormat, logLevel, memorySize, reservedConcurrency } = record;
  if ('directory' in code || reservedConcurrency !== undefined) return `${name} ${revisionId}`;
  return JSON.stringify([code.bucket, code.key, handler, logFormat, logLevel, memorySize]);
};

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
