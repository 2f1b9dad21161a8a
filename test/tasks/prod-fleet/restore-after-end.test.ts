import { ProdInUseError, ProdNotCertainError } from '../../../tasks/prod-fleet/prod-errors.ts';
import { restoreAfterEnd } from '../../../tasks/prod-fleet/restore-after-end.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aJob, aPromotion, aWaiter } from '../doubles/samples.ts';
import { createLockWorld } from '../environment-locks/lock-world.ts';

const pointed = { status: 'FAILED', images: { prod: 'ami-new' } } as const;
const promotions = [
  aPromotion({ ...pointed, promotionId: 'lost' }),
  aPromotion({ ...pointed, promotionId: 'lost-again', redrives: 1, prodRestored: restoredAfter(0) }),
  aPromotion({ ...pointed, promotionId: 'untold', status: 'RUNNING' }),
  aPromotion({ ...pointed, promotionId: 'in-order', prodRestored: restoredAfter(0) }),
  aPromotion({ ...pointed, promotionId: 'deployed', deployments: { prod: 'd-1' } }),
  aPromotion({ ...pointed, promotionId: 'of-another', application: 'orders' }),
  aPromotion({ promotionId: 'at-qat', status: 'FAILED', images: { qat: 'ami-qat' } }),
];
function restoredAfter(redrives: number) {
  return { redrives, imageId: 'ami-old', at: '2026-11-22T12:00:00.000Z' };
}

const wake = async (event: unknown, failures: Readonly<Record<string, Error>> = {}) => {
  const ledger = createMemoryLedger();
  for (const promotion of promotions) await ledger.addPromotion(promotion);
  const restored: string[] = [];
  const postponed: string[] = [];
  let woken = 0;
  let watched = 0;
  const done = restoreAfterEnd({
    ledger,
    application: 'shop',
    postponed: (promotionId, reason) => postponed.push(`${promotionId}: ${reason}`),
    watchAlarms: async () => {
      watched += 1;
    },
    wakeLocks: async () => {
      woken += 1;
    },
    restore: async (promotionId) => {
      restored.push(promotionId);
      const failure = failures[promotionId];
      if (failure !== undefined) throw failure;
    },
  })(event);
  const failure = await done.catch((error: unknown) => error);
  return { restored, postponed, failure, woken, watched };
};
const ended = (id: string) => ({
  source: 'aws.states',
  detail: { executionArn: `arn:aws:states:us-east-1:000000000000:execution:lockstep-shop:${id}` },
});
const schedule = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} };

describe('restoring Prod after an end', () => {
  it.each([
    ['STARTING', 0],
    ['RUNNING', 0],
    ['FAILED', 1],
    ['SUCCEEDED', 1],
  ] as const)('has every alarm watch again, unless a deployment to Prod is %s', async (status, times) => {
    const ledger = createMemoryLedger();
    await ledger.addPromotion(aPromotion({ promotionId: 'holds' }));
    const free = await ledger.lock('shop', 'prod');
    await ledger.replaceLock(free, {
      ...free,
      holder: aWaiter('holds'),
    });
    await ledger.addJob(
      aJob({
        promotionId: 'holds',
        kind: 'pipeline-run',
        parameters: { environment: 'prod' },
        status,
      }),
    );
    let watched = 0;
    await restoreAfterEnd({
      ledger,
      application: 'shop',
      postponed: () => {},
      watchAlarms: async () => {
        watched += 1;
      },
      wakeLocks: async () => {},
      restore: async () => {},
    })(schedule);
    expect(watched).toBe(times);
  });

  it('restores after the promotion whose end the event reports, and passes its lock on', async () => {
    expect(await wake(ended('lost'))).toEqual({
      restored: ['lost'],
      postponed: [],
      failure: undefined,
      woken: 1,
      watched: 1,
    });
  });

  it('on schedule finds ends without an event, and nothing else', async () => {
    const { restored, failure } = await wake(schedule);
    expect([restored.sort(), failure]).toEqual([['lost', 'lost-again', 'untold'], undefined]);
  });

  it.each([ended('lost'), schedule])('leaves to the next time what is still worked on', async (event) => {
    expect(await wake(event, { lost: new ProdInUseError('it runs') })).toMatchObject({
      failure: undefined,
      postponed: ['lost: it runs'],
    });
  });

  it('fails with what failed, after having seen to the others', async () => {
    const { restored, failure } = await wake(schedule, { lost: new ProdNotCertainError('nothing serves') });
    expect(restored).toHaveLength(3);
    expect(failure).toMatchObject({
      name: 'AggregateError',
      message: 'Prod of shop could not be restored: ProdNotCertain: nothing serves',
    });
  });

  it('on schedule does not forget the holder of Prod’s lock, however many pushes came since', async () => {
    const world = createLockWorld();
    const { ledger } = world;
    await world.take('a', 'prod');
    await world.take('b', 'prod');
    await world.point('a');
    await world.end('a', 'FAILED');
    for (let minute = 0; minute < 100; minute++)
      await ledger.addPromotion(
        aPromotion({
          promotionId: `pushed-${minute}`,
          startedAt: new Date(Date.parse('2026-11-22T13:00:00Z') + minute * 60_000).toISOString(),
        }),
      );
    const restored: string[] = [];
    const handler = restoreAfterEnd({
      ledger,
      application: 'shop',
      postponed: () => {},
      watchAlarms: async () => {},
      wakeLocks: world.advanceAll,
      restore: async (id) => {
        restored.push(id);
        await world.restore(id);
      },
    });
    await handler(schedule);
    await handler(schedule);
    expect([restored, await world.lock('prod')]).toEqual([['a'], 'b | -']);
  });
});
