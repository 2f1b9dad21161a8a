import { stateNames } from '../../workflows/state-names.ts';
import { anApproval } from '../tasks/doubles/samples.ts';
import { createScene } from './support/scene.ts';

const WEEK = 7 * 24 * 60 * 60_000;

/** A promotion that QC approved and that waits for PMO. */
const pmoScene = async (qcApprover: string) => {
  const scene = createScene();
  await scene.addQcRequest();
  const qc = await scene.post('/approvals/qc-request-1/decision', await scene.signIn(qcApprover), {
    decision: 'approve',
  });
  expect(qc.status).toBe(303);
  const pmo = anApproval({
    approvalId: 'pmo-request-1',
    role: 'pmo',
    state: stateNames.pmoApproval,
    taskToken: 'pmo-token-1',
  });
  await scene.ledger.addApproval(pmo);
  return { ...scene, pmo };
};

describe('a request that two people must approve', () => {
  it('says what it needs, counts one, leaves the list of that person, and ends with the other', async () => {
    const scene = createScene();
    await scene.addQcRequest({ count: 2 });
    const [quinn, sam] = [await scene.signIn('quinn'), await scene.signIn('sam')];
    const page = async (cookie: string) => {
      const html = await (await scene.get('/approvals/qc-request-1', cookie)).text();
      return html.replace(/<[^>]+>/g, '').replace(/\s+/g, ' ');
    };
    expect(await page(quinn)).toContain('2 different members of QC must approve. 0 of 2 approved.');
    const first = await scene.post('/approvals/qc-request-1/decision', quinn, { decision: 'approve' });
    expect([first.status, scene.told]).toEqual([303, []]);
    expect(await page(quinn)).toContain('You have approved as QC');
    expect(await page(quinn)).not.toContain('Your decision as QC');
    expect(await page(sam)).toContain('1 of 2 approved: quinn. One more person must approve.');
    expect(await (await scene.get('/approvals', quinn)).text()).toContain('Nothing waits for you');
    expect(await (await scene.get('/approvals', sam)).text()).toContain('1 of 2 approved');
    const again = await scene.post('/approvals/qc-request-1/decision', quinn, { decision: 'reject' });
    expect([again.status, await again.text()]).toEqual([403, expect.stringContaining('ApproversMustDiffer')]);
    await scene.post('/approvals/qc-request-1/decision', sam, { decision: 'approve' });
    expect(scene.told).toMatchObject([{ output: { decision: 'approve', decidedBy: 'quinn and sam' } }]);
    expect(await page(sam)).toMatch(/By quinn, .*By sam \(you\), /);
  });
});

describe('a request that nobody of the role may decide', () => {
  it('says so on its page and on the promotion’s, to everybody, and no longer once it is over', async () => {
    const scene = createScene();
    const why = 'quinn pushed this change. Another member of QC must decide.';
    await scene.addQcRequest({ shortage: { needed: 1, able: [], unable: [{ name: 'quinn', why }] } });
    const cookie = await scene.signIn('quinn');
    const asked = await scene.ledger.latestApproval(anApproval().promotionId, 'qc');
    if (asked === undefined) throw new Error('nobody was asked');
    const paths = ['/approvals/qc-request-1', `/promotions/${asked.promotionId}`];
    const pages = () => Promise.all(paths.map(async (path) => (await scene.get(path, cookie)).text()));
    for (const html of await pages()) {
      expect(html).toContain('Nobody in QC may decide about this change.');
      expect(html).toContain(why);
    }
    await scene.ledger.replaceApproval(asked, { ...asked, status: 'EXPIRED' });
    for (const html of await pages()) expect(html).not.toContain('Nobody in QC may decide');
  });
});

describe('my approvals', () => {
  it('show what waits for my roles, with a link', async () => {
    const scene = createScene();
    await scene.addQcRequest();
    const html = await (await scene.get('/approvals', await scene.signIn('quinn'))).text();
    expect(html).toContain('href="/approvals/qc-request-1"');
    expect(html).toContain('Show the cart');
  });

  it.each([
    ['parker', 'Nothing waits for you'],
    ['dana', 'You are not an approver'],
    ['olga', 'You are not an approver'],
  ])('show %s: %s', async (name, text) => {
    const scene = createScene();
    await scene.addQcRequest();
    const html = await (await scene.get('/approvals', await scene.signIn(name))).text();
    expect(html).toContain(text);
    expect(html).not.toContain('/approvals/qc-request-1');
  });

  it('say which approvers of my roles get no mail (T59)', async () => {
    const scene = createScene();
    const of = (address: string, roles: ('qc' | 'pmo' | 'operator')[], topic: 'promotions' | 'alarms') => ({
      address,
      topic,
      roles,
      state: 'missing' as const,
      since: '2026-11-22T10:00:00.000Z',
    });
    await scene.ledger.replaceMissingSubscriptions(undefined, {
      application: 'shop',
      people: [
        of('qc@example.com', ['qc'], 'promotions'),
        of('pmo@example.com', ['pmo', 'operator'], 'promotions'),
        of('olga@example.com', ['operator'], 'alarms'),
      ],
    });
    const shown = async (name: string) =>
      [
        ...(await (await scene.get('/', await scene.signIn(name))).text()).matchAll(
          /<bdi>([\w@.]+)<\/bdi> \(shop\)/g,
        ),
      ].map(([, address]) => address);
    expect(await shown('quinn')).toEqual(['qc@example.com']);
    expect(await shown('parker')).toEqual(['pmo@example.com']);
    expect(await shown('olga')).toEqual([]);
  });

  it('leave out what has expired, and what belongs to a promotion that has ended', async () => {
    const scene = createScene();
    await scene.addQcRequest();
    const cookie = await scene.signIn('quinn');
    await scene.ledger.updatePromotion(anApproval().promotionId, { status: 'ABORTED' });
    expect(await (await scene.get('/approvals', cookie)).text()).toContain('Nothing waits for you');
    await scene.ledger.updatePromotion(anApproval().promotionId, { status: 'RUNNING' });
    scene.advance(WEEK);
    expect(await (await scene.get('/approvals', await scene.signIn('quinn'))).text()).toContain(
      'Nothing waits for you',
    );
  });

  it('are paged, 20 at a time, oldest first', async () => {
    const scene = createScene();
    for (let number = 1; number <= 45; number++) {
      const promotionId = `shop-${number}`;
      await scene.addQcRequest(
        {
          approvalId: `qc-${number}`,
          promotionId,
          requestedAt: new Date(Date.parse('2026-11-22T10:00:00.000Z') + number * 1000).toISOString(),
        },
        { promotionId },
      );
    }
    const cookie = await scene.signIn('quinn');
    const links = async (page: string) =>
      [
        ...(await (await scene.get(`/?page=${page}`, cookie)).text()).matchAll(
          /href="\/approvals\/(qc-\d+)"/g,
        ),
      ].map(([, id]) => id);
    expect((await links('1'))[0]).toBe('qc-1');
    expect(await links('1')).toHaveLength(20);
    expect(await links('3')).toEqual(['qc-41', 'qc-42', 'qc-43', 'qc-44', 'qc-45']);
    expect(await links('99')).toHaveLength(5);
    expect(await links('-1')).toHaveLength(20);
    expect(await links('x')).toHaveLength(20);
  });
});

describe('a decision', () => {
  it.each([
    ['approve', 'APPROVED', 'Approved as QC'],
    ['reject', 'REJECTED', 'Rejected as QC'],
  ])('to %s is recorded, told to the state, and shown', async (decision, status, title) => {
    const scene = createScene();
    await scene.addQcRequest();
    const cookie = await scene.signIn('quinn');
    const answer = await scene.post('/approvals/qc-request-1/decision', cookie, {
      decision,
      comment: 'Tested\r\non QAT ',
    });
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe('/approvals/qc-request-1');
    expect(await scene.ledger.approvalById('qc-request-1')).toMatchObject({
      status,
      decisions: [
        {
          decision,
          comment: 'Tested\non QAT',
          person: { subject: 'sub-of-quinn', name: 'quinn', verifiedEmail: 'quinn@example.com' },
        },
      ],
    });
    expect(scene.told).toEqual([
      { token: 'qc-token-1', output: expect.objectContaining({ decision, decidedBy: 'quinn' }) },
    ]);
    const html = await (await scene.get('/approvals/qc-request-1', cookie)).text();
    expect(html).toContain(title);
    expect(html).not.toContain('<form method="post" action="/approvals');
  });

  it('by somebody of another role is denied and recorded', async () => {
    const scene = createScene();
    const approval = await scene.addQcRequest();
    const answer = await scene.post('/approvals/qc-request-1/decision', await scene.signIn('olga'), {
      decision: 'approve',
    });
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('data-reason="NotInRole"');
    expect(await scene.ledger.approvalById('qc-request-1')).toEqual(approval);
    expect(await scene.ledger.denials(approval.promotionId)).toEqual([
      expect.objectContaining({ reason: 'NotInRole', person: expect.objectContaining({ name: 'olga' }) }),
    ]);
  });

  it('of PMO by the approver of QC is denied with its reason', async () => {
    const scene = await pmoScene('sam');
    const cookie = await scene.signIn('sam');
    expect(await (await scene.get('/approvals/pmo-request-1', cookie)).text()).toContain(
      'Somebody else must decide here',
    );
    const answer = await scene.post('/approvals/pmo-request-1/decision', cookie, { decision: 'approve' });
    expect(answer.status).toBe(403);
    const html = await answer.text();
    expect(html).toContain('data-reason="ApproversMustDiffer"');
    expect(html).toContain('sam approved as QC. Another member of PMO must decide.');
    expect(await scene.ledger.approvalById('pmo-request-1')).toEqual(scene.pmo);
    expect(scene.told).toHaveLength(1);
  });

  it('of PMO by another person counts', async () => {
    const scene = await pmoScene('sam');
    const answer = await scene.post('/approvals/pmo-request-1/decision', await scene.signIn('parker'), {
      decision: 'approve',
    });
    expect(answer.status).toBe(303);
    expect(scene.told.map(({ token }) => token)).toEqual(['qc-token-1', 'pmo-token-1']);
  });

  it('of two at once counts once, and the other is told who decided', async () => {
    const scene = createScene();
    await scene.addQcRequest();
    const [quinn, sam] = [await scene.signIn('quinn'), await scene.signIn('sam')];
    const answers = await Promise.all([
      scene.post('/approvals/qc-request-1/decision', quinn, { decision: 'approve' }),
      scene.post('/approvals/qc-request-1/decision', sam, { decision: 'reject' }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 409]);
    const loser = answers.find(({ status }) => status === 409);
    expect(await loser?.text()).toContain('data-reason="AlreadyDecided"');
    expect(scene.told).toHaveLength(1);
  });

  it('after the request expired is denied', async () => {
    const scene = createScene();
    await scene.addQcRequest();
    scene.advance(WEEK);
    const answer = await scene.post('/approvals/qc-request-1/decision', await scene.signIn('quinn'), {
      decision: 'approve',
    });
    expect(answer.status).toBe(409);
    expect(await answer.text()).toContain('data-reason="Expired"');
    expect(scene.told).toEqual([]);
  });

  it('that the state no longer waits for is denied', async () => {
    const scene = createScene();
    await scene.addQcRequest();
    scene.loseTask();
    const answer = await scene.post('/approvals/qc-request-1/decision', await scene.signIn('quinn'), {
      decision: 'approve',
    });
    expect(answer.status).toBe(409);
    expect(await answer.text()).toContain('data-reason="NoLongerOpen"');
  });

  it.each<[string, Record<string, string>]>([
    ['nothing', {}],
    ['an unknown decision', { decision: 'maybe' }],
    ['another spelling', { decision: 'APPROVE' }],
    ['a comment of 1001 characters', { decision: 'approve', comment: 'x'.repeat(1001) }],
  ])('with %s is not accepted and changes nothing', async (_case, form) => {
    const scene = createScene();
    const approval = await scene.addQcRequest();
    const answer = await scene.post('/approvals/qc-request-1/decision', await scene.signIn('quinn'), form);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('data-reason="BadForm"');
    expect(await scene.ledger.approvalById('qc-request-1')).toEqual(approval);
  });
});
