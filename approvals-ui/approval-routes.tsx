import type { Hono } from 'hono';
import { readNotBefore } from '../tasks/calendar/freeze-rules.ts';
import type { DenialReason } from '../tasks/ledger/items.ts';
import type { ConsoleLinks } from './console-links.ts';
import type { SiteDependencies } from './dependencies.ts';
import { readLivePage } from './live-pages.ts';
import { readApprovalPage, readPendingPage } from './pages.ts';
import { badRequest, here, notFound, readForm, type SiteContext, type SiteEnv, show } from './responses.tsx';
import { ApprovalPage } from './views/approval.tsx';
import { LONGEST_COMMENT } from './views/decision-card.tsx';
import { PendingPage, PendingRegion } from './views/lists.tsx';
import { LivePage, LiveRegion } from './views/live.tsx';

/** Denials that are about the person, not about the request's state. */
const personalReasons: readonly DenialReason[] = [
  'NotInRole',
  'Absent',
  'ApproversMustDiffer',
  'MadeTheChange',
  'NoVerifiedEmail',
  'SignInTooOld',
];

/** Adds the pages on which people read requests and decide. */
export function addApprovals(site: Hono<SiteEnv>, dependencies: SiteDependencies, links: ConsoleLinks): void {
  const { decide, log } = dependencies;

  const pendingPage = (context: SiteContext) => {
    const number = Number(context.req.query('page') ?? '1');
    const { person } = context.get('session');
    return readPendingPage(dependencies, person, Number.isInteger(number) ? number : 1);
  };

  // The start page shows what waits for the person, or who gets no mail about it, and what is live to everybody else.
  site.get('/', async (context) => {
    const page = await pendingPage(context);
    const path = here(context);
    if (page.total > 0 || page.unreached.length > 0)
      return show(context, PendingPage, PendingRegion, { ...page, path });
    const live = await readLivePage(dependencies, page.person);
    return show(context, LivePage, LiveRegion, { ...live, links, path });
  });

  site.get('/approvals', async (context) => {
    const page = await pendingPage(context);
    return show(context, PendingPage, PendingRegion, { ...page, path: here(context) });
  });

  site.get('/approvals/:id', async (context) => {
    const id = context.req.param('id');
    const page = await readApprovalPage(dependencies, links, context.get('session'), id);
    if (!page) return notFound(context);
    return context.html(<ApprovalPage {...page} path={here(context)} />);
  });

  // A denied decision is shown at this address: reloading it opens the request.
  site.get('/approvals/:id/decision', (context) =>
    context.redirect(`/approvals/${encodeURIComponent(context.req.param('id'))}`, 303),
  );

  site.post('/approvals/:id/decision', async (context) => {
    const approvalId = context.req.param('id');
    const path = `/approvals/${encodeURIComponent(approvalId)}`;
    const session = context.get('session');
    const { person } = session;
    const before = await readApprovalPage(dependencies, links, session, approvalId);
    if (!before) return notFound(context);
    const { decision, comment = '', digest = '', notBefore = '' } = await readForm(context);
    if (decision !== 'approve' && decision !== 'reject') {
      return badRequest(context, path, 'The decision must be "approve" or "reject".');
    }
    // Browsers send a line break as two characters and count it as one.
    const text = comment.replaceAll('\r\n', '\n').trim();
    if (text.length > LONGEST_COMMENT) {
      return badRequest(
        context,
        path,
        `The comment has ${text.length} characters; the limit is ${LONGEST_COMMENT}. Shorten it.`,
      );
    }
    const wait = readNotBefore(decision === 'approve' ? notBefore : '', new Date(dependencies.now()));
    if (wait.problem !== undefined) return badRequest(context, path, `Deploy not before: ${wait.problem}`);
    const outcome = await decide({
      approvalId,
      decision,
      comment: text,
      notBefore: wait.at,
      person,
      signedInAt: session.signedInAt,
      shownDigest: digest,
      isRunning: before.promotion.status === 'RUNNING',
    });
    log({
      event: 'decision',
      approvalId,
      decision,
      person: person.name,
      outcome: outcome.kind === 'denied' ? outcome.reason : outcome.kind,
    });
    if (outcome.kind === 'decided') return context.redirect(path, 303);
    const after = (await readApprovalPage(dependencies, links, session, approvalId)) ?? before;
    return context.html(
      <ApprovalPage {...after} path={path} denial={outcome} />,
      personalReasons.includes(outcome.reason) ? 403 : 409,
    );
  });
}
