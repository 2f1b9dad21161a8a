import { canonicalJson } from '../canonical-json.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Calendar } from './calendar.ts';

/**
 * Notes an application's configured calendar in the ledger, where every function, the site and the command line read it. Safe to
 * repeat; it writes only a calendar that differs.
 */
export function noteCalendar(
  ledger: Pick<Ledger, 'calendar' | 'noteCalendar'>,
  application: string,
  { freezes, windows }: Calendar,
) {
  return async function noteCalendar(): Promise<void> {
    const calendar: Calendar = { freezes, windows };
    const noted = await ledger.calendar(application);
    if (noted === undefined || canonicalJson(noted) !== canonicalJson(calendar))
      await ledger.noteCalendar(application, calendar);
  };
}
