import { askerFrom } from '../../tasks/approvals/same-person.ts';
import { markBad } from '../../tasks/marks/mark-bad.ts';
import { stateNames } from '../../workflows/state-names.ts';
import {
  aJob,
  aMarking,
  anAbsence,
  anApproval,
  aPerson,
  aRelease,
  aWaiter,
} from '../tasks/doubles/samples.ts';
import { createScene, untilProd } from './support/scene.ts';

const MINUTE = 60_000;
const freeze = { application: 'shop', environment: 'qat', until: '2026-11-24T18:00' };
const declared = {
  freezeId: 'declared',
  application: 'shop',
  environments: ['qat'],
  reason: 'incident',
  declaredBy: { type: 'identity', arn: 'arn' },
  from: '2026-11-22T10:00:00.000Z',
  until: '2026-11-25T10:00:00.000Z',
} as const;

/** A scene with something to act on for each action of the site. */
const actionScene = async () => {
  const soakAsked: string[] = [];
  const scene = createScene({
    overrides: {
      askSoak: async (_, { action }) => {
        if (action !== 'look') soakAsked.push(action);
        return { kind: 'done' };
      },
    },
  });
  const approval = await scene.addQcRequest();
  const failed = await scene.addPromotion(
    {
      promotionId: 'shop-failed-1',
      executionArn: 'arn:aws:states:us-east-1:000000000000:execution:lockstep-shop:shop-failed-1',
      status: 'FAILED',
      endedAt: '2026-11-22T10:25:00.000Z',
    },
    (history) =>
      untilProd(history)
        .enter(stateNames.buildProdImage)
        .schedule()
        .wait(1000)
        .taskFailed('ImageBuildFailed', 'phase validate failed')
        .executionFailed('ImageBuildFailed', 'phase validate failed'),
  );
  for (const [promotionId, startedAt] of [
    ['release-a', '2026-11-20T10:00:00.000Z'],
    ['release-b', '2026-11-21T10:00:00.000Z'],
  ] as const)
    await scene.addPromotion(aRelease({ promotionId, startedAt }), (history) => history.succeeded());
  await scene.ledger.noteLive({
    application: 'shop',
    promotionId: 'release-b',
    since: '2026-11-21T12:00:00.000Z',
  });
  const later = anAbsence(aPerson('quinn'), aPerson('sam'), {
    absenceId: 'later',
    from: '2026-12-20T00:00:00.000Z',
    until: '2027-01-04T00:00:00.000Z',
  });
  await scene.ledger.addAbsence(later);
  await scene.ledger.addDeclaredFreeze(declared);
  // One that the freeze holds in QAT's queue, with a request that has expired, and one about which an operator has asked.
  const held = await scene.addPromotion(
    { promotionId: 'shop-held-1', executionArn: `${failed.executionArn}-held` },
    (history) => untilProd(history),
  );
  const asked = await scene.addPromotion(
    { promotionId: 'shop-asked-1', executionArn: `${failed.executionArn}-asked` },
    (history) => untilProd(history),
  );
  const lock = await scene.ledger.lock('shop', 'qat');
  await scene.ledger.replaceLock(lock, { ...lock, waiting: [aWaiter(held.promotionId)] });
  for (const { promotionId } of [held, asked])
    await scene.ledger.addApproval(
      anApproval({ promotionId, approvalId: `of-${promotionId}`, status: 'EXPIRED' }),
    );
  await scene.ledger.addOverride({
    promotionId: asked.promotionId,
    application: 'shop',
    environment: 'qat',
    attempt: 1,
    reason: 'hotfix',
    holds: [],
    askedBy: aPerson('olga'),
    askedAt: declared.from,
  });
  const [toMark, marked] = ['c'.repeat(40), 'd'.repeat(40)];
  await scene.ledger.addPromotion(aRelease({ promotionId: 'to-mark', commitId: toMark }));
  await scene.ledger.addPromotion(aRelease({ promotionId: 'marked', commitId: marked }));
  const marking = aMarking({ by: askerFrom(aPerson('quinn')) });
  await markBad(scene.ledger, { application: 'shop', commitId: marked }, marking);
  const alarmed = await scene.addPromotion(
    {
      promotionId: 'shop-alarmed-1',
      executionArn: `${failed.executionArn}-alarmed`,
      status: 'FAILED',
      endedAt: '2026-11-22T10:25:00.000Z',
    },
    (history) =>
      untilProd(history)
        .enter(stateNames.deployToProd)
        .schedule()
        .wait(1000)
        .taskFailed('AlarmOn', 'errors is on')
        .executionFailed('AlarmOn', 'errors is on'),
  );
  await scene.ledger.addJob(
    aJob({
      promotionId: alarmed.promotionId,
      state: stateNames.deployToProd,
      kind: 'pipeline-run',
      parameters: { environment: 'prod' },
      status: 'FAILED',
      error: 'AlarmOn',
    }),
  );
  const things: Readonly<Record<string, string>> = {
    '/approvals/:id/decision': approval.approvalId,
    '/absences': '',
    '/absences/:id/end': later.absenceId,
    '/promotions/:id/go-back': 'release-a',
    '/promotions/:id/redrive': failed.promotionId,
    '/promotions/:id/stop': approval.promotionId,
    '/promotions/:id/mark-bad': 'to-mark',
    '/promotions/:id/unmark-bad': 'marked',
    '/promotions/:id/accept-finding': 'to-mark',
    '/promotions/:id/send-back': approval.promotionId,
    '/promotions/:id/end-soak': approval.promotionId,
    '/promotions/:id/rebake': approval.promotionId,
    '/promotions/:id/despite-alarms': alarmed.promotionId,
    '/calendar/freezes': '',
    '/calendar/:application/freezes/:id/end': 'declared',
    '/promotions/:id/override': held.promotionId,
    '/promotions/:id/override/decision': asked.promotionId,
  };
  const actions = scene.site.routes
    .filter(({ method, path }) => method === 'POST' && path !== '/*' && path !== '/sign-out')
    .map(({ path }) => path);
  return {
    ...scene,
    actions: [...new Set(actions)],
    act: (action: string, cookie: string) =>
      scene.post(action.replace(':application', 'shop').replace(':id', things[action] ?? 'missing'), cookie, {
        decision: action.endsWith('/override/decision') ? 'confirm' : 'approve',
        attempt: '1',
        ...(action === '/calendar/freezes' ? freeze : {}),
        reason: 'Wrong branch',
        ...(action.endsWith('/accept-finding') ? { vulnerability: 'CVE-2026-1', until: '2026-12-31' } : {}),
        ...(action === '/absences'
          ? { role: 'qc', substitute: 'sam', first: '2026-11-22', last: '2026-11-24' }
          : {}),
      }),
    expectUnchanged: async () => {
      expect(await scene.ledger.approvalById(approval.approvalId)).toMatchObject({ status: 'PENDING' });
      expect(await scene.ledger.absences()).toEqual([later]);
      expect(await scene.ledger.declaredFreezes('shop')).toEqual([declared]);
      expect(await scene.ledger.overrides(held.promotionId)).toEqual([]);
      expect((await scene.ledger.overrides(asked.promotionId))[0]?.decision).toBeUndefined();
      expect([scene.told, scene.redriven, scene.notedRedrives]).toEqual([[], [], []]);
      expect(await scene.ledger.mark('shop', toMark)).toBeUndefined();
      expect(await scene.ledger.acceptances('shop')).toEqual([]);
      expect((await scene.ledger.mark('shop', marked))?.markings).toEqual([marking]);
      expect((await scene.ledger.promotion(alarmed.promotionId))?.despiteAlarms).toBeUndefined();
      expect(soakAsked).toEqual([]);
      expect([scene.stopped, scene.notedStops, scene.started]).toEqual([[], [], []]);
    },
    covered: Object.keys(things),
  };
};
/** Who may do it. */
const actorOf = (action: string): string => {
  // Quinn hands QC over before.
  if (action.endsWith('/override/decision')) return 'parker';
  return /^\/(promotions|calendar)/.test(action) ? 'olga' : 'quinn';
};
const reasonOf = async (answer: Response) => /data-reason="(\w+)"/.exec(await answer.text())?.[1];

it('every action of the site is covered here', async () => {
  const { actions, covered } = await actionScene();
  expect(actions.sort()).toEqual([...covered].sort());
});

describe('every action', () => {
  it('is for those who are in the group now, not at their sign-in', async () => {
    const scene = await actionScene();
    for (const action of scene.actions) {
      const name = actorOf(action);
      const cookie = await scene.signIn(name);
      scene.dismiss(name);
      const answer = await scene.act(action, cookie);
      expect([action, answer.status, await reasonOf(answer)]).toEqual([action, 403, 'NotInRole']);
    }
    await scene.expectUnchanged();
  });

  it('wants a sign-in of the last 15 minutes', async () => {
    const scene = await actionScene();
    const cookies = await Promise.all(scene.actions.map((action) => scene.signIn(actorOf(action))));
    scene.advance(15 * MINUTE + 2000);
    for (const [index, action] of scene.actions.entries()) {
      const answer = await scene.act(action, cookies[index] ?? '');
      expect([action, answer.status, await reasonOf(answer)]).toEqual([action, 403, 'SignInTooOld']);
    }
    await scene.expectUnchanged();
  });

  it('by the right person after a fresh sign-in is done', async () => {
    const scene = await actionScene();
    for (const action of scene.actions)
      expect([action, (await scene.act(action, await scene.signIn(actorOf(action)))).status]).toEqual([
        action,
        303,
      ]);
  });
});

it('the page offers another sign-in, and no button that would be denied', async () => {
  const scene = await actionScene();
  const cookie = await scene.signIn('olga');
  scene.advance(15 * MINUTE + 2000);
  const html = await (await scene.get('/promotions/shop-failed-1', cookie)).text();
  expect(html).toContain('Sign in again to redrive');
  expect(html).not.toContain('action="/promotions/shop-failed-1/redrive"');
});
