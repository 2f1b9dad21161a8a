import { markBad } from '../../tasks/marks/mark-bad.ts';
import { aJob, aMarking, aPromotion, aRelease, COMMIT } from '../tasks/doubles/samples.ts';
import { createScene } from './support/scene.ts';

const { promotionId } = aPromotion();
const PATH = `/promotions/${promotionId}`;
const commit = { application: 'shop', commitId: COMMIT };
const QUINN = { type: 'person', name: 'quinn', subject: 'sub-of-quinn' };

describe('a commit', () => {
  it.each([
    ['olga', true],
    ['quinn', true],
    ['parker', true],
    ['dana', false],
  ])('%s may mark it bad: %s', async (name, may) => {
    const scene = createScene();
    await scene.addQcRequest();
    const cookie = await scene.signIn(name);
    expect((await (await scene.get(PATH, cookie)).text()).includes(`href="${PATH}/mark-bad"`)).toBe(may);
    const page = await scene.get(`${PATH}/mark-bad`, cookie);
    expect([page.status, (await page.text()).includes('name="reason"')]).toEqual([may ? 200 : 403, may]);
    const answer = await scene.post(`${PATH}/mark-bad`, cookie, { reason: ' it\r\nloses  orders ' });
    expect(answer.status).toBe(may ? 303 : 403);
    expect((await scene.ledger.mark('shop', COMMIT))?.markings ?? []).toMatchObject(
      may ? [{ by: { type: 'person', name }, reason: 'it loses orders' }] : [],
    );
  });

  it.each(['mark-bad', 'unmark-bad'])(
    'is changed by nobody who signed in too long ago, or without a reason: %s',
    async (action) => {
      const scene = createScene();
      await scene.addQcRequest();
      if (action === 'unmark-bad') await markBad(scene.ledger, commit, aMarking());
      const before = await scene.ledger.mark('shop', COMMIT);
      const cookie = await scene.signIn('quinn');
      for (const reason of ['', ' ', 'x'.repeat(501)]) {
        const answer = await scene.post(`${PATH}/${action}`, cookie, { reason });
        expect([answer.status, await answer.text()]).toEqual([
          400,
          expect.stringContaining('Give a reason of 1 to 500 characters.'),
        ]);
      }
      scene.advance(16 * 60_000);
      const answer = await scene.post(`${PATH}/${action}`, cookie, { reason: 'x' });
      expect([answer.status, await answer.text()]).toEqual([
        403,
        expect.stringContaining('data-reason="SignInTooOld"'),
      ]);
      expect(await (await scene.get(PATH, cookie)).text()).toContain('Sign in again to ');
      expect(await scene.ledger.mark('shop', COMMIT)).toEqual(before);
    },
  );

  it('that is bad says who marked it, when, why and where it runs', async () => {
    const scene = createScene();
    await scene.ledger.addPromotion(aRelease({ promotionId, commitId: COMMIT }));
    await scene.ledger.addJob(aJob({ promotionId }));
    const cookie = await scene.signIn('olga');
    await markBad(scene.ledger, commit, aMarking());
    expect(await (await scene.get(PATH, cookie)).text()).toContain('Neither QAT nor Prod of shop runs it.');
    await scene.ledger.noteLive({ application: 'shop', promotionId, since: '2026-11-22T10:00:00.000Z' });
    const html = await (await scene.get(PATH, cookie)).text();
    for (const text of [
      'This commit is marked bad',
      'it loses orders',
      '22 Nov 2026, 11:00',
      'Prod of shop runs it.',
      'href="/releases/shop"',
    ])
      expect(html).toContain(text);
    for (const link of ['/mark-bad"', '/go-back"']) expect(html).not.toContain(link);
    for (const path of ['/live', '/releases/shop'])
      expect(await (await scene.get(path, cookie)).text()).toMatch(/<\/svg>Bad<\/span>/);
  });

  it('is unmarked by somebody else than who marked it; the page says so to everybody', async () => {
    const scene = createScene();
    await scene.addQcRequest();
    await markBad(scene.ledger, commit, aMarking());
    const olga = await scene.signIn('olga');
    const quinn = await scene.signIn('quinn');
    const own = await (await scene.get(PATH, olga)).text();
    expect(own).toContain('olga marked this commit bad. Another operator or approver must unmark it.');
    expect(own).not.toContain(`href="${PATH}/unmark-bad"`);
    const page = await scene.get(`${PATH}/unmark-bad`, olga);
    expect(await page.text()).not.toContain('name="reason"');
    expect((await scene.post(`${PATH}/unmark-bad`, olga, { reason: 'it is not' })).status).toBe(409);
    expect(await (await scene.get(PATH, await scene.signIn('dana'))).text()).toContain(
      'Another operator or approver can unmark it.',
    );

    expect(await (await scene.get(PATH, quinn)).text()).toContain(`href="${PATH}/unmark-bad"`);
    expect((await scene.get(`${PATH}/unmark-bad`, quinn)).status).toBe(200);
    expect((await scene.post(`${PATH}/unmark-bad`, quinn, { reason: 'it was the disk' })).status).toBe(303);
    expect(await scene.ledger.mark('shop', COMMIT)).toMatchObject({
      markings: [{ reason: 'it loses orders', unmarked: { by: QUINN, reason: 'it was the disk' } }],
      isUnrecorded: true,
    });
    const html = await (await scene.get(PATH, olga)).text();
    for (const text of ['no longer marked bad', 'it was the disk', `href="${PATH}/mark-bad"`])
      expect(html).toContain(text);
    expect(scene.log.filter(({ event }) => event === 'unmark-bad')).toMatchObject([
      { person: 'olga', outcome: 'SamePerson' },
      { person: 'quinn', outcome: 'ok' },
    ]);
  });

  it('is neither redriven nor gone back to while it is bad', async () => {
    const scene = createScene();
    await scene.addPromotion({ status: 'FAILED' }, (history) =>
      history
        .enter('Build QAT image')
        .schedule()
        .taskFailed('ImageBuildFailed', 'x')
        .executionFailed('ImageBuildFailed'),
    );
    await markBad(scene.ledger, commit, aMarking());
    const cookie = await scene.signIn('olga');
    const answer = await scene.post(`${PATH}/redrive`, cookie, {});
    expect([answer.status, scene.redriven]).toEqual([409, []]);
    expect(await answer.text()).toContain('A redrive would end as Recalled.');
    await scene.ledger.addPromotion(aRelease({ commitId: COMMIT }));
    const page = await (await scene.get(`/promotions/${aRelease().promotionId}/go-back`, cookie)).text();
    expect(page).toContain('Choose another release, or have somebody else unmark it.');
    expect(page).not.toContain('name="reason"');
  });
});
