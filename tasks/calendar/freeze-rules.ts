import { DAY_MS } from '../durations.ts';
import { REASON_NEEDED, readReason } from '../promotions/reason.ts';
import { type DeclaredFreeze, MOST_DECLARED_DAYS, MOST_HELD_DAYS, MOST_NOT_BEFORE_DAYS } from './calendar.ts';
import { type HoldSources, heldAt, isDeclared } from './hold-rules.ts';
import { zonedTime } from './local-time.ts';

/** A time in UTC as forms and the command line give it: `2026-11-30T07:00` or `2026-11-30 07:00`, perhaps with `Z`. Undefined for anything else. */
export function readUtcTime(text: string): Date | undefined {
  const [, day = '', time] =
    /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(?::00(?:\.000)?)?Z?$/.exec(text.trim()) ?? [];
  const at = new Date(`${day}T${time}:00.000Z`);
  // JavaScript takes February 30 for a day of March.
  return Number.isNaN(at.getTime()) || !at.toISOString().startsWith(day) ? undefined : at;
}

/** Why a time is none that somebody may give as the end of a wait; undefined if it is. */
function whyNoEnd(text: string, until: Date | undefined, now: Date, mostDays: number): string | undefined {
  if (until === undefined)
    return `${JSON.stringify(text)} is no time in UTC. Give one such as ${new Date(now.getTime() + DAY_MS).toISOString().slice(0, 16)}.`;
  if (until.getTime() <= now.getTime())
    return `${zonedTime(until.getTime(), 'UTC')} is over. Give a later time, in UTC.`;
  if (until.getTime() - now.getTime() > mostDays * DAY_MS)
    return `${zonedTime(until.getTime(), 'UTC')} is in more than ${mostDays} days. Give an earlier time.`;
  return undefined;
}

/** Why a freeze cannot be declared so; undefined if it can. @param freeze as it would be recorded */
export function whyNoFreeze(
  sources: HoldSources,
  freeze: DeclaredFreeze,
  typed: { readonly until: string; readonly reason: string },
  now: Date,
): string | undefined {
  if (freeze.environments.length === 0) return 'Choose the environment: QAT, Prod or both.';
  if (readReason(typed.reason) === undefined) return REASON_NEEDED;
  const wrongEnd = whyNoEnd(typed.until, readUtcTime(typed.until), now, MOST_DECLARED_DAYS);
  if (wrongEnd !== undefined) return wrongEnd;
  const most = MOST_HELD_DAYS - MOST_NOT_BEFORE_DAYS;
  for (const environment of freeze.environments) {
    const held = heldAt({ ...sources, declared: [...sources.declared, freeze] }, environment, now);
    if (held?.until !== undefined && Date.parse(held.until) - now.getTime() > most * DAY_MS)
      return `With the calendar, ${environment} would be frozen for more than ${most} days without a break. Give an earlier end.`;
  }
  return undefined;
}

/** Why a freeze cannot be ended; undefined if it can. */
export function whyNoEndOfFreeze(
  freeze: DeclaredFreeze | undefined,
  reason: string,
  now: Date,
): string | undefined {
  if (freeze === undefined) return 'There is no such freeze. Reload the page, or list the freezes again.';
  if (!isDeclared(freeze, now.getTime())) return 'This freeze has ended already.';
  return readReason(reason) === undefined ? REASON_NEEDED : undefined;
}

/** What an approver may say: deploy not before a time. Empty text says nothing. */
export function readNotBefore(
  text: string,
  now: Date,
): { readonly at?: string; readonly problem?: undefined } | { readonly problem: string } {
  if (text.trim() === '') return {};
  const at = readUtcTime(text);
  const problem = whyNoEnd(text, at, now, MOST_NOT_BEFORE_DAYS);
  return problem !== undefined || at === undefined ? { problem: problem ?? text } : { at: at.toISOString() };
}
