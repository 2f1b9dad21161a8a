import type { FailureCode } from '../../../tasks/failure-cause.ts';
import { lookAt } from '../../../tasks/jobs/advance-job.ts';
import type { Inspection, JobKinds } from '../../../tasks/jobs/job-actions.ts';
import { hasBegun } from '../../../tasks/jobs/start-job.ts';
import { markBad } from '../../../tasks/marks/mark-bad.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aJob, aMarking, COMMIT, PROMOTION_ID } from '../doubles/samples.ts';
import { createTokens } from '../doubles/tokens.ts';

it.each<[FailureCode, boolean, string]>([
  ['GuardBlocked', true, 'Recalled'],
  ['GuardBlocked', false, 'PipelineRunFailed'],
  ['ScriptFailed', true, 'PipelineRunFailed'],
])(
  'a run that fails by %s, of a commit that is bad (%s), fails its state with %s',
  async (code, isBad, error) => {
    const ledger = createMemoryLedger();
    const tokens = createTokens();
    const job = aJob({
      kind: 'pipeline-run',
      status: 'RUNNING',
      externalId: 'shop-prod/e-1',
      parameters: { pipelineName: 'shop-prod', commitId: COMMIT, environment: 'prod' },
    });
    tokens.open(job.taskToken);
    await ledger.addJob(job);
    if (isBad) await markBad(ledger, { application: 'shop', commitId: COMMIT }, aMarking());
    const inspection: Inspection = {
      state: 'failed',
      error: 'PipelineRunFailed',
      code,
      cause: 'the run failed',
    };
    const actions = { inspect: async () => inspection };
    await lookAt(
      {
        ledger,
        tasks: tokens.tasks,
        kinds: { 'pipeline-run': actions } as unknown as JobKinds,
        now: () => new Date('2026-11-22T12:00:00.000Z'),
      },
      job,
    );
    expect(tokens.completion).toMatchObject([{ error }]);
    expect(tokens.completion[0]?.cause).toContain(
      error === 'Recalled' ? 'it loses orders' : 'the run failed',
    );
  },
);

it.each([
  [undefined, false],
  ['FAILED', false],
  ['STARTING', true],
  ['RUNNING', true],
  ['SUCCEEDED', true],
] as const)('a state whose job is %s has begun: %s', async (status, expected) => {
  const ledger = createMemoryLedger();
  const job = aJob({ status: status ?? 'RUNNING' });
  if (status !== undefined) await ledger.addJob(job);
  expect(await hasBegun(ledger)({ promotionId: PROMOTION_ID, state: job.state })).toBe(expected);
});
