import { aPromotion } from '../tasks/doubles/samples.ts';
import { createScene } from './support/scene.ts';

const textOf = async (answer: Response | Promise<Response>): Promise<string> =>
  (await (await answer).text()).replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');

const freeze = {
  application: 'shop',
  environment: 'prod',
  until: '2026-11-24T18:00',
  reason: 'incident 42',
};

/** A promotion that waits in Prod's queue, while somebody has declared a freeze. */
const heldScene = async (environment: 'qat' | 'prod' = 'prod') => {
  const scene = createScene();
  if (environment === 'prod') await scene.addQcRequest();
  else await scene.ledger.addPromotion(aPromotion());
  const [promotion] = (await scene.ledger.promotions()).items;
  if (promotion === undefined) throw new Error('there is no promotion');
  const { promotionId, executionArn, commitId, startedAt } = promotion;
  const lock = await scene.ledger.lock('shop', environment);
  const waiter = { promotionId, executionArn, commitId, startedAt, pushedAt: startedAt, redrives: 0 };
  await scene.ledger.replaceLock(lock, {
    ...lock,
    waiting: [{ ...waiter, since: startedAt, taskToken: 'token' }],
  });
  const olga = await scene.signIn('olga');
  await scene.post('/calendar/freezes', olga, { ...freeze, environment });
  return { ...scene, olga, promotionId, path: `/promotions/${promotionId}` };
};

describe('the calendar', () => {
  it('shows what holds now and what comes next, and takes a freeze and its end from operators', async () => {
    const scene = createScene();
    await scene.ledger.noteCalendar('shop', {
      freezes: [
        {
          name: 'weekend',
          from: 'Fri 16:00',
          until: 'Mon 07:00',
          timeZone: 'Europe/Berlin',
          environments: ['prod'],
        },
      ],
      windows: [],
    });
    const olga = await scene.signIn('olga');
    const before = await textOf(scene.get('/calendar', olga));
    expect(before).toContain('Frozen until Mon 23 Nov 2026, 07:00 CET: weekend.');
    expect(before).toContain('Fri 27 Nov 2026, 16:00 CET until Mon 30 Nov 2026, 07:00 CET: weekend');
    expect((await scene.post('/calendar/freezes', olga, freeze)).status).toBe(303);
    expect(await textOf(scene.get('/calendar?application=shop', olga))).toContain(
      'Frozen until Tue 24 Nov 2026, 18:00 UTC: weekend; incident 42.',
    );
    const [declared] = await scene.ledger.declaredFreezes('shop');
    expect(declared).toMatchObject({ declaredBy: { name: 'olga' }, environments: ['prod'] });
    // The button was pressed twice; another reason is another freeze.
    scene.advance(1000);
    expect((await scene.post('/calendar/freezes', olga, freeze)).status).toBe(303);
    expect(await scene.ledger.declaredFreezes('shop')).toHaveLength(1);
    const end = `/calendar/shop/freezes/${declared?.freezeId}/end`;
    expect((await scene.post(end, olga, { reason: '' })).status).toBe(409);
    expect((await scene.post(end, olga, { reason: 'over' })).status).toBe(303);
    expect(await scene.ledger.declaredFreezes('shop')).toMatchObject([
      { ended: { by: { name: 'olga' }, reason: 'over' } },
    ]);
    expect(await textOf(scene.get('/calendar', olga))).toContain('incident 42 · Prod');
    // One that has ended does not stand for a new one.
    for (const reason of ['incident 42', 'incident 43']) {
      scene.advance(1000);
      expect((await scene.post('/calendar/freezes', olga, { ...freeze, reason })).status).toBe(303);
    }
    expect(await scene.ledger.declaredFreezes('shop')).toHaveLength(3);
  });

  it('shows everybody, but denies others than operators, and says what is wrong', async () => {
    const scene = createScene();
    const [quinn, olga] = [await scene.signIn('quinn'), await scene.signIn('olga')];
    expect(await textOf(scene.get('/calendar', quinn))).toContain('Only operators declare and end freezes.');
    expect((await scene.post('/calendar/freezes', quinn, freeze)).status).toBe(403);
    const late = await scene.post('/calendar/freezes', olga, { ...freeze, until: '2026-11-20T18:00' });
    expect([late.status, await textOf(late)]).toEqual([
      409,
      expect.stringContaining('is over. Give a later'),
    ]);
    expect((await scene.post('/calendar/freezes', olga, { ...freeze, application: 'x' })).status).toBe(409);
    expect((await scene.post('/calendar/freezes', olga, { ...freeze, environment: 'x' })).status).toBe(409);
    expect((await scene.get('/calendar?application=x', olga)).status).toBe(404);
    expect(await scene.ledger.declaredFreezes('shop')).toEqual([]);
  });
});

describe('a promotion that the calendar holds', () => {
  it('says so on its page, on the live page and in the list', async () => {
    const { get, olga, path } = await heldScene();
    const frozen = 'Frozen until Tue 24 Nov 2026, 18:00 UTC: incident 42';
    expect(await textOf(get(path, olga))).toContain(frozen);
    expect(await textOf(get('/live', olga))).toContain(frozen);
    expect(await textOf(get('/promotions', olga))).toContain('frozen until Tue 24 Nov 2026, 18:00 UTC');
  });

  it('goes on when an operator asks and somebody else confirms', async () => {
    const { get, post, signIn, olga, path, ledger, promotionId, mails } = await heldScene();
    expect((await post(`${path}/override`, olga, { reason: '' })).status).toBe(409);
    expect((await post(`${path}/override`, olga, { reason: 'hotfix' })).status).toBe(303);
    expect(mails.map(({ role, message }) => [role, message.includes(`/promotions/${promotionId}`)])).toEqual([
      ['qc', true],
      ['pmo', true],
    ]);
    // Not by the operator, nor by somebody without a role, nor twice.
    const [dana, quinn] = [await signIn('dana'), await signIn('quinn')];
    for (const person of [olga, dana]) {
      const answer = await post(`${path}/override/decision`, person, { decision: 'confirm', attempt: '1' });
      expect(answer.status).toBe(403);
    }
    expect(await textOf(get(path, quinn))).toContain('Confirm as QC');
    expect(await textOf(get(path, olga))).not.toContain('Confirm as QC');
    const confirm = () => post(`${path}/override/decision`, quinn, { decision: 'confirm', attempt: '1' });
    expect((await confirm()).status).toBe(303);
    expect((await confirm()).status).toBe(409);
    expect(await ledger.overrides(promotionId)).toMatchObject([
      {
        environment: 'prod',
        reason: 'hotfix',
        holds: [{ name: 'incident 42' }],
        askedBy: { name: 'olga' },
        decision: { decision: 'confirm', role: 'qc', person: { name: 'quinn' } },
      },
    ]);
    expect(mails.at(-1)).toMatchObject({ role: 'operator' });
    const after = await textOf(get(path, quinn));
    expect(after).toContain('Confirmed by quinn (QC)');
    expect(after).not.toContain('Frozen until');
  });

  it('offers no way on before anybody was asked who made the change, and says why', async () => {
    const { get, post, olga, path, ledger, promotionId } = await heldScene('qat');
    const page = await (await get(path, olga)).text();
    expect(page).toContain('QAT is frozen');
    expect(page).toContain('we cannot tell who made the change');
    expect(page).not.toContain('Ask to go on during the freeze');
    for (const answer of [
      await get(`${path}/override`, olga),
      await post(`${path}/override`, olga, { reason: 'hotfix' }),
    ]) {
      const text = await answer.text();
      expect(text).toContain('we cannot tell who made the change');
      expect(text).not.toContain('name="reason"');
    }
    expect(await ledger.overrides(promotionId)).toEqual([]);
  });

  it('stays held when an approver declines, and only operators ask', async () => {
    const { get, post, signIn, olga, path } = await heldScene();
    const quinn = await signIn('quinn');
    expect((await post(`${path}/override`, quinn, { reason: 'x' })).status).toBe(403);
    await post(`${path}/override`, olga, { reason: 'hotfix' });
    await post(`${path}/override/decision`, quinn, { decision: 'decline', attempt: '1' });
    const again = await post(`${path}/override/decision`, quinn, { decision: 'confirm', attempt: '1' });
    expect([again.status, await textOf(again)]).toEqual([
      409,
      expect.stringContaining('Nothing was decided'),
    ]);
    const after = await textOf(get(path, olga));
    expect(after).toContain('Declined by quinn (QC)');
    expect(after).toContain('Frozen until Tue 24 Nov 2026');
    expect(after).toContain('Ask to go on during the freeze');
  });
});

describe('"deploy not before"', () => {
  it('is recorded with the approval and shown, in UTC', async () => {
    const scene = createScene();
    await scene.addQcRequest();
    const quinn = await scene.signIn('quinn');
    const decide = (notBefore: string) =>
      scene.post('/approvals/qc-request-1/decision', quinn, { decision: 'approve', notBefore });
    for (const wrong of ['2026-11-22T10:00', '2027-11-22T10:00', 'tomorrow'])
      expect((await decide(wrong)).status).toBe(400);
    expect((await decide('2026-11-25T06:00')).status).toBe(303);
    expect((await scene.ledger.approvalById('qc-request-1'))?.decisions).toMatchObject([
      { notBefore: '2026-11-25T06:00:00.000Z' },
    ]);
    expect(await textOf(scene.get('/approvals/qc-request-1', quinn))).toContain(
      'deploy not before 25 Nov 2026, 06:00 UTC',
    );
    expect(scene.mails[0]?.message).toContain('deploy not before 25 Nov 2026, 06:00 UTC');
  });
});
