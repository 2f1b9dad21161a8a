import type { Approval, Job } from '../../../tasks/ledger/items.ts';
import { adviceInOneLine, adviceLines } from '../../../tasks/redrive/advice-text.ts';
import { redriveAdvice } from '../../../tasks/redrive/redrive-advice.ts';
import type { RedriveContext } from '../../../tasks/redrive/redrive-context.ts';
import { stateNames as names } from '../../../workflows/state-names.ts';
import type { History } from '../../approvals-ui/support/history.ts';
import { untilPmo, untilProd } from '../../approvals-ui/support/scene.ts';
import { promotionDefinition } from '../../support/promotion-definition.ts';
import { renderDefinition } from '../../workflows/support/rendered.ts';
import { anImageRequest, aProdBuild } from '../doubles/image-approval.ts';
import { aDecision, aJob, anApproval, aPerson, aPromotion, approvedBy, aReview } from '../doubles/samples.ts';
import { denied, expiredQc, failedBuild, failedDeployment } from './histories.ts';
import { about, aLock, anExecution, context } from './redrive-context.ts';

const prodBuild = (change: Partial<Job>): Job =>
  aJob({ state: names.buildProdImage, externalId: 'arn:image/1', ...change });
const approved = (role: 'qc' | 'pmo', name: string, change: Partial<Approval> = {}): Approval =>
  anApproval({
    approvalId: `${role}-1`,
    role,
    state: role === 'qc' ? names.qcApproval : names.pmoApproval,
    ...approvedBy(aPerson(name)),
    ...change,
  });

describe('where it resumes', () => {
  it('is the state that failed, at its next try, with what follows', () => {
    expect(redriveAdvice(context(anExecution(failedBuild))).resumesAt).toEqual({
      state: names.buildProdImage,
      attempt: 2,
    });
    expect(about(context(anExecution(failedBuild)), 'resumes')).toEqual([
      'Build Prod image, attempt 2; then Point Prod at image, Deploy to Prod and Verify Prod.',
    ]);
  });

  it('is the third try after one redrive', () => {
    const again = (history: History) =>
      failedBuild(history)
        .redrive(names.buildProdImage)
        .taskFailed('ImageBuildFailed', '')
        .executionFailed('ImageBuildFailed');
    expect(redriveAdvice(context(anExecution(again))).resumesAt?.attempt).toBe(3);
  });

  it('is the next state if it was stopped between two', () => {
    const between = (history: History) => history.done(names.buildQatImage).aborted();
    expect(redriveAdvice(context(anExecution(between, { status: 'ABORTED' }))).resumesAt).toEqual({
      state: names.pointQatAtImage,
      attempt: 1,
    });
  });

  it('keeps no lock, which has ended with the execution', () => {
    const failedAfterLock = (history: History) => failedBuild(history.done(names.lockQat));
    const of = context(anExecution(failedAfterLock));
    expect(about(of, 'kept')).toEqual([expect.stringMatching(/^Build QAT image, /)]);
  });

  it('keeps what has succeeded, with its results', () => {
    const of = context(anExecution(expiredQc), {
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

describe('an approval that the ledger does not hold', () => {
  const forged = (history: History) => {
    untilPmo(history).add('TaskSucceeded');
    return history
      .exit(names.pmoApproval)
      .choose(names.didPmoApprove)
      .enter(names.confirmApprovers)
      .schedule()
      .taskFailed('ApproversNotRecorded', '')
      .executionFailed('ApproversNotRecorded');
  };
  const pmo = { approvalId: 'pmo-1', role: 'pmo', state: names.pmoApproval } as const;

  it.each<[string, Approval[], string]>([
    ['was not asked for', [], 'PMO has not been asked yet'],
    [
      'is still open',
      [anApproval({ ...pmo, expiresAt: '2026-11-29T10:10:00.000Z' })],
      'PMO can decide until',
    ],
    ['was withdrawn', [anApproval({ ...pmo, status: 'WITHDRAWN' })], "PMO's request was withdrawn"],
  ])('because it %s is not called kept', (_, ofPmo, holds) => {
    const of = context(anExecution(forged), { approvals: [approved('qc', 'quinn'), ...ofPmo] });
    expect(about(of, 'kept')).toEqual([expect.stringMatching(/QC approval \(quinn\)\.$/)]);
    const warning = redriveAdvice(of).points.find(({ isWarning }) => isWarning);
    expect(warning).toMatchObject({
      about: 'approvals',
      heading: 'Confirm approvers, Confirm image approvers',
    });
    expect(warning?.text).toContain(`PMO approval succeeded, but the ledger has no approval: ${holds}`);
  });
});

describe('a request about a Prod image that nobody decided', () => {
  const expired = (history: History) =>
    untilProd(history)
      .done(names.buildProdImage)
      .choose(names.isAsApproved)
      .enter(names.qcImageApproval)
      .schedule()
      .taskTimedOut()
      .executionFailed('States.Timeout');
  const definition = JSON.stringify(renderDefinition({ onDrift: 'ask' }));
  const of = (approvals: readonly Approval[], change: Partial<RedriveContext> = {}) =>
    context(anExecution(expired, { definition, currentDefinition: definition }), {
      jobs: [aProdBuild()],
      approvals: [approved('qc', 'quinn'), approved('pmo', 'parker'), ...approvals],
      ...change,
    });
  const asked = anImageRequest({ status: 'EXPIRED' });

  it('is made again: the approvals of the change are kept, and nothing is called forged', () => {
    expect(redriveAdvice(of([asked])).points.filter(({ isWarning }) => isWarning)).toEqual([]);
    expect(redriveAdvice(of([asked])).taking).toBe('starts');
    expect(about(of([asked]), 'kept')).toEqual([
      expect.stringMatching(/QC approval \(quinn\), PMO approval \(parker\).*Build Prod image \(ami-0fedcba/),
    ]);
    expect(about(of([asked]), 'resumes')).toEqual([
      'QC image approval, attempt 2; then PMO image approval, Confirm image approvers, Point Prod at image, Deploy to Prod and Verify Prod.',
    ]);
  });

  it('is reused once it is decided', () => {
    const decided = anImageRequest(approvedBy(aPerson('quinn')));
    expect(redriveAdvice(of([decided])).taking).toBe('reuses');
    expect(about(of([decided]), 'approvals')).toContain(
      "QC's approval (quinn) holds: commit, QAT image, Prod image and QAT deployment are unchanged.",
    );
  });

  it('needs the Prod lock, and ends as stale if Prod runs a newer commit', () => {
    const newer = {
      promotionId: 'newer',
      commitId: 'b'.repeat(40),
      pushedAt: '2026-11-22T11:00:00.000Z',
      startedAt: '2026-11-22T11:00:00.000Z',
    };
    expect(about(of([asked], { locks: [aLock('prod')] }), 'lock')).toEqual([
      'The Prod lock is free. The redrive acquires it.',
    ]);
    const advice = redriveAdvice(of([asked], { locks: [aLock('prod')], newerInProd: newer }));
    expect(advice).toMatchObject({
      mayRedrive: false,
      sentence: expect.stringContaining('Prod runs the newer'),
    });
    expect(advice.sentence).toContain('bbbbbbbb');
  });
});

describe('what is reused and what starts', () => {
  const build = context(anExecution(failedBuild));
  const qc = context(anExecution(expiredQc));
  const open = { expiresAt: '2026-11-29T10:10:00.000Z' };
  it.each<[string, RedriveContext, string, string]>([
    ['nothing is recorded', build, 'starts', 'The redrive starts one'],
    ['the build failed', { ...build, jobs: [prodBuild({ status: 'FAILED' })] }, 'starts', '(attempt 2)'],
    ['the build runs', { ...build, jobs: [prodBuild({ status: 'RUNNING' })] }, 'attaches', 'starts no other'],
    [
      'the build ended well',
      { ...build, jobs: [prodBuild({ status: 'SUCCEEDED' })] },
      'reuses',
      'uses its result',
    ],
    ['its start was cut short', { ...build, jobs: [prodBuild({})] }, 'starts-once', 'so not twice'],
    [
      'an older attempt ended well and the latest failed',
      { ...build, jobs: [prodBuild({ attempt: 2, status: 'FAILED' }), prodBuild({ status: 'SUCCEEDED' })] },
      'starts',
      '(attempt 3)',
    ],
    ['a request is open', { ...qc, approvals: [anApproval(open)] }, 'attaches', 'Its link stays'],
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
      'expired at 22 Nov 2026, 12:00 UTC. The redrive mails another request.',
    ],
    [
      'a request was withdrawn',
      { ...qc, approvals: [anApproval({ status: 'WITHDRAWN' })] },
      'starts',
      'was withdrawn. The redrive mails another request.',
    ],
    [
      'a recorded decision has not completed its state',
      { ...qc, approvals: [approved('qc', 'quinn')] },
      'reuses',
      'QC has decided (quinn)',
    ],
    [
      'a function failed',
      context(
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
      'Point QAT at image runs again',
    ],
  ])('when %s', (_, of, taking, words) => {
    expect(redriveAdvice(of).taking).toBe(taking);
    expect(about(of, 'starts')).toEqual([expect.stringContaining(words)]);
  });

  it('says that leftovers of a failed deployment to Prod are deleted first, and Prod is pointed at the image', () => {
    const job = aJob({ state: names.deployToProd, kind: 'pipeline-run', status: 'FAILED' });
    const of = context(anExecution(failedDeployment), { jobs: [job] });
    expect(about(of, 'starts')[0]).toContain("left behind and points Prod at the promotion's image again.");
  });
});

describe('whether the approvals hold', () => {
  const of = (approvals: readonly Approval[]) => context(anExecution(failedBuild), { approvals });
  it('they do for the commit, image and deployment that were approved', () => {
    expect(about(of([approved('qc', 'quinn'), approved('pmo', 'parker')]), 'approvals')).toEqual([
      "QC's approval (quinn) holds: commit, QAT image and QAT deployment are unchanged.",
      "PMO's approval (parker) holds: commit, QAT image and QAT deployment are unchanged.",
    ]);
  });

  it('they do although the configuration has changed since', () => {
    const { points } = redriveAdvice({
      ...of([approved('qc', 'quinn'), approved('pmo', 'parker')]),
      configurationVersion: 'another',
    });
    expect(points.filter(({ isWarning }) => isWarning)).toEqual([]);
  });

  it.each<[string, readonly Approval[], string]>([
    ['another image', [approved('qc', 'quinn')], 'QAT image ami-0123456789abcdef0, now ami-other'],
    ['what has another digest', [approved('qc', 'quinn', { digest: 'x' })], 'ami-other'],
    [
      'the same person twice in one role',
      [
        approved('qc', 'sam', {
          count: 2,
          decisions: [aDecision(aPerson('sam')), aDecision(aPerson('sam'))],
        }),
        approved('pmo', 'parker'),
      ],
      'The same person (sam) approved as QC and as QC',
    ],
    [
      'the same person twice',
      [approved('qc', 'sam'), approved('pmo', 'sam')],
      'The same person (sam) approved as QC and as PMO',
    ],
    [
      'the same person twice with dots in the second address',
      [
        approved('qc', 'sam'),
        approved('pmo', 'samuel', {
          review: aReview({ dotsIgnoredIn: ['example.com'] }),
          decisions: [aDecision(aPerson('samuel', { verifiedEmail: 's.am@example.com' }))],
        }),
      ],
      'The same person (samuel) approved as QC and as PMO',
    ],
  ])('they do not for %s', (_, approvals, words) => {
    const advice = redriveAdvice({
      ...of(approvals),
      promotion: aPromotion({ images: { qat: 'ami-other' } }),
    });
    const warnings = advice.points.filter(({ isWarning }) => isWarning).map(({ text }) => text);
    expect(warnings.join('\n')).toContain(words);
    expect(warnings.join('\n')).toContain('Push the commit again');
  });
});

describe('the definition', () => {
  const changed = (change: (machine: { StartAt: string; States: Record<string, object> }) => void) => {
    const machine = JSON.parse(promotionDefinition);
    change(machine);
    return context(anExecution(failedBuild, { currentDefinition: JSON.stringify(machine) }));
  };
  it.each<[string, RedriveContext, string]>([
    ['is as it was', context(anExecution(failedBuild)), 'Unchanged since'],
    [
      'is as it was in another order',
      changed((machine) => {
        machine.States = Object.fromEntries(Object.entries(machine.States).reverse());
      }),
      'Unchanged since',
    ],
    [
      'has another state, one less, and one that changed',
      changed(({ States }) => {
        delete States[names.verifyProd];
        States['Announce it'] = { Type: 'Task' };
        States[names.deployToProd] = { ...States[names.deployToProd], TimeoutSeconds: 9 };
      }),
      'changed: Deploy to Prod; new: Announce it; gone: Verify Prod',
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
  const of = context({
    ...execution,
    events: [...execution.events, { id: 20_000, type: 'ExecutionFailed', timestamp: undefined }],
  });
  expect(about(of, 'history')).toEqual([expect.stringContaining('20000 of 25,000')]);
  expect(about(context(execution), 'history')).toEqual([]);
});

it('is written line by line, and in one line', () => {
  const advice = redriveAdvice(context(anExecution(failedDeployment)));
  expect(adviceLines(advice).slice(0, 3)).toEqual([
    'You can redrive it until 6 Dec 2026, 12:00 UTC.',
    'Fix first: A script of the commit failed. The cause has the last lines of its log. If the commit is at fault, push a new commit instead. See RUNBOOK.md, "Deploy to QAT, Deploy to Prod".',
    'Resumes at: Deploy to Prod, attempt 2; then Verify Prod.',
  ]);
  expect(adviceInOneLine(advice)).toBe(
    'A redrive resumes at Deploy to Prod. First: A script of the commit failed. The cause has the last lines of its log. If the commit is at fault, push a new commit instead.',
  );
  expect(adviceInOneLine(redriveAdvice(context(anExecution(denied, { error: 'Rejected' }))))).toContain(
    'A rejection is final',
  );
});

it('says of one that was stopped that somebody stopped it', () => {
  const of = context(anExecution((history) => untilPmo(history).aborted(), { status: 'ABORTED' }));
  expect(about(of, 'fix')).toEqual([expect.stringContaining('Somebody stopped this promotion')]);
});
