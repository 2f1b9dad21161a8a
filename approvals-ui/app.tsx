import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { FC } from 'hono/jsx';
import type { Person } from '../tasks/ledger/items.ts';
import { whyNotRedrivable } from '../tasks/promotions/redrive.ts';
import { findAsset } from './assets/assets.ts';
import { awsConsole, noConsole } from './console-links.ts';
import type { SiteDependencies } from './dependencies.ts';
import { readApprovalPage, readPendingPage, readPromotionPage, readPromotionsPage } from './pages.ts';
import { comesFromThisSite, securityHeaders } from './security.ts';
import { type Cookies, createCookies } from './sign-in/cookies.ts';
import { addSignIn } from './sign-in/routes.tsx';
import { createSealer } from './sign-in/sealed.ts';
import { readSiteAddress } from './site-address.ts';
import { ApprovalPage, LONGEST_COMMENT } from './views/approval.tsx';
import { signInAddress } from './views/layout.tsx';
import { PendingLive, PendingPage, PromotionsLive, PromotionsPage } from './views/lists.tsx';
import { PromotionLive, PromotionPage } from './views/promotion.tsx';
import { SimplePage } from './views/simple.tsx';

/** What the middleware hands on. */
type SiteEnv = { Variables: { person: Person } };
type SiteContext = Context<SiteEnv>;

/** Largest form that is read, in bytes: a comment, with room. */
const LARGEST_FORM = 16 * 1024;
/** Refusals that are about the person, not about the request's state. */
const personalReasons = ['NotInRole', 'ApproversMustDiffer'];

/**
 * The approvals site. Every page but sign-in asks for a session; GET changes nothing (T45); a POST is taken from this
 * site's own pages only.
 * @throws SiteAddressError if the site's URL is neither https nor on a loopback address
 */
export const createSite = (dependencies: SiteDependencies): Hono<SiteEnv> => {
  const { siteUrl, sessionSecret, now, log } = dependencies;
  const address = readSiteAddress(siteUrl);
  const links = address.isLoopback ? noConsole : awsConsole;
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
        <p>
          Nothing was changed by showing this page. Try again; if it stays, tell an operator the time it
          happened.
        </p>
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
          This request came from another page, so nothing was changed. Open the page here and send it again.
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
};

/**
 * Lets only signed-in people through.
 * @param loopbackOrigin where pages are opened instead if this machine's other name was used: cookies belong to one name
 */
const requireSession =
  (cookies: Cookies, loopbackOrigin: string | undefined) =>
  async (context: SiteContext, next: () => Promise<void>) => {
    const session = await cookies.session.read(context);
    if (session) {
      context.set('person', session.person);
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
        <p>Nothing was changed. Sign in, and send it again.</p>
      </SimplePage>,
      401,
    );
  };

const addApprovals = (site: Hono<SiteEnv>, dependencies: SiteDependencies, links: typeof awsConsole) => {
  const { decide, log } = dependencies;

  site.get('/', async (context) => {
    const number = Number(context.req.query('page') ?? '1');
    const person = context.get('person');
    const page = await readPendingPage(dependencies, person, Number.isInteger(number) ? number : 1);
    return show(context, PendingPage, PendingLive, { ...page, path: here(context) });
  });

  site.get('/approvals/:id', async (context) => {
    const id = context.req.param('id');
    const page = await readApprovalPage(dependencies, links, context.get('person'), id);
    if (!page) return notFound(context);
    return context.html(<ApprovalPage {...page} path={here(context)} />);
  });

  // Where a refused decision's answer is shown: reloading it opens the request itself.
  site.get('/approvals/:id/decision', (context) =>
    context.redirect(`/approvals/${encodeURIComponent(context.req.param('id'))}`, 303),
  );

  site.post('/approvals/:id/decision', async (context) => {
    const approvalId = context.req.param('id');
    const path = `/approvals/${encodeURIComponent(approvalId)}`;
    const person = context.get('person');
    const before = await readApprovalPage(dependencies, links, person, approvalId);
    if (!before) return notFound(context);
    const form = await context.req.parseBody();
    const { decision, comment = '' } = form;
    if ((decision !== 'approve' && decision !== 'refuse') || typeof comment !== 'string') {
      return badForm(context, path, 'The decision must be approve or refuse.');
    }
    // Browsers send a line break as two characters and count it as one.
    const text = comment.replaceAll('\r\n', '\n').trim();
    if (text.length > LONGEST_COMMENT) {
      return badForm(
        context,
        path,
        `The comment has ${text.length} characters; at most ${LONGEST_COMMENT} are kept.`,
      );
    }
    const outcome = await decide({ approvalId, decision, comment: text, person });
    log({ event: 'decision', approvalId, decision, person: person.name, outcome: outcome.kind });
    if (outcome.kind === 'decided') return context.redirect(path, 303);
    const after = (await readApprovalPage(dependencies, links, person, approvalId)) ?? before;
    return context.html(
      <ApprovalPage {...after} path={path} refusal={outcome} />,
      personalReasons.includes(outcome.reason) ? 403 : 409,
    );
  });
};

const addPromotions = (site: Hono<SiteEnv>, dependencies: SiteDependencies, links: typeof awsConsole) => {
  const { executions, log, noteRedrive } = dependencies;

  site.get('/promotions', async (context) => {
    const page = await readPromotionsPage(dependencies, context.get('person'), context.req.query('next'));
    return show(context, PromotionsPage, PromotionsLive, { ...page, path: here(context) });
  });

  site.get('/promotions/:id', async (context) => {
    const id = context.req.param('id');
    const page = await readPromotionPage(dependencies, links, context.get('person'), id);
    if (!page) return notFound(context);
    return show(context, PromotionPage, PromotionLive, { ...page, path: here(context) });
  });

  site.get('/promotions/:id/redrive', (context) =>
    context.redirect(`/promotions/${encodeURIComponent(context.req.param('id'))}`, 303),
  );

  site.post('/promotions/:id/redrive', async (context) => {
    const promotionId = context.req.param('id');
    const path = `/promotions/${encodeURIComponent(promotionId)}`;
    const person = context.get('person');
    const page = await readPromotionPage(dependencies, links, person, promotionId);
    if (!page) return notFound(context);
    if (!person.groups.includes('operator')) {
      return context.html(
        <SimplePage
          title="Operators redrive"
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
    // Recorded first: nobody redrives without being named.
    if (page.canRedrive) await noteRedrive(promotionId, page.promotion.redrives + 1, person);
    const outcome = page.canRedrive
      ? await executions.redrive(page.promotion.executionArn)
      : ({ kind: 'refused', message: whyNotRedrivable(page.promotion.status) } as const);
    log({ event: 'redrive', promotionId, person: person.name, outcome: outcome.kind });
    if (outcome.kind === 'redriven') return context.redirect(path, 303);
    return context.html(<PromotionPage {...page} path={path} problem={outcome.message} />, 409);
  });
};

/** The whole page, or for `part=live` only the part that follows events. */
const show = <Props extends { path: string }>(
  context: SiteContext,
  Whole: FC<Props>,
  Live: FC<Props>,
  props: Props,
) => context.html(context.req.query('part') === 'live' ? <Live {...props} /> : <Whole {...props} />);

/** Path and query of the request, without what asks for a part only. */
const here = (context: SiteContext): string => {
  const url = new URL(context.req.url);
  url.searchParams.delete('part');
  return `${url.pathname}${url.search}`;
};

const notFound = (context: Context) =>
  context.html(
    <SimplePage title="Not found" link={{ href: '/', text: 'Start page' }}>
      <p>There is nothing at this address. The link may be incomplete.</p>
    </SimplePage>,
    404,
  );

const tooLarge = (context: Context) =>
  context.html(
    <SimplePage title="Nothing was sent" kind="bad" reason="BadForm" link={{ href: '/', text: 'Start page' }}>
      <p>The form is larger than {LARGEST_FORM / 1024} KiB. Shorten the comment.</p>
    </SimplePage>,
    413,
  );

const badForm = (context: SiteContext, path: string, message: string) =>
  context.html(
    <SimplePage
      title="Nothing was sent"
      kind="bad"
      reason="BadForm"
      person={context.get('person')}
      link={{ href: path, text: 'Back' }}
    >
      <p>{message}</p>
    </SimplePage>,
    400,
  );
