import type { Hono } from 'hono';
import type { OverrideDenial } from '../tasks/calendar/override-rules.ts';
import { PageTokenError } from '../tasks/ledger/page-token.ts';
import { REASON_NEEDED, readReason } from '../tasks/promotions/reason.ts';
import { stopPromotion } from '../tasks/promotions/stop-promotion.ts';
import { isHeldByAlarms } from '../tasks/redrive/despite-alarms.ts';
import { visibleText } from '../tasks/words.ts';
import { denyOperation, type ForOperators } from './actions.tsx';
import type { ConsoleLinks } from './console-links.ts';
import type { SiteDependencies } from './dependencies.ts';
import { type PromotionView, readGoBack, readPromotionPage, readPromotionsPage } from './pages.ts';
import { addRebake } from './rebake-routes.tsx';
import { badRequest, here, notFound, readForm, type SiteContext, type SiteEnv, show } from './responses.tsx';
import { addSoak } from './soak-routes.tsx';
import { DespiteAlarmsPage } from './views/despite-alarms.tsx';
import { OverridePage } from './views/freeze-card.tsx';
import { GoBackPage } from './views/go-back.tsx';
import { signInAddress } from './views/layout.tsx';
import { PromotionsPage, PromotionsRegion } from './views/lists.tsx';
import { PromotionPage, PromotionRegion } from './views/promotion.tsx';
import { SimplePage } from './views/simple.tsx';
import { StopPage } from './views/stop.tsx';

const pathOf = (promotionId: string): string => `/promotions/${encodeURIComponent(promotionId)}`;

/** What a denied decision about an override is headed with. */
const overrideDenied = (reason: OverrideDenial['reason']): string => {
  if (reason === 'SignInTooOld') return 'Sign in again';
  return reason === 'NotPossible' || reason === 'MakersUnknown'
    ? 'Nothing was decided'
    : 'Somebody else must decide here';
};

/** Adds the pages of promotions, and what operators do with them. */
export function addPromotions(
  site: Hono<SiteEnv>,
  dependencies: SiteDependencies,
  links: ConsoleLinks,
): void {
  const { askOverride, decideOverride, executions, goBack, log, noteDespiteAlarms, noteRedrive, noteStop } =
    dependencies;
  /** What operators do with one promotion: nobody else gets to the answer. */
  const forOperators: ForOperators = (answer) => async (context: SiteContext) => {
    const promotionId = context.req.param('id') ?? '';
    const page = await readPromotionPage(dependencies, links, context.get('session'), promotionId);
    if (!page) return notFound(context);
    const path = pathOf(promotionId);
    return denyOperation(context, page, path, log) ?? answer(context, page, path);
  };

  site.get('/promotions', async (context) => {
    const { person } = context.get('session');
    try {
      const page = await readPromotionsPage(dependencies, person, context.req.query('next'));
      return await show(context, PromotionsPage, PromotionsRegion, { ...page, path: here(context) });
    } catch (error) {
      if (!(error instanceof PageTokenError)) throw error;
      return badRequest(context, '/promotions', 'This is no page of the list. The link may be incomplete.');
    }
  });

  site.get('/promotions/:id', async (context) => {
    const id = context.req.param('id');
    const page = await readPromotionPage(dependencies, links, context.get('session'), id);
    if (!page) return notFound(context);
    return show(context, PromotionPage, PromotionRegion, { ...page, path: here(context) });
  });

  site.get('/promotions/:id/redrive', (context) => context.redirect(pathOf(context.req.param('id')), 303));

  const redrive = async (context: SiteContext, page: PromotionView, path: string) => {
    const { person, promotion, advice } = page;
    // Recorded first, so that no redrive happens without a name.
    if (advice.mayRedrive) await noteRedrive(promotion.promotionId, promotion.redrives + 1, person);
    const outcome = advice.mayRedrive
      ? await executions.redrive(promotion.executionArn)
      : ({ kind: 'failed', message: advice.sentence } as const);
    log({
      event: 'redrive',
      promotionId: promotion.promotionId,
      person: person.name,
      outcome: outcome.kind,
    });
    if (outcome.kind === 'redriven') return context.redirect(path, 303);
    return context.html(<PromotionPage {...page} path={path} problem={outcome.message} />, 409);
  };
  site.post('/promotions/:id/redrive', forOperators(redrive));

  site.get(
    '/promotions/:id/despite-alarms',
    forOperators((context, { promotion, person, advice, jobs }, path) =>
      advice.mayRedrive && isHeldByAlarms(jobs)
        ? context.html(<DespiteAlarmsPage promotion={promotion} person={person} path={path} />)
        : context.redirect(path, 303),
    ),
  );

  site.post(
    '/promotions/:id/despite-alarms',
    forOperators(async (context, page, path) => {
      const { promotion, person, advice, jobs } = page;
      if (!advice.mayRedrive || !isHeldByAlarms(jobs)) return context.redirect(path, 303);
      const reason = readReason((await readForm(context)).reason ?? '');
      if (reason === undefined)
        return context.html(
          <DespiteAlarmsPage promotion={promotion} person={person} path={path} problem={REASON_NEEDED} />,
          400,
        );
      await noteDespiteAlarms(promotion.promotionId, reason, person);
      return redrive(context, page, path);
    }),
  );

  site.get(
    '/promotions/:id/stop',
    forOperators((context, { promotion, person }, path) =>
      promotion.status === 'RUNNING'
        ? context.html(<StopPage promotion={promotion} person={person} path={path} />)
        : context.redirect(path, 303),
    ),
  );

  site.post(
    '/promotions/:id/stop',
    forOperators(async (context, { promotion, person }, path) => {
      if (promotion.status !== 'RUNNING') return context.redirect(path, 303);
      const reason = readReason((await readForm(context)).reason ?? '');
      if (reason === undefined) {
        return context.html(
          <StopPage promotion={promotion} person={person} path={path} problem={REASON_NEEDED} />,
          400,
        );
      }
      const note = async (): Promise<string> => {
        await noteStop(promotion.promotionId, reason, person);
        return person.name;
      };
      await stopPromotion({ executions, noteStop: note }, promotion, reason);
      log({ event: 'stop', promotionId: promotion.promotionId, person: person.name });
      return context.redirect(path, 303);
    }),
  );

  site.get(
    '/promotions/:id/override',
    forOperators((context, { promotion, person, held, whyNotAsk }, path) =>
      held === undefined
        ? context.redirect(path, 303)
        : context.html(
            <OverridePage
              {...{ promotion, person, held, path }}
              problem={whyNotAsk?.message}
              isPossible={whyNotAsk === undefined}
            />,
          ),
    ),
  );

  site.post(
    '/promotions/:id/override',
    forOperators(async (context, { promotion, person, held, operator, whyNotAsk }, path) => {
      const reason = (await readForm(context)).reason ?? '';
      const outcome = await askOverride(promotion, held, operator, person, reason);
      log({
        event: 'override',
        promotionId: promotion.promotionId,
        person: person.name,
        outcome: outcome.kind,
      });
      if (outcome.kind === 'done') return context.redirect(path, 303);
      if (held === undefined) return badRequest(context, path, outcome.message);
      return context.html(
        <OverridePage
          {...{ promotion, person, held, path }}
          problem={outcome.message}
          isPossible={whyNotAsk === undefined}
        />,
        409,
      );
    }),
  );

  // A denied decision is shown at this address: reloading it opens the promotion.
  site.get('/promotions/:id/override/decision', (context) =>
    context.redirect(pathOf(context.req.param('id')), 303),
  );

  // Approvers decide here, not operators: the rule of overrides judges each.
  site.post('/promotions/:id/override/decision', async (context) => {
    const session = context.get('session');
    const promotionId = context.req.param('id');
    const page = await readPromotionPage(dependencies, links, session, promotionId);
    if (!page) return notFound(context);
    const path = pathOf(promotionId);
    const { decision, attempt } = await readForm(context);
    if (decision !== 'confirm' && decision !== 'decline')
      return badRequest(context, path, 'The decision must be "confirm" or "decline".');
    const { person, signedInAt } = session;
    const outcome = await decideOverride(page.promotion, Number(attempt), decision, person, signedInAt);
    log({
      event: 'override-decision',
      promotionId,
      decision,
      person: person.name,
      outcome: outcome.kind === 'denied' ? outcome.reason : outcome.kind,
    });
    if (outcome.kind === 'done') return context.redirect(path, 303);
    return context.html(
      <SimplePage
        title={overrideDenied(outcome.reason)}
        kind="bad"
        reason={outcome.reason}
        person={person}
        link={
          outcome.reason === 'SignInTooOld'
            ? { href: signInAddress(path), text: 'Sign in again' }
            : { href: path, text: 'Back to the promotion' }
        }
      >
        <p>
          <bdi>{visibleText(outcome.message)}</bdi> Nothing was changed.
        </p>
      </SimplePage>,
      outcome.reason === 'NotPossible' ? 409 : 403,
    );
  });
  addSoak(site, dependencies, forOperators);
  addRebake(site, dependencies, forOperators);

  const showGoBack = async (
    context: SiteContext,
    { promotion, person }: PromotionView,
    path: string,
    answer: { readonly status: 200 | 400 | 409; readonly problem?: string },
  ) => {
    const { status, ...problem } = answer;
    const facts = await readGoBack(dependencies, promotion.promotionId);
    return context.html(
      <GoBackPage promotion={promotion} person={person} path={path} {...facts} {...problem} />,
      status,
    );
  };

  site.get(
    '/promotions/:id/go-back',
    forOperators((context, page, path) => showGoBack(context, page, path, { status: 200 })),
  );

  site.post(
    '/promotions/:id/go-back',
    forOperators(async (context, page, path) => {
      const { promotion, person } = page;
      const reason = readReason((await readForm(context)).reason ?? '');
      if (reason === undefined)
        return showGoBack(context, page, path, { status: 400, problem: REASON_NEEDED });
      const outcome = await goBack(promotion, reason, person);
      log({
        event: 'go-back',
        promotionId: promotion.promotionId,
        person: person.name,
        outcome: outcome.kind,
      });
      return outcome.kind === 'started'
        ? context.redirect(pathOf(outcome.promotionId), 303)
        : showGoBack(context, page, path, { status: 409, problem: outcome.message });
    }),
  );
}
