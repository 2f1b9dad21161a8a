import type { Executions } from '../executions/execution.ts';
import { causeText } from '../failure-cause.ts';
import { STOPPED } from '../payloads.ts';

/** What stopping needs. */
export interface StopDependencies {
  readonly executions: Pick<Executions, 'stop'>;
  /** Records as evidence who stops a promotion, and why. @returns the person's name, or the caller's ARN */
  readonly noteStop: (promotionId: string, reason: string) => Promise<string>;
}

/**
 * Stops a promotion that runs. Its execution ends as `ABORTED` with an error and a cause of ours.
 * @param reason as `readReason` gives it
 * @returns who stopped it, as recorded
 */
export async function stopPromotion(
  { executions, noteStop }: StopDependencies,
  { promotionId, executionArn }: { readonly promotionId: string; readonly executionArn: string },
  reason: string,
): Promise<string> {
  // Recorded first, so that no stop happens without a name and a reason.
  const by = await noteStop(promotionId, reason);
  const cause = causeText({
    cause: `${by} stopped this promotion: ${reason}`,
    code: 'StoppedByOperator',
    stopped: { by, reason },
  });
  await executions.stop(executionArn, { error: STOPPED, cause });
  return by;
}
