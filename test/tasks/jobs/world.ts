import type { JobActions, JobKinds } from '../../../tasks/jobs/kind.ts';
import { reconcileJobs } from '../../../tasks/jobs/reconcile-jobs.ts';
import { settleJob } from '../../../tasks/jobs/settle-job.ts';
import { startJob } from '../../../tasks/jobs/start-job.ts';
import type { Ledger } from '../../../tasks/ledger/ledger.ts';
import type { TaskCompletions } from '../../../tasks/task-completions.ts';
import { aTending } from '../doubles/deciding.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { PROMOTION_ID } from '../doubles/samples.ts';
import { createTokens } from '../doubles/tokens.ts';

/** The process was killed. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

/** An image builder with one pipeline, the three handlers around it, and kills on demand. */
export const createWorld = (between: () => Promise<void> = async () => {}) => {
  const ledger = createMemoryLedger();
  const tokens = createTokens();
  const builds = new Map<string, { clientToken: string; state: 'running' | 'succeeded' | 'failed' }>();
  let calls = Number.POSITIVE_INFINITY;
  let clock = Date.parse('2026-11-22T10:00:00.000Z');
  let clientTokens = 0;

  /** Every call from outside in may be the last: killed before it happens, or right after. */
  const mortal =
    <Parameters extends unknown[], Result>(work: (...parameters: Parameters) => Promise<Result>) =>
    async (...parameters: Parameters): Promise<Result> => {
      await between();
      calls -= 1;
      if (calls === 0) throw new Killed('before the call');
      const result = await work(...parameters);
      calls -= 1;
      if (calls === 0) throw new Killed('after the call');
      await between();
      return result;
    };
  const mortalAll = <Target extends object>(target: Target): Target =>
    Object.fromEntries(
      Object.entries(target).map(([name, work]) => [
        name,
        mortal(work as (...all: unknown[]) => Promise<unknown>),
      ]),
    ) as Target;

  const imageBuild: JobActions = {
    refusal: 'ImageBuildFailed',
    start: mortal(async (job) => {
      for (const [id, build] of builds) if (build.clientToken === job.clientToken) return id;
      const id = `image/${builds.size + 1}`;
      builds.set(id, { clientToken: job.clientToken, state: 'running' });
      return id;
    }),
    inspect: mortal(async (externalId) => {
      const state = builds.get(externalId)?.state;
      if (state === 'succeeded') return { state, output: { imageId: `ami of ${externalId}` } };
      if (state === 'failed') return { state, error: 'ImageBuildFailed', cause: `${externalId} failed` };
      return { state: 'running' };
    }),
  };
  const nothing: JobActions = {
    refusal: 'PipelineRunFailed',
    start: () => Promise.reject(new Error('not in this world')),
    inspect: () => Promise.reject(new Error('not in this world')),
  };
  const dependencies = {
    ledger: mortalAll<Ledger>(ledger),
    tasks: mortalAll<TaskCompletions>(tokens.tasks),
    kinds: {
      'image-build': imageBuild,
      'instance-refresh': nothing,
      'pipeline-run': nothing,
    } satisfies JobKinds,
    notices: { send: () => Promise.reject(new Error('no approval waits here')) },
    siteUrl: 'https://approvals.example.com',
    application: 'shop',
    now: () => {
      clock += 1;
      return new Date(clock);
    },
    newClientToken: () => {
      clientTokens += 1;
      return `client-token-${clientTokens}`;
    },
  };

  return {
    ledger,
    tokens,
    builds,
    /** The next handler is killed at its nth call; `undefined` lets it live. */
    killAt: (n: number | undefined) => {
      calls = n ?? Number.POSITIVE_INFINITY;
    },
    start: (taskToken: string) =>
      startJob(dependencies)({
        promotionId: PROMOTION_ID,
        state: 'Build QAT image',
        taskToken,
        kind: 'image-build',
        subject: { imagePipelineArn: 'arn:aws:imagebuilder:us-east-1:000000000000:image-pipeline/shop-qat' },
      }),
    settle: (externalId: string) =>
      settleJob(dependencies)({ source: 'aws.imagebuilder', resources: [externalId] }),
    reconcile: () => reconcileJobs({ ...dependencies, ...aTending() })(),
    /** The running builds end so. @returns their ids */
    end: (state: 'succeeded' | 'failed'): string[] => {
      const ended = [...builds].flatMap(([id, build]) => (build.state === 'running' ? [id] : []));
      for (const id of ended) builds.set(id, { clientToken: builds.get(id)?.clientToken ?? '', state });
      return ended;
    },
  };
};

export type World = ReturnType<typeof createWorld>;
