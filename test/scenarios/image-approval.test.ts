import { readOutbox } from '@lockstep/aws-emulator';
import { repositoryOf } from '../../infra/local/aws/services/imagebuilder/packages.ts';
import { signInAs } from '../../infra/local/run/approver.ts';
import { stateNames as names } from '../../workflows/state-names.ts';
import { cdkContext } from '../infra/aws/support/synthesize.ts';
import { lockstep } from './support/command-line.ts';
import {
  approveBoth,
  eventually,
  type Scenario,
  type ScenarioPromotion,
  startScenario,
} from './support/scenario.ts';

jest.setTimeout(600_000);

/** The configuration of cdk.json, where people are asked about a Prod image that differs. */
const asking = () => {
  const { lockstep } = cdkContext() as { lockstep: { applications: object[] } };
  return {
    ...lockstep,
    applications: lockstep.applications.map((application) => ({
      ...application,
      image: { onDrift: 'ask' },
    })),
  };
};

describe('a Prod image that differs from the approved QAT image', () => {
  let scenario: Scenario;
  let first: ScenarioPromotion;
  beforeAll(async () => {
    scenario = await startScenario({ lockstep: asking() });
    first = await scenario.startPromotion();
  });
  afterAll(() => scenario?.stop());

  /** A promotion whose QAT image has jq in a version, approved by both, while the Prod image gets another. */
  const differing = async (inQat: string, inProd: string, pmo = 'parker'): Promise<ScenarioPromotion> => {
    const { put } = repositoryOf(scenario.run.host);
    put('jq', inQat);
    const promotion = await scenario.startPromotion();
    const { approvalId } = await promotion.asked('qc');
    put('jq', inProd);
    await promotion.decide('qc', 'quinn');
    await promotion.decide('pmo', pmo);
    await eventually('QC to be asked about the Prod image', async () => {
      const latest = await scenario.system.ledger.latestApproval(promotion.id, 'qc');
      return latest?.approvalId !== approvalId && latest?.mailedAt ? latest : undefined;
    });
    return promotion;
  };
  const prodLock = async () => (await scenario.system.ledger.lock('orders', 'prod')).holder?.promotionId;
  const live = async () => (await scenario.system.ledger.live('orders'))?.promotionId;
  const prodImage = async (promotion: ScenarioPromotion) =>
    (await promotion.job(names.buildProdImage)).output?.imageId ?? '';

  it('asks nobody again while it is as approved', async () => {
    expect(await approveBoth(first)).toMatchObject({ status: 'SUCCEEDED' });
    const states = (await first.states()).map(([name]) => name);
    expect(states).toContain(names.isAsApproved);
    expect(states).not.toContain(names.qcImageApproval);
    expect(await scenario.system.ledger.approvals(first.id)).toHaveLength(2);
  });

  it('reaches Prod after both roles have approved just this image, with the differences in front of them; newer promotions wait', async () => {
    const promotion = await differing('1.7.1-1.amzn2023', '1.7.0-1.amzn2023', 'sam');
    const image = await prodImage(promotion);
    const asked = await promotion.asked('qc');
    expect(asked).toMatchObject({
      state: names.qcImageApproval,
      attempt: 2,
      candidate: {
        prodImage: {
          imageId: image,
          inventory: (await promotion.job(names.buildProdImage)).output?.inventory,
          differs: 'The package jq went down from 1.7.1-1.amzn2023 to 1.7.0-1.amzn2023.',
        },
      },
      review: {
        gaps: [],
        prodImagePackages: { count: { down: 1, up: 0 }, changes: [{ change: 'down', name: 'jq' }] },
      },
    });
    expect(await prodLock()).toBe(promotion.id);
    const shown = await lockstep(scenario, 'live');
    expect(shown.out).toContain('at QC image approval, waits for QC about the Prod image');
    const compared = await lockstep(scenario, 'diff', asked.candidate.qatImageId, image);
    expect(compared.out).toContain('Package jq went down from 1.7.1-1.amzn2023 to 1.7.0-1.amzn2023');
    const quinn = await signInAs('quinn', scenario.system.siteUrl);
    const { document } = await quinn.open(`${scenario.system.siteUrl}/approvals/${asked.approvalId}`);
    expect(document.text).toContain('You are asked again: the Prod image differs');
    expect(document.text).toContain('The package jq went down from 1.7.1-1.amzn2023 to 1.7.0-1.amzn2023.');
    const mail = readOutbox(scenario.run.host.store).find(({ message }) =>
      message.includes(`/approvals/${asked.approvalId}`),
    );
    expect(mail).toMatchObject({
      to: 'qc@example.com',
      subject: expect.stringMatching(/^QC image approval/),
    });
    expect(mail?.message).toContain(`You are asked again: the Prod image ${image}`);

    // A newer one goes through QAT, supersedes nothing, and waits for Prod.
    const newer = await scenario.startPromotion();
    await newer.decide('qc', 'quinn');
    await newer.decide('pmo', 'parker');
    await eventually('the newer one to wait for Prod', async () =>
      (await scenario.system.ledger.lock('orders', 'prod')).waiting.some(
        ({ promotionId }) => promotionId === newer.id,
      )
        ? true
        : undefined,
    );
    expect((await promotion.states()).at(-1)).toEqual([names.qcImageApproval, 'RUNNING']);
    expect(await live()).toBe(first.id);

    // Who decided in the other role about the change does not decide about the image in this one.
    expect(await promotion.decide('qc', 'sam')).toMatchObject({
      kind: 'denied',
      reason: 'ApproversMustDiffer',
    });
    expect(await promotion.decide('qc', 'quinn')).toMatchObject({ kind: 'decided' });
    expect(await promotion.asked('pmo')).toMatchObject({
      state: names.pmoImageApproval,
      candidate: { prodImage: { imageId: image } },
    });
    expect(await promotion.decide('pmo', 'parker')).toMatchObject({ kind: 'decided' });
    expect(await promotion.ended()).toMatchObject({ status: 'SUCCEEDED' });
    const evidence = await scenario.system.ledger.approvals(promotion.id);
    expect(evidence.map(({ role, attempt, status }) => `${role} ${attempt} ${status}`).sort()).toEqual([
      'pmo 1 APPROVED',
      'pmo 2 APPROVED',
      'qc 1 APPROVED',
      'qc 2 APPROVED',
    ]);
    // Its QAT image has what Prod got in between: nobody is asked again.
    expect(await newer.ended()).toMatchObject({ status: 'SUCCEEDED' });
    await eventually('the newer one to be live', async () =>
      (await live()) === newer.id ? true : undefined,
    );
    expect(scenario.run.host.accessReport().denied).toEqual([]);
  });

  it('leaves Prod as it is if one role rejects the image, and the Prod lock passes on', async () => {
    const before = await live();
    const promotion = await differing('1.7.3-1.amzn2023', '1.7.2-1.amzn2023');
    const image = await prodImage(promotion);
    await promotion.decide('qc', 'quinn');
    await promotion.asked('pmo');
    expect(await promotion.decide('pmo', 'parker', 'reject')).toMatchObject({ kind: 'decided' });
    expect(await promotion.ended()).toMatchObject({
      status: 'FAILED',
      error: 'Rejected',
      cause: expect.stringContaining('PMO rejected: parker'),
    });
    expect((await promotion.states()).slice(-2)).toEqual([
      [names.didPmoApproveImage, 'SUCCEEDED'],
      [names.rejected, 'FAILED'],
    ]);
    expect((await scenario.system.ledger.promotion(promotion.id))?.images).not.toMatchObject({ prod: image });
    expect(await live()).toBe(before);
    const next = await scenario.startPromotion();
    expect(await approveBoth(next)).toMatchObject({ status: 'SUCCEEDED' });
    expect(scenario.run.host.accessReport().denied).toEqual([]);
  });

  it('T48: a task token that somebody completes by hand brings no image to Prod', async () => {
    const promotion = await differing('1.7.5-1.amzn2023', '1.7.4-1.amzn2023');
    const before = await live();
    for (const role of ['qc', 'pmo'] as const) {
      const { taskToken } = await promotion.asked(role);
      await scenario.run.host.call({ kind: 'administrator' }, 'states', 'SendTaskSuccess', {
        taskToken,
        output: JSON.stringify({ decision: 'approve', decidedBy: 'nobody' }),
      });
      if (role === 'qc')
        await eventually('PMO to be asked about the image', async () =>
          (await scenario.system.ledger.latestApproval(promotion.id, 'pmo'))?.state === names.pmoImageApproval
            ? true
            : undefined,
        );
    }
    expect(await promotion.ended()).toMatchObject({ status: 'FAILED', error: 'ApproversNotRecorded' });
    expect((await promotion.states()).at(-1)).toEqual([names.confirmImageApprovers, 'FAILED']);
    expect(await live()).toBe(before);
  });
});
