import type { Hono } from 'hono';
import type { Environment } from '../tasks/payloads.ts';
import { denyOperation } from './actions.tsx';
import { readCalendarPage } from './calendar-page.ts';
import type { SiteDependencies } from './dependencies.ts';
import { here, notFound, readForm, type SiteContext, type SiteEnv } from './responses.tsx';
import { ALL_APPLICATIONS, CalendarPage, type TypedFreeze } from './views/calendar.tsx';

const PATH = '/calendar';
const LONGEST_FIELD = 1000;

/** Adds the page that says when environments are frozen, on which operators declare and end freezes. */
export function addCalendar(site: Hono<SiteEnv>, dependencies: SiteDependencies): void {
  const { applications, declareFreeze, endFreeze, log } = dependencies;

  const notPossible = async (context: SiteContext, problem: string, typed?: TypedFreeze) => {
    const page = await readCalendarPage(dependencies, context.get('session'), undefined);
    return context.html(
      <CalendarPage {...page} path={PATH} problem={problem} {...(typed && { typed })} />,
      409,
    );
  };
  /** What operators do: nobody else gets to the answer. */
  const forOperators =
    (answer: (context: SiteContext) => Promise<Response>) => async (context: SiteContext) => {
      const page = await readCalendarPage(dependencies, context.get('session'), undefined);
      return denyOperation(context, page, PATH, log, { back: 'Back to the calendar' }) ?? answer(context);
    };
  const askerOf = (context: SiteContext) => {
    const { subject, name, verifiedEmail } = context.get('session').person;
    return { type: 'person', subject, name, verifiedEmail } as const;
  };

  site.get(PATH, async (context) => {
    const only = context.req.query('application');
    if (only !== undefined && !applications.includes(only)) return notFound(context);
    const page = await readCalendarPage(dependencies, context.get('session'), only);
    return context.html(<CalendarPage {...page} path={here(context)} />);
  });
  site.get(`${PATH}/freezes`, (context) => context.redirect(PATH, 303));
  site.get(`${PATH}/:application/freezes/:id/end`, (context) => context.redirect(PATH, 303));

  site.post(
    `${PATH}/freezes`,
    forOperators(async (context) => {
      const form = await readForm(context);
      const field = (name: string): string => (form[name] ?? '').trim().slice(0, LONGEST_FIELD);
      const typed = {
        application: field('application'),
        environment: field('environment'),
        until: field('until'),
        reason: field('reason'),
      };
      const named = typed.application === ALL_APPLICATIONS ? applications : [typed.application];
      if (!named.every((name) => applications.includes(name)))
        return notPossible(context, 'Choose an application, or all.', typed);
      const environments = (['qat', 'prod'] as const).filter(
        (one: Environment) => typed.environment === one || typed.environment === 'both',
      );
      for (const application of named) {
        const { until, reason } = typed;
        const outcome = await declareFreeze(askerOf(context), { application, environments, until, reason });
        log({ event: 'freeze', application, person: askerOf(context).name, outcome: outcome.kind });
        if (outcome.kind !== 'done') return notPossible(context, `${application}: ${outcome.message}`, typed);
      }
      return context.redirect(PATH, 303);
    }),
  );

  site.post(
    `${PATH}/:application/freezes/:id/end`,
    forOperators(async (context) => {
      const application = context.req.param('application') ?? '';
      const freezeId = context.req.param('id') ?? '';
      const reason = (await readForm(context)).reason ?? '';
      if (!applications.includes(application)) return notFound(context);
      const outcome = await endFreeze(askerOf(context), { application, freezeId, reason });
      log({ event: 'freeze-ended', application, person: askerOf(context).name, outcome: outcome.kind });
      return outcome.kind === 'done' ? context.redirect(PATH, 303) : notPossible(context, outcome.message);
    }),
  );
}
