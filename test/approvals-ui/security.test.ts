import { comesFromThisSite } from '../../approvals-ui/security.ts';
import { readSiteAddress } from '../../approvals-ui/site-address.ts';
import { createScene, SITE } from './support/scene.ts';

describe('every answer', () => {
  it.each(['/', '/sign-in', '/signed-out', '/assets/site.css', '/healthz', '/nothing-here'])(
    'to GET %s carries the security headers',
    async (path) => {
      const { site } = createScene();
      const { headers } = await site.request(path);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|\*|data:/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('same-origin');
    },
  );

  it('is not stored, but for assets that are asked for by their version', async () => {
    const { site, get, signIn } = createScene();
    const page = await get('/promotions', await signIn('quinn'));
    expect(page.headers.get('cache-control')).toBe('no-store');
    const address = /href="(\/assets\/site\.css\?v=\w+)"/.exec(await page.text())?.[1] ?? '';
    expect((await site.request(address)).headers.get('cache-control')).toContain('immutable');
    expect((await site.request('/assets/site.css')).headers.get('cache-control')).toBe('no-cache');
  });

  it('asks for HTTPS from now on, where the site has it', async () => {
    const secure = createScene({ siteUrl: 'https://approvals.example.com' });
    expect((await secure.site.request('/healthz')).headers.get('strict-transport-security')).toMatch(
      /max-age/,
    );
    const plain = createScene();
    expect((await plain.site.request('/healthz')).headers.has('strict-transport-security')).toBe(false);
  });

  it('holds no inline script, style or handler', async () => {
    const scene = createScene();
    const approval = await scene.addQcRequest();
    const cookie = await scene.signIn('sam');
    for (const path of [
      '/',
      '/promotions',
      `/approvals/${approval.approvalId}`,
      `/promotions/${approval.promotionId}`,
    ]) {
      const html = await (await scene.get(path, cookie)).text();
      expect(html).not.toMatch(/<script(?![^>]* src=)/);
      expect(html).not.toMatch(/<style|\sstyle=|\son\w+=/);
      expect(html.length).toBeLessThan(40_000);
    }
  });
});

describe('a POST', () => {
  const address = readSiteAddress(SITE);
  it.each([
    ['same origin, same site', { origin: SITE, fetchSite: 'same-origin' }, true],
    ['same origin alone', { origin: SITE, fetchSite: undefined }, true],
    ['same-origin fetch alone', { origin: undefined, fetchSite: 'same-origin' }, true],
    ['neither header', { origin: undefined, fetchSite: undefined }, false],
    ['another origin', { origin: 'https://evil.example', fetchSite: undefined }, false],
    ['another port of this machine', { origin: 'http://127.0.0.1:9999', fetchSite: 'same-site' }, false],
    ['an opaque origin', { origin: 'null', fetchSite: 'same-origin' }, false],
    ['another site', { origin: SITE, fetchSite: 'cross-site' }, false],
    ['the address bar', { origin: undefined, fetchSite: 'none' }, false],
  ])('with %s', (_case, headers, expected) => {
    expect(comesFromThisSite(headers, address)).toBe(expected);
  });

  it.each(['/approvals/qc-request-1/decision', '/promotions/p/redrive', '/sign-out'])(
    'to %s from another site changes nothing',
    async (path) => {
      const scene = createScene();
      const approval = await scene.addQcRequest();
      const cookie = await scene.signIn('quinn');
      const answer = await scene.post(
        path,
        cookie,
        { decision: 'approve' },
        {
          origin: 'https://evil.example',
          'sec-fetch-site': 'cross-site',
        },
      );
      expect(answer.status).toBe(403);
      expect(await answer.text()).toContain('data-reason="ForeignOrigin"');
      expect(answer.headers.getSetCookie()).toEqual([]);
      expect(await scene.ledger.approvalById(approval.approvalId)).toMatchObject({ status: 'PENDING' });
      expect(scene.redriven).toEqual([]);
    },
  );

  it('with a form larger than 16 KiB is not read', async () => {
    const scene = createScene();
    const approval = await scene.addQcRequest();
    const cookie = await scene.signIn('quinn');
    const answer = await scene.post(
      `/approvals/${approval.approvalId}/decision`,
      cookie,
      {
        decision: 'approve',
        comment: 'x'.repeat(20_000),
      },
      { 'content-length': '20030' },
    );
    expect(answer.status).toBe(413);
    expect(scene.told).toEqual([]);
  });
});

describe('a GET', () => {
  it.each(['GET', 'HEAD'])('decides, redrives and signs out nothing (%s, T45)', async (method) => {
    const scene = createScene();
    const approval = await scene.addQcRequest();
    const cookie = await scene.signIn('sam');
    const path = `/approvals/${approval.approvalId}`;
    for (const target of [
      path,
      `${path}/decision?decision=approve`,
      `/promotions/${approval.promotionId}/redrive`,
      '/sign-out',
    ]) {
      const answer = await scene.site.request(target, { method, headers: { cookie } });
      expect([200, 303]).toContain(answer.status);
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
    expect(await scene.ledger.approvalById(approval.approvalId)).toEqual(approval);
    expect(scene.told).toEqual([]);
    expect(scene.redriven).toEqual([]);
  });
});

it('fails to start on an address that is neither https nor loopback', () => {
  expect(() => createScene({ siteUrl: 'http://approvals.example.com' })).toThrow(
    expect.objectContaining({ name: 'SiteAddressNotAllowed' }),
  );
});

it('answers a failure with a page that shows nothing of it, and logs it', async () => {
  const scene = createScene({
    overrides: {
      executions: {
        read: async () => {
          throw new Error('AccessDenied: a secret detail');
        },
        redrive: async () => ({ kind: 'redriven' }),
        stop: async () => undefined,
      },
    },
  });
  const approval = await scene.addQcRequest();
  const answer = await scene.get(`/promotions/${approval.promotionId}`, await scene.signIn('quinn'));
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toContain('secret detail');
  expect(scene.log).toContainEqual(
    expect.objectContaining({ event: 'error', message: 'AccessDenied: a secret detail' }),
  );
});
