import { createScene, SITE } from './support/scene.ts';

const SECURE = 'https://approvals.example.com';
const cookies = (response: Response) => response.headers.getSetCookie();

describe('without a session', () => {
  it.each(['/', '/promotions', '/approvals/abc', '/promotions/abc?part=refresh', '/nothing'])(
    'GET %s leads to sign-in and back',
    async (path) => {
      const { site } = createScene();
      const answer = await site.request(path);
      expect(answer.status).toBe(303);
      expect(answer.headers.get('location')).toBe(
        `${SITE}/sign-in?return=${encodeURIComponent(path.replace('?part=refresh', ''))}`,
      );
    },
  );

  it.each(['/approvals/abc/decision', '/promotions/abc/redrive'])('POST %s is not accepted', async (path) => {
    const scene = createScene();
    const answer = await scene.post(path, '', { decision: 'approve' });
    expect(answer.status).toBe(401);
    expect(await answer.text()).toContain('data-reason="SignedOut"');
  });

  it.each(['', 'lockstep=', 'lockstep=forged', 'lockstep=a.b.c.d.e', 'lockstep-sign-in=x'])(
    'counts the cookie %p as none',
    async (cookie) => {
      const { get } = createScene();
      expect((await get('/', cookie)).status).toBe(303);
    },
  );
});

describe('signing in', () => {
  it('asks the provider, and keeps the transaction from scripts and other sites', async () => {
    const { site } = createScene({ siteUrl: SECURE });
    const answer = await site.request('/sign-in?return=/approvals/abc');
    expect(answer.headers.get('location')).toContain('provider.example/authorize');
    expect(answer.headers.get('location')).toContain(encodeURIComponent(`${SECURE}/signed-in`));
    const [cookie = ''] = cookies(answer);
    expect(cookie).toMatch(/^__Host-lockstep-sign-in=/);
    for (const attribute of ['HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/', 'Max-Age=600'])
      expect(cookie).toContain(attribute);
    expect(cookie).not.toContain('Domain');
    expect(cookie).not.toContain('verifier-1');
  });

  it('gives a session of 8 hours and returns to where one came from', async () => {
    const { site } = createScene({ siteUrl: SECURE });
    const [transaction = ''] = cookies(await site.request('/sign-in?return=/approvals/abc'));
    const answer = await site.request('/signed-in?code=quinn&state=state-1', {
      headers: { cookie: transaction.split(';')[0] ?? '' },
    });
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe('/approvals/abc');
    const session = cookies(answer).find((cookie) => cookie.startsWith('__Host-lockstep=')) ?? '';
    for (const attribute of ['HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/', 'Max-Age=28800'])
      expect(session).toContain(attribute);
    expect(cookies(answer)).toContainEqual(expect.stringMatching(/^__Host-lockstep-sign-in=;.*Max-Age=0/));
  });

  it('uses plain cookie names on a loopback address, where browsers do not take the others', async () => {
    const scene = createScene();
    expect(await scene.signIn('quinn')).toMatch(/^lockstep=/);
    const [cookie = ''] = cookies(await scene.site.request('/sign-in'));
    expect(cookie).not.toContain('Secure');
  });

  it('returns to the start page instead of another site', async () => {
    const { site } = createScene();
    const [transaction = ''] = cookies(await site.request('/sign-in?return=//evil.example'));
    const answer = await site.request('/signed-in?code=quinn&state=state-1', {
      headers: { cookie: transaction.split(';')[0] ?? '' },
    });
    expect(answer.headers.get('location')).toBe('/');
  });

  it('opens under the site’s own name if this machine’s other name was used', async () => {
    const { site } = createScene();
    const answer = await site.request('/sign-in?return=/promotions', { headers: { host: 'localhost:4567' } });
    expect(answer.headers.get('location')).toBe(`${SITE}/sign-in?return=%2Fpromotions`);
    expect(cookies(answer)).toEqual([]);
  });

  it('fails if it was not started here', async () => {
    const { site } = createScene();
    const answer = await site.request('/signed-in?code=quinn&state=state-1');
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('data-reason="SignInExpired"');
  });

  it('fails when it comes back after 10 minutes', async () => {
    const scene = createScene();
    const [transaction = ''] = cookies(await scene.site.request('/sign-in'));
    scene.advance(10 * 60_000 + 1000);
    const answer = await scene.site.request('/signed-in?code=quinn&state=state-1', {
      headers: { cookie: transaction.split(';')[0] ?? '' },
    });
    expect(answer.status).toBe(400);
  });

  it('fails, and gives no session, when the provider’s answer is not trusted', async () => {
    const { site } = createScene();
    const [transaction = ''] = cookies(await site.request('/sign-in'));
    const answer = await site.request('/signed-in?code=quinn&state=another', {
      headers: { cookie: transaction.split(';')[0] ?? '' },
    });
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('data-reason="SignInFailed"');
    expect(cookies(answer).filter((cookie) => cookie.startsWith('lockstep='))).toEqual([]);
  });
});

describe('a session', () => {
  it('ends after 8 hours', async () => {
    const scene = createScene();
    const cookie = await scene.signIn('quinn');
    scene.advance(8 * 60 * 60_000 - 1000);
    expect((await scene.get('/', cookie)).status).toBe(200);
    scene.advance(2000);
    expect((await scene.get('/', cookie)).status).toBe(303);
  });

  it('is no transaction, and a transaction is no session', async () => {
    const scene = createScene();
    const session = (await scene.signIn('quinn')).replace('lockstep=', '');
    const [transaction = ''] = cookies(await scene.site.request('/sign-in'));
    const sealed = transaction.split(';')[0]?.replace('lockstep-sign-in=', '');
    expect((await scene.get('/', `lockstep=${sealed}`)).status).toBe(303);
    const back = await scene.get('/signed-in?code=quinn&state=state-1', `lockstep-sign-in=${session}`);
    expect(back.status).toBe(400);
  });

  it('ends by signing out', async () => {
    const scene = createScene();
    const answer = await scene.post('/sign-out', await scene.signIn('quinn'));
    expect(answer.headers.get('location')).toBe('/signed-out');
    expect(cookies(answer)).toEqual([expect.stringMatching(/^lockstep=;.*Max-Age=0/)]);
  });

  it('names the person and the groups, and leads to signing in as somebody else', async () => {
    const scene = createScene();
    const html = await (await scene.get('/promotions', await scene.signIn('sam'))).text();
    expect(html).toContain('<bdi>sam</bdi>');
    expect(html).toContain('QC');
    expect(html).toContain('/sign-in?return=%2Fpromotions');
  });
});
