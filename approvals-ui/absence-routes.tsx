import type { Hono } from 'hono';
import type { AbsenceDenial } from '../tasks/approvals/absence-rules.ts';
import { approverRoles } from '../tasks/words.ts';
import type { SiteDependencies } from './dependencies.ts';
import { readAbsencesPage } from './pages.ts';
import { here, readForm, type SiteContext, type SiteEnv } from './responses.tsx';
import { AbsencesPage, type TypedAbsence } from './views/absences.tsx';

const PATH = '/absences';
/** Longest user name in Cognito. */
const LONGEST_NAME = 128;
const DAY = 86_400_000;

/** Adds the page on which people hand their role to somebody for a time. */
export function addAbsences(site: Hono<SiteEnv>, dependencies: SiteDependencies): void {
  const { applications, endAbsence, handOver, log, policyOf } = dependencies;
  // The same for all applications.
  const { freshSignInMinutes } = policyOf(applications[0] ?? '');
  // The session of a POST has the groups of now (`withCurrentGroups`).
  const actingIn = (context: SiteContext) => {
    const { person, signedInAt } = context.get('session');
    return { person, signedInAt, freshSignInMinutes };
  };
  const denied = async (
    context: SiteContext,
    { person }: ReturnType<typeof actingIn>,
    problem: AbsenceDenial,
    typed?: TypedAbsence,
  ) => {
    const page = await readAbsencesPage(dependencies, person);
    return context.html(
      <AbsencesPage {...page} path={PATH} problem={problem} {...(typed && { typed })} />,
      problem.reason === 'NotPossible' ? 409 : 403,
    );
  };

  site.get(PATH, async (context) => {
    const page = await readAbsencesPage(dependencies, context.get('session').person);
    return context.html(<AbsencesPage {...page} path={here(context)} />);
  });
  site.get(`${PATH}/:id/end`, (context) => context.redirect(PATH, 303));

  site.post(PATH, async (context) => {
    const acting = actingIn(context);
    const form = await readForm(context);
    const field = (name: string, longest: number): string => (form[name] ?? '').trim().slice(0, longest);
    const typed = {
      role: field('role', 10),
      substitute: field('substitute', LONGEST_NAME),
      first: field('first', 10),
      last: field('last', 10),
      // One more than fits, so that the rule says so.
      reason: field('reason', 1000),
    };
    const role = approverRoles.find((one) => one === typed.role);
    if (role === undefined)
      return denied(
        context,
        acting,
        { reason: 'NotPossible', message: 'Choose the role: QC or PMO.' },
        typed,
      );
    const outcome = await handOver(acting, {
      role,
      substitute: typed.substitute,
      from: dayStart(typed.first, 0),
      until: dayStart(typed.last, 1),
      reason: typed.reason,
    });
    log({ event: 'absence', role, person: acting.person.name, outcome: outcome.kind });
    return outcome.kind === 'done' ? context.redirect(PATH, 303) : denied(context, acting, outcome, typed);
  });

  site.post(`${PATH}/:id/end`, async (context) => {
    const acting = actingIn(context);
    const outcome = await endAbsence(acting, context.req.param('id'));
    log({ event: 'absence-ended', person: acting.person.name, outcome: outcome.kind });
    return outcome.kind === 'done' ? context.redirect(PATH, 303) : denied(context, acting, outcome);
  });
}

/** The beginning, in UTC, of a day or of one of those after it, ISO 8601; empty if it is no day. */
function dayStart(day: string, later: number): string {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00.000Z`) : Number.NaN;
  // JavaScript takes February 30 for a day of March.
  const exists = !Number.isNaN(at) && new Date(at).toISOString().startsWith(day);
  return exists ? new Date(at + later * DAY).toISOString() : '';
}
