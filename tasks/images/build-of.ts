import type { Job } from '../ledger/items.ts';

/** The newest of those jobs that made an image, or used it again. */
export const buildOf = (jobs: readonly Job[], imageId: string | undefined): Job | undefined =>
  jobs.findLast(({ kind, output }) => kind === 'image-build' && output?.imageId === imageId);
