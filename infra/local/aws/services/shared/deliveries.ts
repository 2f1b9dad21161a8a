import type { Host } from '../../host.ts';
import { AwsError } from '../../host.ts';

/** What waits to be delivered; plain JSON. */
interface Waiting<Job> {
  readonly job: Job;
  readonly attempts: number;
  /** When it was queued, in ms. */
  readonly at: number;
}

/** Deliveries that survive the process: written before they are made, removed afterwards (at least once). */
export interface Deliveries<Job> {
  /** Queues a job; the same id again replaces what waits under it. Its first attempt comes in a later iteration of the event loop. */
  readonly add: (id: string, job: Job) => void;
  /** Takes up what waits. */
  readonly start: () => void;
  readonly stop: () => void;
}

/** For how long and how often a job is attempted; EventBridge's defaults where nothing is given. */
interface DeliveryLimits {
  /** Attempts after the first. */
  readonly mostAttempts?: number;
  readonly lifeMs?: number;
}

/** First wait before another attempt; doubles up to the longest. */
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;
/** EventBridge's default: 24 hours or 185 attempts, whichever comes first. */
const LONGEST_LIFE_MS = 24 * 60 * 60 * 1000;
const MOST_ATTEMPTS = 185;

/**
 * Opens a queue of deliveries that the store keeps.
 * @param tableName of the store, `<service>.<thing>`
 * @param deliver does it once; an `AwsError` below 500 other than throttling is final, any other failure is retried
 * @param describe names a job in the operator's log
 * @param onDropped what else is done with a job that failed for good
 */
export const createDeliveries = <Job>(
  host: Host,
  service: string,
  tableName: string,
  deliver: (job: Job) => Promise<void>,
  describe: (job: Job) => Readonly<Record<string, unknown>>,
  limitsOf: (job: Job) => DeliveryLimits = () => ({}),
  onDropped: (job: Job, error: unknown) => Promise<void> = async () => {},
): Deliveries<Job> => {
  const waiting = host.store.table<Waiting<Job>>(tableName);
  const timers = new Map<string, () => void>();
  const underWay = new Set<string>();
  let stopped = false;

  const schedule = (id: string, at: number) => {
    timers.get(id)?.();
    timers.set(
      id,
      host.clock.at(at, () => {
        timers.delete(id);
        if (underWay.has(id)) return;
        underWay.add(id);
        void attempt(id).finally(() => {
          underWay.delete(id);
          // Replaced while it was delivered: the new one is delivered now.
          if (!stopped && waiting.has(id) && !timers.has(id)) schedule(id, host.clock.now());
        });
      }),
    );
  };

  const attempt = async (id: string) => {
    const item = waiting.get(id);
    if (!item || stopped) return;
    try {
      await deliver(item.job);
    } catch (error) {
      if (stopped || waiting.get(id) !== item) return;
      const attempts = item.attempts + 1;
      const details = { ...describe(item.job), attempts, error: describeError(error) };
      const { mostAttempts = MOST_ATTEMPTS, lifeMs = LONGEST_LIFE_MS } = limitsOf(item.job);
      const isOver = attempts > mostAttempts || host.clock.now() - item.at > lifeMs;
      if (isOver || isFinal(error)) {
        host.log(service, 'A delivery failed for good and is dropped', details);
        await onDropped(item.job, error);
        if (waiting.get(id) === item) waiting.delete(id);
        return;
      }
      host.log(service, 'A delivery failed and will be retried', details);
      waiting.put(id, { ...item, attempts });
      schedule(id, host.clock.now() + Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), LONGEST_RETRY_MS));
      return;
    }
    if (!stopped && waiting.get(id) === item) waiting.delete(id);
  };

  return {
    add: (id, job) => {
      waiting.put(id, { job, attempts: 0, at: host.clock.now() });
      schedule(id, host.clock.now());
    },
    start: () => {
      for (const id of waiting.keys()) schedule(id, host.clock.now());
    },
    stop: () => {
      stopped = true;
      for (const cancel of timers.values()) cancel();
      timers.clear();
    },
  };
};

const isFinal = (error: unknown) =>
  error instanceof AwsError && error.statusCode < 500 && !/Throttl|TooManyRequests/.test(error.name);

const describeError = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
