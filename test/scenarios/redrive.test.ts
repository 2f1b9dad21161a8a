import { stateNames } from '../../workflows/state-names.ts';
import { prodImage, prodInOrder, seeFleet } from './support/prod-fleet.ts';
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

  it('of a failed blue/green starts from Prod as it was: its commit, its image and no leftovers', async () => {
    const before = { commit: await prod(), ...(await seeFleet(scenario.run)) };
    const [served] = before.instances;
    expect(await prodImage(scenario)).toBe(served?.ImageId);
    await scenario.failNext(stateNames.deployToProd, 2);
    const promotion = await scenario.startPromotion();
    await approveBoth(promotion);
    for (const round of [1, 2]) {
      expect(await promotion.ended()).toMatchObject({ status: 'FAILED', redriveCount: round - 1 });
      const { live, instances, nextImage } = await prodInOrder(scenario, promotion.id, round - 1);
      expect([live, nextImage, await prod()]).toEqual([before.live, served?.ImageId, before.commit]);
      const ids = (all: typeof instances) => all.map(({ InstanceId }) => InstanceId).sort();
      expect(ids(instances)).toEqual(ids(before.instances));
      await promotion.redrive();
    }
    expect(await promotion.ended()).toMatchObject({ status: 'SUCCEEDED', redriveCount: 2 });
    const { groups, instances } = await seeFleet(scenario.run);
    expect(groups).toHaveLength(1);
    const { images, prodRestored } = (await scenario.system.ledger.promotion(promotion.id)) ?? {};
    expect(images?.prod).not.toBe(served?.ImageId);
    expect([await prod(), await prodImage(scenario), prodRestored]).toEqual([
      promotion.commitId,
      images?.prod,
      undefined,
    ]);
    expect(new Set(instances.map(({ ImageId }) => ImageId))).toEqual(new Set([images?.prod]));
    const { mails } = await promotion.report();
    expect(mails.filter(({ subject }) => subject.startsWith('Prod is in order: '))).toHaveLength(2);
  });
});
