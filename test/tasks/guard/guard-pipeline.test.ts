import {
  CodePipelineClient,
  GetPipelineExecutionCommand,
  InvalidJobStateException,
  JobNotFoundException,
  type PipelineExecution,
  PutJobFailureResultCommand,
  PutJobSuccessResultCommand,
} from '@aws-sdk/client-codepipeline';
import type { CodePipelineEvent } from 'aws-lambda';
import { freeLock, type LockHolder } from '../../../tasks/environment-locks/environment-lock.ts';
import { createGuardedPipelines } from '../../../tasks/guard/codepipeline-guard.ts';
import { guardPipeline } from '../../../tasks/guard/guard-pipeline.ts';
import { isSessionOf } from '../../../tasks/guard/may-deploy.ts';
import { createPipelineRuns } from '../../../tasks/jobs/codepipeline-runs.ts';
import type { Approval, Job, Promotion } from '../../../tasks/ledger/items.ts';
import type { BadSubject } from '../../../tasks/marks/bad-mark.ts';
import { markBad } from '../../../tasks/marks/mark-bad.ts';
import type { GoBack, GuardParameters } from '../../../tasks/payloads.ts';
import { anImageRequest, aProdBuild } from '../doubles/image-approval.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import {
  aDecision,
  aGoBack,
  aJob,
  aMarking,
  anApproval,
  aPerson,
  aPromotion,
  approvedBy,
  aRelease,
  aReview,
  aWaiter,
  COMMIT,
  PROMOTION_ID,
} from '../doubles/samples.ts';
import { because, double, offline, on } from '../doubles/sdk.ts';

const STARTER = 'arn:aws:iam::000000000000:role/lockstep/shop-start-job';
const started = {
  triggerType: 'StartPipelineExecution',
  triggerDetail: 'arn:aws:sts::000000000000:assumed-role/shop-start-job/shop-start-job',
} as const;
const approved = (role: 'qc' | 'pmo', name: string): Approval =>
  anApproval({ role, approvalId: role, ...approvedBy(aPerson(name)) });
const imageApproved: readonly Approval[] = [
  anImageRequest({ role: 'qc', approvalId: 'qc-image', ...approvedBy(aPerson('quinn')) }),
  anImageRequest({ role: 'pmo', approvalId: 'pmo-image', ...approvedBy(aPerson('parker')) }),
];
const waiting = (change: Partial<Job> = {}): Job =>
  aJob({
    kind: 'pipeline-run',
    state: 'Deploy to Prod',
    parameters: { pipelineName: 'shop-prod', sourceAction: 'Source', commitId: COMMIT, environment: 'prod' },
    status: 'RUNNING',
    externalId: 'shop-prod/e-1',
    ...change,
  });

const NOTED_AT = '2026-11-22T11:30:00.000Z';
const { externalId: _, ...starting } = waiting({ status: 'STARTING' });

const goesBack = (change: Partial<GoBack> = {}): Promotion => aPromotion({ goBack: aGoBack(change) });

const BUILT = { bucket: 'artifacts', key: 'lockstep-builds/1/revision.zip', version: 'v1', sha256: 'a1' };
const deploysBuilt = { commitId: undefined, builtKey: BUILT.key, builtVersion: BUILT.version };

const NO_RELEASE = /goes back to release-a, which is no release of commit/;

interface Situation {
  /** The release that the promotion goes back to. */
  readonly release?: Promotion;
  readonly parameters?:
    | { readonly [Name in keyof GuardParameters]?: GuardParameters[Name] | undefined }
    | string;
  readonly trigger?: PipelineExecution['trigger'];
  readonly promotion?: Promotion;
  readonly jobs?: readonly Job[];
  readonly approvals?: readonly Approval[];
  /** Who holds the locks of both environments. @default the promotion */
  readonly holder?: Partial<LockHolder>;
  /** What becomes of the jobs once the guard has read them. */
  readonly meanwhile?: Job;
  readonly ledgerFails?: boolean;
  /** Whether the promotion has recorded no image. */
  readonly hasNoImage?: boolean;
  /** What is wrong with an image. @default nothing */
  readonly provenance?: (imageId: string) => string;
  /** What is marked bad. */
  readonly bad?: BadSubject;
  /** What CodePipeline throws at the guard's answer. */
  readonly answerFails?: Error;
}
const restored = { redrives: 0, imageId: 'ami-old', at: '2026-11-22T11:00:00.000Z' };
const askGuard = async (situation: Situation) => {
  const { parameters, trigger = started, promotion = aPromotion(), jobs = [waiting()] } = situation;
  const { approvals = [approved('qc', 'quinn'), approved('pmo', 'parker')] } = situation;
  const ledger = createMemoryLedger();
  const images = situation.hasNoImage ? {} : { qat: 'ami-qat', prod: 'ami-prod', ...promotion.images };
  await ledger.addPromotion({ ...promotion, images });
  if (situation.bad) await markBad(ledger, { application: 'shop', ...situation.bad }, aMarking());
  if (situation.release) await ledger.addPromotion(situation.release);
  for (const job of jobs) await ledger.addJob(job);
  for (const approval of approvals) await ledger.addApproval(approval);
  for (const environment of ['qat', 'prod'] as const) {
    const lock = freeLock('shop', environment);
    await ledger.replaceLock(lock, { ...lock, holder: { ...aWaiter(PROMOTION_ID), ...situation.holder } });
  }
  let { meanwhile } = situation;
  const answered = () => {
    if (situation.answerFails) throw situation.answerFails;
    return {};
  };
  const { client, sent } = double(
    new CodePipelineClient(offline),
    on(GetPipelineExecutionCommand, () => ({ pipelineExecution: { trigger } })),
    on(PutJobSuccessResultCommand, answered),
    on(PutJobFailureResultCommand, answered),
  );
  const UserParameters =
    typeof parameters === 'string'
      ? parameters
      : JSON.stringify({
          environment: 'prod',
          pipelineName: 'shop-prod',
          promotionId: PROMOTION_ID,
          pipelineExecutionId: 'e-1',
          commitId: COMMIT,
          ...parameters,
        });
  await guardPipeline({
    pipelines: createGuardedPipelines(client, createPipelineRuns(client)),
    ledger: situation.ledgerFails
      ? { ...ledger, promotion: () => Promise.reject(new Error('the table is unreachable')) }
      : {
          ...ledger,
          jobs: async (id) => {
            const read = await ledger.jobs(id);
            if (meanwhile !== undefined) await ledger.replaceJob(read[0] ?? meanwhile, meanwhile);
            meanwhile = undefined;
            return read;
          },
        },
    starterRoleArn: STARTER,
    provenanceProblem: async (_, imageId) => situation.provenance?.(imageId),
    now: () => new Date(NOTED_AT),
  })({
    'CodePipeline.job': {
      id: 'job-1',
      data: { actionConfiguration: { configuration: { FunctionName: 'guard', UserParameters } } },
    },
  } as CodePipelineEvent);
  return { answers: sent.filter(({ command }) => command.startsWith('PutJob')), ledger };
};
const guard = async (situation: Situation) => (await askGuard(situation)).answers;

describe('the guard of a pipeline (T20)', () => {
  it.each<[string, Situation]>([
    ['the run that a promotion waits for', {}],
    ['a run that is quicker than the note of its id', { jobs: [starting] }],
    [
      'what the promotion’s commit was built into',
      { parameters: deploysBuilt, promotion: aPromotion({ built: BUILT }) },
    ],
    [
      'what a release was built into',
      {
        parameters: deploysBuilt,
        promotion: { ...goesBack({ built: BUILT }), built: BUILT },
        release: aRelease({ built: BUILT }),
      },
    ],
    ['a release that an operator goes back to', { promotion: goesBack(), release: aRelease() }],
    [
      'a release with the one approval that it needs',
      {
        promotion: goesBack({ approvals: 'one' }),
        release: aRelease(),
        approvals: [approved('pmo', 'parker')],
      },
    ],
    [
      'a Prod image that differs, which both approved',
      {
        jobs: [aProdBuild(), waiting()],
        approvals: [approved('qc', 'quinn'), approved('pmo', 'parker'), ...imageApproved],
      },
    ],
    [
      'QAT without approvals',
      {
        parameters: { environment: 'qat', pipelineName: 'shop-qat' },
        approvals: [],
        jobs: [waiting({ parameters: { pipelineName: 'shop-qat' }, externalId: 'shop-qat/e-1' })],
      },
    ],
    [
      'a promotion that was redriven, before its status is noted',
      { promotion: aPromotion({ status: 'FAILED' }), holder: { redrives: 1 } },
    ],
    [
      'QAT after any earlier end in Prod',
      {
        promotion: aPromotion({ prodRestored: restored }),
        parameters: { environment: 'qat', pipelineName: 'shop-qat' },
        jobs: [waiting({ parameters: { pipelineName: 'shop-qat' }, externalId: 'shop-qat/e-1' })],
      },
    ],
  ])('lets %s deploy', async (_, situation) => {
    expect(await guard(situation)).toEqual([
      { command: 'PutJobSuccessResultCommand', input: { jobId: 'job-1' } },
    ]);
  });

  it.each<[string, Situation, RegExp]>([
    [
      'a commit that was marked bad',
      { bad: { commitId: COMMIT } },
      /olga marked commit 8f0c9c1f bad on .*: it loses orders\./,
    ],
    [
      'an image that was marked bad',
      { bad: { imageId: 'ami-prod' } },
      /olga marked .*ami-prod bad on .*: it loses orders\./,
    ],
    [
      'images that may have a package that was marked bad',
      { bad: { packageVersion: 'openssl@3.2.2' } },
      /openssl@3\.2\.2.*cannot be told whether ami-/,
    ],
    [
      'a new pipeline’s first run',
      { trigger: { triggerType: 'CreatePipeline' } },
      /started by CreatePipeline \(no detail\), not by Lockstep/,
    ],
    [
      '"Release change" by hand',
      {
        trigger: {
          triggerType: 'StartPipelineExecution',
          triggerDetail: 'arn:aws:iam::000000000000:user/olga',
        },
      },
      /user\/olga\), not by Lockstep/,
    ],
    [
      'a role whose name only begins like ours',
      { trigger: { ...started, triggerDetail: 'arn:aws:sts::000000000000:assumed-role/shop-start-job-2/x' } },
      /not by Lockstep/,
    ],
    [
      'no promotion',
      { parameters: { promotionId: 'none' } },
      /names the promotion "none", which does not exist/,
    ],
    ['an unknown promotion', { parameters: { promotionId: 'guessed' } }, /"guessed", which does not exist/],
    ['another commit', { parameters: { commitId: 'f'.repeat(40) } }, /has commit f{40}, the promotion/],
    [
      'another build of the commit',
      {
        parameters: { ...deploysBuilt, builtKey: 'lockstep-builds/2/revision.zip' },
        promotion: aPromotion({ built: BUILT }),
      },
      /has lockstep-builds\/2\/revision\.zip in version v1, the promotion .* has lockstep-builds\/1\/revision\.zip in version v1/,
    ],
    [
      'another version of the archive',
      { parameters: { ...deploysBuilt, builtVersion: 'v2' }, promotion: aPromotion({ built: BUILT }) },
      /in version v2, the promotion .* in version v1/,
    ],
    ['an archive, of a promotion without a build', { parameters: deploysBuilt }, /has no build/],
    [
      'a commit that was built',
      { promotion: aPromotion({ built: BUILT }) },
      /has commit 8f0c9c1f.*deploys what it was built into/,
    ],
    [
      'what another build made than the release’s',
      {
        parameters: deploysBuilt,
        promotion: { ...goesBack({ built: BUILT }), built: BUILT },
        release: aRelease({ built: { ...BUILT, version: 'v0' } }),
      },
      NO_RELEASE,
    ],
    [
      'a Prod image that differs, after the approvals of the change',
      { jobs: [aProdBuild(), waiting()] },
      /The Prod image ami-0fedcba9876543210 differs from the approved QAT image, and QC has not approved it/,
    ],
    [
      'a Prod image that was built after another was approved',
      {
        jobs: [aProdBuild({ inventory: 'a'.repeat(64) }), waiting()],
        approvals: [approved('qc', 'quinn'), approved('pmo', 'parker'), ...imageApproved],
      },
      /QC has not approved it/,
    ],
    ['a run that nobody waits for', { jobs: [] }, /does not wait for this run/],
    [
      'a run whose promotion waits for another',
      { jobs: [waiting({ externalId: 'shop-prod/e-0' })] },
      /does not wait/,
    ],
    ['a job that has ended', { jobs: [waiting({ status: 'FAILED' })] }, /does not wait/],
    [
      'a job of the other pipeline',
      { jobs: [waiting({ parameters: { pipelineName: 'shop-qat' } })] },
      /does not wait/,
    ],
    ['a job of another kind', { jobs: [waiting({ kind: 'image-build' })] }, /does not wait/],
    [
      'a run of an attempt that is over, while the next one starts',
      { jobs: [waiting({ status: 'FAILED' }), { ...starting, attempt: 2 }] },
      /does not wait/,
    ],
    [
      'a promotion that does not hold the lock',
      { jobs: [starting], holder: { promotionId: 'shop-2222' } },
      /The promotion shop-8f0c9c1f.* does not hold the Prod lock/,
    ],
    [
      'a promotion that has ended',
      { jobs: [starting], promotion: aPromotion({ status: 'FAILED' }) },
      /shop-8f0c9c1f.* has ended \(FAILED\)/,
    ],
    [
      'a redriven promotion that has ended again',
      { promotion: aPromotion({ status: 'ABORTED', redrives: 1 }), holder: { redrives: 1 } },
      /has ended \(ABORTED\)/,
    ],
    [
      'a promotion after which Prod was restored',
      { jobs: [starting], promotion: aPromotion({ prodRestored: restored }) },
      /Prod was restored after the promotion shop-8f0c9c1f.* and starts from ami-old/,
    ],
    ['a go-back to a release that is not recorded', { promotion: goesBack() }, NO_RELEASE],
    [
      'a go-back to a release of another commit',
      { promotion: goesBack(), release: aRelease({ commitId: 'c'.repeat(40) }) },
      NO_RELEASE,
    ],
    [
      'a go-back to a release with another image',
      { promotion: goesBack(), release: aRelease({ images: { prod: 'ami-other' } }) },
      NO_RELEASE,
    ],
    [
      'a go-back to what was not promoted',
      { promotion: goesBack(), release: aRelease({ status: 'FAILED' }) },
      NO_RELEASE,
    ],
    [
      'a go-back to QAT',
      {
        promotion: goesBack(),
        release: aRelease(),
        parameters: { environment: 'qat', pipelineName: 'shop-qat' },
      },
      NO_RELEASE,
    ],
    [
      'a go-back that needs both approvals, with one',
      { promotion: goesBack(), release: aRelease(), approvals: [approved('pmo', 'parker')] },
      /QC has not approved/,
    ],
    ['Prod without QC', { approvals: [approved('pmo', 'parker')] }, /QC has not approved/],
    [
      'Prod with a pending PMO',
      { approvals: [approved('qc', 'quinn'), anApproval({ role: 'pmo' })] },
      /PMO has not approved/,
    ],
    [
      'Prod with one of two who must approve as QC',
      { approvals: [{ ...approved('qc', 'quinn'), count: 2 }, approved('pmo', 'parker')] },
      /QC has not approved/,
    ],
    [
      'Prod approved by one person and for the same person',
      {
        approvals: [
          {
            ...approved('qc', 'olga'),
            decisions: [
              aDecision(aPerson('olga'), {
                absence: { absenceId: 'a', absent: aPerson('parker'), until: '2026-11-30T00:00:00.000Z' },
              }),
            ],
          },
          approved('pmo', 'parker'),
        ],
      },
      /parker approved as QC and as PMO/,
    ],
    [
      'Prod approved twice by one person',
      { approvals: [approved('qc', 'sam'), approved('pmo', 'sam')] },
      /sam approved as QC and as PMO/,
    ],
    [
      'Prod approved twice by one person with dots in the second address',
      {
        approvals: [
          approved('qc', 'sam'),
          {
            ...approved('pmo', 'samuel'),
            review: aReview({ dotsIgnoredIn: ['example.com'] }),
            decisions: [aDecision(aPerson('samuel', { verifiedEmail: 's.am@example.com' }))],
          },
        ],
      },
      /samuel approved as QC and as PMO/,
    ],
    [
      'an image that nothing says of where it comes from',
      {
        provenance: (imageId) => `The image ${imageId} has no valid statement`,
      },
      /^The image ami-prod has no valid statement$/,
    ],
    ['a promotion that has recorded no image', { hasNoImage: true }, /has recorded no image for this run/],
    ['parameters that are not JSON', { parameters: 'prod' }, /could not decide: TypeError: .*not JSON: prod/],
    ['parameters that lack something', { parameters: { commitId: '' } }, /lack commitId/],
    ['an unknown environment', { parameters: { environment: 'test' as 'qat' } }, /environment is "test"/],
    ['an unreachable ledger', { ledgerFails: true }, /could not decide: Error: the table is unreachable/],
  ])('fails %s', async (_, situation, message) => {
    expect(await guard(situation)).toEqual([
      {
        command: 'PutJobFailureResultCommand',
        input: {
          jobId: 'job-1',
          failureDetails: { type: 'JobFailed', message: expect.stringMatching(message) },
        },
      },
    ]);
  });
});

describe('a run that is quicker than the note of its id', () => {
  it('is noted with the job that waits for it, should nobody else come to note it', async () => {
    const { answers, ledger } = await askGuard({ jobs: [starting] });
    expect(answers).toMatchObject([{ command: 'PutJobSuccessResultCommand' }]);
    expect(await ledger.jobByExternalId('shop-prod/e-1')).toEqual(waiting({ runningSince: NOTED_AT }));
  });

  it('is noted with the job also if it is denied, or a redrive would go on with it', async () => {
    const promotion = aPromotion({ status: 'FAILED', endedAt: '2026-11-22T11:00:00.000Z' });
    const { answers, ledger } = await askGuard({ jobs: [starting], promotion });
    expect(answers).toMatchObject([{ command: 'PutJobFailureResultCommand' }]);
    expect(await ledger.jobs(PROMOTION_ID)).toEqual([waiting({ runningSince: NOTED_AT })]);
  });

  it('is not noted with a job that waits for none of its kind', async () => {
    const { ledger } = await askGuard({ jobs: [starting], trigger: { triggerType: 'CreatePipeline' } });
    expect(await ledger.jobs(PROMOTION_ID)).toEqual([starting]);
  });

  it('fails if another run is noted at the same time', async () => {
    const meanwhile = waiting({ externalId: 'shop-prod/e-2' });
    const { answers, ledger } = await askGuard({ jobs: [starting], meanwhile });
    expect(answers).toMatchObject([{ command: 'PutJobFailureResultCommand' }]);
    expect(await ledger.jobs(PROMOTION_ID)).toEqual([meanwhile]);
  });
});

describe('the answer of the guard', () => {
  const answeredBefore = new InvalidJobStateException(because('The job is not in progress'));

  it.each<[string, Situation]>([
    ['lets the run deploy', {}],
    ['fails it', { jobs: [] }],
  ])('stands when an event that comes twice %s again', async (_, situation) => {
    expect(await guard({ ...situation, answerFails: answeredBefore })).toHaveLength(1);
  });

  it('fails when CodePipeline does not take it', async () => {
    const answerFails = new JobNotFoundException(because('no such job'));
    await expect(guard({ answerFails })).rejects.toThrow(answerFails);
  });
});

describe('a session of a role', () => {
  it.each([
    [STARTER, true],
    ['arn:aws:sts::000000000000:assumed-role/shop-start-job/any-session', true],
    ['arn:aws:sts::111111111111:assumed-role/shop-start-job/any-session', false],
    ['arn:aws-cn:sts::000000000000:assumed-role/shop-start-job/any-session', false],
    ['arn:aws:sts::000000000000:federated-user/shop-start-job', false],
    ['', false],
  ])('%s: %s', (caller, expected) => {
    expect(isSessionOf(caller, STARTER)).toBe(expected);
  });
});
