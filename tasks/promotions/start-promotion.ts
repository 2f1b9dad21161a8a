import type { Commit } from '@aws-sdk/client-codecommit';
import type { Ledger } from '../ledger/ledger.ts';
import type { PromotionInput } from '../payloads.ts';
import { type PromotedBranch, promotionFrom } from './promotion-from.ts';

/** What starting a promotion needs. */
export interface StartPromotionDependencies {
  readonly ledger: Pick<Ledger, 'addPromotion'>;
  /** The commit, or undefined if the repository has none of that id. */
  readonly commit: (repositoryName: string, commitId: string) => Promise<Commit | undefined>;
  /** Starts the execution of that name; one that exists is started already (T37). */
  readonly startExecution: (name: string, input: PromotionInput) => Promise<void>;
  readonly stateMachineArn: string;
  readonly now: () => Date;
  readonly promoted: PromotedBranch;
}

/** ARN of the execution of that name. */
export const executionArnOf = (stateMachineArn: string, name: string): string =>
  `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;

/**
 * A push event came: records the promotion and starts its execution. A doubled event starts nothing more. Recorded
 * first, so that the first state and the first status event find it.
 * @returns the promotion's id, if the event asks for one
 */
export const startPromotion =
  (dependencies: StartPromotionDependencies) =>
  async (event: unknown): Promise<{ readonly promotionId?: string }> => {
    const { ledger, commit, startExecution, stateMachineArn, now, promoted } = dependencies;
    const requested = promotionFrom(event, promoted);
    if (requested === undefined) return {};
    const { promotionId, input } = requested;
    const { application, commitId, branch, pushedBy } = input;
    const { message = '', author } = (await commit(promoted.repositoryName, commitId)) ?? {};
    await ledger.addPromotion({
      promotionId,
      executionArn: executionArnOf(stateMachineArn, promotionId),
      application,
      commitId,
      branch,
      pushedBy,
      commitMessage: message.trim().split(/\r?\n/)[0] ?? '',
      commitAuthor: author?.name ?? '',
      commitAuthorEmail: author?.email ?? '',
      status: 'RUNNING',
      startedAt: now().toISOString(),
      redrives: 0,
      images: {},
      deployments: {},
    });
    await startExecution(promotionId, input);
    return { promotionId };
  };
