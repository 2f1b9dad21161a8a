import type { Job } from '../ledger/items.ts';
import type { Environment } from '../payloads.ts';

/** The newest of those jobs that made an image, or used it again. */
export const buildOf = (jobs: readonly Job[], imageId: string | undefined): Job | undefined =>
  jobs.findLast(({ kind, output }) => kind === 'image-build' && output?.imageId === imageId);

/** The job that made the newest image of an environment. */
export const builtFor = (jobs: readonly Job[], environment: Environment): Job | undefined =>
  jobs.findLast(
    ({ kind, status, parameters }) =>
      kind === 'image-build' && status === 'SUCCEEDED' && parameters.environment === environment,
  );
