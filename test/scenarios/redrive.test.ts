import { stateNames } from '../../workflows/state-names.ts';
import { approveBoth, type Scenario, startScenario } from './support/scenario.ts';

jest.setTimeout(180_000);

describe('a redrive', () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await startScenario();
  });
  afterAll(() => scenario.stop());

  /** The commit that Prod's load balancer serves; `none` before the first promotion. */
  const prod = async () => {
    const text = await (await fetch(`${scenario.application.prodUrl}/version`)).text();
    return text.startsWith('{') ? (JSON.parse(text) as { commit: string }).commit : 'none';
  };

  it.each([
    [stateNames.buildQatImage, 'ImageBuildFailed'],
    [stateNames.refreshQatInstance, 'InstanceRefreshFailed'],
    [stateNames.deployToQat, 'DeploymentFailed'],
    [stateNames.buildProdImage, 'ImageBuildFailed'],
    [stateNames.deployToProd, 'DeploymentFailed'],
  ])('resumes at %s, repeats nothing else and keeps both approvals', async (state, error) => {
    const before = await prod();
    await scenario.failNext(state);
    const promotion = await scenario.startPromotion();
    const isProdState = state === stateNames.buildProdImage || state === stateNames.deployToProd;
    if (isProdState) await approveBoth(promotion);

    const failed = await promotion.ended();
    expect(failed).toMatchObject({ status: 'FAILED', error });
    expect(failed.cause).toContain('--fail');
    expect((await promotion.states()).at(-1)).toEqual([state, 'FAILED']);
    expect(await prod()).toBe(before);

    await promotion.redrive();
    const ended = isProdState ? await promotion.ended() : await approveBoth(promotion);
    expect(ended).toMatchObject({ status: 'SUCCEEDED', redriveCount: 1 });
    expect(await prod()).toBe(promotion.commitId);

    const { jobs, approvals, states } = await promotion.report();
    const attempts = (name: string) => jobs.filter((job) => job.state === name).map(({ status }) => status);
    for (const name of [
      stateNames.buildQatImage,
      stateNames.refreshQatInstance,
      stateNames.deployToQat,
      stateNames.buildProdImage,
      stateNames.deployToProd,
    ]) {
      expect([name, attempts(name)]).toEqual([
        name,
        name === state ? ['FAILED', 'SUCCEEDED'] : ['SUCCEEDED'],
      ]);
    }
    expect(approvals.map(({ role }) => role)).toEqual(['qc', 'pmo']);
    expect(states.filter(({ attempt }) => attempt > 1).map(({ name }) => name)).toEqual([state]);
  });

  it('of a failed blue/green starts from a fleet without leftovers, and blue serves until it has succeeded', async () => {
    const before = await prod();
    await scenario.failNext(stateNames.deployToProd, 2);
    const promotion = await scenario.startPromotion();
    await approveBoth(promotion);
    for (const round of [1, 2]) {
      expect(await promotion.ended()).toMatchObject({ status: 'FAILED', redriveCount: round - 1 });
      expect(await prod()).toBe(before);
      await promotion.redrive();
    }
    expect(await promotion.ended()).toMatchObject({ status: 'SUCCEEDED', redriveCount: 2 });
    const { host } = scenario.run;
    const groups = await host.call<{
      AutoScalingGroups?: { Tags?: { Key?: string }[]; Instances?: unknown[] }[];
    }>({ kind: 'administrator' }, 'autoscaling', 'DescribeAutoScalingGroups', {});
    const fleets = (groups.AutoScalingGroups ?? []).filter((group) =>
      group.Tags?.some(({ Key }) => Key === 'lockstep:fleet'),
    );
    expect(fleets).toHaveLength(1);
  });
});
