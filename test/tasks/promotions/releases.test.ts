import fc from 'fast-check';
import type { Job, Promotion } from '../../../tasks/ledger/items.ts';
import { deployedTo, type RecordedPromotion } from '../../../tasks/promotions/releases.ts';
import { aDecision, aJob, anApproval, aPerson, aPromotion, approvedBy } from '../doubles/samples.ts';

const minute = (minutes: number): string => new Date(Date.UTC(2026, 10, 22, 10, minutes)).toISOString();

const aRun = (promotionId: string, environment: 'qat' | 'prod', change: Partial<Job> = {}): Job =>
  aJob({
    promotionId,
    state: environment === 'qat' ? 'Deploy to QAT' : 'Deploy to Prod',
    kind: 'pipeline-run',
    parameters: { pipelineName: `shop-${environment}`, environment },
    status: 'SUCCEEDED',
    output: { pipelineExecutionId: `run-of-${promotionId}`, deploymentId: `d-${promotionId}-${environment}` },
    ...change,
  });

/** A promotion that was deployed to both environments, to Prod at a minute after ten. */
const released = (promotionId: string, at: number, change: Partial<Promotion> = {}): RecordedPromotion => ({
  promotion: aPromotion({
    promotionId,
    status: 'SUCCEEDED',
    images: { qat: `ami-qat-${promotionId}`, prod: `ami-prod-${promotionId}` },
    deployments: { qat: `d-${promotionId}-qat`, prod: `d-${promotionId}-prod` },
    endedAt: minute(at + 1),
    ...change,
  }),
  jobs: [
    aJob({
      promotionId,
      state: 'Build Prod image',
      status: 'SUCCEEDED',
      output: { imageId: `ami-prod-${promotionId}` },
      endedAt: minute(at - 8),
    }),
    aRun(promotionId, 'qat', { endedAt: minute(at - 9) }),
    aRun(promotionId, 'prod', { endedAt: minute(at) }),
  ],
  approvals: [
    anApproval({ promotionId, ...approvedBy(aPerson('quinn')) }),
    anApproval({
      promotionId,
      role: 'pmo',
      status: 'APPROVED',
      count: 2,
      decisions: [aDecision(aPerson('parker')), aDecision(aPerson('sam'))],
    }),
  ],
});

const idsOf = (releases: readonly { readonly promotionId: string }[]): readonly string[] =>
  releases.map(({ promotionId }) => promotionId);

it('knows of a release what was deployed, when, and who approved it', () => {
  expect(deployedTo('prod', [released('a', 30)])).toEqual([
    expect.objectContaining({
      promotionId: 'a',
      application: 'shop',
      environment: 'prod',
      images: { qat: 'ami-qat-a', prod: 'ami-prod-a' },
      imageBuiltAt: minute(22),
      deploymentId: 'd-a-prod',
      revision: { pipelineName: 'shop-prod', pipelineExecutionId: 'run-of-a' },
      deployedAt: minute(30),
      approvedBy: { qc: ['quinn'], pmo: ['parker', 'sam'] },
    }),
  ]);
});

it('tells the latest first, each with when the next one replaced it', () => {
  const releases = deployedTo('prod', [released('b', 40), released('a', 30), released('c', 50)]);
  expect(releases.map(({ promotionId, replacedAt }) => [promotionId, replacedAt])).toEqual([
    ['c', undefined],
    ['b', minute(50)],
    ['a', minute(40)],
  ]);
});

it('orders by deployment, not by the start of the promotion', () => {
  const overtaken = released('a', 50, { startedAt: minute(0) });
  expect(idsOf(deployedTo('prod', [released('b', 40, { startedAt: minute(5) }), overtaken]))).toEqual([
    'a',
    'b',
  ]);
});

it('takes what ended otherwise for deployed', () => {
  const records = [released('a', 30), released('b', 40, { status: 'FAILED' })];
  expect(idsOf(deployedTo('prod', records))).toEqual(['b', 'a']);
  // The one before was replaced when the one that failed later was deployed.
  expect(deployedTo('prod', records)[1]).toMatchObject({ promotionId: 'a', replacedAt: minute(40) });
});

it('leaves out what never was deployed there', () => {
  const records = [released('a', 30, { deployments: { qat: 'd-a-qat' }, status: 'REJECTED' })];
  expect(deployedTo('prod', records)).toEqual([]);
  expect(deployedTo('qat', records)).toMatchObject([{ deploymentId: 'd-a-qat', deployedAt: minute(21) }]);
});

it('counts the attempt that was deployed, not one that failed', () => {
  const { jobs, ...record } = released('a', 30);
  const failed = aRun('a', 'prod', { attempt: 2, status: 'FAILED', endedAt: minute(45) });
  expect(deployedTo('prod', [{ ...record, jobs: [...jobs, failed] }])).toMatchObject([
    { deployedAt: minute(30) },
  ]);
});

it('says what it knows where the ledger has no jobs', () => {
  const [release] = deployedTo('prod', [{ ...released('a', 30), jobs: [], approvals: [] }]);
  expect(release).toMatchObject({ deployedAt: minute(31), approvedBy: { qc: [], pmo: [] } });
  expect(release).not.toHaveProperty('revision');
  expect(release).not.toHaveProperty('imageBuiltAt');
});

it('names no approver of a request that was not approved', () => {
  const record = released('a', 30);
  const open = anApproval({ count: 2, decisions: [aDecision(aPerson('quinn'))] });
  expect(deployedTo('qat', [{ ...record, approvals: [open] }])[0]?.approvedBy).toEqual({ qc: [], pmo: [] });
});

it('has no gaps between what ran: each ends when the next begins', () => {
  const times = fc.uniqueArray(fc.integer({ min: 10, max: 10_000 }), { maxLength: 12 });
  fc.assert(
    fc.property(times, (minutes) => {
      const ran = deployedTo(
        'prod',
        minutes.map((at, index) => released(`p${index}`, at)),
      );
      expect(ran).toHaveLength(minutes.length);
      for (const [index, { replacedAt }] of ran.entries())
        expect(replacedAt).toBe(ran[index - 1]?.deployedAt);
      expect(ran.map(({ deployedAt }) => Date.parse(deployedAt))).toEqual(
        minutes.map((at) => Date.parse(minute(at))).sort((a, b) => b - a),
      );
    }),
  );
});
