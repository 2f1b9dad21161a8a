import fs from 'node:fs';
import path from 'node:path';
import { stateNames } from '../../workflows/state-names.ts';
import { unusedGrants } from '../support/unused-grants.ts';
import { prodInOrder } from './support/prod-fleet.ts';
import {
  approveBoth,
  eventually,
  type Scenario,
  type ScenarioPromotion,
  startScenario,
} from './support/scenario.ts';

jest.setTimeout(400_000);

let scenario: Scenario;
let promotion: ScenarioPromotion;
let afterFailure: Awaited<ReturnType<typeof prodInOrder>>;
beforeAll(async () => {
  scenario = await startScenario();
  await scenario.failNext(stateNames.deployToProd);
  promotion = await scenario.startPromotion();
  await approveBoth(promotion);
  afterFailure = await prodInOrder(scenario, promotion.id);
  await promotion.redrive();
  await promotion.ended();
  scenario.advance({ minutes: 5 });
});
afterAll(() => scenario.stop());

/** Lines of JSON that functions have logged, by the function's name in the log group's. */
const logged = (name: string): Record<string, unknown>[] => {
  const directory = path.join(scenario.stateDir, 'logs');
  return fs
    .readdirSync(directory)
    .filter((file) => file.includes(name))
    .flatMap((file) => fs.readFileSync(path.join(directory, file), 'utf8').split('\n'))
    .flatMap((line) => {
      const json = line.slice(line.indexOf(' ') + 1);
      return json.startsWith('{') ? [JSON.parse(json) as Record<string, unknown>] : [];
    });
};

it('the first promotion, when it fails in Prod, leaves the seed group to serve, and Prod pointed at its image', () => {
  const { live, instances, nextImage } = afterFailure;
  expect(live).toMatch(/-seed$/);
  expect(instances.length).toBeGreaterThan(0);
  expect(new Set(instances.map(({ ImageId }) => ImageId))).toEqual(new Set([nextImage]));
});

it('each end of a promotion is measured once, as CloudWatch reads it', async () => {
  const metrics = await eventually('the metrics of both ends', () => {
    const lines = logged('TrackPromotion').filter(({ _aws }) => _aws !== undefined);
    return lines.some(({ Outcome }) => Outcome === 'SUCCEEDED') &&
      lines.some((line) => 'TimeToRestore' in line)
      ? lines
      : undefined;
  });
  const sum = (name: string, matching: Record<string, unknown> = {}) =>
    metrics
      .filter((line) => Object.entries(matching).every(([key, value]) => line[key] === value))
      .reduce((total, line) => total + Number(line[name] ?? 0), 0);
  expect(sum('Promotions', { Outcome: 'FAILED' })).toBe(1);
  expect(sum('Promotions', { Outcome: 'SUCCEEDED' })).toBe(1);
  expect([sum('ProdDeployments'), sum('FailedProdDeployments')]).toEqual([2, 1]);
  expect(sum('LeadTime')).toBeGreaterThan(sum('TimeToRestore'));
  const states = new Set(metrics.map(({ State }) => State));
  for (const state of [stateNames.buildQatImage, stateNames.qcApproval, stateNames.deployToProd])
    expect(states).toContain(state);
  expect(metrics.filter(({ State }) => State === stateNames.buildQatImage)).toHaveLength(1);
});

it("a promotion's whole way is in the log under its id, without any token", () => {
  const lines = ['StartPromotion', 'StartJob', 'CompleteJob', 'RequestApproval', 'ApprovalsSite']
    .flatMap(logged)
    .filter(({ promotionId }) => promotionId === promotion.id);
  const way = new Set(lines.map(({ message, state, status }) => `${message} ${state ?? ''} ${status ?? ''}`));
  for (const step of [
    'Promotion recorded  ',
    'Job changed Build QAT image SUCCEEDED',
    'Approval asked for QC approval PENDING',
    'Approval changed PMO approval APPROVED',
    'Job changed Deploy to Prod FAILED',
    'Job changed Deploy to Prod SUCCEEDED',
  ])
    expect(way).toContain(step);
  expect(JSON.stringify(lines)).not.toContain('oken"');
});

it('every granted action is used, or stands in the list with its reason', async () => {
  await eventually('the reconciler', () =>
    scenario.run.host
      .accessReport()
      .unused.some(({ role, action }) => role.includes('ReconcileJobs') && action === 'logs:PutLogEvents')
      ? undefined
      : true,
  );
  const { denied, unused } = scenario.run.host.accessReport();
  expect(denied).toEqual([]);
  const unexplained = unused.filter(
    ({ role, action }) =>
      !unusedGrants.some((entry) => entry.role.test(role) && entry.actions.includes(action)),
  );
  expect(unexplained).toEqual([]);
});
