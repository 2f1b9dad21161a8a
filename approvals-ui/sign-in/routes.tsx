import type { Env, Hono } from 'hono';
import type { SiteDependencies } from '../dependencies.ts';
import { localPath, type SiteAddress } from '../site-address.ts';
import { signInAddress } from '../views/layout.tsx';
import { SimplePage } from '../views/simple.tsx';
import { personFromClaims, signedInAt } from './claims.ts';
import type { PendingSignIns } from './pending-sign-in.ts';
import type { Session, Sessions } from './sessions.ts';

/** Where the provider sends people back to; registered with its client. */
const SIGNED_IN_PATH = '/signed-in';

/** Adds the routes that need no session: to the provider, back from it, and sign-out. */
export function addSignIn<SiteEnv extends Env>(
  site: Hono<SiteEnv>,
  sessions: Sessions,
  signIns: PendingSignIns,
  address: SiteAddress,
  { identity, personNow, now, log }: Pick<SiteDependencies, 'identity' | 'personNow' | 'now' | 'log'>,
): void {
  site.get('/sign-in', async (context) => {
    const returnTo = localPath(context.req.query('return'), address.origin);
    // Cookies belong to one host name, and the provider returns to this one.
    if (address.isLoopback && context.req.header('host') !== address.host && context.req.header('host')) {
      return context.redirect(`${address.origin}${signInAddress(returnTo)}`, 303);
    }
    const { url, transaction } = await identity.begin(`${address.origin}${SIGNED_IN_PATH}`);
    signIns.write(context, { ...transaction, returnTo });
    return context.redirect(url.href, 303);
  });

  site.get(SIGNED_IN_PATH, async (context) => {
    const pending = signIns.read(context);
    signIns.clear(context);
    const returnTo = localPath(pending?.returnTo, address.origin);
    const failed = (reason: string, message: string, status: 400 | 403) =>
      context.html(
        <SimplePage
          title="You are not signed in"
          kind="bad"
          reason={reason}
          link={{ href: signInAddress(returnTo), text: 'Sign in again' }}
        >
          <p>{message}</p>
        </SimplePage>,
        status,
      );
    if (!pending) {
      return failed(
        'SignInExpired',
        'This sign-in was not started on this site, or it took longer than 10 minutes.',
        400,
      );
    }
    const returned = new URL(new URL(context.req.url).search, `${address.origin}${SIGNED_IN_PATH}`);
    let claimed: Session;
    try {
      const claims = await identity.finish(returned, pending);
      claimed = { person: personFromClaims(claims), signedInAt: signedInAt(claims, now()) };
    } catch (error) {
      const { name, message } = error as Error;
      log({ event: 'sign-in-failed', name, message });
      return failed(
        'SignInFailed',
        "The identity provider's answer could not be verified, so you are not signed in.",
        403,
      );
    }
    const session = { ...claimed, person: await personNow(claimed.person) };
    await sessions.begin(context, session);
    log({ event: 'signed-in', person: session.person.name, subject: session.person.subject });
    return context.redirect(returnTo, 303);
  });

  site.post('/sign-out', async (context) => {
    await sessions.end(context);
    return context.redirect('/signed-out', 303);
  });
  site.get('/sign-out', (context) => context.redirect('/', 303));
  site.get('/signed-out', (context) =>
    context.html(
      <SimplePage title="You are signed out" link={{ href: '/sign-in', text: 'Sign in' }}>
        <p>You can sign in again at any time.</p>
      </SimplePage>,
    ),
  );
}
