import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { addAbsences } from './absence-routes.tsx';
import { addAcceptances } from './accept-routes.tsx';
import { withCurrentGroups } from './actions.tsx';
import { addApprovals } from './approval-routes.tsx';
import { findAsset } from './assets/assets.ts';
import { addCalendar } from './calendar-routes.tsx';
import { awsConsoleWith, noConsole } from './console-links.ts';
import type { SiteDependencies } from './dependencies.ts';
import { addLive } from './live-routes.tsx';
import { addMarks } from './mark-routes.tsx';
import { addPromotions } from './promotion-routes.tsx';
import {
  badRequest,
  here,
  isForm,
  LARGEST_FORM,
  notFound,
  type SiteContext,
  type SiteEnv,
  tooLarge,
} from './responses.tsx';
import { comesFromThisSite, securityHeaders } from './security.ts';
import { createCookies } from './sign-in/cookies.ts';
import { createPendingSignIns } from './sign-in/pending-sign-in.ts';
import { addSignIn } from './sign-in/routes.tsx';
import { createSessions, type Sessions } from './sign-in/sessions.ts';
import { readSiteAddress } from './site-address.ts';
import { throttle } from './throttle/throttle.tsx';
import { signInAddress } from './views/layout.tsx';
import { SimplePage } from './views/simple.tsx';

/**
 * The approvals site. Every page but sign-in needs a session. GET changes nothing (T45), and a POST must come from a
 * page of this site.
 * @throws SiteAddressError if the site's URL is neither https nor on a loopback address
 */
export function createSite(dependencies: SiteDependencies): Hono<SiteEnv> {
  const { siteUrl, now, log } = dependencies;
  const address = readSiteAddress(siteUrl);
  const links = address.isLoopback ? noConsole : awsConsoleWith(dependencies.environmentRegions ?? {});
  const cookies = createCookies(address);
  const sessions = createSessions(cookies, dependencies.sessions, now);
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

  site.use(throttle(sessions, now));
  site.on('POST', '*', bodyLimit({ maxSize: LARGEST_FORM, onError: tooLarge }), async (context, next) => {
    const headers = { origin: context.req.header('origin'), fetchSite: context.req.header('sec-fetch-site') };
    if (comesFromThisSite(headers, address)) {
      if (isForm(context)) return next();
      return badRequest(context, '/', 'This request is no form of this site.');
    }
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

  addSignIn(site, sessions, createPendingSignIns(cookies, now), address, dependencies);
  site.use(requireSession(sessions, address.isLoopback ? address.origin : undefined));
  site.on('POST', '*', withCurrentGroups(dependencies.groupsNow));
  addApprovals(site, dependencies, links);
  addAbsences(site, dependencies);
  addCalendar(site, dependencies);
  addLive(site, dependencies, links);
  addPromotions(site, dependencies, links);
  addMarks(site, dependencies, links);
  addAcceptances(site, dependencies);
  site.notFound(notFound);
  return site;
}

/**
 * Lets only signed-in people through.
 * @param loopbackOrigin on this machine, where people sign in whichever of its names they opened: a cookie belongs to one name
 */
const requireSession =
  (sessions: Sessions, loopbackOrigin: string | undefined) =>
  async (context: SiteContext, next: () => Promise<void>) => {
    const session = await sessions.read(context);
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
