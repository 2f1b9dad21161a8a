/** Prod serves something else than what was approved. */
export class ProdNotVerifiedError extends Error {
  override readonly name = 'ProdNotVerified';
}

/** The promotion's execution or CodeDeploy still works on Prod: try again later. */
export class ProdInUseError extends Error {
  override readonly name = 'ProdInUse';
}

/** It is not certain what serves in Prod: nothing was changed, and a person must look. */
export class ProdNotCertainError extends Error {
  override readonly name = 'ProdNotCertain';
}

/**
 * Errors of Auto Scaling while it is busy with a group (reference of DeleteAutoScalingGroup and UpdateAutoScalingGroup):
 * the same call succeeds later.
 */
const BUSY = ['ResourceContentionFault', 'ResourceInUseFault', 'ScalingActivityInProgressFault'];

/** Whether the same call can succeed later. */
export const isBusy = (error: unknown): boolean => error instanceof Error && BUSY.includes(error.name);
