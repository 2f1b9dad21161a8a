import {
  AccessDeniedException,
  ImagebuilderClient,
  StartImagePipelineExecutionCommand,
} from '@aws-sdk/client-imagebuilder';
import { imageBuild } from '../../../tasks/jobs/image-build.ts';
import { createImageBuilds } from '../../../tasks/jobs/imagebuilder-builds.ts';
import type { Inspection, JobActions } from '../../../tasks/jobs/job-actions.ts';
import { isOvertaken, needsAttempt, nextAttempt, takenOver } from '../../../tasks/jobs/job-attempts.ts';
import { startJob } from '../../../tasks/jobs/start-job.ts';
import type { Job } from '../../../tasks/ledger/items.ts';
import type { Ledger } from '../../../tasks/ledger/ledger.ts';
import type { StartJobRequest } from '../../../tasks/payloads.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aJob, aPromotion, COMMIT, PROMOTION_ID } from '../doubles/samples.ts';
import { because, double, offline, on } from '../doubles/sdk.ts';
import { createTokens } from '../doubles/tokens.ts';

const request = (taskToken: string): StartJobRequest => ({
  promotionId: PROMOTION_ID,
  state: 'Build QAT image',
  taskToken,
  stateAttempt: Number(/\d+$/.exec(taskToken)),
  kind: 'image-build',
  parameters: {
    imagePipelineArn: 'arn:aws:imagebuilder:us-east-1:000000000000:image-pipeline/shop-qat',
    environment: 'qat',
  },
});

const notInspected = async () => Promise.reject(new Error('nothing was built'));

let ledger: Ledger;
let tokens: ReturnType<typeof createTokens>;
let started: Job[];
let inspection: Inspection;
beforeEach(() => {
  ledger = createMemoryLedger();
  tokens = createTokens('token-1', 'token-2');
  started = [];
  inspection = { state: 'running' };
});
const working: JobActions = {
  startError: 'ImageBuildFailed',
  start: async (job) => {
    started.push(job);
    return `external/${started.length}`;
  },
  inspect: async () => inspection,
};
const start = (taskToken: string, actions = working, of: Partial<StartJobRequest> = {}) =>
  startJob({
    ledger,
    tasks: tokens.tasks,
    kinds: {
      'code-build': actions,
      'image-build': actions,
      'instance-refresh': actions,
      'pipeline-run': actions,
    },
    now: () => new Date('2026-11-22T10:00:01.000Z'),
    application: 'shop',
    newClientToken: () => 'fresh-client-token',
  })({ ...request(taskToken), ...of } as StartJobRequest);

describe('what an attempt of the state does', () => {
  const fresh = { application: 'shop', clientToken: 'fresh', startedAt: '2026-11-22T12:00:00.000Z' };
  it.each<[string, Job | undefined, Partial<Job>]>([
    ['starts the first attempt', undefined, { attempt: 1, status: 'STARTING', clientToken: 'fresh' }],
    [
      'starts the next attempt after a failed one',
      aJob({ status: 'FAILED' }),
      { attempt: 2, status: 'STARTING', clientToken: 'fresh' },
    ],
    [
      'attaches to a running one',
      aJob({ status: 'RUNNING' }),
      { attempt: 1, status: 'RUNNING', clientToken: aJob().clientToken },
    ],
    [
      'reuses a finished one',
      aJob({ status: 'SUCCEEDED', completedToken: 'token-1' }),
      { attempt: 1, status: 'SUCCEEDED' },
    ],
    [
      'starts one again, as the same attempt, whose start is not recorded',
      aJob(),
      { attempt: 1, status: 'STARTING', clientToken: aJob().clientToken },
    ],
  ])('%s', (_, latest, expected) => {
    const ofToken2 = request('token-2');
    const job =
      latest !== undefined && !needsAttempt(latest, ofToken2)
        ? takenOver(latest, ofToken2)
        : nextAttempt(latest, ofToken2, fresh);
    expect(job).toMatchObject({
      taskToken: 'token-2',
      ...expected,
    });
  });

  it('takes the same token after a failure for the same state attempt', () => {
    const failed = aJob({ status: 'FAILED', taskToken: 'token-2', stateAttempt: 2 });
    expect(needsAttempt(failed, request('token-2'))).toBe(false);
    expect(takenOver(failed, request('token-2'))).toEqual(failed);
  });

  it('is overtaken by a later attempt, and by none before it', () => {
    const latest = aJob({ taskToken: 'token-2', stateAttempt: 2 });
    expect(['token-1', 'token-2', 'token-3'].map((token) => isOvertaken(latest, request(token)))).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('starting a job', () => {
  it('records the attempt before it starts, and the external id after (T35)', async () => {
    const seen: unknown[] = [];
    const watching: JobActions = {
      ...working,
      start: async () => {
        seen.push(await ledger.latestJob(PROMOTION_ID, 'Build QAT image'));
        return 'external/1';
      },
    };
    expect(await start('token-1', watching)).toEqual({
      attempt: 1,
      status: 'RUNNING',
      externalId: 'external/1',
    });
    expect(seen).toEqual([aJob({ clientToken: 'fresh-client-token', stateAttempt: 1 })]);
    expect(await ledger.jobByExternalId('external/1')).toMatchObject({
      status: 'RUNNING',
      taskToken: 'token-1',
    });
    expect(tokens.completion).toEqual([]);
  });

  it('completes the task at once if the job ended before the ledger knew it', async () => {
    inspection = { state: 'succeeded', output: { imageId: 'ami-1', imageBuildVersionArn: 'external/1' } };
    expect(await start('token-1')).toMatchObject({ status: 'SUCCEEDED' });
    expect(tokens.completion).toEqual([
      { token: 'token-1', output: { imageId: 'ami-1', imageBuildVersionArn: 'external/1' } },
    ]);
  });

  it('gives a later attempt the image of an earlier one, without building again', async () => {
    inspection = { state: 'succeeded', output: { imageId: 'ami-1' } };
    await start('token-1');
    await start('token-2');
    expect(started).toHaveLength(1);
    expect(tokens.completion.map(({ token, output }) => [token, output])).toEqual([
      ['token-1', { imageId: 'ami-1' }],
      ['token-2', { imageId: 'ami-1' }],
    ]);
  });

  it('leaves the job to the later attempt that has overtaken this one', async () => {
    await start('token-2');
    expect(await start('token-1')).toEqual({ overtaken: true });
    expect(started).toHaveLength(1);
    expect(await ledger.latestJob(PROMOTION_ID, 'Build QAT image')).toMatchObject({ taskToken: 'token-2' });
  });

  it('starts the next attempt on a redrive after a failure', async () => {
    inspection = { state: 'failed', error: 'ImageBuildFailed', cause: 'no space left' };
    await start('token-1');
    inspection = { state: 'running' };
    expect(await start('token-2')).toMatchObject({ attempt: 2, status: 'RUNNING', externalId: 'external/2' });
    expect(tokens.completion).toEqual([
      { token: 'token-1', error: 'ImageBuildFailed', cause: 'no space left' },
    ]);
  });

  it('keeps the deployment with the promotion', async () => {
    await ledger.addPromotion(aPromotion());
    inspection = { state: 'succeeded', output: { pipelineExecutionId: 'e-1', deploymentId: 'd-1' } };
    const parameters = {
      pipelineName: 'shop-qat',
      sourceAction: 'Source',
      commitId: COMMIT,
      environment: 'qat',
    } as const;
    await start('token-1', working, { kind: 'pipeline-run', state: 'Deploy to QAT', parameters });
    expect((await ledger.promotion(PROMOTION_ID))?.deployments).toEqual({ qat: 'd-1' });
    expect(tokens.completion).toHaveLength(1);
  });

  it.each([
    ['prod', { application: 'shop', promotionId: PROMOTION_ID, since: '2026-11-22T10:00:01.000Z' }],
    ['qat', undefined],
  ] as const)('records what is live before it completes a deployment to %s', async (environment, live) => {
    await ledger.addPromotion(aPromotion());
    inspection = { state: 'succeeded', output: { pipelineExecutionId: 'e-1', deploymentId: 'd-1' } };
    const parameters = {
      pipelineName: `shop-${environment}`,
      sourceAction: 'Source',
      commitId: COMMIT,
      environment,
    };
    await start('token-1', working, { kind: 'pipeline-run', state: 'Deploy', parameters });
    expect(tokens.completion).toHaveLength(1);
    expect(await ledger.live('shop')).toEqual(live);
  });

  it('completes the task also if the ledger has no such promotion', async () => {
    inspection = { state: 'succeeded', output: { pipelineExecutionId: 'e-1', deploymentId: 'd-1' } };
    const parameters = {
      pipelineName: 'shop-qat',
      sourceAction: 'Source',
      commitId: COMMIT,
      environment: 'qat',
    } as const;
    await start('token-1', working, { kind: 'pipeline-run', parameters });
    expect(tokens.completion).toHaveLength(1);
  });

  it('fails with the service’s own words when the start fails', async () => {
    const refusing = double(
      new ImagebuilderClient(offline),
      on(StartImagePipelineExecutionCommand, () => {
        throw new AccessDeniedException(because('role shop-start-job may not StartImagePipelineExecution'));
      }),
    );
    expect(await start('token-1', imageBuild(createImageBuilds(refusing.client), notInspected))).toEqual({
      attempt: 1,
      status: 'FAILED',
    });
    expect(tokens.completion).toEqual([
      {
        token: 'token-1',
        error: 'ImageBuildFailed',
        code: 'StartFailed',
        cause:
          'Build QAT image could not be started: AccessDeniedException: role shop-start-job may not StartImagePipelineExecution',
      },
    ]);
    expect(await start('token-2')).toMatchObject({ attempt: 2, status: 'RUNNING' });
  });

  it.each([
    ['throttled', Object.assign(new Error('slow down'), { name: 'ThrottlingException', $fault: 'client' })],
    ['at fault itself', Object.assign(new Error('oops'), { name: 'ServiceException', $fault: 'server' })],
    ['silent', new Error('socket hang up')],
  ])('starts the same attempt again if the service was %s: it may have started', async (_, error) => {
    const failing: JobActions = { ...working, start: () => Promise.reject(error) };
    await expect(start('token-1', failing)).rejects.toBe(error);
    expect(tokens.completion).toEqual([]);
    expect(await start('token-2')).toMatchObject({ attempt: 1, status: 'RUNNING' });
    expect(started.map(({ clientToken }) => clientToken)).toEqual(['fresh-client-token']);
  });

  it('fails the state and keeps the attempt open when a repeated start fails: the first may have worked', async () => {
    const lost: JobActions = { ...working, start: () => Promise.reject(new Error('socket hang up')) };
    await expect(start('token-1', lost)).rejects.toThrow('socket hang up');
    const refusing: JobActions = {
      ...working,
      start: () => Promise.reject(new AccessDeniedException(because('not any more'))),
    };
    await expect(start('token-2', refusing)).rejects.toMatchObject({
      name: 'ImageBuildFailed',
      message: expect.stringMatching(
        /^\{"code":"StartFailed",.*could not be started: AccessDeniedException: not any more\\n.*redrive/,
      ),
    });
    expect(await start('token-3')).toMatchObject({ attempt: 1, status: 'RUNNING' });
    expect(started.map(({ clientToken }) => clientToken)).toEqual(['fresh-client-token']);
  });

  it('leaves a failed start to the later attempt that starts it as well', async () => {
    const overtaken: JobActions = {
      ...working,
      start: async (job) => {
        await ledger.replaceJob(job, { ...job, taskToken: 'token-2', stateAttempt: 2 });
        throw new AccessDeniedException(because('expired'));
      },
    };
    expect(await start('token-1', overtaken)).toEqual({ attempt: 1, status: 'STARTING' });
    expect(tokens.completion).toEqual([]);
  });

  it('starts although it may not see what is there, and says in the service’s words when it may not start either', async () => {
    const denied = new AccessDeniedException(because('no DescribeInstanceRefreshes'));
    const blind: JobActions = { ...working, newest: () => Promise.reject(denied) };
    expect(await start('token-1', blind)).toMatchObject({ attempt: 1, status: 'RUNNING' });
    const throttled = Object.assign(new Error('slow down'), {
      name: 'ThrottlingException',
      $fault: 'client',
    });
    const busy: JobActions = { ...working, newest: () => Promise.reject(throttled) };
    await expect(start('token-1', busy, { state: 'Refresh QAT instance' })).rejects.toBe(throttled);
    expect(await ledger.latestJob(PROMOTION_ID, 'Refresh QAT instance')).toBeUndefined();
  });

  it('does not fail a running job when another attempt started it meanwhile', async () => {
    const overtaken: JobActions = {
      ...working,
      start: async (job) => {
        await ledger.replaceJob(job, {
          ...job,
          taskToken: 'token-2',
          status: 'RUNNING',
          externalId: 'external/9',
        });
        throw new AccessDeniedException(because('expired'));
      },
    };
    expect(await start('token-1', overtaken)).toMatchObject({ status: 'RUNNING', externalId: 'external/9' });
    expect(tokens.completion).toEqual([]);
  });

  it('says which external jobs belong to another attempt', async () => {
    await ledger.addJob(aJob({ status: 'FAILED', externalId: 'external/old', completedToken: 'token-1' }));
    const taken: boolean[] = [];
    const asking: JobActions = {
      ...working,
      start: async (_, isTaken) => {
        for (const id of ['external/old', 'external/new']) taken.push(await isTaken(id));
        return 'external/new';
      },
    };
    await start('token-2', asking);
    expect(taken).toEqual([true, false]);
  });
});
