import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { addApprovals } from './approval-routes.tsx';
import { findAsset } from './assets/assets.ts';
import { awsConsoleWith, type ConsoleLinks, noConsole } from './console-links.ts';
import type { SiteDependencies } from './dependencies.ts';
import { readPromotionPage, readPromotionsPage } from './pages.ts';
import {
  here,
  LARGEST_FORM,
  notFound,
  type SiteContext,
  type SiteEnv,
  show,
  tooLarge,
} from './responses.tsx';
import { comesFromThisSite, securityHeaders } from './security.ts';
import { type Cookies, createCookies } from './sign-in/cookies.ts';
import { addSignIn } from './sign-in/routes.tsx';
import { createSealer } from './sign-in/sealed.ts';
import { readSiteAddress } from './site-address.ts';
import { signInAddress } from './views/layout.tsx';
import { PromotionsPage, PromotionsRegion } from './views/lists.tsx';
import { PromotionPage, PromotionRegion } from './views/promotion.tsx';
import { SimplePage } from './views/simple.tsx';

/**
 * The approvals site. Every page but sign-in needs a session. GET changes nothing (T45), and a POST must come from a
 * page of this site.
 * @throws SiteAddressError if the site's URL is neither https nor on a loopback address
 */
export function createSite(dependencies: SiteDependencies): Hono<SiteEnv> {
  const { siteUrl, sessionSecret, now, log } = dependencies;
  const address = readSiteAddress(siteUrl);
  const links = address.isLoopback ? noConsole : awsConsoleWith(dependencies.environmentRegions ?? {});
  const cookies = createCookies(address, createSealer(sessionSecret), now);
  const site = new Hono<SiteEnv>();

  site.use(securityHeaders(address));
  site.onError((error, context) => {
    log({
      event: 'error',
      path: context.req.path,
      name: error.name,
      message: error.message,
      stack: error.stack,
    });
    return context.html(
      <SimplePage title="Something went wrong" kind="bad" link={{ href: '/', text: 'Start page' }}>
        <p>The site could not answer. Try again. If it happens again, tell an operator when it happened.</p>
      </SimplePage>,
      500,
    );
  });

  site.get('/healthz', (context) => context.text('ok'));
  site.get('/assets/:name', (context) => {
    const asset = findAsset(context.req.param('name'));
    if (!asset) return notFound(context);
    const isCurrent = context.req.query('v') === asset.version;
    return context.body(asset.body, 200, {
      'Content-Type': asset.contentType,
      'Cache-Control': isCurrent ? 'public, max-age=31536000, immutable' : 'no-cache',
    });
  });

  site.on('POST', '*', bodyLimit({ maxSize: LARGEST_FORM, onError: tooLarge }), async (context, next) => {
    const headers = { origin: context.req.header('origin'), fetchSite: context.req.header('sec-fetch-site') };
    if (comesFromThisSite(headers, address)) return next();
    log({ event: 'foreign-post', path: context.req.path, ...headers });
    return context.html(
      <SimplePage
        title="Not sent from this site"
        kind="bad"
        reason="ForeignOrigin"
        link={{ href: '/', text: 'Start page' }}
      >
        <p>
          This request came from another site, so nothing was changed. Open the page on this site and send it
          again.
        </p>
      </SimplePage>,
      403,
    );
  });

  addSignIn(site, dependencies.identity, cookies, address, dependencies);
  site.use(requireSession(cookies, address.isLoopback ? address.origin : undefined));
  addApprovals(site, dependencies, links);
  addPromotions(site, dependencies, links);
  site.notFound(notFound);
  return site;
}

/**
 * Lets only signed-in people through.
 * @param loopbackOrigin on this machine, where people sign in whichever of its names they opened: a cookie belongs to one name
 */
const requireSession =
  (cookies: Cookies, loopbackOrigin: string | undefined) =>
  async (context: SiteContext, next: () => Promise<void>) => {
    const session = await cookies.session.read(context);
    if (session) {
      context.set('session', session);
      return next();
    }
    const { method } = context.req;
    if (method === 'GET' || method === 'HEAD') {
      return context.redirect(`${loopbackOrigin ?? ''}${signInAddress(here(context))}`, 303);
    }
    return context.html(
      <SimplePage
        title="Your session has ended"
        kind="warning"
        reason="SignedOut"
        link={{ href: signInAddress(context.req.path), text: 'Sign in' }}
      >
        <p>Nothing was changed. Sign in and send it again.</p>
      </SimplePage>,
      401,
    );
  };

const addPromotions = (site: Hono<SiteEnv>, dependencies: SiteDependencies, links: ConsoleLinks) => {
  const { executions, log, noteRedrive } = dependencies;

  site.get('/promotions', async (context) => {
    const page = await readPromotionsPage(
      dependencies,
      context.get('session').person,
      context.req.query('next'),
    );
    return show(context, PromotionsPage, PromotionsRegion, { ...page, path: here(context) });
  });

  site.get('/promotions/:id', async (context) => {
    const id = context.req.param('id');
    const page = await readPromotionPage(dependencies, links, context.get('session').person, id);
    if (!page) return notFound(context);
    return show(context, PromotionPage, PromotionRegion, { ...page, path: here(context) });
  });

  site.get('/promotions/:id/redrive', (context) =>
    context.redirect(`/promotions/${encodeURIComponent(context.req.param('id'))}`, 303),
  );

  site.post('/promotions/:id/redrive', async (context) => {
    const promotionId = context.req.param('id');
    const path = `/promotions/${encodeURIComponent(promotionId)}`;
    const person = context.get('session').person;
    const page = await readPromotionPage(dependencies, links, person, promotionId);
    if (!page) return notFound(context);
    if (!person.groups.includes('operator')) {
      return context.html(
        <SimplePage
          title="Only operators can redrive"
          kind="bad"
          reason="NotInRole"
          person={person}
          link={{ href: path, text: 'Back to the promotion' }}
        >
          <p>
            You are signed in as <bdi>{person.name}</bdi>, who is not in the group <code>operator</code>.
            Nothing was changed.
          </p>
        </SimplePage>,
        403,
      );
    }
    // Recorded first, so that no redrive happens without a name.
    if (page.advice.mayRedrive) await noteRedrive(promotionId, page.promotion.redrives + 1, person);
    const outcome = page.advice.mayRedrive
      ? await executions.redrive(page.promotion.executionArn)
      : ({ kind: 'failed', message: page.advice.sentence } as const);
    log({ event: 'redrive', promotionId, person: person.name, outcome: outcome.kind });
    if (outcome.kind === 'redriven') return context.redirect(path, 303);
    return context.html(<PromotionPage {...page} path={path} problem={outcome.message} />, 409);
  });
};
