import type { Hono } from 'hono';
import type { ForOperators } from './actions.tsx';
import type { SiteDependencies } from './dependencies.ts';
import type { SiteEnv } from './responses.tsx';

/** Adds what operators do if an equal image is not good enough: ask for new ones. */
export function addRebake(
  site: Hono<SiteEnv>,
  { rebake, log }: Pick<SiteDependencies, 'rebake' | 'log'>,
  forOperators: ForOperators,
): void {
  site.get(
    '/promotions/:id/rebake',
    forOperators((context, _, path) => context.redirect(path, 303)),
  );
  site.post(
    '/promotions/:id/rebake',
    forOperators(async (context, { promotion: { promotionId, application }, person }, path) => {
      await rebake(application, person);
      log({ event: 'rebake', promotionId, application, person: person.name });
      return context.redirect(path, 303);
    }),
  );
}
