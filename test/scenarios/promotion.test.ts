import { stateNames } from '../../workflows/state-names.ts';
import { approveBoth, type Scenario, startScenario } from './support/scenario.ts';

jest.setTimeout(400_000);

const allStates = [
  stateNames.isGoBack,
  stateNames.lockQat,
  stateNames.buildQatImage,
  stateNames.pointQatAtImage,
  stateNames.refreshQatInstance,
  stateNames.deployToQat,
  stateNames.qcApproval,
  stateNames.didQcApprove,
  stateNames.pmoApproval,
  stateNames.didPmoApprove,
  stateNames.lockProd,
  stateNames.confirmApprovers,
  stateNames.isImageRecorded,
  stateNames.buildProdImage,
  stateNames.pointProdAtImage,
  stateNames.deployToProd,
  stateNames.verifyProd,
  stateNames.promoted,
];

describe('a promotion of the synthesized system', () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await startScenario();
  });
  afterAll(() => scenario.stop());

  const prod = async () => (await fetch(scenario.application.prodUrl)).text();
  const qat = async () => (await fetch(`http://localhost:${scenario.run.host.ports.qat}/`)).text();

  it('takes a push through both approvals to Prod', async () => {
    const promotion = await scenario.startPromotion();
    await promotion.asked('qc');
    expect(await qat()).toContain(promotion.commitId);
    expect(await prod()).not.toContain(promotion.commitId);

    expect(await approveBoth(promotion)).toMatchObject({ status: 'SUCCEEDED', redriveCount: 0 });
    expect((await promotion.states()).map(([name]) => name)).toEqual(allStates);
    expect(await prod()).toContain(promotion.commitId);

    const report = await promotion.report();
    expect(report.approvals).toEqual([
      { role: 'qc', approver: 'quinn', decision: 'approve', at: expect.any(String) },
      { role: 'pmo', approver: 'parker', decision: 'approve', at: expect.any(String) },
    ]);
    expect(report.deployments).toEqual([
      expect.objectContaining({ environment: 'qat', kind: 'IN_PLACE', commitId: promotion.commitId }),
      expect.objectContaining({ environment: 'prod', kind: 'BLUE_GREEN', commitId: promotion.commitId }),
    ]);
    expect(report.images).toEqual({
      qat: expect.stringMatching(/^ami-/),
      prod: expect.stringMatching(/^ami-/),
    });
    expect(report.mails.map(({ link }) => link)).toEqual(
      expect.arrayContaining([expect.stringContaining(`${scenario.system.siteUrl}/approvals/`)]),
    );
    expect(report.iam.denied).toEqual([]);
  });

  it('deploys to Prod the commit that QAT got, also after another push while PMO has not decided', async () => {
    const first = await scenario.startPromotion();
    await first.decide('qc', 'quinn');
    await first.asked('pmo');
    const second = await scenario.startPromotion();
    await second.asked('qc');
    expect(await qat()).toContain(second.commitId);
    await first.decide('pmo', 'parker');
    expect(await first.ended()).toMatchObject({ status: 'SUCCEEDED' });
    expect(await prod()).toContain(first.commitId);
    expect(await prod()).not.toContain(second.commitId);
    await second.decide('qc', 'quinn', 'reject');
    await second.ended();
  });

  it('ends in Rejected when an approver rejects, and a redrive does not revive it', async () => {
    const promotion = await scenario.startPromotion();
    await promotion.decide('qc', 'quinn', 'reject');
    expect(await promotion.ended()).toMatchObject({ status: 'FAILED', error: 'Rejected' });
    expect((await promotion.states()).at(-1)).toEqual([stateNames.rejected, 'FAILED']);

    const { host } = scenario.run;
    await host.call({ kind: 'administrator' }, 'states', 'RedriveExecution', {
      executionArn: promotion.executionArn,
    });
    expect(await promotion.ended()).toMatchObject({ status: 'FAILED', error: 'Rejected' });
    expect((await promotion.report()).deployments.map(({ environment }) => environment)).toEqual(['qat']);
  });

  it('denies on the PMO page the person who approved as QC, and goes on with another', async () => {
    const promotion = await scenario.startPromotion();
    expect(await promotion.decide('qc', 'sam')).toEqual({ kind: 'decided' });
    expect(await promotion.decide('pmo', 'sam')).toMatchObject({
      kind: 'denied',
      reason: 'ApproversMustDiffer',
    });
    expect((await promotion.describe()).status).toBe('RUNNING');
    expect((await promotion.report()).denials).toEqual([
      { role: 'pmo', approver: 'sam', reason: 'ApproversMustDiffer' },
    ]);
    expect(await promotion.decide('pmo', 'parker')).toEqual({ kind: 'decided' });
    expect(await promotion.ended()).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('stops at "Confirm approvers" when a decision is forced past the page', async () => {
    const promotion = await scenario.startPromotion();
    await promotion.decide('qc', 'sam');
    const { taskToken, approvalId } = await promotion.asked('pmo');
    const forged = {
      decision: 'approve',
      approvalId,
      decidedBy: 'parker',
      decidedAt: new Date().toISOString(),
    };
    await scenario.run.host.call({ kind: 'administrator' }, 'states', 'SendTaskSuccess', {
      taskToken,
      output: JSON.stringify(forged),
    });
    expect(await promotion.ended()).toMatchObject({ status: 'FAILED', error: 'ApproversNotRecorded' });
    expect((await promotion.states()).at(-1)).toEqual([stateNames.confirmApprovers, 'FAILED']);
    expect(await prod()).not.toContain(promotion.commitId);
  });

  it('fails an approval that nobody gives in 7 days; a redrive asks again and keeps what was done', async () => {
    const promotion = await scenario.startPromotion();
    const first = await promotion.asked('qc');
    scenario.advance({ days: 7 });
    expect(await promotion.ended()).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    await promotion.redrive();
    const second = await promotion.asked('qc');
    expect(second.approvalId).not.toBe(first.approvalId);
    expect(await approveBoth(promotion)).toMatchObject({ status: 'SUCCEEDED', redriveCount: 1 });
    expect((await promotion.report()).jobs.map(({ state }) => state)).toEqual([
      stateNames.buildQatImage,
      stateNames.refreshQatInstance,
      stateNames.deployToQat,
      stateNames.buildProdImage,
      stateNames.deployToProd,
    ]);
  });
});
