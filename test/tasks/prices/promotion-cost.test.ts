import type { Job } from '../../../tasks/ledger/items.ts';
import { totalOf } from '../../../tasks/prices/cost-line.ts';
import { usEast1 } from '../../../tasks/prices/price-list.ts';
import { promotionCost } from '../../../tasks/prices/promotion-cost.ts';
import { createHistory } from '../../approvals-ui/support/history.ts';
import { aJob } from '../doubles/samples.ts';

const sizes = { instanceType: 't3.small', instances: 2, testMinutes: 0 };
const now = new Date('2026-11-22T12:00:00.000Z');
const at = (time: string) => `2026-11-22T${time}:00.000Z`;
const build = aJob({ startedAt: at('10:00'), endedAt: at('10:30'), status: 'SUCCEEDED' });
const refresh = aJob({
  ...build,
  kind: 'instance-refresh',
  state: 'Refresh QAT instance',
  endedAt: at('10:06'),
});
const run = (state: string) => aJob({ ...build, kind: 'pipeline-run', state, endedAt: at('10:20') });

const costs = (...given: readonly Job[]) => promotionCost(given, { events: [] }, sizes, usEast1, now);
const line = (item: RegExp, ...given: readonly Job[]) =>
  costs(...given).lines.find((one) => item.test(one.item));

describe('what a promotion cost', () => {
  it.each([
    ['an image build', /^Image builds \(1\) on t3.small/, [build], 30, 0.0208 / 60],
    [
      'each attempt',
      /^Image builds \(2\)/,
      [build, { ...build, status: 'FAILED' as const }],
      60,
      0.0208 / 60,
    ],
    ['what builds fetch', /through the NAT gateway/, [build, build], 2, 0.045],
    ["QAT's refresh", /^QAT's new instance/, [refresh], 6, 0.0208 / 60],
    [
      'both fleets, of Prod alone',
      /^Green beside blue: 2 × t3.small/,
      [run('Deploy to QAT'), run('Deploy to Prod')],
      40,
      0.0208 / 60,
    ],
    [
      'both pipelines',
      /^Actions of the pipelines' runs \(2\)/,
      [run('Deploy to QAT'), run('Deploy to Prod')],
      40,
      0.002,
    ],
    [
      'images that exist',
      /^Snapshots of 1 images/,
      [build, { ...build, status: 'FAILED' as const }],
      8,
      0.05,
    ],
    [
      'the time from when it ran',
      /^Image builds/,
      [{ ...build, runningSince: at('10:10') }],
      20,
      0.0208 / 60,
    ],
  ])('counts %s', (_, item, jobs, quantity, price) => {
    const found = line(item, ...jobs);
    expect(found?.quantity).toBeCloseTo(quantity);
    expect(found?.price).toBeCloseTo(price, 10);
  });

  it('counts every attempt of a state, and the minutes of tests that are given', () => {
    const history = createHistory(now.getTime())
      .done('Lock QAT')
      .done('Build QAT image')
      .choose('Did QC approve?');
    const { lines } = promotionCost([], history, { ...sizes, testMinutes: 7 }, usEast1, now);
    expect(lines).toContainEqual({
      item: 'States of the state machine',
      quantity: 3,
      unit: 'transitions',
      price: 0.000025,
    });
    expect(lines).toContainEqual({
      item: "The application's tests",
      quantity: 7,
      unit: 'minutes',
      price: 0.005,
    });
  });

  it('counts builds of the commit, each attempt, and says on which machine', () => {
    const builds = [1, 2].map((attempt) =>
      aJob({ ...build, state: 'Build revision', kind: 'code-build', attempt }),
    );
    const { lines, assumptions } = costs(...builds);
    const ofImages = line(/^Image builds/, build)?.quantity ?? 0;
    expect(lines[0]).toMatchObject({
      item: 'Builds of the commit (2)',
      quantity: 2 * ofImages,
      price: 0.005,
    });
    expect(assumptions.join('\n')).toContain("CodeBuild's smallest machine");
    expect(costs(build).assumptions.join('\n')).not.toContain("CodeBuild's smallest machine");
  });

  it('counts a job that runs until now, and says so', () => {
    const { endedAt: _, ...running } = aJob({ ...build, status: 'RUNNING' });
    expect(line(/^Image builds/, running)?.quantity).toBeCloseTo(120);
    expect(costs(running).assumptions).toContain('A job still runs: it counts until now.');
    expect(costs(build).assumptions).not.toContain('A job still runs: it counts until now.');
  });

  it('says that states are not counted once Step Functions has forgotten the execution', () => {
    const { lines, assumptions } = promotionCost([build], undefined, sizes, usEast1, now);
    expect(lines.map(({ item }) => item)).not.toContain('States of the state machine');
    expect(assumptions.join('\n')).toContain('no longer has the execution');
  });

  it('grows with the fleet and the instance type', () => {
    const jobs = [build, run('Deploy to Prod')];
    const total = (change: Partial<typeof sizes>) =>
      totalOf(promotionCost(jobs, undefined, { ...sizes, ...change }, usEast1, now).lines);
    expect(total({ instances: 4 }) - total({})).toBeCloseTo((2 * 0.0208) / 3, 8);
    expect(total({ instanceType: 't3.medium' })).toBeGreaterThan(total({}));
  });

  it('fails for an instance type without a price', () => {
    expect(() => promotionCost([], undefined, { ...sizes, instanceType: 'u7i' }, usEast1, now)).toThrow(
      'The price list of us-east-1 has no instance type u7i: add its price per hour to instanceHour.',
    );
  });
});
