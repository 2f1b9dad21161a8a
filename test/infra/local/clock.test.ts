import fc from 'fast-check';
import { createClock } from '../../../infra/local/clock.ts';

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
