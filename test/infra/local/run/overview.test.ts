import { createOverview, type OverviewContent } from '../../../../infra/local/run/overview/overview.tsx';

const content: OverviewContent = {
  places: [{ name: 'Approvals', what: 'decisions', href: 'http://127.0.0.1:4567' }],
  commands: [{ what: 'Promote:', command: 'git push' }],
  people: [{ name: 'quinn', roles: 'decides as QC' }],
  events: [
    {
      type: 'Decision Made',
      detail: {
        version: '1',
        id: 'evt_00000000000000000000000000000001',
        application: 'orders',
        promotionId: 'p1',
        sequence: 7,
        kind: 'decision',
        at: '2026-11-29T10:10:00.000Z',
        actor: { type: 'person', name: 'quinn' },
        commit: { id: '8f0c1d2e3a4b', branch: 'main', title: 'Show <i>carts</i> \u202e' },
        url: 'http://127.0.0.1:4567/promotions/p1',
        data: { decision: 'approve', comment: '<script>alert(2)</script>' },
      },
    },
  ],
  mails: [
    {
      id: '1',
      to: 'qc@example.com',
      subject: 'QC approval: <b>orders</b>',
      message: 'Look at <script>alert(1)</script>\nhttp://127.0.0.1:4567/approvals/abc\nthen decide.',
      at: Date.UTC(2026, 0, 1),
    },
  ],
};
const get = (path: string, host = '127.0.0.1:4569') =>
  createOverview(() => content).request(`http://${host}${path}`);

describe('overview', () => {
  it('shows places, people, commands and mails, whose links to this machine can be clicked', async () => {
    const page = await (await get('/')).text();
    expect(page).toContain('href="http://127.0.0.1:4567"');
    expect(page).toContain('<a href="http://127.0.0.1:4567/approvals/abc">');
    expect(page).toContain('quinn');
    expect(page).toContain('git push');
  });

  it('shows what mails say as text', async () => {
    const page = await (await get('/')).text();
    expect(page).toContain('&lt;script&gt;');
    expect(page).not.toContain('<script>');
    expect(page).toContain('QC approval: &lt;b&gt;orders');
  });

  it('shows events of promotions, newest first, each with what it holds and a link to the promotion', async () => {
    const page = await (await get('/')).text();
    expect(page).toContain('Decision Made');
    expect(page).toContain(
      '<a href="http://127.0.0.1:4567/promotions/p1">Show &lt;i&gt;carts&lt;/i&gt; \\u202e</a>',
    );
    expect(page).toContain('29 Nov 2026, 10:10 UTC');
    expect(page).toContain('evt_00000000000000000000000000000001');
    const empty = await createOverview(() => ({ ...content, events: [] })).request('http://127.0.0.1:4569/');
    expect(await empty.text()).toContain('No event yet.');
  });

  it('answers for this machine only, and allows nothing but its own style', async () => {
    expect((await get('/', 'evil.example')).status).toBe(421);
    expect((await get('/')).headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; frame-ancestors 'none'",
    );
    expect((await get('/style.css')).headers.get('content-type')).toContain('text/css');
  });
});
