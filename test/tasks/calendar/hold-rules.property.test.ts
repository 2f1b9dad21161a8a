import fc from 'fast-check';
import type { CalendarEntry, DeclaredFreeze } from '../../../tasks/calendar/calendar.ts';
import { frozenPeriods, type HoldSources, heldAt, holdsAt } from '../../../tasks/calendar/hold-rules.ts';
import { instantsOf, localOf } from '../../../tasks/calendar/local-time.ts';

const HOUR = 3_600_000;
const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'UTC'];
const zone = fc.constantFrom(...zones);
/** Around the days on which clocks change in those zones, and others. */
const begin = Date.parse('2026-01-01T00:00:00Z');
const instant = fc.integer({ min: 0, max: 365 * 24 * 4 }).map((quarters) => begin + (quarters * HOUR) / 4);
const clock = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom('00', '15', '30', '45'))
  .map(([hours, minutes]) => `${String(hours).padStart(2, '0')}:${minutes}`);
const weekly = fc
  .tuple(fc.constantFrom('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'), clock)
  .map(([day, time]) => `${day} ${time}`);
const entry = fc.record({
  name: fc.constantFrom('a', 'b', 'c'),
  from: weekly,
  until: weekly,
  timeZone: zone,
  environments: fc.constant(['prod'] as const),
}) as fc.Arbitrary<CalendarEntry>;
const declared = fc.tuple(instant, fc.integer({ min: 1, max: 400 })).map(
  ([from, quarters]): DeclaredFreeze => ({
    freezeId: String(from),
    application: 'shop',
    environments: ['prod'],
    reason: 'incident',
    declaredBy: { type: 'identity', arn: 'arn' },
    from: new Date(from).toISOString(),
    until: new Date(from + (quarters * HOUR) / 4).toISOString(),
  }),
);
const sources: fc.Arbitrary<HoldSources> = fc.record({
  calendar: fc.record({
    freezes: fc.array(entry, { maxLength: 2 }),
    windows: fc.array(entry, { maxLength: 3 }),
  }),
  declared: fc.array(declared, { maxLength: 2 }),
});

describe('holds', () => {
  it('end exactly: something holds just before the end and nothing at it', () => {
    fc.assert(
      fc.property(sources, instant, (from, at) => {
        const held = heldAt(from, 'prod', new Date(at));
        expect(held !== undefined).toBe(holdsAt(from, 'prod', at).length > 0);
        if (held?.until === undefined) return;
        const until = Date.parse(held.until);
        expect(until).toBeGreaterThan(at);
        expect(holdsAt(from, 'prod', until)).toEqual([]);
        expect(holdsAt(from, 'prod', until - 1)).not.toEqual([]);
        for (let between = at; between < until; between += Math.max((until - at) / 20, 1))
          expect(holdsAt(from, 'prod', between)).not.toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('and periods say the same: a promotion is never frozen and let through at once', () => {
    fc.assert(
      fc.property(sources, instant, (from, at) => {
        const until = at + 21 * 24 * HOUR;
        const periods = frozenPeriods(from, 'prod', { from: new Date(at), until: new Date(until) });
        for (let moment = at; moment < until; moment += 5 * HOUR + 1) {
          const isInPeriod = periods.some(
            (one) =>
              Date.parse(one.from) <= moment && (one.until === undefined || moment < Date.parse(one.until)),
          );
          expect([moment, isInPeriod]).toEqual([moment, holdsAt(from, 'prod', moment).length > 0]);
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe('local times', () => {
  it('lead back to the instant, or to the two that they may be', () => {
    fc.assert(
      fc.property(instant, zone, (at, timeZone) => {
        const { earlier, later } = instantsOf(localOf(at, timeZone), timeZone);
        expect([earlier, later]).toContain(at);
        expect(later - earlier).toBeLessThanOrEqual(HOUR);
      }),
      { numRuns: 2000 },
    );
  });
});
