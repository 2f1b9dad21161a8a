/** Time of the embedded run. Milliseconds since the epoch; timers survive any distance (no limit of 2³¹−1 ms). */
export interface Clock {
  readonly now: () => number;
  /**
   * Calls back once when `now()` has reached `at`. Errors of the callback are the callback's to handle.
   * @returns a function that cancels
   */
  readonly at: (at: number, callback: () => void) => () => void;
}

/** A clock that can be set forward: tests see days pass in milliseconds while processes go on in real time. */
export interface AdjustableClock extends Clock {
  /** Moves time by `ms` (negative: back) and calls what has become due, in order of its time. */
  readonly advance: (ms: number) => void;
  /** How far this clock is from the machine's, in ms. */
  readonly offset: () => number;
  /** Calls back whenever the offset changes. */
  readonly onChange: (listener: (offset: number) => void) => void;
  /** Cancels every timer. */
  readonly stop: () => void;
}

/** The longest wait handed to `setTimeout`, whose limit is 2³¹−1 ms; longer ones are taken in turns. */
const LONGEST_WAIT_MS = 12 * 60 * 60 * 1000;

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * The machine's clock plus an offset (zero unless advanced).
 * @param machineNow the machine's time in ms
 */
export const createClock = (machineNow: () => number = Date.now): AdjustableClock => {
  let offset = 0;
  let order = 0;
  let handle: NodeJS.Timeout | undefined;
  const timers = new Set<Timer>();
  const listeners: ((offset: number) => void)[] = [];
  const now = () => machineNow() + offset;

  const next = () => {
    let first: Timer | undefined;
    for (const timer of timers) {
      if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order))
        first = timer;
    }
    return first;
  };

  const fireDue = () => {
    for (let timer = next(); timer && timer.at <= now(); timer = next()) {
      timers.delete(timer);
      timer.callback();
    }
    arm();
  };

  const arm = () => {
    clearTimeout(handle);
    const timer = next();
    if (timer) handle = setTimeout(fireDue, Math.min(Math.max(0, timer.at - now()), LONGEST_WAIT_MS));
  };

  return {
    now,
    at: (at, callback) => {
      const timer = { at, order: order++, callback };
      timers.add(timer);
      arm();
      return () => {
        if (timers.delete(timer)) arm();
      };
    },
    advance: (ms) => {
      offset += ms;
      for (const listener of listeners) listener(offset);
      fireDue();
    },
    offset: () => offset,
    onChange: (listener) => {
      listeners.push(listener);
    },
    stop: () => {
      timers.clear();
      clearTimeout(handle);
    },
  };
};
