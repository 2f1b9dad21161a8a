import type { DescribeExecutionOutput } from '@aws-sdk/client-sfn';
import { trackMissedEnds } from '../../../tasks/promotions/track-missed-ends.ts';
import { trackPromotion } from '../../../tasks/promotions/track-promotion.ts';
import { aPromotion, aWaiter } from '../doubles/samples.ts';
import { createLockWorld } from '../environment-locks/lock-world.ts';

const NOON = Date.parse('2026-11-22T12:00:00.000Z');
const minute = (minutes: number) => new Date(NOON + minutes * 60_000);

/** Promotions whose executions end and are redriven without an event. */
const createWorld = () => {
  const locks = createLockWorld();
  const { ledger } = locks;
  const described = new Map<string, DescribeExecutionOutput>();
  const sealed: string[] = [];
  const measured: string[] = [];
  let asked = 0;
  const find = async (executionArn: string): Promise<DescribeExecutionOutput | undefined> => {
    asked += 1;
    const found = described.get(executionArn.split(':').at(-1) ?? '');
    if (found?.name === 'unreachable') throw new Error('throttled');
    return found;
  };
  const track = trackPromotion({
    application: 'shop',
    ledger,
    executions: {
      find,
      describe: async (executionArn) => (await find(executionArn)) ?? { executionArn },
      lastStateEntered: async () => 'Deploy to Prod',
      visits: async () => [],
    } as Parameters<typeof trackPromotion>[0]['executions'],
    notices: locks.mails.notices,
    tellMakers: async () => false,
    siteUrl: 'https://approvals.example.com',
    now: () => new Date('2026-11-22T12:00:00.000Z'),
    sealEvidence: async (promotionId) => {
      sealed.push(promotionId);
    },
    wakeLocks: locks.advanceAll,
    measure: (_, at) => measured.push(at.toISOString()),
  });
  return {
    locks,
    ledger,
    sealed,
    measured,
    asked: () => asked,
    /** How Step Functions describes it. */
    describe: (id: string, change: Partial<DescribeExecutionOutput>): void => {
      const { status = 'RUNNING', redriveCount = 0 } = change;
      locks.describe(id, status, redriveCount);
      const executionArn = `arn:aws:states:us-east-1:000000000000:execution:lockstep-shop:${id}`;
      const startDate = minute(-1);
      described.set(id, {
        executionArn,
        stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:lockstep-shop',
        name: id,
        startDate,
        ...change,
        status,
        redriveCount,
      });
    },
    /** What the schedule does, so many minutes after noon. */
    reconcile: (after: number) =>
      trackMissedEnds({ ledger, application: 'shop', find, track, now: () => minute(after) })(),
    status: async (id: string) => {
      const promotion = await ledger.promotion(id);
      return `${promotion?.status} after ${promotion?.redrives} redrives`;
    },
  };
};

describe('promotions of which no event told', () => {
  it('are recorded, mailed, measured and sealed, and release their lock', async () => {
    const { locks, describe, reconcile, status, sealed, measured } = createWorld();
    await locks.take('a', 'prod');
    await locks.take('b', 'prod');
    describe('b', {});
    describe('a', { status: 'FAILED', error: 'DeploymentFailed', stopDate: minute(2) });
    await locks.advanceAll();
    expect(await locks.lock('prod')).toBe('a | b');
    await reconcile(5);
    expect([await status('a'), await locks.lock('prod')]).toEqual(['FAILED after 0 redrives', 'b | -']);
    await reconcile(10);
    expect(locks.mails.sent.map(({ subject }) => subject)).toEqual([
      'Failed: shop aaaaaaaa at Deploy to Prod',
    ]);
    expect([sealed, measured]).toEqual([['a'], [minute(2).toISOString()]]);
  });

  it('are found however many have started since', async () => {
    const { locks, ledger, describe, reconcile, status } = createWorld();
    await locks.take('a');
    for (let n = 0; n < 150; n++)
      await ledger.addPromotion(
        aPromotion({ promotionId: `n-${n}`, status: 'SUPERSEDED', startedAt: minute(n).toISOString() }),
      );
    describe('a', { status: 'ABORTED', stopDate: minute(2) });
    await reconcile(200);
    expect(await status('a')).toBe('ABORTED after 0 redrives');
  });

  it('are tracked through a redrive that only their lock shows', async () => {
    const { locks, describe, reconcile, status } = createWorld();
    await locks.take('a', 'prod');
    await locks.point('a');
    await locks.end('a', 'FAILED');
    await locks.restore('a');
    // Redriven, it acquires its lock again; the event is lost.
    locks.describe('a', 'RUNNING', 1);
    await locks.ensure('a', 'prod', 1);
    describe('a', { redriveCount: 1, redriveDate: minute(1) });
    await reconcile(5);
    expect(await status('a')).toBe('RUNNING after 1 redrives');
    describe('a', { status: 'FAILED', redriveCount: 1, redriveDate: minute(1), stopDate: minute(6) });
    await locks.restore('a', 1);
    await reconcile(10);
    expect([await status('a'), await locks.lock('prod')]).toEqual(['FAILED after 1 redrives', '- | -']);
  });

  it('are found by their lock if the ledger does not know them at all', async () => {
    const { locks, ledger, describe, reconcile, status } = createWorld();
    const lock = await ledger.lock('shop', 'qat');
    const byHand = 'shop-000000000000-6b1f2a0e-0000-4000-8000-000000000001';
    const executionArn = `arn:aws:states:us-east-1:000000000000:execution:lockstep-shop:${byHand}`;
    const { taskToken: _, ...holder } = aWaiter(byHand);
    await ledger.replaceLock(lock, { ...lock, holder: { ...holder, executionArn } });
    const { application, commitId, branch } = aPromotion();
    const input = JSON.stringify({ application, commitId, branch, pushedBy: 'olga' });
    describe(byHand, { input, status: 'ABORTED', stopDate: minute(2) });
    await reconcile(5);
    expect([await status(byHand), await locks.lock('qat')]).toEqual(['ABORTED after 0 redrives', '- | -']);
  });

  it('have a minute for their event to come: then nobody is told twice', async () => {
    const { locks, describe, reconcile, status } = createWorld();
    await locks.take('a');
    describe('a', { status: 'FAILED', stopDate: minute(4.5) });
    await reconcile(5);
    expect([await status('a'), locks.mails.sent]).toEqual(['RUNNING after 0 redrives', []]);
    await reconcile(10);
    expect(await status('a')).toBe('FAILED after 0 redrives');
  });

  it('are left alone while they run as noted, have just been recorded, or are of another application', async () => {
    const { locks, ledger, describe, reconcile, asked, sealed } = createWorld();
    await locks.take('a');
    describe('a', {});
    await ledger.addPromotion(aPromotion({ promotionId: 'recorded-only' }));
    await ledger.addPromotion(aPromotion({ promotionId: 'of-another', application: 'orders' }));
    await reconcile(5);
    expect([asked(), sealed]).toEqual([2, []]);
  });

  it('fails with what failed, after having seen to the others', async () => {
    const { locks, ledger, describe, reconcile, status } = createWorld();
    const executionArn = 'arn:aws:states:us-east-1:000000000000:execution:lockstep-shop:unreachable';
    await ledger.addPromotion(aPromotion({ promotionId: 'unreachable', executionArn }));
    await locks.take('a');
    describe('unreachable', {});
    describe('a', { status: 'FAILED', stopDate: minute(2) });
    await expect(reconcile(5)).rejects.toMatchObject({
      name: 'AggregateError',
      message: 'Promotions of shop could not be followed: Error: throttled',
    });
    expect(await status('a')).toBe('FAILED after 0 redrives');
  });
});
