/** Something else serves in Prod than what was approved, or the fleet could not be told. */
export class ProdNotVerifiedError extends Error {
  override readonly name = 'ProdNotVerified';
}

/** Prod is still being worked on, by the promotion's execution or by CodeDeploy: to be tried again later. */
export class ProdInUseError extends Error {
  override readonly name = 'ProdInUse';
}

/** What serves in Prod is not certain: nothing was changed, and a person has to look. */
export class ProdNotCertainError extends Error {
  override readonly name = 'ProdNotCertain';
}

/**
 * What Auto Scaling answers while it is busy with a group (reference of DeleteAutoScalingGroup and UpdateAutoScalingGroup):
 * asking again later is all that it takes.
 */
const BUSY = ['ResourceContentionFault', 'ResourceInUseFault', 'ScalingActivityInProgressFault'];

/** Whether a call can be made again later as it is. */
export const isBusy = (error: unknown): boolean => error instanceof Error && BUSY.includes(error.name);
