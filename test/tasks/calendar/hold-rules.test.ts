import type { Calendar, CalendarEntry, DeclaredFreeze } from '../../../tasks/calendar/calendar.ts';
import { frozenPeriods, type HoldSources, heldAt, heldText } from '../../../tasks/calendar/hold-rules.ts';
import { zonedTime } from '../../../tasks/calendar/local-time.ts';

const entry = (
  name: string,
  from: string,
  until: string,
  more: Partial<CalendarEntry> = {},
): CalendarEntry => ({
  name,
  from,
  until,
  timeZone: 'Europe/Berlin',
  environments: ['prod'],
  ...more,
});
const sources = (calendar: Partial<Calendar>, more: Partial<HoldSources> = {}): HoldSources => ({
  calendar: { freezes: [], windows: [], ...calendar },
  declared: [],
  ...more,
});
const declared = (more: Partial<DeclaredFreeze> = {}): DeclaredFreeze => ({
  freezeId: 'f1',
  application: 'shop',
  environments: ['prod'],
  reason: 'incident 42',
  declaredBy: { type: 'identity', arn: 'arn' },
  from: '2026-11-24T10:00:00.000Z',
  until: '2026-11-24T12:00:00.000Z',
  ...more,
});
const textAt = (from: HoldSources, at: string, environment: 'qat' | 'prod' = 'prod'): string => {
  const held = heldAt(from, environment, new Date(at));
  return held === undefined ? 'free' : heldText(held);
};

const weekends = sources({ freezes: [entry('weekend', 'Fri 16:00', 'Mon 07:00')] });

describe('a weekly freeze', () => {
  it.each([
    ['2026-11-27T14:59:59.999Z', 'free'],
    ['2026-11-27T15:00:00.000Z', 'Frozen until Mon 30 Nov 2026, 07:00 CET: weekend'],
    ['2026-11-30T05:59:59.999Z', 'Frozen until Mon 30 Nov 2026, 07:00 CET: weekend'],
    ['2026-11-30T06:00:00.000Z', 'free'],
    // The clocks go forward on Sunday, and back in October: Friday and Monday have other offsets.
    ['2026-03-27T14:59:59.999Z', 'free'],
    ['2026-03-27T15:00:00.000Z', 'Frozen until Mon 30 Mar 2026, 07:00 CEST: weekend'],
    ['2026-03-30T05:00:00.000Z', 'free'],
    ['2026-10-23T14:00:00.000Z', 'Frozen until Mon 26 Oct 2026, 07:00 CET: weekend'],
    ['2026-10-26T05:59:59.999Z', 'Frozen until Mon 26 Oct 2026, 07:00 CET: weekend'],
  ])('at %s: %s', (at, text) => expect(textAt(weekends, at)).toBe(text));

  it('holds only the environments that it is for', () => {
    expect(textAt(weekends, '2026-11-28T00:00:00.000Z', 'qat')).toBe('free');
  });
});

describe('a local time that does not exist, or comes twice', () => {
  it.each([
    // 02:30 does not exist: the freeze may begin at 01:30 CET and end at 03:30 CEST.
    [
      'Europe/Berlin',
      '2026-03-29 02:30',
      '2026-03-29 12:00',
      '2026-03-29T00:30:00.000Z',
      '2026-03-29T10:00:00.000Z',
    ],
    [
      'Europe/Berlin',
      '2026-03-28 12:00',
      '2026-03-29 02:30',
      '2026-03-28T11:00:00.000Z',
      '2026-03-29T01:30:00.000Z',
    ],
    // 02:30 comes twice: it begins at the first and ends at the second.
    [
      'Europe/Berlin',
      '2026-10-25 02:30',
      '2026-10-25 12:00',
      '2026-10-25T00:30:00.000Z',
      '2026-10-25T11:00:00.000Z',
    ],
    [
      'Europe/Berlin',
      '2026-10-24 12:00',
      '2026-10-25 02:30',
      '2026-10-24T10:00:00.000Z',
      '2026-10-25T01:30:00.000Z',
    ],
    [
      'America/New_York',
      '2026-03-08 02:30',
      '2026-03-08 12:00',
      '2026-03-08T06:30:00.000Z',
      '2026-03-08T16:00:00.000Z',
    ],
    [
      'America/New_York',
      '2026-10-31 12:00',
      '2026-11-01 01:30',
      '2026-10-31T16:00:00.000Z',
      '2026-11-01T06:30:00.000Z',
    ],
    // Half an hour, in the other half of the year.
    [
      'Australia/Lord_Howe',
      '2026-10-04 02:15',
      '2026-10-04 12:00',
      '2026-10-03T15:15:00.000Z',
      '2026-10-04T01:00:00.000Z',
    ],
    [
      'Australia/Lord_Howe',
      '2026-04-04 12:00',
      '2026-04-05 01:45',
      '2026-04-04T01:00:00.000Z',
      '2026-04-04T15:15:00.000Z',
    ],
  ])('in %s makes a freeze from %s to %s longer', (timeZone, from, until, start, end) => {
    const only = sources({ freezes: [entry('night', from, until, { timeZone })] });
    const around = {
      from: new Date(Date.parse(start) - 86_400_000),
      until: new Date(Date.parse(end) + 86_400_000),
    };
    expect(frozenPeriods(only, 'prod', around)).toMatchObject([{ from: start, until: end }]);
  });

  it('makes a window shorter', () => {
    const only = sources({ windows: [entry('night', '2026-10-25 02:30', '2026-10-25 12:00')] });
    expect(textAt(only, '2026-10-25T00:30:00.000Z')).toBe(
      'Frozen until Sun 25 Oct 2026, 02:30 CET: outside night',
    );
    expect(textAt(only, '2026-10-25T01:30:00.000Z')).toBe('free');
  });
});

describe('windows', () => {
  const both = sources({
    windows: [entry('early', 'Tue 08:00', 'Tue 12:00'), entry('late', 'Tue 11:00', 'Tue 16:00')],
  });
  it.each([
    ['2026-11-24T06:59:59.999Z', 'Frozen until Tue 24 Nov 2026, 08:00 CET: outside early and late'],
    ['2026-11-24T07:00:00.000Z', 'free'],
    ['2026-11-24T11:00:00.000Z', 'free'],
    ['2026-11-24T14:59:59.999Z', 'free'],
    ['2026-11-24T15:00:00.000Z', 'Frozen until Tue 1 Dec 2026, 08:00 CET: outside early and late'],
  ])('that overlap: at %s %s', (at, text) => expect(textAt(both, at)).toBe(text));

  it('hold for good when none opens any more', () => {
    const past = sources({ windows: [entry('once', '2026-01-01 08:00', '2026-01-01 12:00')] });
    expect(textAt(past, '2026-11-24T00:00:00.000Z')).toBe(
      'Frozen until somebody changes the calendar: outside once',
    );
  });

  it('within a freeze are closed', () => {
    const frozen = sources({
      windows: [entry('day', 'Tue 08:00', 'Tue 16:00')],
      freezes: [entry('close', '2026-11-24 10:00', '2026-11-24 11:00')],
    });
    expect(textAt(frozen, '2026-11-24T09:30:00.000Z')).toBe('Frozen until Tue 24 Nov 2026, 11:00 CET: close');
  });
});

describe('several reasons', () => {
  it('hold until the last of them is over, those that begin meanwhile included', () => {
    const chain = sources(
      { freezes: [entry('weekend', 'Fri 16:00', 'Mon 07:00')] },
      {
        declared: [declared({ from: '2026-11-27T09:00:00.000Z', until: '2026-11-27T16:00:00.000Z' })],
        notBefore: { at: '2026-11-30T08:00:00.000Z', by: 'pat' },
      },
    );
    const held = heldAt(chain, 'prod', new Date('2026-11-27T10:00:00.000Z'));
    expect(held).toMatchObject({
      until: '2026-11-30T08:00:00.000Z',
      reasons: ['incident 42', 'pat said not before'],
      holds: [{ kind: 'declared' }, { kind: 'not before' }],
    });
    const without = { ...chain, notBefore: undefined as never };
    expect(textAt(without, '2026-11-27T10:00:00.000Z')).toBe(
      'Frozen until Mon 30 Nov 2026, 07:00 CET: incident 42; weekend',
    );
  });

  it('are named in one line, five of very many', () => {
    const many = (count: number) =>
      sources(
        {},
        {
          declared: Array.from({ length: count }, (_, index) =>
            declared({ freezeId: `f${index}`, reason: `incident ${index}` }),
          ),
        },
      );
    expect(textAt(many(5), '2026-11-24T11:00:00.000Z')).toMatch(/: incident 0; .*; incident 4$/);
    expect(textAt(many(1000), '2026-11-24T11:00:00.000Z')).toMatch(/; incident 4; and 995 more$/);
  });

  it('end at the very instant at which a declared freeze is ended early', () => {
    const ended = declared({
      ended: { at: '2026-11-24T11:00:00.000Z', by: { type: 'identity', arn: 'arn' }, reason: 'over' },
    });
    const one = sources({}, { declared: [ended] });
    expect(textAt(one, '2026-11-24T10:59:59.999Z')).toBe(
      'Frozen until Tue 24 Nov 2026, 11:00 UTC: incident 42',
    );
    expect(textAt(one, '2026-11-24T11:00:00.000Z')).toBe('free');
  });

  it('"not before" is about Prod', () => {
    const said = sources({}, { notBefore: { at: '2026-11-30T08:00:00.000Z', by: 'pat' } });
    expect(textAt(said, '2026-11-24T00:00:00.000Z', 'qat')).toBe('free');
    expect(textAt(said, '2026-11-24T00:00:00.000Z')).toContain('pat said not before');
  });
});

describe('an override', () => {
  const at = '2026-11-28T00:00:00.000Z';
  const ids = (from: HoldSources) => new Set(heldAt(from, 'prod', new Date(at))?.holds.map(({ id }) => id));

  it('covers what held, and nothing that was declared since', () => {
    const overridden = ids(weekends);
    expect(textAt({ ...weekends, overridden }, at)).toBe('free');
    const since = declared({ from: '2026-11-27T20:00:00.000Z', until: '2026-11-28T09:00:00.000Z' });
    expect(textAt({ ...weekends, overridden, declared: [since] }, at)).toBe(
      'Frozen until Sat 28 Nov 2026, 09:00 UTC: incident 42',
    );
  });

  it('does not cover the same freeze in the next week, or made longer', () => {
    const overridden = ids(weekends);
    expect(textAt({ ...weekends, overridden }, '2026-12-05T00:00:00.000Z')).toContain('weekend');
    const longer = sources({ freezes: [entry('weekend', 'Fri 16:00', 'Mon 08:00')] }, { overridden });
    expect(textAt(longer, at)).toContain('weekend');
  });
});

it.each([
  ['Europe/Berlin', 'Mon 30 Nov 2026, 07:00 CET'],
  ['America/New_York', 'Mon 30 Nov 2026, 01:00 EST'],
  ['Australia/Lord_Howe', 'Mon 30 Nov 2026, 17:00 LHDT'],
  ['UTC', 'Mon 30 Nov 2026, 06:00 UTC'],
])('shows times in %s as its people do', (timeZone, text) =>
  expect(zonedTime(Date.parse('2026-11-30T06:00:00.000Z'), timeZone)).toBe(text),
);
