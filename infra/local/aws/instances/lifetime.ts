import type { Clock } from '../clock.ts';

/** The service stops while something waits: the waiting code gives up without touching what the store holds. */
export class LifetimeEndedError extends Error {
  override readonly name = 'LifetimeEndedError';

  constructor() {
    super('The service is stopping; the work goes on at the next start.');
  }
}

/** The time between a service's start and stop, and the work done in it. */
export interface Lifetime {
  readonly ended: () => boolean;
  /** Aborts when the service stops: for requests that take their time. */
  readonly signal: AbortSignal;
  /** @throws LifetimeEndedError when the service stops meanwhile */
  readonly sleep: (ms: number) => Promise<void>;
  /**
   * Asks every `intervalMs` until there is an answer other than undefined.
   * @throws LifetimeEndedError when the service stops meanwhile
   */
  readonly until: <Answer>(
    intervalMs: number,
    ask: () => Promise<Answer | undefined> | Answer | undefined,
  ) => Promise<Answer>;
  /** Whether this time, in ms, is over. A jump of the machine's clock does not use it up: something may be under way. */
  readonly patience: (ms: number) => () => boolean;
  /** Starts work in the background. What it throws goes to `onError`, except the end of the lifetime. */
  readonly run: (work: () => Promise<void>) => void;
  /** Calls back when the service stops, before `end` waits for the work. */
  readonly onEnd: (callback: () => void) => void;
  /** Ends all waiting and resolves when the work has given up. */
  readonly end: () => Promise<void>;
}

/** A lifetime that begins now. Waits use the clock, so that tests can move time. */
export const createLifetime = (clock: Clock, onError: (error: unknown) => void): Lifetime => {
  let ended = false;
  const aborter = new AbortController();
  const endings = new Set<() => void>();
  const working = new Set<Promise<void>>();

  const sleep = (ms: number) =>
    new Promise<void>((resolve, reject) => {
      if (ended) return reject(new LifetimeEndedError());
      const giveUp = () => {
        cancel();
        endings.delete(giveUp);
        reject(new LifetimeEndedError());
      };
      const cancel = clock.at(clock.now() + ms, () => {
        endings.delete(giveUp);
        resolve();
      });
      endings.add(giveUp);
    });

  return {
    ended: () => ended,
    signal: aborter.signal,
    sleep,
    until: async (intervalMs, ask) => {
      for (;;) {
        if (ended) throw new LifetimeEndedError();
        const answer = await ask();
        if (answer !== undefined) return answer;
        await sleep(intervalMs);
      }
    },
    patience: (ms) => {
      let isOver = false;
      clock.at(clock.now() + ms, () => {
        isOver = true;
      });
      return () => isOver;
    },
    run: (work) => {
      const task = work()
        .catch((error: unknown) => {
          if (!(error instanceof LifetimeEndedError)) onError(error);
        })
        .finally(() => working.delete(task));
      working.add(task);
    },
    onEnd: (callback) => {
      endings.add(callback);
    },
    end: async () => {
      ended = true;
      aborter.abort();
      for (const callback of [...endings]) callback();
      endings.clear();
      await Promise.allSettled(working);
    },
  };
};
