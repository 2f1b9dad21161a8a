import path from 'node:path';
import { Worker } from 'node:worker_threads';

/** What a worker needs to run functions. */
export interface WorkerSettings {
  /** Holds the emulator clock's offset in ms, as one Float64. */
  readonly clock: SharedArrayBuffer;
  /** MB of heap. */
  readonly memorySize: number;
}

/**
 * One execution environment of a function. A worker loads the code for each, with the environment's variables in
 * `process.env`, so that functions that share a thread share nothing that their modules hold.
 */
export interface WorkerEnvironment {
  readonly id: string;
  /** Folder with the function's code. */
  readonly taskRoot: string;
  readonly handler: string;
  readonly logFormat: string;
  readonly logLevel: string;
  /** The whole environment of the process. */
  readonly variables: Readonly<Record<string, string>>;
}

/** One invocation, as a worker is given it. */
export interface WorkerInvocation {
  readonly requestId: string;
  readonly environment: WorkerEnvironment;
  /** JSON. */
  readonly payload: string;
  /** The function's timeout. */
  readonly timeoutMs: number;
  readonly functionArn: string;
  readonly clientContext?: string;
}

/** How an invocation ended. Its payload is JSON: the handler's result, or the error as Lambda reports it. */
export interface WorkerResult {
  readonly payload: string;
  readonly isError: boolean;
}

/** One worker thread. It runs one invocation at a time, of whichever environment. */
export interface FunctionWorker {
  /** Never rejects while the worker serves; rejects if `stop` comes first. */
  readonly invoke: (invocation: WorkerInvocation) => Promise<WorkerResult>;
  /** False once it has ended; the next invocation needs a new one. */
  readonly isAlive: () => boolean;
  readonly stop: () => Promise<void>;
}

/** The worker was stopped with the emulator while an invocation was under way. */
export class WorkerStoppedError extends Error {
  override readonly name = 'WorkerStoppedError';
}

type Message =
  | { readonly type: 'log'; readonly line: string }
  | { readonly type: 'started'; readonly requestId: string }
  | {
      readonly type: 'result';
      readonly requestId: string;
      readonly payload?: string;
      readonly error?: object;
      readonly isLast?: boolean;
    };

interface Pending {
  readonly invocation: WorkerInvocation;
  readonly finish: (result: WorkerResult) => void;
  readonly reject: (error: Error) => void;
}

/** How long loading a function's code may take; Lambda allows 10 s, a busy laptop gets more. */
const INIT_LIMIT_MS = 60_000;

/** MB. V8 would let each thread's young objects grow to some 50 MB before it looks for those that are dead. */
const YOUNG_GENERATION_MB = 8;

/**
 * Starts a worker thread. Timeouts count the machine's time, in which the worker runs, not what
 * the emulator's clock says.
 * @param onLine takes each line that the function logs
 */
export const startFunctionWorker = (
  settings: WorkerSettings,
  onLine: (line: string) => void,
): FunctionWorker => {
  const { memorySize, ...workerData } = settings;
  const worker = new Worker(path.join(import.meta.dirname, 'worker.mjs'), {
    workerData,
    env: {},
    // Nothing of the way in which the emulator was started (loaders, inspectors) reaches the function.
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: memorySize, maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  worker.unref();
  let isAlive = true;
  let pending: Pending | undefined;
  let timer: NodeJS.Timeout | undefined;

  const finish = (result: WorkerResult) => {
    clearTimeout(timer);
    const ended = pending;
    pending = undefined;
    ended?.finish(result);
  };
  const fail = (errorType: string, errorMessage: string) =>
    finish({ payload: JSON.stringify({ errorType, errorMessage }), isError: true });
  const end = () => {
    isAlive = false;
    return worker.terminate();
  };
  const limit = (ms: number, requestId: string) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const message = `Task timed out after ${(ms / 1000).toFixed(2)} seconds`;
      onLine(`${new Date().toISOString()} ${requestId} ${message}`);
      void end();
      fail('Sandbox.Timedout', `RequestId: ${requestId} Error: ${message}`);
    }, ms);
  };

  worker.on('message', (message: Message) => {
    if (message.type === 'log') return onLine(message.line);
    // A worker that dies between invocations has nobody to tell.
    if (message.type === 'result' && message.isLast) isAlive = false;
    if (pending?.invocation.requestId !== message.requestId) return undefined;
    if (message.type === 'started') return limit(pending.invocation.timeoutMs, message.requestId);
    return finish({
      payload: message.payload ?? JSON.stringify(message.error),
      isError: message.error !== undefined,
    });
  });
  worker.on('error', (error: Error & { code?: string }) => {
    isAlive = false;
    const isMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    const reason = isMemory ? 'signal: killed' : error.message;
    fail(
      'Runtime.ExitError',
      `RequestId: ${pending?.invocation.requestId} Error: Runtime exited with error: ${reason}`,
    );
  });
  worker.on('exit', (code) => {
    isAlive = false;
    const reason = code === 0 ? 'without providing a reason' : `with error: exit status ${code}`;
    fail('Runtime.ExitError', `RequestId: ${pending?.invocation.requestId} Error: Runtime exited ${reason}`);
  });

  return {
    isAlive: () => isAlive,
    invoke: (invocation) =>
      new Promise((finish, reject) => {
        pending = { invocation, finish, reject };
        limit(INIT_LIMIT_MS, invocation.requestId);
        worker.postMessage(invocation);
      }),
    stop: async () => {
      clearTimeout(timer);
      const ended = pending;
      pending = undefined;
      await end();
      ended?.reject(new WorkerStoppedError('The emulator was stopped while the function ran.'));
    },
  };
};
