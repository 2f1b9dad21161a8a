import type { Hono } from 'hono';
import { REASON_NEEDED, readReason } from '../tasks/promotions/reason.ts';
import { denyOperation } from './actions.tsx';
import type { ConsoleLinks } from './console-links.ts';
import type { SiteDependencies } from './dependencies.ts';
import { readPromotionPage } from './pages.ts';
import { notFound, readForm, type SiteContext, type SiteEnv } from './responses.tsx';
import { MarkPage } from './views/marks.tsx';

type PromotionView = NonNullable<Awaited<ReturnType<typeof readPromotionPage>>>;

/** Adds the pages on which operators and approvers mark a promotion's commit bad, and unmark it. */
export function addMarks(site: Hono<SiteEnv>, dependencies: SiteDependencies, links: ConsoleLinks): void {
  const { markBad, unmarkBad, log } = dependencies;

  /** Nobody else gets to the answer. */
  const forMarkers =
    (answer: (context: SiteContext, page: PromotionView, path: string) => Response | Promise<Response>) =>
    async (context: SiteContext) => {
      const promotionId = context.req.param('id') ?? '';
      const page = await readPromotionPage(dependencies, links, context.get('session'), promotionId);
      if (!page) return notFound(context);
      const path = `/promotions/${encodeURIComponent(promotionId)}`;
      const asked = { operator: page.mark.may, person: page.person };
      return (
        denyOperation(context, asked, path, log, { title: 'Only operators and approvers can do this' }) ??
        answer(context, page, path)
      );
    };

  const ask = (
    context: SiteContext,
    { promotion, person, mark }: PromotionView,
    path: string,
    what: 'mark' | 'unmark',
    { status, problem }: { readonly status: 200 | 400 | 409; readonly problem?: string } = { status: 200 },
  ) => {
    const notPossible = what === 'unmark' && mark.unmark.kind === 'denied' ? mark.unmark.message : undefined;
    return context.html(
      <MarkPage
        what={what}
        promotion={promotion}
        person={person}
        path={path}
        bad={mark.bad}
        problem={problem ?? notPossible}
        isPossible={notPossible === undefined}
      />,
      status,
    );
  };

  site.get(
    '/promotions/:id/mark-bad',
    forMarkers((context, page, path) =>
      page.mark.bad === undefined ? ask(context, page, path, 'mark') : context.redirect(path, 303),
    ),
  );

  site.post(
    '/promotions/:id/mark-bad',
    forMarkers(async (context, page, path) => {
      const { promotion, person } = page;
      const reason = readReason((await readForm(context)).reason ?? '');
      if (reason === undefined)
        return ask(context, page, path, 'mark', { status: 400, problem: REASON_NEEDED });
      const { kind } = await markBad(promotion, reason, person);
      log({ event: 'mark-bad', promotionId: promotion.promotionId, person: person.name, outcome: kind });
      return context.redirect(path, 303);
    }),
  );

  site.get(
    '/promotions/:id/unmark-bad',
    forMarkers((context, page, path) =>
      page.mark.bad === undefined ? context.redirect(path, 303) : ask(context, page, path, 'unmark'),
    ),
  );

  site.post(
    '/promotions/:id/unmark-bad',
    forMarkers(async (context, page, path) => {
      const { promotion, person } = page;
      const reason = readReason((await readForm(context)).reason ?? '');
      if (reason === undefined)
        return ask(context, page, path, 'unmark', { status: 400, problem: REASON_NEEDED });
      const ruling = await unmarkBad(promotion, reason, person);
      const outcome = ruling.kind === 'ok' ? 'ok' : ruling.reason;
      log({ event: 'unmark-bad', promotionId: promotion.promotionId, person: person.name, outcome });
      return ruling.kind === 'ok'
        ? context.redirect(path, 303)
        : ask(context, page, path, 'unmark', { status: 409, problem: ruling.message });
    }),
  );
}
