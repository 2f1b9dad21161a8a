import { usEast1 } from '../../tasks/prices/price-list.ts';
import { aJob, aPromotion, PROMOTION_ID } from '../tasks/doubles/samples.ts';
import { createCommandLine, END } from './command-line.ts';

let cli: ReturnType<typeof createCommandLine>;
beforeEach(async () => {
  cli = createCommandLine();
  await cli.ledger.addPromotion(aPromotion());
  await cli.ledger.addJob(aJob({ status: 'SUCCEEDED', startedAt: '2026-11-22T10:00:00.000Z', endedAt: END }));
});

const cost = {
  name: 'cost',
  promotion: PROMOTION_ID,
  instanceType: 't3.small',
  instances: 2,
  testMinutes: 0,
} as const;

describe('cost', () => {
  it('is told by the durations of jobs and the states of the execution, with what it assumes', async () => {
    const { text, json } = await cli.run(cost);
    expect(text).toContain(`${PROMOTION_ID} cost about $0.47, by list prices of 2025-06-30 in us-east-1:`);
    expect(text).toMatch(/^Image builds \(1\) on t3.small +60 minutes +\$0\.000346667 +\$0\.02$/m);
    expect(text).toMatch(/^States of the state machine +1 transitions +\$0\.000025 +\$0\.000025$/m);
    expect(text).toContain('- All instances are t3.small, and Prod has 2: give others with --instance-type');
    const { total, lines } = json as { total: number; lines: { cost: number }[] };
    expect(json).toMatchObject({ promotionId: PROMOTION_ID, region: 'us-east-1', currency: 'USD' });
    expect(lines.reduce((sum, line) => sum + line.cost, 0)).toBeCloseTo(total);
    expect(total).toBeCloseTo(0.4665, 3);
  });

  it('is told by the prices of a file', async () => {
    const prices = { ...usEast1.prices, snapshotGbMonth: 1 };
    cli.files.set('eu.json', JSON.stringify({ ...usEast1, region: 'eu-central-1', currency: 'EUR', prices }));
    const { text } = await cli.run({ ...cost, prices: 'eu.json' });
    expect(text).toMatch(/cost about 8\.07 EUR, by list prices of 2025-06-30 in eu-central-1:/);
  });

  it('fails for a file that is no price list, and for an instance type without a price', async () => {
    cli.files.set('bad.json', '{}');
    await expect(cli.run({ ...cost, prices: 'bad.json' })).rejects.toThrow('bad.json is no price list: ');
    await expect(cli.run({ ...cost, instanceType: 'u7i' })).rejects.toThrow(
      'The prices of us-east-1 have no instance type "u7i": give one of t3.micro',
    );
  });
});
