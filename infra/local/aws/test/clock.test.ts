import fc from 'fast-check';
import { createClock } from '../clock.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

beforeEach(() => {
  jest.useFakeTimers({ now: 1_000_000 });
});

afterEach(() => {
  jest.useRealTimers();
});

it('calls back once, when its time has come', () => {
  const clock = createClock();
  const called: number[] = [];
  clock.at(1_000_500, () => called.push(clock.now()));
  jest.advanceTimersByTime(499);
  expect(called).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(called).toEqual([1_000_500]);
  jest.advanceTimersByTime(DAY_MS);
  expect(called).toHaveLength(1);
});

it('calls back soon for a time that is over, never before it returns', () => {
  const clock = createClock();
  const called: string[] = [];
  clock.at(0, () => called.push('late'));
  expect(called).toEqual([]);
  jest.advanceTimersByTime(0);
  expect(called).toEqual(['late']);
});

it('waits for longer than setTimeout can', () => {
  const clock = createClock();
  const called: string[] = [];
  clock.at(clock.now() + 60 * DAY_MS, () => called.push('after 60 days'));
  jest.advanceTimersByTime(60 * DAY_MS - 1);
  expect(called).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(called).toEqual(['after 60 days']);
});

it('calls what has become due in the order of its time when it is advanced', () => {
  const clock = createClock();
  const called: string[] = [];
  const start = clock.now();
  clock.at(start + 7 * DAY_MS, () => called.push('week'));
  clock.at(start + 1, () => {
    called.push('first');
    clock.at(start + 2, () => called.push('set by the first'));
  });
  clock.at(start + 8 * DAY_MS, () => called.push('too late'));
  clock.advance(7 * DAY_MS);
  expect(called).toEqual(['first', 'set by the first', 'week']);
  expect(clock.now()).toBe(start + 7 * DAY_MS);
  expect(clock.offset()).toBe(7 * DAY_MS);
});

it('calls timers of the same time in the order in which they were set', () => {
  const clock = createClock();
  fc.assert(
    fc.property(fc.array(fc.nat(5), { maxLength: 20 }), (delays) => {
      const start = clock.now();
      const called: (readonly [delay: number, order: number])[] = [];
      delays.forEach((delay, order) => {
        clock.at(start + 1 + delay, () => called.push([delay, order]));
      });
      clock.advance(10);
      const expected = [...called].sort(([a, first], [b, second]) => a - b || first - second);
      expect(called).toHaveLength(delays.length);
      expect(called).toEqual(expected);
    }),
  );
});

it('tells of a changed offset before it calls what is due', () => {
  const clock = createClock();
  const seen: unknown[] = [];
  clock.onChange((offset) => seen.push(offset));
  clock.at(clock.now() + 5, () => seen.push('due'));
  clock.advance(10);
  clock.advance(-10);
  expect(seen).toEqual([10, 'due', 0]);
});

it('calls nothing that was cancelled, and nothing once stopped', () => {
  const clock = createClock();
  const called: string[] = [];
  const cancel = clock.at(clock.now() + 1, () => called.push('cancelled'));
  clock.at(clock.now() + 2, () => called.push('kept'));
  cancel();
  cancel();
  clock.advance(2);
  expect(called).toEqual(['kept']);
  clock.at(clock.now() + 1, () => called.push('stopped'));
  clock.stop();
  clock.advance(5);
  jest.advanceTimersByTime(5);
  expect(called).toEqual(['kept']);
});

it('goes on with the other timers when a callback throws', () => {
  const clock = createClock();
  const called: string[] = [];
  clock.at(clock.now() + 1, () => {
    throw new Error('callback failed');
  });
  clock.at(clock.now() + 2, () => called.push('next'));
  expect(() => jest.advanceTimersByTime(1)).toThrow('callback failed');
  jest.advanceTimersByTime(1);
  expect(called).toEqual(['next']);
});

it('holds many thousand timers, cancelled ones among them', () => {
  const clock = createClock();
  let called = 0;
  const cancels = Array.from({ length: 50_000 }, (_, index) =>
    clock.at(clock.now() + 1 + ((index * 7919) % 10_000), () => called++),
  );
  for (const [index, cancel] of cancels.entries()) if (index % 2 === 0) cancel();
  clock.advance(20_000);
  expect(called).toBe(25_000);
});

describe('when the machine’s clock jumps', () => {
  const HOUR_MS = DAY_MS / 24;
  /** A wall clock that can be set, over the time that runs; the latter stands still while the machine is suspended. */
  const jumpy = () => {
    let set = 0;
    const start = performance.now();
    const clock = createClock(
      () => 1_000_000 + performance.now() - start + set,
      () => performance.now(),
    );
    const jump = (ms: number) => {
      set += ms;
    };
    return { clock, jump };
  };

  it('goes on from where it was when that is set back, without holding up a timer', () => {
    const { clock, jump } = jumpy();
    const called: string[] = [];
    const offsets: number[] = [];
    clock.onChange((offset) => offsets.push(offset));
    clock.at(clock.now() + 50, () => called.push('soon'));
    jump(-2 * HOUR_MS);
    jest.advanceTimersByTime(50);
    expect(called).toEqual(['soon']);
    expect(clock.now()).toBe(1_000_050);
    expect(offsets).toEqual([2 * HOUR_MS]);
  });

  it('never tells an earlier time, also when that is corrected by a little', () => {
    const { clock, jump } = jumpy();
    jest.advanceTimersByTime(900);
    expect(clock.now()).toBe(1_000_900);
    jump(-600);
    expect(clock.now()).toBe(1_000_900);
    jest.advanceTimersByTime(700);
    expect(clock.now()).toBe(1_001_000);
  });

  it('follows forward, calls what was near at its pace, and keeps a minute for what was far', () => {
    const { clock, jump } = jumpy();
    const start = clock.now();
    const called: string[] = [];
    clock.at(start + 3 * HOUR_MS, () => called.push('timeout'));
    clock.at(start + 2000, () => called.push('near'));
    clock.at(start + 20 * HOUR_MS, () => called.push('later'));
    jump(8 * HOUR_MS);
    clock.at(clock.now() + 500, () => called.push('set after it'));
    expect(clock.now()).toBe(start + 8 * HOUR_MS);
    jest.advanceTimersByTime(1999);
    expect(called).toEqual(['set after it']);
    jest.advanceTimersByTime(60_000 - 2000);
    expect(called).toEqual(['set after it', 'near']);
    jest.advanceTimersByTime(1);
    expect(called).toEqual(['set after it', 'near', 'timeout']);
    jest.advanceTimersByTime(12 * HOUR_MS - 60_000);
    expect(called).toEqual(['set after it', 'near', 'timeout', 'later']);
  });

  it('keeps the order of all timers, loses none and calls none twice, under any jumps', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(3 * HOUR_MS), { minLength: 1, maxLength: 8 }),
        fc.array(fc.tuple(fc.nat(HOUR_MS), fc.integer({ min: -DAY_MS, max: DAY_MS })), { maxLength: 4 }),
        (delays, jumps) => {
          const { clock, jump } = jumpy();
          const start = clock.now();
          const called: number[] = [];
          let latest = start;
          for (const delay of delays) clock.at(start + delay, () => called.push(delay));
          for (const [after, by] of jumps) {
            jest.advanceTimersByTime(after);
            jump(by);
            expect(clock.now()).toBeGreaterThanOrEqual(latest);
            latest = clock.now();
          }
          jest.advanceTimersByTime(3 * HOUR_MS + 60_000);
          expect(called).toEqual([...delays].sort((a, b) => a - b));
          clock.stop();
        },
      ),
      { numRuns: 50 },
    );
  });

  it('takes a time in which nobody looked for a suspended machine, where that time counts as run', () => {
    const clock = createClock();
    const called: string[] = [];
    const start = clock.now();
    clock.at(start + 3 * HOUR_MS, () => called.push('timeout'));
    // Both of the machine's clocks go on while no timer is called.
    jest.setSystemTime(start + 4 * HOUR_MS);
    const running = jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 4 * HOUR_MS);
    expect(clock.now()).toBe(start + 4 * HOUR_MS);
    running.mockReturnValue(performance.now() + 59_999);
    jest.advanceTimersByTime(59_999);
    expect(called).toEqual([]);
    running.mockRestore();
    clock.stop();
  });

  it('is set forward to what is on record, and not back', () => {
    const { clock } = jumpy();
    clock.notBefore(1_000_000 + DAY_MS);
    clock.notBefore(1_000_000);
    expect(clock.now()).toBe(1_000_000 + DAY_MS);
  });
});
