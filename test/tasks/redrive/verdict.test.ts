import { redriveAdvice } from '../../../tasks/redrive/advice.ts';
import type { RedriveCircumstances } from '../../../tasks/redrive/circumstances.ts';
import { stateNames as names } from '../../../workflows/state-names.ts';
import { untilProd, untilQc } from '../../approvals-ui/support/scene.ts';
import { anApproval, aPromotion, aWaiter, PROMOTION_ID } from '../doubles/samples.ts';
import { about, anExecution, aTurn, circumstances, DAY, ENDED, pointed } from './circumstances.ts';
import { endingAs, expiredQc, failedBuild, refused, waitedFor } from './histories.ts';

describe('whether it may be redriven', () => {
  const failed = anExecution(failedBuild);
  it.each<[string, RedriveCircumstances, string, string]>([
    [
      'one that failed may, until 14 days after its end',
      circumstances(failed),
      'redrivable',
      'until 2026-12-06 12:00 UTC',
    ],
    [
      'on the 14th day it still may',
      circumstances(failed, { now: new Date(ENDED + 14 * DAY) }),
      'redrivable',
      'may be redriven',
    ],
    [
      'after the 14th day it may not',
      circumstances(failed, { now: new Date(ENDED + 14 * DAY + 1) }),
      'too-late',
      'more than 14 days ago',
    ],
    [
      'one that timed out may',
      circumstances(anExecution(failedBuild, { status: 'TIMED_OUT' })),
      'redrivable',
      'may be redriven',
    ],
    [
      'one that was stopped may',
      circumstances(anExecution((history) => untilQc(history).aborted(), { status: 'ABORTED' })),
      'redrivable',
      'may be redriven',
    ],
    [
      'one that runs may not',
      circumstances(anExecution(untilQc, { status: 'RUNNING', redrivable: false })),
      'in-progress',
      'in progress',
    ],
    [
      'one that is about to be redriven may not',
      circumstances(anExecution(failedBuild, { status: 'PENDING_REDRIVE' })),
      'in-progress',
      'in progress',
    ],
    [
      'one that succeeded may not',
      circumstances(anExecution((history) => untilProd(history).succeeded(), { status: 'SUCCEEDED' })),
      'succeeded',
      'has succeeded',
    ],
    ['a refusal is final', circumstances(anExecution(refused, { error: 'Refused' })), 'refused', 'is final'],
    [
      'a refusal that the execution has not heard of is final, too',
      circumstances(anExecution(expiredQc), {
        approvals: [anApproval({ status: 'REFUSED', decision: 'refuse' })],
      }),
      'refused',
      'is final',
    ],
    [
      'superseded is final',
      circumstances(anExecution(endingAs('Superseded'), { error: 'Superseded' })),
      'superseded',
      'A newer promotion',
    ],
    [
      'stale is final',
      circumstances(anExecution(endingAs('Stale'), { error: 'Stale' })),
      'stale',
      'Prod ran a newer commit',
    ],
    [
      'any other Fail state is final',
      circumstances(anExecution(refused, { error: 'Unheard' })),
      'ended-on-purpose',
      'where a redrive ends again',
    ],
    [
      'one whose history is full may not',
      circumstances({
        ...failed,
        events: [...failed.events, { id: 24_999, type: 'ExecutionFailed', timestamp: undefined }],
      }),
      'history-full',
      '24999 events',
    ],
    [
      'one that Step Functions refuses may not, in its words',
      circumstances({ ...failed, redrivable: false, redriveRefusal: 'Execution is odd' }),
      'not-offered',
      '(Execution is odd)',
    ],
    ['one that is forgotten may not', circumstances(undefined), 'forgotten', 'for 90 days'],
    [
      'one whose turn another promotion has may not now',
      circumstances(failed, { turns: [aTurn('prod', { promotionId: 'shop-2222', standing: 'works' })] }),
      'turn-taken',
      'Prod is taken by commit shop-222 (promotion shop-2222), and a redrive would fail with TurnTaken',
    ],
    [
      'one whose turn another promotion waits for may not now',
      circumstances(failed, { turns: [aTurn('prod', undefined, ['shop-3333'])] }),
      'turn-taken',
      '(promotion shop-3333)',
    ],
    [
      'one whose commit Prod is past ends as stale',
      circumstances(failed, { turns: [aTurn('prod')], newerInProd: aWaiter('z') }),
      'stale',
      'Prod runs the newer commit z0000000 (promotion z): a redrive would end as Stale',
    ],
    [
      'one that would ask about a commit that Prod is past ends as superseded',
      circumstances(anExecution(expiredQc), { turns: [aTurn('qat')], newerInProd: aWaiter('z') }),
      'superseded',
      '(promotion z) has gone by: a redrive would end as Superseded',
    ],
    ...[names.refreshQatInstance, names.deployToQat, names.qcApproval].map(
      (state): [string, RedriveCircumstances, string, string] => [
        `one at "${state}" may not once another has pointed QAT`,
        circumstances(anExecution(waitedFor(state)), {
          turns: [pointed(aTurn('qat'), 'shop-2222')],
          newerInProd: aWaiter('z'),
        }),
        'qat-changed',
        'QAT was pointed at the image of commit shop-222 (promotion shop-2222) since: a redrive would fail with QatChanged. Push this commit again',
      ],
    ),
    [
      'one that would wait for QAT behind a newer one may not now',
      circumstances(anExecution(waitedFor(names.takeQatTurn)), {
        turns: [aTurn('qat', { promotionId: 'z', standing: 'works' })],
      }),
      'turn-taken',
      '(promotion z)',
    ],
    [
      'one that would wait for Prod although Prod is past it ends as stale',
      circumstances(anExecution(waitedFor(names.takeProdTurn)), {
        turns: [aTurn('prod')],
        newerInProd: aWaiter('z'),
      }),
      'stale',
      '(promotion z)',
    ],
  ])('%s', (_, of, verdict, words) => {
    const { sentence, mayRedrive, ...advice } = redriveAdvice(of);
    expect({ verdict: advice.verdict, mayRedrive, sentence }).toEqual({
      verdict,
      mayRedrive: verdict === 'redrivable',
      sentence: expect.stringContaining(words),
    });
  });

  const build = anExecution(failedBuild);
  const older = aPromotion({ promotionId: 'p', status: 'FAILED', startedAt: '2026-11-22T10:00:01.000Z' });
  const newer = { ...older, pushedAt: '2026-11-22T11:00:00.000Z' };
  it.each<[string, RedriveCircumstances, string]>([
    [
      'whose holder is done with it',
      circumstances(build, { turns: [aTurn('prod', { promotionId: 'other', standing: 'done' })] }),
      'The Prod turn is free: the redrive takes it.',
    ],
    [
      'that it has itself',
      circumstances(build, { turns: [aTurn('prod', { promotionId: PROMOTION_ID, standing: 'ended' })] }),
      'It has the Prod turn.',
    ],
    [
      'of a QAT that it pointed last itself',
      circumstances(anExecution(waitedFor(names.refreshQatInstance)), {
        turns: [pointed(aTurn('qat'), PROMOTION_ID)],
      }),
      'The QAT turn is free: the redrive takes it.',
    ],
    ...[names.buildQatImage, names.pointQatAtImage].map((state): [string, RedriveCircumstances, string] => [
      `of a QAT that "${state}" does not rely on`,
      circumstances(anExecution(waitedFor(state)), { turns: [pointed(aTurn('qat'), 'shop-2222')] }),
      'The QAT turn is free: the redrive takes it.',
    ]),
    ['that nobody has', circumstances(build, { turns: [aTurn('prod')] }), 'is free: the redrive takes it.'],
    [
      'after which Prod is put in order',
      circumstances(build, { turns: [aTurn('prod', { promotionId: 'other', standing: 'ended' })] }),
      'Prod is put in order after commit other000 (promotion other); the state tries again',
    ],
    [
      'that it takes first of all',
      circumstances(anExecution(waitedFor(names.takeQatTurn)), {
        turns: [aTurn('qat')],
      }),
      'The QAT turn is free: the redrive takes it.',
    ],
    [
      'for which it waits, being the newest',
      circumstances(anExecution(waitedFor(names.takeQatTurn)), {
        promotion: newer,
        turns: [aTurn('qat', { promotionId: 'a', standing: 'works' })],
      }),
      'It waits for QAT, after commit a0000000 (promotion a).',
    ],
    [
      'for which it waits in the order of approval',
      circumstances(anExecution(waitedFor(names.takeProdTurn)), {
        promotion: older,
        turns: [aTurn('prod', { promotionId: 'a', standing: 'works' }, ['b'])],
      }),
      'It waits for Prod, after commit b0000000 (promotion b).',
    ],
  ])('it may with a turn %s', (_, of, words) => {
    expect(redriveAdvice(of)).toMatchObject({ verdict: 'redrivable', mayRedrive: true });
    expect(about(of, 'turn')).toEqual([expect.stringContaining(words)]);
  });

  it('asks for a turn again, and starts nothing, where it waited for one', () => {
    const of = circumstances(anExecution(waitedFor(names.takeQatTurn)));
    expect(about(of, 'starts')).toEqual(['The promotion asks for its turn again; nothing else is started.']);
    expect(about(of, 'mend')).toEqual([expect.stringContaining('Its turn did not come in time')]);
  });

  it.each<[string, Partial<RedriveCircumstances>]>([
    ['another has the turn', { turns: [aTurn('qat', { promotionId: 'x', standing: 'works' })] }],
    ['another has pointed QAT since', { turns: [pointed(aTurn('qat'), 'x')] }],
    ['Prod is past the commit', { turns: [aTurn('qat')], newerInProd: aWaiter('z') }],
  ])('needs no turn where QC has decided, although %s', (_, change) => {
    const approvals = [anApproval({ status: 'APPROVED', decision: 'approve' })];
    const stopped = anExecution((history) => untilQc(history).aborted(), { status: 'ABORTED' });
    expect(redriveAdvice(circumstances(stopped, { approvals, ...change }))).toMatchObject({
      verdict: 'redrivable',
      taking: 'reuses',
    });
  });

  it("does not mind who has the other environment's turn", () => {
    const of = circumstances(build, { turns: [aTurn('qat', { promotionId: 'x', standing: 'works' })] });
    expect(redriveAdvice(of).mayRedrive).toBe(true);
  });
});
