import type { z } from 'zod';
import type { Calendar } from '../../tasks/calendar/calendar.ts';
import type { calendar } from './application-schema.ts';

/** A calendar as written, with the defaults of the schema. */
export type WrittenCalendar = z.output<typeof calendar>;

/** The calendar with the time zone of each entry. */
export function withTimeZones({ timeZone, freezes, windows }: WrittenCalendar): Calendar {
  const entryOf = (entry: WrittenCalendar['freezes'][number]) => ({
    ...entry,
    timeZone: entry.timeZone ?? timeZone,
  });
  return { freezes: freezes.map(entryOf), windows: windows.map(entryOf) };
}
