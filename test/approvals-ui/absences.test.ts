import { createScene } from './support/scene.ts';

const absent = { role: 'qc', substitute: 'olga', first: '2026-11-22', last: '2026-11-24', reason: 'Holiday' };

const textOf = async (answer: Response | Promise<Response>): Promise<string> =>
  (await (await answer).text()).replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');

describe('absences', () => {
  it('let the substitute decide, and not the absent person, until they are ended', async () => {
    const scene = createScene();
    await scene.addQcRequest();
    const [quinn, olga] = [await scene.signIn('quinn'), await scene.signIn('olga')];
    expect((await scene.post('/absences', quinn, absent)).status).toBe(303);
    expect(await scene.ledger.absences()).toMatchObject([
      {
        role: 'qc',
        absent: { name: 'quinn' },
        substitute: { subject: 'sub-of-olga', name: 'olga', verifiedEmail: 'olga@example.com' },
        from: '2026-11-22T10:30:00.000Z',
        until: '2026-11-25T00:00:00.000Z',
        setAt: '2026-11-22T10:30:00.000Z',
      },
    ]);
    expect(await textOf(scene.get('/absences', olga))).toContain('olga for quinn');
    expect(await textOf(scene.get('/approvals', olga))).toContain('Show the cart');
    expect(await textOf(scene.get('/approvals', quinn))).toContain('You are absent as QC until');

    const denied = await scene.post('/approvals/qc-request-1/decision', quinn, { decision: 'approve' });
    expect([denied.status, await denied.text()]).toEqual([
      403,
      expect.stringContaining('data-reason="Absent"'),
    ]);
    expect(await textOf(scene.get('/approvals/qc-request-1', olga))).toContain(
      'You decide for quinn , who is absent until 25 Nov 2026, 00:00 UTC',
    );
    expect((await scene.post('/approvals/qc-request-1/decision', olga, { decision: 'approve' })).status).toBe(
      303,
    );
    const words = 'olga for quinn (absent until 25 Nov 2026, 00:00 UTC)';
    expect(scene.told).toMatchObject([{ output: { decision: 'approve', decidedBy: words } }]);
    expect(await textOf(scene.get('/approvals/qc-request-1', quinn))).toContain(words);
    expect(scene.mails[0]?.message).toContain(words);

    const [set] = await scene.ledger.absences();
    expect((await scene.post(`/absences/${set?.absenceId}/end`, olga)).status).toBe(409);
    expect((await scene.post(`/absences/${set?.absenceId}/end`, quinn)).status).toBe(303);
    expect(await scene.ledger.absences()).toMatchObject([{ endedAt: '2026-11-22T10:30:00.000Z' }]);
    expect(await textOf(scene.get('/absences', quinn))).toContain('Nobody is absent');
    expect(await textOf(scene.post(`/absences/${set?.absenceId}/end`, quinn))).toContain('has ended already');
  });

  it('hold only while the absent person is in the group', async () => {
    const scene = createScene();
    await scene.addQcRequest();
    await scene.post('/absences', await scene.signIn('quinn'), absent);
    scene.dismiss('quinn');
    const olga = await scene.signIn('olga');
    expect(await textOf(scene.get('/approvals', olga))).toContain('You are not an approver');
    const answer = await scene.post('/approvals/qc-request-1/decision', olga, { decision: 'approve' });
    expect([answer.status, await answer.text()]).toEqual([
      403,
      expect.stringContaining('quinn, who handed QC to olga, is no longer in the group qc.'),
    ]);
  });

  it.each<[string, string, Partial<typeof absent>, string]>([
    ['somebody unknown', 'quinn', { substitute: 'nobody' }, 'nobody with the user name'],
    ['another role', 'quinn', { role: 'pmo' }, 'not in the group pmo'],
    ['no role', 'quinn', { role: 'operator' }, 'Choose the role'],
    ['no day', 'quinn', { first: 'tomorrow' }, 'Give the first and the last day'],
    ['a day that does not exist', 'quinn', { last: '2026-11-31' }, 'Give the first and the last day'],
    ['no member', 'dana', {}, 'not in the group qc'],
    ['too long', 'quinn', { last: '2027-04-01' }, 'longer than 90 days'],
  ])('are not set for %s, and the page keeps what was typed', async (_, name, change, message) => {
    const scene = createScene();
    const answer = await scene.post('/absences', await scene.signIn(name), { ...absent, ...change });
    const html = await answer.text();
    expect([answer.status, html]).toEqual([
      message.startsWith('not in the group') ? 403 : 409,
      expect.stringContaining(message),
    ]);
    if (name === 'quinn') expect(html).toContain('value="Holiday"');
    expect(await scene.ledger.absences()).toEqual([]);
  });

  it('need a fresh sign-in and membership of now', async () => {
    const scene = createScene();
    const quinn = await scene.signIn('quinn');
    scene.advance(16 * 60_000);
    expect(await textOf(scene.post('/absences', quinn, absent))).toContain('within the last 15 minutes');
    const again = await scene.signIn('quinn');
    expect((await scene.post('/absences', again, absent)).status).toBe(303);
    const [set] = await scene.ledger.absences();
    expect(await textOf(scene.post(`/absences/${set?.absenceId}/end`, quinn))).toContain('last 15 minutes');
    scene.dismiss('sam');
    expect(await textOf(scene.post('/absences', await scene.signIn('sam'), absent))).toContain(
      'not in the group qc',
    );
  });

  it('are shown to everybody, and handed over by members alone', async () => {
    const scene = createScene();
    const html = await (await scene.get('/absences', await scene.signIn('dana'))).text();
    expect(html).not.toContain('action="/absences"');
    expect(await (await scene.get('/absences', await scene.signIn('quinn'))).text()).toContain(
      'action="/absences"',
    );
  });
});
