import type { Hono } from 'hono';
import { REASON_NEEDED, readReason } from '../tasks/promotions/reason.ts';
import type { ForOperators } from './actions.tsx';
import type { SiteDependencies } from './dependencies.ts';
import type { PromotionView } from './pages.ts';
import { readForm, type SiteContext, type SiteEnv } from './responses.tsx';
import { SendBackPage } from './views/send-back.tsx';
import { SimplePage } from './views/simple.tsx';

/** Adds what operators do while a promotion soaks: send the traffic back, and end the soak. */
export function addSoak(
  site: Hono<SiteEnv>,
  { askSoak, log }: Pick<SiteDependencies, 'askSoak' | 'log'>,
  forOperators: ForOperators,
): void {
  const askedBy = ({ person: { subject, name, verifiedEmail } }: PromotionView) =>
    ({ type: 'person', subject, name, verifiedEmail }) as const;
  const notPossible = (
    context: SiteContext,
    { person }: PromotionView,
    path: string,
    title: string,
    message: string,
  ) =>
    context.html(
      <SimplePage
        title={title}
        kind="warning"
        reason="NotPossible"
        person={person}
        link={{ href: path, text: 'Back to the promotion' }}
      >
        <p>{message}</p>
      </SimplePage>,
      409,
    );

  site.get(
    '/promotions/:id/send-back',
    forOperators((context, { promotion, person, soak }, path) =>
      soak === undefined
        ? context.redirect(path, 303)
        : context.html(<SendBackPage promotion={promotion} person={person} path={path} />),
    ),
  );

  site.post(
    '/promotions/:id/send-back',
    forOperators(async (context, page, path) => {
      const { promotion, person } = page;
      const { promotionId, application } = promotion;
      const reason = readReason((await readForm(context)).reason ?? '');
      if (reason === undefined)
        return context.html(
          <SendBackPage promotion={promotion} person={person} path={path} problem={REASON_NEEDED} />,
          400,
        );
      const answer = await askSoak(application, {
        promotionId,
        action: 'send-back',
        reason,
        askedBy: askedBy(page),
      });
      log({ event: 'send-back', promotionId, person: person.name, outcome: answer.kind });
      if (answer.kind === 'not-possible')
        return notPossible(context, page, path, 'The traffic was not sent back', answer.message);
      return context.redirect(path, 303);
    }),
  );

  site.get(
    '/promotions/:id/end-soak',
    forOperators((context, _, path) => context.redirect(path, 303)),
  );
  site.post(
    '/promotions/:id/end-soak',
    forOperators(async (context, page, path) => {
      const { promotionId, application } = page.promotion;
      const answer = await askSoak(application, { promotionId, action: 'end', askedBy: askedBy(page) });
      log({ event: 'end-soak', promotionId, person: page.person.name, outcome: answer.kind });
      if (answer.kind === 'not-possible')
        return notPossible(context, page, path, 'The soak was not ended', answer.message);
      return context.redirect(path, 303);
    }),
  );
}
