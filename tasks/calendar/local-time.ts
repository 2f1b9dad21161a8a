const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

/** Further from UTC than any zone, and nearer than two changes of a zone's clocks. */
const PROBE = 26 * HOUR;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  formats.set(timeZone, format);
  return format;
}

/** Whether a zone of that name is known. */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** What a zone's clocks show at an instant: the milliseconds since the epoch that UTC has at that date and time. */
export function localOf(instant: number, timeZone: string): number {
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

/**
 * The instants of a local time. Where clocks go back, it comes twice; where they go forward, never: then these are as far before and
 * after the change as `Temporal` has with `disambiguation: earlier` and `later`.
 */
export function instantsOf(
  local: number,
  timeZone: string,
): { readonly earlier: number; readonly later: number } {
  const offsetAt = (instant: number): number => localOf(instant, timeZone) - instant;
  const candidates = [local - PROBE, local + PROBE].map((near) => local - offsetAt(near));
  const exact = candidates.filter((instant) => localOf(instant, timeZone) === local);
  const those = exact.length > 0 ? exact : candidates;
  return { earlier: Math.min(...those), later: Math.max(...those) };
}

const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
/** A Monday. */
const FIRST_MONDAY = Date.UTC(1970, 0, 5);

/** When an entry begins or ends: each week, in ms after Monday 00:00; or once. Local. */
type LocalTime =
  | { readonly kind: 'weekly'; readonly inWeek: number }
  | { readonly kind: 'dated'; readonly local: number };

/** Reads `Fri 16:00` or `2026-12-18 18:00`. Undefined for anything else, such as February 30. */
export function readLocalTime(text: string): LocalTime | undefined {
  const [, day = '', hours, minutes] =
    /^([A-Z][a-z]{2}|\d{4}-\d{2}-\d{2}) ([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hours === undefined) return undefined;
  const inDay = Number(hours) * HOUR + Number(minutes) * MINUTE;
  if (days.includes(day)) return { kind: 'weekly', inWeek: days.indexOf(day) * DAY + inDay };
  const midnight = Date.parse(`${day}T00:00:00.000Z`);
  const exists = !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day);
  return exists ? { kind: 'dated', local: midnight + inDay } : undefined;
}

/** A stretch of time in ms since the epoch; its end does not belong to it. */
export interface Interval {
  readonly from: number;
  readonly until: number;
}

/** When an entry is, as far as this touches a stretch of time. An entry that is written wrongly is never. */
export function occurrencesIn(
  entry: { readonly from: string; readonly until: string; readonly timeZone: string },
  { from, until }: Interval,
  /** At a change of the clocks, a freeze is as long as it can be, and a window as short. */
  kind: 'freeze' | 'window',
): readonly Interval[] {
  const [first, last] = [readLocalTime(entry.from), readLocalTime(entry.until)];
  const locals: [number, number][] = [];
  if (first?.kind === 'dated' && last?.kind === 'dated') locals.push([first.local, last.local]);
  if (first?.kind === 'weekly' && last?.kind === 'weekly') {
    const length = (last.inWeek - first.inWeek + WEEK) % WEEK || WEEK;
    const weekOf = (instant: number): number =>
      Math.floor((localOf(instant, entry.timeZone) - FIRST_MONDAY) / WEEK);
    for (let week = weekOf(from) - 2; week <= weekOf(until) + 1; week += 1) {
      const start = FIRST_MONDAY + week * WEEK + first.inWeek;
      locals.push([start, start + length]);
    }
  }
  return locals
    .map(([start, end]): Interval => {
      const [begins, ends] = [instantsOf(start, entry.timeZone), instantsOf(end, entry.timeZone)];
      return kind === 'freeze'
        ? { from: begins.earlier, until: ends.later }
        : { from: begins.later, until: ends.earlier };
    })
    .filter((one) => one.from < one.until && one.from < until && one.until > from);
}

/** Languages whose people abbreviate zones: `CET` is English, `EST` American, `AEDT` Australian. */
const abbreviators = ['en-GB', 'en-US', 'en-AU'] as const;

/** The zone as people abbreviate it at an instant; where none do, how far it is from UTC, as `GMT+5:30`. */
function zoneName(instant: number, timeZone: string): string {
  const names = abbreviators.map(
    (locale) =>
      new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: 'short' })
        .formatToParts(instant)
        .find(({ type }) => type === 'timeZoneName')?.value ?? timeZone,
  );
  return names.find((name) => !/^GMT[+-]/.test(name)) ?? names[0] ?? timeZone;
}

/** A time for people in a zone: `Mon 30 Nov 2026, 07:00 CET`. */
export function zonedTime(instant: number, timeZone: string): string {
  const parts = new Map(
    new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hourCycle: 'h23',
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      year: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
    })
      .formatToParts(instant)
      .map(({ type, value }) => [type, value]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes): string => parts.get(name) ?? '';
  return `${part('weekday')} ${part('day')} ${part('month')} ${part('year')}, ${part('hour')}:${part('minute')} ${zoneName(instant, timeZone)}`;
}
