/** Something else serves in Prod than what was approved, or the fleet could not be told. */
export class ProdNotVerifiedError extends Error {
  override readonly name = 'ProdNotVerified';
}

/**
 * What Auto Scaling answers while it is busy with a group (reference of DeleteAutoScalingGroup and UpdateAutoScalingGroup):
 * asking again later is all that it takes.
 */
const BUSY = ['ResourceContentionFault', 'ResourceInUseFault', 'ScalingActivityInProgressFault'];

/** Whether a call can be made again later as it is. */
export const isBusy = (error: unknown): boolean => error instanceof Error && BUSY.includes(error.name);
