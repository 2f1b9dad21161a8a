import type { Hono } from 'hono';
import { PageTokenError } from '../tasks/ledger/page-token.ts';
import { LONGEST_SEARCH } from '../tasks/promotions/search.ts';
import type { ConsoleLinks } from './console-links.ts';
import type { SiteDependencies } from './dependencies.ts';
import { readLivePage, readReleasesPage, readSearchPage } from './live-pages.ts';
import { badRequest, here, notFound, type SiteEnv, show } from './responses.tsx';
import { LivePage, LiveRegion } from './views/live.tsx';
import { ReleasesPage } from './views/releases.tsx';
import { SearchPage } from './views/search.tsx';

/** Adds the pages that say what runs where, what ran there before, and which promotion has something. */
export function addLive(site: Hono<SiteEnv>, dependencies: SiteDependencies, links: ConsoleLinks): void {
  site.get('/live', async (context) => {
    const page = await readLivePage(dependencies, context.get('session').person);
    return show(context, LivePage, LiveRegion, { ...page, links, path: here(context) });
  });

  site.get('/releases/:application', async (context) => {
    const { person } = context.get('session');
    const page = await readReleasesPage(dependencies, person, context.req.param('application'));
    if (!page) return notFound(context);
    return context.html(<ReleasesPage {...page} path={here(context)} />);
  });

  site.get('/search', async (context) => {
    const text = (context.req.query('q') ?? '').trim().slice(0, LONGEST_SEARCH);
    const { person } = context.get('session');
    try {
      const page = await readSearchPage(dependencies, person, text, context.req.query('next'));
      return context.html(<SearchPage {...page} path={here(context)} />);
    } catch (error) {
      if (!(error instanceof PageTokenError)) throw error;
      return badRequest(context, '/search', 'This is no page of the search. The link may be incomplete.');
    }
  });
}
