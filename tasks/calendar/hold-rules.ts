import { DAY_MS } from '../durations.ts';
import type { Environment } from '../payloads.ts';
import { listed, visibleText } from '../words.ts';
import type { Calendar, DeclaredFreeze } from './calendar.ts';
import { type Interval, occurrencesIn, zonedTime } from './local-time.ts';

/** One reason why a promotion may not begin with an environment now. */
export interface Hold {
  /** Names this occurrence and its end, so that an override of it covers no other, and none that was made longer. */
  readonly id: string;
  readonly kind: 'freeze' | 'outside windows' | 'declared' | 'not before';
  /** Of the entry, the freeze's reason, or who said it. */
  readonly name: string;
  /** ISO 8601. Absent if no window opens any more. */
  readonly until?: string;
  readonly timeZone: string;
}

/** Why and how long a promotion may not begin with an environment. */
export interface Held {
  readonly environment: Environment;
  /** Everything that holds now; at least one. */
  readonly holds: readonly Hold[];
  /** Everything that holds until the end, in the order in which it begins. */
  readonly reasons: readonly string[];
  /** The first instant at which nothing holds any more, ISO 8601. Absent if there is none within a year. */
  readonly until?: string;
  /** In which the end is shown. */
  readonly timeZone: string;
}

/** What may hold a promotion. */
export interface HoldSources {
  readonly calendar: Calendar;
  readonly declared: readonly DeclaredFreeze[];
  /** What approvers of the promotion said; it holds at Prod. */
  readonly notBefore?: { readonly at: string; readonly by: string };
  /** Ids of holds that two people overrode for the promotion. @default none */
  readonly overridden?: ReadonlySet<string>;
}

/** How far ahead the next window and the end are looked for. */
const HORIZON = 400 * DAY_MS;

const iso = (instant: number): string => new Date(instant).toISOString();

/** When a declared freeze is over. In ms since the epoch. */
const endOf = ({ until, ended }: DeclaredFreeze): number =>
  Math.min(Date.parse(until), ended === undefined ? Number.POSITIVE_INFINITY : Date.parse(ended.at));

/** Whether a declared freeze holds at a moment. */
export const isDeclared = (freeze: DeclaredFreeze, at: number): boolean =>
  Date.parse(freeze.from) <= at && at < endOf(freeze);

const windowsOf = ({ calendar }: HoldSources, environment: Environment, stretch: Interval) =>
  calendar.windows
    .filter((window) => window.environments.includes(environment))
    .map((window) => ({ window, openings: occurrencesIn(window, stretch, 'window') }));

/** The hold of an environment that has windows, outside all of them. */
function outsideWindows(sources: HoldSources, environment: Environment, at: number): readonly Hold[] {
  const near = windowsOf(sources, environment, { from: at, until: at + 1 });
  if (near.length === 0 || near.some(({ openings }) => openings.length > 0)) return [];
  // Weekly ones open within ten days.
  const [next] =
    [10 * DAY_MS, HORIZON]
      .map((ahead) =>
        windowsOf(sources, environment, { from: at, until: at + ahead })
          .flatMap(({ window, openings }) =>
            openings.map(({ from }) => ({ from, timeZone: window.timeZone })),
          )
          .sort((a, b) => a.from - b.from),
      )
      .find((openings) => openings.length > 0) ?? [];
  const name = `outside ${listed(near.map(({ window }) => window.name))}`;
  return next === undefined
    ? [{ id: 'windows', kind: 'outside windows', name, timeZone: 'UTC' }]
    : [
        {
          id: `windows@${iso(next.from)}`,
          kind: 'outside windows',
          name,
          until: iso(next.from),
          timeZone: next.timeZone,
        },
      ];
}

/** Everything that holds at a moment, what was overridden left out. @param at in ms since the epoch */
export function holdsAt(sources: HoldSources, environment: Environment, at: number): readonly Hold[] {
  const { calendar, declared, notBefore, overridden } = sources;
  const configured = calendar.freezes
    .filter(({ environments }) => environments.includes(environment))
    .flatMap((entry) =>
      occurrencesIn(entry, { from: at, until: at + 1 }, 'freeze').map(
        ({ until }): Hold => ({
          id: `${entry.name}@${iso(until)}`,
          kind: 'freeze',
          name: entry.name,
          until: iso(until),
          timeZone: entry.timeZone,
        }),
      ),
    );
  const adHoc = declared
    .filter((freeze) => freeze.environments.includes(environment) && isDeclared(freeze, at))
    .map(
      (freeze): Hold => ({
        id: `declared:${freeze.freezeId}`,
        kind: 'declared',
        name: freeze.reason,
        until: iso(endOf(freeze)),
        timeZone: 'UTC',
      }),
    );
  const said: readonly Hold[] =
    environment === 'prod' && notBefore !== undefined && at < Date.parse(notBefore.at)
      ? [
          {
            id: `not-before@${notBefore.at}`,
            kind: 'not before',
            name: `${notBefore.by} said not before`,
            until: notBefore.at,
            timeZone: 'UTC',
          },
        ]
      : [];
  return [...configured, ...outsideWindows(sources, environment, at), ...adHoc, ...said].filter(
    ({ id }) => !overridden?.has(id),
  );
}

/** Why a promotion may not begin with an environment at a moment, and until when; undefined if it may. */
export function heldAt(sources: HoldSources, environment: Environment, at: Date): Held | undefined {
  const holds = holdsAt(sources, environment, at.getTime());
  if (holds.length === 0) return undefined;
  const reasons = new Set<string>();
  let timeZone = 'UTC';
  let until: number | undefined = at.getTime();
  for (let current = holds; until !== undefined && current.length > 0; ) {
    for (const { name } of current) reasons.add(name);
    // No hold of these ends later.
    const last: Hold = current.reduce((a, b) => ((b.until ?? '9') > (a.until ?? '9') ? b : a));
    const end: number | undefined = last.until === undefined ? undefined : Date.parse(last.until);
    until = end === undefined || end > at.getTime() + HORIZON ? undefined : end;
    timeZone = last.timeZone;
    current = until === undefined ? [] : holdsAt(sources, environment, until);
  }
  return {
    environment,
    holds,
    reasons: [...reasons],
    ...(until !== undefined && { until: iso(until) }),
    timeZone,
  };
}

/** A stretch of time in which an environment is frozen. */
export interface FrozenPeriod extends Pick<Held, 'reasons' | 'until' | 'timeZone'> {
  /** ISO 8601. */
  readonly from: string;
}

/** The next moment after another at which something may begin to hold. */
function nextBeginning(
  sources: HoldSources,
  environment: Environment,
  stretch: Interval,
): number | undefined {
  const freezes = sources.calendar.freezes
    .filter(({ environments }) => environments.includes(environment))
    .flatMap((entry) => occurrencesIn(entry, stretch, 'freeze').map(({ from }) => from));
  const closings = windowsOf(sources, environment, stretch).flatMap(({ openings }) =>
    openings.map(({ until }) => until),
  );
  const declared = sources.declared
    .filter(({ environments }) => environments.includes(environment))
    .map(({ from }) => Date.parse(from));
  return [...freezes, ...closings, ...declared]
    .filter((instant) => instant > stretch.from && instant < stretch.until)
    .sort((a, b) => a - b)[0];
}

/** When an environment is frozen within a stretch of time, what holds already first. */
export function frozenPeriods(
  sources: HoldSources,
  environment: Environment,
  { from, until }: { readonly from: Date; readonly until: Date },
): readonly FrozenPeriod[] {
  const periods: FrozenPeriod[] = [];
  let at: number | undefined = from.getTime();
  while (at !== undefined && at < until.getTime()) {
    const held: Held | undefined = heldAt(sources, environment, new Date(at));
    if (held !== undefined)
      periods.push({
        from: iso(at),
        reasons: held.reasons,
        ...(held.until !== undefined && { until: held.until }),
        timeZone: held.timeZone,
      });
    if (held !== undefined && held.until === undefined) break;
    at = nextBeginning(sources, environment, {
      from: held?.until === undefined ? at : Date.parse(held.until),
      until: until.getTime(),
    });
  }
  return periods;
}

/** The end as people read it: `Mon 30 Nov 2026, 07:00 CET`, or that there is none. */
export const endText = ({ until, timeZone }: Pick<Held, 'until' | 'timeZone'>): string =>
  until === undefined ? 'somebody changes the calendar' : zonedTime(Date.parse(until), timeZone);

/** Reasons that one line names: it is part of errors, mails and items of the ledger, which have a largest size. */
const MOST_REASONS = 5;

/** In one line: `Frozen until Mon 30 Nov 2026, 07:00 CET: year-end close`. */
export function heldText(held: Pick<Held, 'until' | 'timeZone' | 'reasons'>): string {
  const more = held.reasons.length - MOST_REASONS;
  const named = held.reasons.slice(0, MOST_REASONS).join('; ');
  return `Frozen until ${endText(held)}: ${visibleText(named)}${more > 0 ? `; and ${more} more` : ''}`;
}
