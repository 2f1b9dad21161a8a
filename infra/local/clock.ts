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

/** How many timers must have been cancelled before the queue is cleared of them. */
const PRUNE_AT = 1000;

interface Timer {
  readonly at: number;
  readonly order: number;
  /** Absent once called or cancelled. */
  callback: (() => void) | undefined;
}

const isBefore = (left: Timer, right: Timer): boolean =>
  left.at < right.at || (left.at === right.at && left.order < right.order);

/** Timers by their time: a binary heap, as thousands may wait at once. */
interface TimerQueue {
  readonly add: (timer: Timer) => void;
  readonly first: () => Timer | undefined;
  readonly removeFirst: () => void;
  /** Drops cancelled timers when they are most of what is held: their times may be days away. */
  readonly prune: () => void;
  readonly clear: () => void;
}

const createTimerQueue = (): TimerQueue => {
  const heap: Timer[] = [];
  let cancelled = 0;
  const swapIfBefore = (left: number, right: number): boolean => {
    const [a, b] = [heap[left], heap[right]];
    if (!a || !b || !isBefore(a, b)) return false;
    heap[left] = b;
    heap[right] = a;
    return true;
  };
  return {
    first: () => heap[0],
    add: (timer) => {
      let at = heap.push(timer) - 1;
      while (at > 0 && swapIfBefore(at, (at - 1) >> 1)) at = (at - 1) >> 1;
    },
    removeFirst: () => {
      const last = heap.pop();
      if (!last || heap.length === 0) return;
      heap[0] = last;
      for (let at = 0, moved = true; moved; ) {
        const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
        const child = left && right && isBefore(right, left) ? 2 * at + 2 : 2 * at + 1;
        moved = swapIfBefore(child, at);
        at = child;
      }
    },
    prune: () => {
      if (++cancelled < PRUNE_AT || cancelled * 2 < heap.length) return;
      cancelled = 0;
      // A sorted list is a heap.
      const left = heap.filter(({ callback }) => callback).sort((a, b) => (isBefore(a, b) ? -1 : 1));
      heap.length = 0;
      for (const timer of left) heap.push(timer);
    },
    clear: () => {
      heap.length = 0;
    },
  };
};

/**
 * The machine's clock plus an offset (zero unless advanced).
 * @param machineNow the machine's time in ms
 */
export const createClock = (machineNow: () => number = Date.now): AdjustableClock => {
  let offset = 0;
  let order = 0;
  let handle: NodeJS.Timeout | undefined;
  /** The time for which `handle` is set. */
  let armedFor = Number.POSITIVE_INFINITY;
  const timers = createTimerQueue();
  const listeners: ((offset: number) => void)[] = [];
  const now = () => machineNow() + offset;

  const next = (): Timer | undefined => {
    let first = timers.first();
    while (first && !first.callback) {
      timers.removeFirst();
      first = timers.first();
    }
    return first;
  };

  const fireDue = () => {
    try {
      for (let timer = next(); timer && timer.at <= now(); timer = next()) {
        const { callback } = timer;
        timer.callback = undefined;
        callback?.();
      }
    } finally {
      arm();
    }
  };

  const arm = () => {
    clearTimeout(handle);
    const timer = next();
    armedFor = timer?.at ?? Number.POSITIVE_INFINITY;
    if (timer) handle = setTimeout(fireDue, Math.min(Math.max(0, timer.at - now()), LONGEST_WAIT_MS));
  };

  return {
    now,
    at: (at, callback) => {
      const timer: Timer = { at, order: order++, callback };
      timers.add(timer);
      if (at < armedFor) arm();
      return () => {
        if (!timer.callback) return;
        timer.callback = undefined;
        const wasFirst = timers.first() === timer;
        timers.prune();
        if (wasFirst) arm();
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
      armedFor = Number.POSITIVE_INFINITY;
    },
  };
};
