import type { Asker, Environment } from '../payloads.ts';

/** A freeze or a window of the configured calendar. */
export interface CalendarEntry {
  readonly name: string;
  /** Local: `Fri 16:00` each week, or once `2026-12-18 18:00`. */
  readonly from: string;
  /** Of the same kind. Of a weekly one, the first that comes after `from`. */
  readonly until: string;
  /** IANA name, such as `Europe/Berlin`. */
  readonly timeZone: string;
  readonly environments: readonly Environment[];
}

/** When promotions may not begin with an environment, as configured. */
export interface Calendar {
  readonly freezes: readonly CalendarEntry[];
  /** If an environment has any, promotions begin with it only inside one of them. */
  readonly windows: readonly CalendarEntry[];
}

/** A calendar that holds nothing. */
export const EMPTY_CALENDAR: Calendar = { freezes: [], windows: [] };

/** A freeze that an operator declared. Never deleted. */
export interface DeclaredFreeze {
  readonly freezeId: string;
  readonly application: string;
  readonly environments: readonly Environment[];
  readonly reason: string;
  readonly declaredBy: Asker;
  /** When it was declared and began. ISO 8601. */
  readonly from: string;
  readonly until: string;
  /** If an operator ended it early. */
  readonly ended?: { readonly at: string; readonly by: Asker; readonly reason: string };
}

/** Days that one entry of the configuration lasts at most. */
export const MOST_ENTRY_DAYS = 31;
/** Days that a freeze lasts at most which somebody declares. */
export const MOST_DECLARED_DAYS = 31;
/** Days ahead that an approver may say. */
export const MOST_NOT_BEFORE_DAYS = 31;
/** Days that the configured calendar alone holds at most without a break, entries that overlap or follow each other included. */
export const MOST_CONFIGURED_DAYS = 62;
/**
 * Days that a promotion waits for the calendar at most: everything configured, a declared freeze that begins at its end, and what an
 * approver said. Only operators who declare one freeze after the other make it longer.
 */
export const MOST_HELD_DAYS = MOST_CONFIGURED_DAYS + MOST_DECLARED_DAYS + MOST_NOT_BEFORE_DAYS;
