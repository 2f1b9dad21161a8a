import type { InstanceTarget } from '@aws-sdk/client-codedeploy';
import { lookAt } from '../../../tasks/jobs/advance-job.ts';
import { mayCutOver } from '../../../tasks/jobs/cut-over.ts';
import type { CutOver, Inspection, JobKinds } from '../../../tasks/jobs/job-actions.ts';
import { finished } from '../../../tasks/jobs/job-attempts.ts';
import type { Promotion } from '../../../tasks/ledger/items.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aJob, aPromotion, PROMOTION_ID } from '../doubles/samples.ts';
import { createTokens } from '../doubles/tokens.ts';
import { action, inspect, type Situation } from './pipeline-situation.ts';

describe('whether traffic may move to new instances', () => {
  it.each<[string, CutOver['images'], string | undefined, 'move' | 'halt' | 'unknown']>([
    ['each runs the approved image', { 'i-1': 'ami-1', 'i-2': 'ami-1' }, 'ami-1', 'move'],
    ['one runs another image', { 'i-1': 'ami-1', 'i-2': 'ami-2' }, 'ami-1', 'halt'],
    ['all run another image', { 'i-1': 'ami-2', 'i-2': 'ami-2' }, 'ami-1', 'halt'],
    ['one is unknown', { 'i-1': 'ami-1', 'i-2': undefined }, 'ami-1', 'unknown'],
    ['one is unknown, and one runs another', { 'i-1': 'ami-2', 'i-2': undefined }, 'ami-1', 'halt'],
    ['there are none', {}, 'ami-1', 'unknown'],
    ['nobody knows what was approved', { 'i-1': 'ami-1' }, undefined, 'unknown'],
    ['neither is known', { 'i-1': undefined }, undefined, 'unknown'],
  ])('if %s', (_, images, approved, kind) => {
    expect(mayCutOver(images, approved).kind).toBe(kind);
  });

  it('names the instances that do not, what they run, what was approved, and the remedy', () => {
    const ruling = mayCutOver({ 'i-1': 'ami-1', 'i-2': 'ami-2' }, 'ami-1');
    expect(ruling).toMatchObject({
      kind: 'halt',
      reason: expect.stringContaining('\n- instance i-2 runs ami-2, not ami-1\n'),
    });
    expect(ruling).toMatchObject({ reason: expect.stringMatching(/PutParameter.*Then redrive/) });
    expect(JSON.stringify(ruling)).not.toContain('instance i-1');
  });
});

describe('a deployment that waits before traffic moves', () => {
  const job = aJob({
    kind: 'pipeline-run',
    state: 'Deploy to Prod',
    status: 'RUNNING',
    externalId: 'shop-prod/e-1',
  });
  const world = async (
    images: CutOver['images'],
    promotion: Partial<Promotion> = { images: { prod: 'ami-1' } },
  ) => {
    const ledger = createMemoryLedger();
    await ledger.addPromotion(aPromotion(promotion));
    await ledger.addJob(job);
    const calls: string[] = [];
    const recorded = async () => (await ledger.latestJob(PROMOTION_ID, job.state)) ?? job;
    const tokens = createTokens('token-1');
    const cutOver: CutOver = {
      images,
      moveTraffic: async () => void calls.push('move'),
      halt: async () => void calls.push(`halt, recorded ${(await recorded()).halted ? 'before' : 'not'}`),
    };
    const look = (inspection: Inspection = { state: 'running', cutOver }) =>
      recorded().then((current) =>
        lookAt(
          {
            ledger,
            tasks: tokens.tasks,
            kinds: { 'pipeline-run': { inspect: async () => inspection } } as unknown as JobKinds,
            now: () => new Date('2026-11-22T10:30:00.000Z'),
          },
          current,
        ),
      );
    return { look, calls, recorded, tokens, ledger };
  };

  it('goes on when all run the approved image, however often somebody looks', async () => {
    const { look, calls, recorded } = await world({ 'i-1': 'ami-1' });
    await look();
    await look();
    expect(calls).toEqual(['move', 'move']);
    expect(await recorded()).toEqual(job);
  });

  it('is stopped when one does not, which is recorded first; it stays stopped, and fails for that reason', async () => {
    const { look, calls, recorded, tokens } = await world({ 'i-1': 'ami-2' });
    await look();
    await look();
    expect(calls).toEqual(['halt, recorded before', 'halt, recorded before']);
    await look({ state: 'failed', error: 'DeploymentFailed', code: 'AgentSilent', cause: 'd-1 is Stopped' });
    const { error, code, cause } = await recorded();
    expect([error, code]).toEqual(['ImageReplaced', undefined]);
    expect(cause).toMatch(
      /^No traffic moved .*\n- instance i-1 runs ami-2, not ami-1\n[\s\S]*\nd-1 is Stopped$/,
    );
    expect(tokens.completion).toMatchObject([{ error: 'ImageReplaced' }]);
  });

  it.each<[string, CutOver['images'], Partial<Promotion>]>([
    ['an instance cannot be read', { 'i-1': undefined }, { images: { prod: 'ami-1' } }],
    ['the promotion has no Prod image', { 'i-1': 'ami-1' }, { images: {} }],
  ])('is left to wait when %s', async (_, images, promotion) => {
    const { look, calls, recorded } = await world(images, promotion);
    await look();
    expect(calls).toEqual([]);
    expect(await recorded()).toEqual(job);
  });

  it('is not stopped without a record: a conflict leaves it to the next look', async () => {
    const { look, calls, ledger } = await world({ 'i-1': 'ami-2' });
    const { replaceJob } = ledger;
    Object.assign(ledger, {
      replaceJob: async (before: typeof job, after: typeof job) => {
        Object.assign(ledger, { replaceJob });
        await replaceJob(before, { ...before, taskToken: 'token-2' });
        return replaceJob(before, after);
      },
    });
    await look();
    expect(calls).toEqual([]);
    await look();
    expect(calls).toEqual(['halt, recorded before']);
  });

  it('that an alarm stopped first fails for the alarm', () => {
    const halted = { ...job, halted: { reason: 'other', at: '' } };
    const failure = { state: 'failed', error: 'DeploymentFailed', code: 'AlarmActive', cause: 'c' } as const;
    expect(finished(halted, failure, new Date())).toMatchObject({ error: 'DeploymentFailed', cause: 'c' });
    const blocked = { state: 'failed', error: 'PipelineRunFailed', cause: 'c' } as const;
    expect(finished(halted, blocked, new Date())).toMatchObject({ error: 'PipelineRunFailed', cause: 'c' });
  });
});

describe('a run whose deployment waits', () => {
  const target = (targetId: string, instanceLabel: 'Blue' | 'Green'): InstanceTarget => ({
    targetId,
    instanceLabel,
  });
  const waiting = (change: Partial<Situation> = {}) => {
    const calls: string[] = [];
    const situation: Situation = {
      run: () => ({ status: 'InProgress' }),
      actions: [action('CodeDeploy', 'InProgress', { externalExecutionId: 'd-1' })],
      deployment: () => ({ deploymentId: 'd-1', status: 'Ready' }),
      targets: [target('i-old', 'Blue'), target('i-1', 'Green'), target('i-2', 'Green')],
      images: { 'i-old': 'ami-0', 'i-1': 'ami-1' },
      called: (call) => void calls.push(call),
      ...change,
    };
    return { inspection: inspect(situation), calls };
  };
  const cutOverIn = async ({ inspection }: ReturnType<typeof waiting>) => {
    const found = await inspection;
    return found.state === 'running' ? found.cutOver : undefined;
  };

  it('shows the images of the new instances alone, also of one that EC2 does not describe', async () => {
    expect((await cutOverIn(waiting()))?.images).toEqual({ 'i-1': 'ami-1', 'i-2': undefined });
  });

  it('lets CodeDeploy go on, or stops it without a rollback; both may come too late', async () => {
    const world = waiting();
    const cutOver = await cutOverIn(world);
    await cutOver?.moveTraffic();
    await cutOver?.halt();
    expect(world.calls).toEqual(['continue READY_WAIT', 'stop false']);
    const late = await cutOverIn(waiting({ isLate: true }));
    await late?.moveTraffic();
    await late?.halt();
  });

  it.each<[string, ReturnType<NonNullable<Situation['deployment']>>]>([
    ['is under way', { status: 'InProgress' }],
    ['soaks', { status: 'Ready', instanceTerminationWaitTimeStarted: true }],
    ['has ended', { status: 'Stopped' }],
  ])('shows nothing of one that %s', async (_, deployment) => {
    expect(await cutOverIn(waiting({ deployment: () => deployment }))).toBeUndefined();
  });
});
