import type { AdjustableClock } from '@lockstep/aws-emulator';

/** A clock whose time passes only when it is told to: waits take no time at all. */
export interface SimulatedClock extends AdjustableClock {
  /** Moves on to the next timer, if one is due within `horizonMs`, and calls it. @returns whether there was one */
  readonly fireNext: (horizonMs: number) => boolean;
}

/** @param start ms since the epoch */
export const createSimulatedClock = (start: number): SimulatedClock => {
  let now = start;
  let timers: { readonly at: number; readonly callback: () => void }[] = [];
  return {
    now: () => now,
    at: (at, callback) => {
      const timer = { at, callback };
      const index = timers.findIndex((other) => other.at > at);
      if (index === -1) timers.push(timer);
      else timers.splice(index, 0, timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    fireNext: (horizonMs) => {
      const [first] = timers;
      if (!first || first.at > now + horizonMs) return false;
      timers.shift();
      now = Math.max(now, first.at);
      first.callback();
      return true;
    },
    notBefore: (at) => {
      now = Math.max(now, at);
    },
    advance: (ms) => {
      now += ms;
    },
    // Functions in process are given this clock itself.
    offset: () => 0,
    onChange: () => undefined,
    stop: () => {
      timers = [];
    },
  };
};
