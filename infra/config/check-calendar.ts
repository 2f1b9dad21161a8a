import { EMPTY_CALENDAR, MOST_CONFIGURED_DAYS, MOST_ENTRY_DAYS } from '../../tasks/calendar/calendar.ts';
import { heldAt } from '../../tasks/calendar/hold-rules.ts';
import { readLocalTime } from '../../tasks/calendar/local-time.ts';
import { DAY_MS } from '../../tasks/durations.ts';
import type { Path, Report } from './environments.ts';
import { type WrittenCalendar, withTimeZones } from './read-calendar.ts';

/** Any time: weekly entries come again. */
const SOME_TIME = Date.UTC(2026, 0, 1);
/** Bytes of a calendar: a function's variables hold 4 KB together (Lambda's quotas). */
const MOST_BYTES = 2_500;

/** Both ends of each entry, and that a promotion gets through some time. */
export function checkCalendar(written: WrittenCalendar | undefined, path: Path, report: Report): void {
  if (written === undefined) return;
  let isRight = true;
  for (const key of ['freezes', 'windows'] as const)
    written[key].forEach((entry, index) => {
      checkEntry(entry, (rest, input, message) => {
        isRight = false;
        report([...path, key, index, ...rest], input, message);
      });
    });
  const bytes = Buffer.byteLength(JSON.stringify(withTimeZones(written)));
  if (bytes > MOST_BYTES)
    report(
      path,
      `${bytes} bytes`,
      `At most ${MOST_BYTES} bytes fit. Give fewer freezes and windows, or shorter names.`,
    );
  if (isRight) checkGetsThrough(written, path, report);
}

function checkEntry({ from, until }: WrittenCalendar['freezes'][number], report: Report): void {
  const [first, last] = [readLocalTime(from), readLocalTime(until)];
  // What is no time at all has its own message.
  if (first === undefined || last === undefined) return;
  if (first.kind === 'dated' && last.kind === 'dated') {
    if (last.local <= first.local) report(['until'], until, `Give a time after ${from}.`);
    if (last.local - first.local > MOST_ENTRY_DAYS * DAY_MS)
      report(
        ['until'],
        until,
        `Give a time at most ${MOST_ENTRY_DAYS} days after ${from}, and another entry for the rest.`,
      );
  } else if (first.kind !== last.kind)
    report(['until'], until, `Give a time of the same kind as ${from}: both each week, or both once.`);
  else if (from === until)
    report(['until'], until, 'It begins and ends at the same time each week. Give another end.');
}

/** Promotions wait for the calendar alone no longer than their states do. */
function checkGetsThrough(written: WrittenCalendar, path: Path, report: Report): void {
  const calendar = withTimeZones(written);
  const isWeekly = ({ from }: { readonly from: string }): boolean => readLocalTime(from)?.kind === 'weekly';
  const weekly = {
    ...EMPTY_CALENDAR,
    freezes: calendar.freezes.filter(isWeekly),
    windows: calendar.windows.filter(isWeekly),
  };
  for (const environment of ['qat', 'prod'] as const) {
    const lastsFrom = (of: typeof calendar, at: number): number => {
      const held = heldAt({ calendar: of, declared: [] }, environment, new Date(at));
      if (held === undefined) return 0;
      return held.until === undefined ? Number.POSITIVE_INFINITY : (Date.parse(held.until) - at) / DAY_MS;
    };
    const isOpen = calendar.windows.filter(({ environments }) => environments.includes(environment));
    if (isOpen.length > 0 && !isOpen.some(isWeekly))
      report(
        [...path, 'windows'],
        isOpen.map(({ name }) => name),
        `After the last of these, nothing would be promoted to ${environment} any more. Give a window that opens each week; keep times between with freezes.`,
      );
    else if (lastsFrom(weekly, SOME_TIME) > MOST_CONFIGURED_DAYS)
      report(
        path,
        [...weekly.freezes, ...weekly.windows].map(({ name }) => name),
        `With these, nothing would ever be promoted to ${environment}. Make a freeze shorter or a window longer.`,
      );
    else
      for (const { name, from } of calendar.freezes.filter((one) => !isWeekly(one))) {
        const local = readLocalTime(from);
        // A day before, in any zone: what is free there does not count.
        const begins =
          local?.kind === 'dated' ? [0, 1, 2].map((days) => local.local + (days - 1) * DAY_MS) : [];
        if (Math.max(0, ...begins.map((at) => lastsFrom(calendar, at))) > MOST_CONFIGURED_DAYS)
          report(
            path,
            name,
            `From ${name} on, ${environment} would be frozen for more than ${MOST_CONFIGURED_DAYS} days without a break, longer than promotions wait. Leave a break.`,
          );
      }
  }
}
