import { mayOperate } from '../tasks/approvals/operator-rules.ts';
import { frozenPeriods, heldAt, isDeclared } from '../tasks/calendar/hold-rules.ts';
import { readHoldSources } from '../tasks/calendar/read-held.ts';
import { DAY_MS } from '../tasks/durations.ts';
import type { SiteDependencies } from './dependencies.ts';
import type { Session } from './sign-in/sessions.ts';
import type { ApplicationCalendar, CalendarPageProps } from './views/calendar.tsx';

/** How far ahead the page looks. */
export const WEEKS_AHEAD = 4;
/** Freezes that are over, at most. */
const MOST_PAST = 10;

async function readApplication(
  ledger: SiteDependencies['ledger'],
  application: string,
  now: Date,
): Promise<ApplicationCalendar> {
  const sources = await readHoldSources(ledger, application);
  const stretch = { from: now, until: new Date(now.getTime() + WEEKS_AHEAD * 7 * DAY_MS) };
  return {
    application,
    environments: (['qat', 'prod'] as const).map((environment) => {
      const held = heldAt(sources, environment, now);
      const periods = frozenPeriods(sources, environment, stretch);
      return {
        environment,
        ...(held && { held }),
        next: held === undefined ? periods : periods.slice(1),
      };
    }),
    declared: sources.declared.filter((freeze) => isDeclared(freeze, now.getTime())),
    past: sources.declared
      .filter((freeze) => !isDeclared(freeze, now.getTime()))
      .slice(-MOST_PAST)
      .reverse(),
  };
}

/** Reads what the calendars of applications hold now and in the coming weeks. @param only of that application alone */
export async function readCalendarPage(
  { ledger, applications, policyOf, now }: SiteDependencies,
  { person, signedInAt }: Session,
  only: string | undefined,
): Promise<Omit<CalendarPageProps, 'path'>> {
  const at = new Date(now());
  const shown = applications.filter((name) => only === undefined || name === only);
  const { freshSignInMinutes } = policyOf(applications[0] ?? '');
  return {
    person,
    now: now(),
    names: applications,
    ...(only !== undefined && { only }),
    operator: mayOperate({ person, signedInAt, freshSignInMinutes, now: at }),
    applications: await Promise.all(shown.map((name) => readApplication(ledger, name, at))),
  };
}
