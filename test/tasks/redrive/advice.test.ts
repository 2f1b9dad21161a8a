import type { Approval, Job } from '../../../tasks/ledger/items.ts';
import { type AdvicePoint, redriveAdvice } from '../../../tasks/redrive/advice.ts';
import { adviceInOneLine, adviceLines } from '../../../tasks/redrive/advice-text.ts';
import type { RedriveCircumstances } from '../../../tasks/redrive/circumstances.ts';
import { stateNames as names } from '../../../workflows/state-names.ts';
import type { History } from '../../approvals-ui/support/history.ts';
import { promotionDefinition } from '../../approvals-ui/support/promotion-definition.ts';
import { untilPmo, untilProd, untilQc } from '../../approvals-ui/support/scene.ts';
import { aJob, anApproval, aPerson, aPromotion, aWaiter, PROMOTION_ID } from '../doubles/samples.ts';
import { anExecution, aTurn, circumstances, DAY, ENDED } from './circumstances.ts';

const failedBuild = (history: History) =>
  untilProd(history)
    .enter(names.buildProdImage)
    .schedule()
    .taskFailed('ImageBuildFailed', 'phase validate failed')
    .executionFailed('ImageBuildFailed', 'phase validate failed');
const failedDeployment = (history: History) =>
  untilProd(history)
    .done(names.buildProdImage)
    .done(names.pointProdAtImage)
    .enter(names.deployToProd)
    .schedule()
    .taskFailed('DeploymentFailed', 'AfterInstall: ScriptFailed in install.sh')
    .executionFailed('DeploymentFailed');
const expiredQc = (history: History) => untilQc(history).taskTimedOut().executionFailed('States.Timeout');
const refused = (history: History) => {
  untilQc(history).add('TaskSucceeded');
  return history
    .exit(names.qcApproval)
    .choose(names.didQcApprove)
    .enter(names.refused, 'Fail')
    .executionFailed('Refused', 'QC refused: quinn');
};
const endingAs = (error: string) => (history: History) =>
  untilQc(history).enter(error, 'Fail').executionFailed(error, 'by shop-2222');

/** The promotion's definition with both turns. */
const withTurns = (() => {
  const machine = JSON.parse(promotionDefinition);
  const turn = (environment: string, next: string) => ({
    Type: 'Task',
    Arguments: { Payload: { environment, pushedAt: '{% $states.input.pushedAt %}' } },
    Next: next,
  });
  machine.States[names.takeQatTurn] = turn('qat', names.buildQatImage);
  machine.States[names.takeProdTurn] = turn('prod', names.confirmApproversDiffer);
  machine.States[names.didPmoApprove].Choices[0].Next = names.takeProdTurn;
  machine.StartAt = names.takeQatTurn;
  return JSON.stringify(machine);
})();
const waitedFor = (state: string) => (history: History) =>
  history.enter(state).schedule().taskTimedOut().executionFailed('States.Timeout');

const advise = (of: RedriveCircumstances) => redriveAdvice(of);
const about = (of: RedriveCircumstances, what: AdvicePoint['about']): readonly string[] =>
  advise(of)
    .points.filter((point) => point.about === what)
    .map(({ text }) => text);

const prodBuild = (change: Partial<Job>): Job =>
  aJob({ state: names.buildProdImage, externalId: 'arn:image/1', ...change });
const approved = (role: 'qc' | 'pmo', name: string, change: Partial<Approval> = {}): Approval =>
  anApproval({
    approvalId: `${role}-1`,
    role,
    state: role === 'qc' ? names.qcApproval : names.pmoApproval,
    status: 'APPROVED',
    decision: 'approve',
    decidedBy: aPerson(name),
    ...change,
  });

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
    [
      'one that would wait for QAT behind a newer one may not now',
      circumstances(anExecution(waitedFor(names.takeQatTurn), { definition: withTurns }), {
        turns: [aTurn('qat', { promotionId: 'z', standing: 'works' })],
      }),
      'turn-taken',
      '(promotion z)',
    ],
    [
      'one that would wait for Prod although Prod is past it ends as stale',
      circumstances(anExecution(waitedFor(names.takeProdTurn), { definition: withTurns }), {
        turns: [aTurn('prod')],
        newerInProd: aWaiter('z'),
      }),
      'stale',
      '(promotion z)',
    ],
  ])('%s', (_, of, verdict, words) => {
    const { sentence, mayRedrive, ...advice } = advise(of);
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
    ['that nobody has', circumstances(build, { turns: [aTurn('prod')] }), 'is free: the redrive takes it.'],
    [
      'after which Prod is put in order',
      circumstances(build, { turns: [aTurn('prod', { promotionId: 'other', standing: 'ended' })] }),
      'Prod is put in order after commit other000 (promotion other); the state tries again',
    ],
    [
      'that it takes first of all',
      circumstances(anExecution(waitedFor(names.takeQatTurn), { definition: withTurns }), {
        turns: [aTurn('qat')],
      }),
      'The QAT turn is free: the redrive takes it.',
    ],
    [
      'for which it waits, being the newest',
      circumstances(anExecution(waitedFor(names.takeQatTurn), { definition: withTurns }), {
        promotion: newer,
        turns: [aTurn('qat', { promotionId: 'a', standing: 'works' })],
      }),
      'It waits for QAT, after commit a0000000 (promotion a).',
    ],
    [
      'for which it waits in the order of approval',
      circumstances(anExecution(waitedFor(names.takeProdTurn), { definition: withTurns }), {
        promotion: older,
        turns: [aTurn('prod', { promotionId: 'a', standing: 'works' }, ['b'])],
      }),
      'It waits for Prod, after commit b0000000 (promotion b).',
    ],
  ])('it may with a turn %s', (_, of, words) => {
    expect(advise(of)).toMatchObject({ verdict: 'redrivable', mayRedrive: true });
    expect(about(of, 'turn')).toEqual([expect.stringContaining(words)]);
  });

  it('asks for a turn again, and starts nothing, where it waited for one', () => {
    const of = circumstances(anExecution(waitedFor(names.takeQatTurn), { definition: withTurns }));
    expect(about(of, 'starts')).toEqual(['The promotion asks for its turn again; nothing else is started.']);
    expect(about(of, 'mend')).toEqual([expect.stringContaining('Its turn did not come in time')]);
  });

  it("does not mind who has the other environment's turn", () => {
    const of = circumstances(build, { turns: [aTurn('qat', { promotionId: 'x', standing: 'works' })] });
    expect(advise(of).mayRedrive).toBe(true);
  });
});

describe('where it resumes', () => {
  it('is the state that failed, at its next try, with what follows', () => {
    expect(advise(circumstances(anExecution(failedBuild))).resumesAt).toEqual({
      state: names.buildProdImage,
      attempt: 2,
    });
    expect(about(circumstances(anExecution(failedBuild)), 'resumes')).toEqual([
      'Build Prod image, try 2; then Point Prod at image, Deploy to Prod and Verify Prod.',
    ]);
  });

  it('is the third try after one redrive', () => {
    const again = (history: History) =>
      failedBuild(history)
        .redrive(names.buildProdImage)
        .taskFailed('ImageBuildFailed', '')
        .executionFailed('ImageBuildFailed');
    expect(advise(circumstances(anExecution(again))).resumesAt?.attempt).toBe(3);
  });

  it('is the next state if it was stopped between two', () => {
    const between = (history: History) => history.done(names.buildQatImage).aborted();
    expect(advise(circumstances(anExecution(between, { status: 'ABORTED' }))).resumesAt).toEqual({
      state: names.pointQatAtImage,
      attempt: 1,
    });
  });

  it('keeps no turn, which has ended with the execution', () => {
    const failedAfterTurn = (history: History) => failedBuild(history.done(names.takeQatTurn));
    const of = circumstances(anExecution(failedAfterTurn, { definition: withTurns }));
    expect(about(of, 'kept')).toEqual([expect.stringMatching(/^Build QAT image, /)]);
  });

  it('keeps what has succeeded, with its results', () => {
    const of = circumstances(anExecution(expiredQc), {
      jobs: [
        aJob({ status: 'SUCCEEDED', output: { imageId: 'ami-1' } }),
        aJob({
          state: names.deployToQat,
          kind: 'pipeline-run',
          status: 'SUCCEEDED',
          output: { deploymentId: 'd-1' },
        }),
      ],
    });
    expect(about(of, 'kept')).toEqual([
      'Build QAT image (ami-1), Point QAT at image, Refresh QAT instance, Deploy to QAT (d-1).',
    ]);
  });
});

describe('what is reused and what starts', () => {
  const build = circumstances(anExecution(failedBuild));
  const qc = circumstances(anExecution(expiredQc));
  const open = { expiresAt: '2026-11-29T10:10:00.000Z' };
  it.each<[string, RedriveCircumstances, string, string]>([
    ['nothing is recorded', build, 'starts', 'one is started'],
    ['the build failed', { ...build, jobs: [prodBuild({ status: 'FAILED' })] }, 'starts', '(attempt 2)'],
    ['the build runs', { ...build, jobs: [prodBuild({ status: 'RUNNING' })] }, 'attaches', 'none is started'],
    ['the build ended well', { ...build, jobs: [prodBuild({ status: 'SUCCEEDED' })] }, 'reuses', 'it counts'],
    ['its start was cut short', { ...build, jobs: [prodBuild({})] }, 'starts-once', 'so not twice'],
    [
      'an older attempt ended well and the latest failed',
      { ...build, jobs: [prodBuild({ attempt: 2, status: 'FAILED' }), prodBuild({ status: 'SUCCEEDED' })] },
      'starts',
      '(attempt 3)',
    ],
    ['a request is open', { ...qc, approvals: [anApproval(open)] }, 'attaches', 'its link stays'],
    [
      'a request is open and the configuration has changed',
      { ...qc, approvals: [anApproval(open)], configurationVersion: 'another' },
      'attaches',
      'the configuration has changed',
    ],
    [
      'a request expired',
      { ...qc, approvals: [anApproval({ expiresAt: '2026-11-22T12:00:00.000Z' })] },
      'starts',
      'expired at 2026-11-22 12:00 UTC: QC is asked anew',
    ],
    [
      'a request was withdrawn',
      { ...qc, approvals: [anApproval({ status: 'WITHDRAWN' })] },
      'starts',
      'was withdrawn: QC is asked anew',
    ],
    [
      'a decision was recorded that was not told',
      { ...qc, approvals: [approved('qc', 'quinn')] },
      'reuses',
      'QC has decided (quinn)',
    ],
    [
      'a function failed',
      circumstances(
        anExecution((history) =>
          history
            .done(names.buildQatImage)
            .enter(names.pointQatAtImage)
            .schedule()
            .taskFailed('ImageNotPointedAt', '')
            .executionFailed('ImageNotPointedAt'),
        ),
      ),
      'starts',
      'Point QAT at image is done again',
    ],
  ])('when %s', (_, of, taking, words) => {
    expect(advise(of).taking).toBe(taking);
    expect(about(of, 'starts')).toEqual([expect.stringContaining(words)]);
  });

  it('tells that leftovers of a failed deployment to Prod are deleted first, and Prod is pointed at the image', () => {
    const job = aJob({ state: names.deployToProd, kind: 'pipeline-run', status: 'FAILED' });
    const of = circumstances(anExecution(failedDeployment), { jobs: [job] });
    expect(about(of, 'starts')[0]).toContain(
      "left behind are deleted, and Prod is pointed at the promotion's image again.",
    );
  });
});

describe('whether the approvals hold', () => {
  const of = (approvals: readonly Approval[]) => circumstances(anExecution(failedBuild), { approvals });
  it('they do for the commit, image and deployment that were approved', () => {
    expect(about(of([approved('qc', 'quinn'), approved('pmo', 'parker')]), 'approvals')).toEqual([
      "QC's approval (quinn) holds: commit, QAT image and QAT deployment are those that were approved.",
      "PMO's approval (parker) holds: commit, QAT image and QAT deployment are those that were approved.",
    ]);
  });

  it('they do although the configuration has changed since', () => {
    const { points } = advise({ ...of([approved('qc', 'quinn')]), configurationVersion: 'another' });
    expect(points.filter(({ isWarning }) => isWarning)).toEqual([]);
  });

  it.each<[string, readonly Approval[], string]>([
    ['another image', [approved('qc', 'quinn')], 'QAT image ami-0123456789abcdef0, now ami-other'],
    ['what has another digest', [approved('qc', 'quinn', { digest: 'x' })], 'ami-other'],
    [
      'the same person twice',
      [approved('qc', 'sam'), approved('pmo', 'sam')],
      "by the same person as QC's (sam)",
    ],
  ])('they do not for %s', (_, approvals, words) => {
    const advice = advise({ ...of(approvals), promotion: aPromotion({ images: { qat: 'ami-other' } }) });
    const warnings = advice.points.filter(({ isWarning }) => isWarning).map(({ text }) => text);
    expect(warnings.join('\n')).toContain(words);
    expect(warnings.join('\n')).toContain('push the commit again');
  });
});

describe('the definition', () => {
  const changed = (change: (machine: { StartAt: string; States: Record<string, object> }) => void) => {
    const machine = JSON.parse(promotionDefinition);
    change(machine);
    return circumstances(anExecution(failedBuild, { currentDefinition: JSON.stringify(machine) }));
  };
  it.each<[string, RedriveCircumstances, string]>([
    ['is as it was', circumstances(anExecution(failedBuild)), 'As it was'],
    [
      'is as it was in another order',
      changed((machine) => {
        machine.States = Object.fromEntries(Object.entries(machine.States).reverse());
      }),
      'As it was',
    ],
    [
      'has another state, one less, and one that changed',
      changed(({ States }) => {
        delete States[names.verifyProd];
        States['Take Prod turn'] = { Type: 'Task' };
        States[names.deployToProd] = { ...States[names.deployToProd], TimeoutSeconds: 9 };
      }),
      'changed: Deploy to Prod; new: Take Prod turn; gone: Verify Prod',
    ],
    [
      'has other settings',
      changed((machine) => {
        machine.StartAt = names.deployToQat;
      }),
      'its order or settings',
    ],
  ])('%s', (_, of, words) => {
    expect(about(of, 'definition')).toEqual([expect.stringContaining(words)]);
  });
});

it('warns before the history is full', () => {
  const execution = anExecution(failedBuild);
  const of = circumstances({
    ...execution,
    events: [...execution.events, { id: 20_000, type: 'ExecutionFailed', timestamp: undefined }],
  });
  expect(about(of, 'history')).toEqual([expect.stringContaining('20000 of 25,000')]);
  expect(about(circumstances(execution), 'history')).toEqual([]);
});

it('is written line by line, and in one line', () => {
  const advice = advise(circumstances(anExecution(failedDeployment)));
  expect(adviceLines(advice).slice(0, 3)).toEqual([
    'It may be redriven until 2026-12-06 12:00 UTC.',
    'Mend first: A script of the commit failed; its log\'s last lines are in the cause. A fault of the commit: push a new one instead. See RUNBOOK.md, "Deploy to QAT, Deploy to Prod".',
    'Resumes at: Deploy to Prod, try 2; then Verify Prod.',
  ]);
  expect(adviceInOneLine(advice)).toBe(
    "A redrive resumes at Deploy to Prod. First: A script of the commit failed; its log's last lines are in the cause. A fault of the commit: push a new one instead.",
  );
  expect(adviceInOneLine(advise(circumstances(anExecution(refused, { error: 'Refused' }))))).toContain(
    'A refusal is final',
  );
});

it('says of one that was stopped that somebody stopped it', () => {
  const of = circumstances(anExecution((history) => untilPmo(history).aborted(), { status: 'ABORTED' }));
  expect(about(of, 'mend')).toEqual([expect.stringContaining('Somebody stopped it')]);
});
