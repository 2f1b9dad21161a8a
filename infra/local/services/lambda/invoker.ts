import path from 'node:path';
import { findAsset } from '../../assembly/assets.ts';
import type { Host } from '../../host.ts';
import { executionPrincipal, processEnvironment, sharedOffset } from './environment.ts';
import { createFunctionLog, type FunctionLog } from './function-log.ts';
import { type FunctionWorker, startFunctionWorker, type WorkerResult } from './function-worker.ts';
import type { FunctionRecord } from './functions.ts';
import { createPool, type Pool, type Pooled } from './pool.ts';

/** Runs functions. */
export interface Invoker {
  /**
   * @param payload JSON
   * @throws AwsError if the role does not let Lambda in
   */
  readonly invoke: (record: FunctionRecord, request: InvocationRequest) => Promise<InvocationResult>;
  /** Ends the workers of a function that has been changed or deleted, once they have finished. */
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

/** Execution environments of one function at a time; more invocations wait. */
const MAX_WORKERS = 4;

interface LogLine {
  readonly timestamp: number;
  readonly message: string;
}

/** One worker, with the lines of the invocation that it runs. */
interface Environment extends Pooled {
  readonly worker: FunctionWorker;
  readonly log: FunctionLog;
  readonly takeLines: () => LogLine[];
}

/** The invoker of one embedded run. */
export const createInvoker = (host: Host): Invoker => {
  const pools = new Map<string, { readonly revisionId: string; readonly pool: Pool<Environment> }>();
  const clock = sharedOffset(host.clock);

  const startEnvironment = (record: FunctionRecord): Environment => {
    const principal = executionPrincipal(host, record);
    const log = createFunctionLog(host, record, principal);
    const taskRoot = taskRootOf(host, record);
    const lines: LogLine[] = [];
    const worker = startFunctionWorker(
      {
        taskRoot,
        handler: record.handler,
        logFormat: record.logFormat,
        logLevel: record.logLevel,
        clock,
        environment: processEnvironment(host, record, principal, { taskRoot, logStream: log.streamName }),
        memorySize: record.memorySize,
      },
      (message) => lines.push({ timestamp: host.clock.now(), message }),
    );
    const takeLines = () => lines.splice(0);
    return { worker, log, takeLines, isAlive: worker.isAlive, stop: worker.stop };
  };

  const retire = (name: string) => {
    pools.get(name)?.pool.retire();
    pools.delete(name);
  };

  const poolOf = (record: FunctionRecord): Pool<Environment> => {
    const known = pools.get(record.name);
    if (known?.revisionId === record.revisionId) return known.pool;
    retire(record.name);
    const limit = Math.min(MAX_WORKERS, record.reservedConcurrency ?? MAX_WORKERS);
    const pool = createPool(() => startEnvironment(record), limit);
    pools.set(record.name, { revisionId: record.revisionId, pool });
    return pool;
  };

  return {
    retire,
    invoke: (record, request) =>
      poolOf(record).run(async ({ worker, log, takeLines }) => {
        const startedAt = host.clock.now();
        const startMs = performance.now();
        const result = await worker.invoke({
          ...request,
          timeoutMs: record.timeout * 1000,
          functionArn: record.arn,
        });
        const duration = performance.now() - startMs;
        const lines = frame(record, request.requestId, duration, {
          startedAt,
          endedAt: host.clock.now(),
          lines: takeLines(),
        });
        void log.write(lines);
        return { ...result, log: lines.map(({ message }) => message).join('\n') };
      }),
    stop: async () => {
      const stopping = [...pools.values()].map(({ pool }) => pool.stop());
      pools.clear();
      await Promise.all(stopping);
    },
  };
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
