import type { Host } from '../../host.ts';
import { bury } from '../shared/dead-letters.ts';
import { executionPrincipal } from './environment.ts';
import { WorkerStoppedError } from './function-worker.ts';
import { eventInvokeConfigs, functionTable } from './functions.ts';
import type { Invoker } from './invoker.ts';

/** Asynchronous invocations: each is in the store from before it is accepted until it has succeeded or is given up. */
export interface AsyncEvents {
  /** @param payload JSON */
  readonly accept: (event: { requestId: string; functionName: string; payload: string }) => void;
  /** Delivers again what was under way when the run ended. */
  readonly start: () => void;
  readonly stop: () => void;
}

interface AsyncEvent {
  readonly functionName: string;
  readonly payload: string;
  /** Attempts that have failed. */
  readonly failures: number;
  /** Milliseconds since the epoch. */
  readonly acceptedAt: number;
  readonly dueAt: number;
}

/** Waits before the second and third attempt; Lambda's are one and two minutes. */
const RETRY_DELAYS_MS = [500, 1000];
/** Lambda's defaults and limits: two retries, six hours. */
const DEFAULT_RETRIES = 2;
const DEFAULT_MAX_AGE_S = 6 * 60 * 60;

/** The queue of one emulator. */
export const createAsyncEvents = (host: Host, invoker: Invoker): AsyncEvents => {
  const queue = host.store.table<AsyncEvent>('lambda.asyncEvents');
  let isStopped = false;

  const schedule = (id: string, { dueAt }: AsyncEvent) => host.clock.at(dueAt, () => void deliver(id));

  const deliver = async (id: string): Promise<void> => {
    const event = queue.get(id);
    if (isStopped || !event) return;
    const record = functionTable(host).get(event.functionName);
    if (!record) return giveUp(id, event, 'the function was deleted');
    try {
      const result = await invoker.invoke(record, { requestId: id, payload: event.payload });
      if (result.isError) await tryAgain(id, event, result.payload);
      else queue.delete(id);
    } catch (error) {
      // Stopped with the run: it stays in the queue and is delivered again at the next start.
      if (!(error instanceof WorkerStoppedError)) await tryAgain(id, event, (error as Error).message);
    }
  };

  const tryAgain = async (id: string, event: AsyncEvent, reason: string): Promise<void> => {
    if (isStopped) return;
    const config = eventInvokeConfigs(host).get(event.functionName);
    const failures = event.failures + 1;
    const dueAt = host.clock.now() + (RETRY_DELAYS_MS[event.failures] ?? 0);
    const maxAgeMs = (config?.maximumEventAge ?? DEFAULT_MAX_AGE_S) * 1000;
    if (failures > (config?.maximumRetryAttempts ?? DEFAULT_RETRIES) || dueAt - event.acceptedAt > maxAgeMs)
      return giveUp(id, event, reason);
    const next = { ...event, failures, dueAt };
    queue.put(id, next);
    schedule(id, next);
  };

  const giveUp = async (id: string, event: AsyncEvent, reason: string): Promise<void> => {
    const { functionName, failures, payload } = event;
    const record = functionTable(host).get(functionName);
    host.log('lambda', `An asynchronous event for ${functionName} is given up: ${reason}`, {
      requestId: id,
      failures: failures + 1,
      destination:
        eventInvokeConfigs(host).get(functionName)?.onFailureArn ?? record?.deadLetterArn ?? 'none',
    });
    if (record?.deadLetterArn)
      await bury(host, executionPrincipal(host, record), {
        queueArn: record.deadLetterArn,
        body: payload,
        attributes: { RequestID: id, ErrorCode: '200', ErrorMessage: reason.slice(0, 1024) },
      });
    queue.delete(id);
  };

  return {
    accept: ({ requestId, functionName, payload }) => {
      const now = host.clock.now();
      const event: AsyncEvent = { functionName, payload, failures: 0, acceptedAt: now, dueAt: now };
      queue.put(requestId, event);
      schedule(requestId, event);
    },
    start: () => {
      isStopped = false;
      for (const [id, event] of queue.entries()) schedule(id, event);
    },
    stop: () => {
      isStopped = true;
    },
  };
};
