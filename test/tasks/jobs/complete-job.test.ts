import { completeJob } from '../../../tasks/jobs/complete-job.ts';
import type { Inspection, JobActions } from '../../../tasks/jobs/job-actions.ts';
import type { Job } from '../../../tasks/ledger/items.ts';
import type { Ledger } from '../../../tasks/ledger/ledger.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aJob, PROMOTION_ID } from '../doubles/samples.ts';
import { createTokens } from '../doubles/tokens.ts';

const job = aJob({ status: 'RUNNING', externalId: 'qat/r-1' });
const event = {
  source: 'aws.autoscaling',
  detail: { AutoScalingGroupName: 'qat', InstanceRefreshId: 'r-1' },
};

const failure = { error: 'InstanceRefreshFailed', cause: 'unhealthy' } as const;

let ledger: Ledger;
let tokens: ReturnType<typeof createTokens>;
beforeEach(async () => {
  ledger = createMemoryLedger();
  tokens = createTokens('token-1', 'token-2');
  await ledger.addJob(job);
});
const complete = (
  of: unknown,
  over = ledger,
  inspection: Inspection = { state: 'failed', ...failure },
  now = '2026-11-22T10:30:00.000Z',
) => {
  const actions: JobActions = {
    startError: 'InstanceRefreshFailed',
    start: () => Promise.reject(new Error('settling starts nothing')),
    inspect: async () => inspection,
  };
  return completeJob({
    ledger: over,
    tasks: tokens.tasks,
    kinds: {
      'code-build': actions,
      'image-build': actions,
      'instance-refresh': actions,
      'pipeline-run': actions,
    },
    now: () => new Date(now),
  })(of);
};
describe('settling a job', () => {
  it('asks its service, records the outcome and completes the task once, however often the event comes', async () => {
    await complete(event);
    await complete(event);
    expect(tokens.completion).toEqual([{ token: 'token-1', ...failure }]);
    expect(await ledger.latestJob(PROMOTION_ID, job.state)).toEqual({
      ...job,
      ...failure,
      status: 'FAILED',
      endedAt: '2026-11-22T10:30:00.000Z',
      completedToken: 'token-1',
    });
  });

  it.each([
    ['waits for one', '2026-11-22T10:10:00.999Z', 'RUNNING', 0],
    ['fails one', '2026-11-22T10:10:01.000Z', 'FAILED', 1],
  ])('%s that its service does not know at %s', async (_, now, status, completion) => {
    await complete(event, ledger, { state: 'missing', ...failure }, now);
    expect((await ledger.latestJob(PROMOTION_ID, job.state))?.status).toBe(status);
    expect(tokens.completion).toHaveLength(completion);
  });

  it('leaves alone what is nobody’s', async () => {
    await complete({ ...event, detail: { ...event.detail, InstanceRefreshId: 'r-2' } });
    await complete({ source: 'aws.s3' });
    expect(tokens.completion).toEqual([]);
  });

  it.each<[string, (before: Job, after: Job) => boolean]>([
    ['the outcome is recorded', (before) => before.status === 'RUNNING'],
    ['the telling is noted', (_, after) => after.completedToken === 'token-1'],
  ])('completes the token of a later attempt that took the job over before %s', async (_, isMoment) => {
    let done = false;
    const racing: Ledger = {
      ...ledger,
      replaceJob: async (before, after) => {
        if (!done && isMoment(before, after)) {
          done = true;
          await ledger.replaceJob(before, { ...before, taskToken: 'token-2' });
        }
        return ledger.replaceJob(before, after);
      },
    };
    await complete(event, racing);
    expect(tokens.completion.at(-1)).toEqual({ token: 'token-2', ...failure });
    expect(await ledger.openJobs('shop')).toEqual([]);
  });

  it('stops when the next attempt has begun', async () => {
    const racing: Ledger = {
      ...ledger,
      replaceJob: async (before, after) => {
        if (after.completedToken === 'token-1')
          await ledger.addJob(aJob({ attempt: 2, taskToken: 'token-2' }));
        if (after.completedToken === 'token-1')
          await ledger.replaceJob(before, { ...before, cause: 'changed' });
        return ledger.replaceJob(before, after);
      },
    };
    await complete(event, racing);
    expect(tokens.completion.map(({ token }) => token)).toEqual(['token-1']);
  });

  it('fails on what is no conflict', async () => {
    const broken: Ledger = { ...ledger, replaceJob: () => Promise.reject(new Error('throttled')) };
    await expect(complete(event, broken)).rejects.toThrow('throttled');
  });
});

it('notes what Prod runs before the state is completed, and fails without completing it if it cannot', async () => {
  const deployment = aJob({
    kind: 'pipeline-run',
    state: 'Deploy to Prod',
    status: 'RUNNING',
    externalId: 'shop-prod/run-1',
    taskToken: 'token-2',
    parameters: { pipelineName: 'shop-prod', environment: 'prod' },
  });
  await ledger.addJob(deployment);
  const over: Ledger = { ...ledger, noteLive: () => Promise.reject(new Error('the table is gone')) };
  const ended = {
    source: 'aws.codepipeline',
    detail: { pipeline: 'shop-prod', 'execution-id': 'run-1', state: 'SUCCEEDED' },
  };
  const output = { pipelineExecutionId: 'run-1', deploymentId: 'd-1' };
  await expect(complete(ended, over, { state: 'succeeded', output })).rejects.toThrow('the table is gone');
  expect(tokens.completion).toEqual([]);
  await complete(ended, ledger, { state: 'succeeded', output });
  expect(tokens.completion).toEqual([{ token: 'token-2', output }]);
  expect(await ledger.live('shop')).toMatchObject({ promotionId: PROMOTION_ID });
});
