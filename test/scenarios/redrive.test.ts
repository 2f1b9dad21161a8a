import { signInAs } from '../../infra/local/run/approver.ts';
import { stateNames } from '../../workflows/state-names.ts';
import { prodImage, prodInOrder, seeFleet } from './support/prod-fleet.ts';
import {
  approveBoth,
  eventually,
  type Scenario,
  type ScenarioPromotion,
  startScenario,
} from './support/scenario.ts';

jest.setTimeout(400_000);

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

  const jobStates = [
    stateNames.buildQatImage,
    stateNames.refreshQatInstance,
    stateNames.deployToQat,
    stateNames.buildProdImage,
    stateNames.deployToProd,
  ];

  /** One promotion in which these jobs fail, one after the other, each followed by a redrive. */
  const promoteWithFailures = async (failures: readonly (readonly [state: string, error: string])[]) => {
    const before = await prod();
    for (const state of new Set(failures.map(([name]) => name)))
      await scenario.failNext(state, failures.filter(([name]) => name === state).length);
    const promotion = await scenario.startPromotion();
    const isProdState = (state = '') =>
      state === stateNames.buildProdImage || state === stateNames.deployToProd;
    const approvalsBefore = failures.findIndex(([state]) => isProdState(state));
    for (const [index, [state, error]] of failures.entries()) {
      if (index === approvalsBefore) await decideBoth(promotion);
      const failed = await promotion.ended();
      expect(failed).toMatchObject({ status: 'FAILED', error, redriveCount: index });
      expect(failed.cause).toContain('--fail');
      expect((await promotion.states()).at(-1)).toEqual([state, 'FAILED']);
      expect(await prod()).toBe(before);
      await promotion.redrive();
    }
    if (approvalsBefore < 0) await decideBoth(promotion);
    expect(await promotion.ended()).toMatchObject({ status: 'SUCCEEDED', redriveCount: failures.length });
    expect(await prod()).toBe(promotion.commitId);

    const { jobs, approvals, states } = await promotion.report();
    for (const name of jobStates) {
      const failed = failures.filter(([state]) => state === name).map(() => 'FAILED');
      const attempts = jobs.filter((job) => job.state === name).map(({ status }) => status);
      expect([name, attempts]).toEqual([name, [...failed, 'SUCCEEDED']]);
    }
    expect(approvals.map(({ role }) => role)).toEqual(['qc', 'pmo']);
    const again = states.filter(({ attempt }) => attempt > 1).map(({ name }) => name);
    expect(again).toEqual(failures.map(([state]) => state));
  };

  const decideBoth = async (promotion: ScenarioPromotion) => {
    await promotion.decide('qc', 'quinn');
    await promotion.decide('pmo', 'parker');
  };

  it('resumes at each state of QAT that failed, and repeats nothing else', () =>
    promoteWithFailures([
      [stateNames.buildQatImage, 'ImageBuildFailed'],
      [stateNames.refreshQatInstance, 'InstanceRefreshFailed'],
      [stateNames.deployToQat, 'DeploymentFailed'],
    ]));

  it('resumes at each state of Prod that failed, repeats nothing else and keeps both approvals', () =>
    promoteWithFailures([
      [stateNames.buildProdImage, 'ImageBuildFailed'],
      [stateNames.deployToProd, 'DeploymentFailed'],
    ]));

  it('of a promotion that an operator stopped on its page resumes where it was stopped', async () => {
    const promotion = await scenario.startPromotion();
    await promotion.asked('qc');
    const { siteUrl, ledger } = scenario.system;
    const stopPage = `${siteUrl}/promotions/${promotion.id}/stop`;
    const quinn = await signInAs('quinn', siteUrl);
    expect((await quinn.open(stopPage)).status).toBe(403);
    const olga = await signInAs('olga', siteUrl);
    const page = await olga.open(stopPage);
    const form = page.document.querySelector('form[action$="/stop"]');
    if (!form) throw new Error('The page has no form for a stop.');
    await olga.submit(page, form, { reason: 'Wrong branch' });
    expect(await promotion.ended()).toMatchObject({
      status: 'ABORTED',
      error: 'Stopped',
      cause: 'olga stopped this promotion: Wrong branch',
    });
    await eventually(
      'the end in the ledger',
      async () => (await ledger.promotion(promotion.id))?.status === 'ABORTED' || undefined,
    );
    const { mails } = await promotion.report();
    expect(mails.some(({ subject }) => subject.startsWith('Stopped: '))).toBe(true);
    const waiting = async () => (await ledger.latestApproval(promotion.id, 'qc'))?.taskToken;
    const before = await waiting();
    await promotion.redrive();
    // A decision of the moment in which the state takes its open request up again counts at the next reconcile.
    await eventually('the request to wait for the redriven state', async () =>
      (await waiting()) === before ? undefined : true,
    );
    await decideBoth(promotion);
    expect(await promotion.ended()).toMatchObject({ status: 'SUCCEEDED', redriveCount: 1 });
    expect(scenario.run.host.accessReport().denied).toEqual([]);
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
    expect(mails.filter(({ subject }) => subject.startsWith('Prod is restored: '))).toHaveLength(2);
  });
});
