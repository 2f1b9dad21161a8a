/** Time of the emulator. Milliseconds since the epoch; timers survive any distance (no limit of 2³¹−1 ms). */
export interface Clock {
  readonly now: () => number;
  /**
   * Calls back once when `now()` has reached `at`. Errors of the callback are the callback's to handle.
   * @returns a function that cancels
   */
  readonly at: (at: number, callback: () => void) => () => void;
  /** Sets the time forward to `at` if it is behind: what is on record has happened. */
  readonly notBefore: (at: number) => void;
}

/**
 * A clock that can be set forward: tests see days pass in milliseconds while processes go on in real time. It follows the
 * machine's wall clock forward and never back. When that jumps (somebody sets it, the machine was suspended), what was to
 * happen much later keeps a minute of running time: what is under way may end before its timeouts do.
 */
export interface AdjustableClock extends Clock {
  /** Moves time by `ms` (negative: back) and calls what has become due, in order of its time. */
  readonly advance: (ms: number) => void;
  /** How far this clock is from the machine's, in ms. */
  readonly offset: () => number;
  /** Calls back whenever the offset changes, or the machine's clock has jumped. */
  readonly onChange: (listener: (offset: number) => void) => void;
  /** Cancels every timer. */
  readonly stop: () => void;
}

/** The longest wait handed to `setTimeout`: for as long a jump of the wall clock may go unnoticed. */
const LONGEST_WAIT_MS = 60_000;

/** By how much the wall clock must differ from the time that has run to have jumped; less is followed. */
const JUMP_MS = 1000;

/** How much running time is kept after a jump for what was as far away or further. */
const GRACE_MS = 60_000;

/** How many timers must have been cancelled before the queue is cleared of them. */
const PRUNE_AT = 1000;

interface Timer {
  /** When it was to be called. */
  readonly due: number;
  /** When it is called: later if the wall clock has jumped. */
  at: number;
  readonly order: number;
  /** Absent once called or cancelled. */
  callback: (() => void) | undefined;
}

const isBefore = (left: Timer, right: Timer): boolean =>
  (left.at - right.at || left.due - right.due || left.order - right.order) < 0;

/** Timers by their time: a binary heap, as thousands may wait at once. */
interface TimerQueue {
  readonly add: (timer: Timer) => void;
  readonly first: () => Timer | undefined;
  readonly removeFirst: () => void;
  /** Drops cancelled timers when they are most of what is held: their times may be days away. */
  readonly prune: () => void;
  /** Moves every timer to a time that keeps their order. */
  readonly move: (to: (at: number) => number) => void;
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
    move: (to) => {
      for (const timer of heap) timer.at = to(timer.at);
    },
    clear: () => {
      heap.length = 0;
    },
  };
};

const runningTime = () => performance.now();

/**
 * The machine's clock plus an offset (zero unless advanced, or the machine's was set back).
 * @param wall the machine's time in ms since the epoch, which may be set
 * @param running the time in ms that the machine has run, from any beginning; never set back
 */
export const createClock = (
  wall: () => number = Date.now,
  running: () => number = wall === Date.now ? runningTime : wall,
): AdjustableClock => {
  let offset = 0;
  let latest = Number.NEGATIVE_INFINITY;
  /** How far the wall clock is from the running time, since it jumped last. */
  let gap = wall() - running();
  let seen = running();
  let order = 0;
  let handle: NodeJS.Timeout | undefined;
  /** The time for which `handle` is set. */
  let armedFor = Number.POSITIVE_INFINITY;
  const timers = createTimerQueue();
  const listeners: ((offset: number) => void)[] = [];
  const tell = () => {
    for (const listener of listeners) listener(offset);
  };

  const noticeJump = () => {
    const ran = running() - seen;
    seen += ran;
    const set = wall() - running() - gap;
    if (Math.abs(set) >= JUMP_MS) gap += set;
    if (set <= -JUMP_MS) offset -= set;
    if (Math.abs(set) >= JUMP_MS) tell();
    // On some systems the running time goes on while the machine is suspended; then nobody has looked for long.
    const jump = (set >= JUMP_MS ? set : 0) + (ran > 2 * LONGEST_WAIT_MS ? ran : 0);
    if (jump === 0) return;
    const after = wall() + offset;
    const before = after - jump;
    timers.move((at) => (at <= before ? at : Math.max(at, after + Math.min(at - before, GRACE_MS))));
    arm();
  };

  const now = () => {
    noticeJump();
    // The wall clock is also corrected by less than a jump.
    latest = Math.max(latest, wall() + offset);
    return latest;
  };

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
      const timer: Timer = { due: at, at, order: order++, callback };
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
      now();
      offset += ms;
      latest = Number.NEGATIVE_INFINITY;
      tell();
      fireDue();
    },
    notBefore: (at) => {
      const behind = at - now();
      if (behind <= 0) return;
      offset += behind;
      tell();
      arm();
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
