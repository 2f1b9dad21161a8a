import type { SiteDependencies } from './dependencies.ts';
import type { PromotionView } from './pages.ts';
import type { SiteContext } from './responses.tsx';
import { signInAddress } from './views/layout.tsx';
import type { PromotionPageProps } from './views/promotion.tsx';
import { SimplePage } from './views/simple.tsx';

/** Every action is judged by the groups that its person is in now: a session keeps those of its sign-in. */
export const withCurrentGroups =
  (groupsNow: SiteDependencies['groupsNow']) =>
  async (context: SiteContext, next: () => Promise<void>): Promise<void> => {
    const session = context.get('session');
    context.set('session', {
      ...session,
      person: { ...session.person, groups: await groupsNow(session.person) },
    });
    await next();
  };

/** A route of one promotion that only operators get to. @param answer is given the promotion's page and its path */
export type ForOperators = (
  answer: (context: SiteContext, page: PromotionView, path: string) => Response | Promise<Response>,
) => (context: SiteContext) => Promise<Response>;

/**
 * The answer to somebody who may not do something now; undefined to those who may.
 * @param path the page that it leads back to
 * @param texts the text of the link to that page, and what it says to somebody in another role
 */
export function denyOperation(
  context: SiteContext,
  { operator: ruling, person }: Pick<PromotionPageProps, 'operator' | 'person'>,
  path: string,
  log: SiteDependencies['log'],
  { back = 'Back to the promotion', title = 'Only operators can do this' } = {},
) {
  if (ruling.kind === 'ok') return undefined;
  log({ event: 'operation-denied', path: context.req.path, person: person.name, reason: ruling.reason });
  const isStale = ruling.reason === 'SignInTooOld';
  return context.html(
    <SimplePage
      title={isStale ? 'Sign in again' : title}
      kind="bad"
      reason={ruling.reason}
      person={person}
      link={isStale ? { href: signInAddress(path), text: 'Sign in again' } : { href: path, text: back }}
    >
      <p>
        <bdi>{ruling.message}</bdi> Nothing was changed.
      </p>
    </SimplePage>,
    403,
  );
}
