import { newerInProd } from '../../../tasks/environment-locks/newer-in-prod.ts';
import type { Ledger } from '../../../tasks/ledger/ledger.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aPromotion } from '../doubles/samples.ts';

const PUSHED = Date.parse('2026-11-22T10:00:00.000Z');
const at = (seconds: number): string => new Date(PUSHED + seconds * 1000).toISOString();
const than = { promotionId: 'this', pushedAt: at(0), startedAt: at(1) };

/** A ledger with a page of promotions that began later than the one that Prod runs. */
const ledgerWith = async (startedAfterPush: number): Promise<Ledger> => {
  const ledger = createMemoryLedger();
  for (let index = 0; index < 100; index += 1)
    await ledger.addPromotion(
      aPromotion({ promotionId: `later-${index}`, startedAt: at(startedAfterPush + 1) }),
    );
  await ledger.addPromotion(
    aPromotion({
      promotionId: 'live',
      pushedAt: at(5),
      startedAt: at(startedAfterPush),
      deployments: { prod: 'd-live' },
    }),
  );
  return ledger;
};

describe('the newest promotion that Prod runs', () => {
  it('is found on a later page though its clock was 59 seconds behind the push', async () => {
    expect(await newerInProd(await ledgerWith(-59), 'shop', than)).toMatchObject({ promotionId: 'live' });
  });

  it('is looked for no further back than clocks differ: older pages are not read', async () => {
    const ledger = await ledgerWith(-3600);
    let pages = 0;
    const counted: Pick<Ledger, 'promotions'> = {
      promotions: (page) => {
        pages += 1;
        return ledger.promotions(page);
      },
    };
    await newerInProd(counted, 'shop', than);
    expect(pages).toBe(1);
  });
});
