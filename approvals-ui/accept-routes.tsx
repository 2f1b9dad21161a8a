import type { Hono } from 'hono';
import { REASON_NEEDED, readReason } from '../tasks/promotions/reason.ts';
import { mayAcceptNow } from '../tasks/vulnerabilities/accept-finding.ts';
import { denyOperation } from './actions.tsx';
import type { SiteDependencies } from './dependencies.ts';
import { notFound, readForm, type SiteContext, type SiteEnv } from './responses.tsx';
import { AcceptPage } from './views/accept-finding.tsx';

/** Adds the page on which operators and approvers accept a vulnerability that stopped a promotion. */
export function addAcceptances(site: Hono<SiteEnv>, dependencies: SiteDependencies): void {
  const { ledger, acceptFinding, policyOf, now, log } = dependencies;

  /** Nobody else gets to the answer. */
  const open = async (context: SiteContext) => {
    const { person, signedInAt } = context.get('session');
    const promotion = await ledger.promotion(context.req.param('id') ?? '');
    if (promotion === undefined) return { answer: await notFound(context) };
    const path = `/promotions/${encodeURIComponent(promotion.promotionId)}`;
    const { freshSignInMinutes } = policyOf(promotion.application);
    const operator = mayAcceptNow({ person, signedInAt, freshSignInMinutes, now: new Date(now()) });
    const title = 'Only operators and approvers can do this';
    const answer = denyOperation(context, { operator, person }, path, log, { title });
    const ask = (typed: Readonly<Record<string, string | undefined>>, problem?: string) =>
      context.html(
        <AcceptPage
          promotion={promotion}
          person={person}
          path={path}
          today={new Date(now()).toISOString().slice(0, 10)}
          typed={typed}
          problem={problem}
        />,
        problem === undefined ? 200 : 400,
      );
    return answer ? { answer } : { promotion, person, path, ask };
  };

  site.get('/promotions/:id/accept-finding', async (context) => {
    const opened = await open(context);
    return 'answer' in opened ? opened.answer : opened.ask({});
  });

  site.post('/promotions/:id/accept-finding', async (context) => {
    const opened = await open(context);
    if ('answer' in opened) return opened.answer;
    const { promotion, person, path, ask } = opened;
    const typed = await readForm(context);
    const reason = readReason(typed.reason ?? '');
    if (reason === undefined) return ask(typed, REASON_NEEDED);
    const asked = { vulnerabilityId: (typed.vulnerability ?? '').trim(), until: typed.until ?? '', reason };
    const ruling = await acceptFinding(promotion, asked, person);
    log({
      event: 'accept-finding',
      promotionId: promotion.promotionId,
      person: person.name,
      outcome: ruling.kind === 'ok' ? 'ok' : ruling.reason,
    });
    return ruling.kind === 'ok' ? context.redirect(path, 303) : ask(typed, ruling.message);
  });
}
