import { redriveAdvice } from '../../../tasks/redrive/redrive-advice.ts';
import type { RedriveContext } from '../../../tasks/redrive/redrive-context.ts';
import { stateNames as names } from '../../../workflows/state-names.ts';
import { untilProd, untilQc } from '../../approvals-ui/support/scene.ts';
import {
  anApproval,
  aPerson,
  aPromotion,
  approvedBy,
  aWaiter,
  PROMOTION_ID,
  rejectedBy,
} from '../doubles/samples.ts';
import { denied, endingAs, expiredQc, failedBuild, waitedFor } from './histories.ts';
import { about, aLock, anExecution, context, DAY, ENDED, pointed } from './redrive-context.ts';

describe('whether it may be redriven', () => {
  const failed = anExecution(failedBuild);
  it.each<[string, RedriveContext, string, string]>([
    [
      'one that failed may, until 14 days after its end',
      context(failed),
      'redrivable',
      'until 6 Dec 2026, 12:00 UTC',
    ],
    [
      'on the 14th day it still may',
      context(failed, { now: new Date(ENDED + 14 * DAY) }),
      'redrivable',
      'can redrive it',
    ],
    [
      'after the 14th day it may not',
      context(failed, { now: new Date(ENDED + 14 * DAY + 1) }),
      'too-late',
      'more than 14 days ago',
    ],
    [
      'one that timed out may',
      context(anExecution(failedBuild, { status: 'TIMED_OUT' })),
      'redrivable',
      'can redrive it',
    ],
    [
      'one that was stopped may',
      context(anExecution((history) => untilQc(history).aborted(), { status: 'ABORTED' })),
      'redrivable',
      'can redrive it',
    ],
    [
      'one that runs may not',
      context(anExecution(untilQc, { status: 'RUNNING', redrivable: false })),
      'in-progress',
      'in progress',
    ],
    [
      'one that is about to be redriven may not',
      context(anExecution(failedBuild, { status: 'PENDING_REDRIVE' })),
      'in-progress',
      'in progress',
    ],
    [
      'one that succeeded may not',
      context(anExecution((history) => untilProd(history).succeeded(), { status: 'SUCCEEDED' })),
      'succeeded',
      'succeeded',
    ],
    ['a rejection is final', context(anExecution(denied, { error: 'Rejected' })), 'rejected', 'is final'],
    [
      'a rejection that the execution has not received is final, too',
      context(anExecution(expiredQc), {
        approvals: [anApproval(rejectedBy(aPerson('quinn')))],
      }),
      'rejected',
      'is final',
    ],
    [
      'superseded is final',
      context(anExecution(endingAs('Superseded'), { error: 'Superseded' })),
      'superseded',
      'A newer promotion',
    ],
    [
      'stale is final',
      context(anExecution(endingAs('Stale'), { error: 'Stale' })),
      'stale',
      'Prod already ran a newer commit',
    ],
    [
      'any other Fail state is final',
      context(anExecution(denied, { error: 'Unheard' })),
      'ended-on-purpose',
      'a redrive would end there again',
    ],
    [
      'one whose history is full may not',
      context({
        ...failed,
        events: [...failed.events, { id: 24_999, type: 'ExecutionFailed', timestamp: undefined }],
      }),
      'history-full',
      '24999 events',
    ],
    [
      'one that Step Functions does not allow may not, in its words',
      context({ ...failed, redrivable: false, redriveDenial: 'Execution is odd' }),
      'not-offered',
      '(Execution is odd)',
    ],
    ['one that Step Functions no longer has may not', context(undefined), 'forgotten', 'for 90 days'],
    [
      'one whose lock another promotion holds may not now',
      context(failed, { locks: [aLock('prod', { promotionId: 'shop-2222', standing: 'working' })] }),
      'environment-locked',
      'Prod is locked by commit shop-222 (promotion shop-2222), and a redrive would fail with EnvironmentLocked',
    ],
    [
      'one whose lock another promotion waits for may not now',
      context(failed, { locks: [aLock('prod', undefined, ['shop-3333'])] }),
      'environment-locked',
      '(promotion shop-3333)',
    ],
    [
      'one that the calendar holds may not now',
      context(failed, {
        locks: [
          {
            ...aLock('prod'),
            held: new Map([
              [
                PROMOTION_ID,
                {
                  environment: 'prod',
                  holds: [],
                  reasons: ['year-end close'],
                  until: '2026-11-30T06:00:00.000Z',
                  timeZone: 'Europe/Berlin',
                },
              ],
            ]),
          },
        ],
      }),
      'environment-frozen',
      'Not now: Prod is frozen (Frozen until Mon 30 Nov 2026, 07:00 CET: year-end close), and a redrive would fail with EnvironmentFrozen',
    ],
    [
      'one whose commit Prod is past ends as stale',
      context(failed, { locks: [aLock('prod')], newerInProd: aWaiter('z') }),
      'stale',
      'Prod runs the newer commit z0000000 (promotion z): a redrive would end as Stale',
    ],
    [
      'one that would ask about a commit that Prod is past ends as superseded',
      context(anExecution(expiredQc), { locks: [aLock('qat')], newerInProd: aWaiter('z') }),
      'superseded',
      '(promotion z) supersedes it: a redrive would end as Superseded',
    ],
    ...[names.refreshQatInstance, names.deployToQat, names.qcApproval].map(
      (state): [string, RedriveContext, string, string] => [
        `one at "${state}" may not once another has pointed QAT`,
        context(anExecution(waitedFor(state)), {
          locks: [pointed(aLock('qat'), 'shop-2222')],
          newerInProd: aWaiter('z'),
        }),
        'qat-changed',
        'QAT now runs the image of commit shop-222 (promotion shop-2222): a redrive would fail with QatChanged. Push this commit again',
      ],
    ),
    [
      'one that would wait for QAT behind a newer one may not now',
      context(anExecution(waitedFor(names.lockQat)), {
        locks: [aLock('qat', { promotionId: 'z', standing: 'working' })],
      }),
      'environment-locked',
      '(promotion z)',
    ],
    [
      'one that would wait for Prod although Prod is past it ends as stale',
      context(anExecution(waitedFor(names.lockProd)), {
        locks: [aLock('prod')],
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
  it.each<[string, RedriveContext, string]>([
    [
      'whose holder is done with it',
      context(build, { locks: [aLock('prod', { promotionId: 'other', standing: 'done' })] }),
      'The Prod lock is free. The redrive acquires it.',
    ],
    [
      'that it has itself',
      context(build, { locks: [aLock('prod', { promotionId: PROMOTION_ID, standing: 'ended' })] }),
      'This promotion holds the Prod lock.',
    ],
    [
      'of a QAT that it pointed last itself',
      context(anExecution(waitedFor(names.refreshQatInstance)), {
        locks: [pointed(aLock('qat'), PROMOTION_ID)],
      }),
      'The QAT lock is free. The redrive acquires it.',
    ],
    ...[names.buildQatImage, names.pointQatAtImage].map((state): [string, RedriveContext, string] => [
      `of a QAT that "${state}" does not rely on`,
      context(anExecution(waitedFor(state)), { locks: [pointed(aLock('qat'), 'shop-2222')] }),
      'The QAT lock is free. The redrive acquires it.',
    ]),
    ['that nobody has', context(build, { locks: [aLock('prod')] }), 'is free. The redrive acquires it.'],
    [
      'after which Prod is being restored',
      context(build, { locks: [aLock('prod', { promotionId: 'other', standing: 'ended' })] }),
      'Prod is being restored after commit other000 (promotion other). Step Functions retries the state',
    ],
    [
      'that it takes first of all',
      context(anExecution(waitedFor(names.lockQat)), {
        locks: [aLock('qat')],
      }),
      'The QAT lock is free. The redrive acquires it.',
    ],
    [
      'for which it waits, being the newest',
      context(anExecution(waitedFor(names.lockQat)), {
        promotion: newer,
        locks: [aLock('qat', { promotionId: 'a', standing: 'working' })],
      }),
      'The redrive waits for the QAT lock, behind commit a0000000 (promotion a).',
    ],
    [
      'for which it waits in the order of approval',
      context(anExecution(waitedFor(names.lockProd)), {
        promotion: older,
        locks: [aLock('prod', { promotionId: 'a', standing: 'working' }, ['b'])],
      }),
      'The redrive waits for the Prod lock, behind commit b0000000 (promotion b).',
    ],
  ])('it may with a lock %s', (_, of, words) => {
    expect(redriveAdvice(of)).toMatchObject({ verdict: 'redrivable', mayRedrive: true });
    expect(about(of, 'lock')).toEqual([expect.stringContaining(words)]);
  });

  it('asks for a lock again, and starts nothing, where it waited for one', () => {
    const of = context(anExecution(waitedFor(names.lockQat)));
    expect(about(of, 'starts')).toEqual(['The promotion asks for the lock again. Nothing else is started.']);
    expect(about(of, 'fix')).toEqual([
      expect.stringContaining('did not acquire the environment lock in time'),
    ]);
  });

  it.each<[string, Partial<RedriveContext>]>([
    ['another holds the lock', { locks: [aLock('qat', { promotionId: 'x', standing: 'working' })] }],
    ['another has pointed QAT since', { locks: [pointed(aLock('qat'), 'x')] }],
    ['Prod is past the commit', { locks: [aLock('qat')], newerInProd: aWaiter('z') }],
  ])('needs no lock where QC has decided, although %s', (_, change) => {
    const approvals = [anApproval(approvedBy(aPerson('quinn')))];
    const stopped = anExecution((history) => untilQc(history).aborted(), { status: 'ABORTED' });
    expect(redriveAdvice(context(stopped, { approvals, ...change }))).toMatchObject({
      verdict: 'redrivable',
      taking: 'reuses',
    });
  });

  it("does not depend on the other environment's lock", () => {
    const of = context(build, { locks: [aLock('qat', { promotionId: 'x', standing: 'working' })] });
    expect(redriveAdvice(of).mayRedrive).toBe(true);
  });
});
