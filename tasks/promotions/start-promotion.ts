import type { Ledger } from '../ledger/ledger.ts';
import type { PromotionInput } from '../payloads.ts';
import type { Source, SourceCommit } from '../source/source.ts';
import { orderedWithinSecond } from './order-within-second.ts';
import { type PromotedBranch, promotionFrom, type RequestedPromotion } from './promotion-from.ts';

/** What recording and starting a promotion needs. */
export interface BeginPromotionDependencies {
  readonly ledger: Pick<Ledger, 'addPromotion'>;
  /** Starts the execution of that name; one that exists is started already (T37). */
  readonly startExecution: (name: string, input: PromotionInput) => Promise<void>;
  readonly stateMachineArn: string;
  readonly now: () => Date;
}

/** What starting a promotion needs. */
interface StartPromotionDependencies extends BeginPromotionDependencies {
  readonly source: Pick<Source, 'commits'>;
  readonly promoted: PromotedBranch;
}

/** ARN of the execution of that name. */
const executionArnOf = (stateMachineArn: string, name: string): string =>
  `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;

/**
 * Records a promotion and starts its execution; again, it does nothing more. Recorded first, so that the first state and
 * the first status event find it.
 */
export function beginPromotion({ ledger, startExecution, stateMachineArn, now }: BeginPromotionDependencies) {
  return async function beginPromotion(
    { promotionId, input }: RequestedPromotion,
    { message = '', author }: SourceCommit,
  ): Promise<void> {
    const { application, commitId, branch, pushedBy, pushedAt } = input;
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
      ...(pushedAt !== undefined && { pushedAt }),
      startedAt: now().toISOString(),
      redrives: 0,
      images: {},
      deployments: {},
    });
    await startExecution(promotionId, input);
  };
}

/**
 * A push event came: starts its promotion. A doubled event starts nothing more.
 * @returns the promotion's id, if the event asks for one
 */
export function startPromotion(dependencies: StartPromotionDependencies) {
  return async function startPromotion(event: unknown): Promise<{ readonly promotionId?: string }> {
    const { source, promoted } = dependencies;
    const requested = promotionFrom(event, promoted);
    if (requested === undefined) return {};
    const { promotionId, input } = requested;
    const isObject = (event as { readonly source?: string }).source === 'aws.s3';
    if (isObject) {
      await beginPromotion(dependencies)(requested, { message: `New version of ${promoted.repositoryName}` });
      return { promotionId };
    }
    const read = async (commitId: string) => (await source.commits([commitId]))[0];
    const head = (await read(input.commitId)) ?? {};
    const pushedAt = input.pushedAt && (await orderedWithinSecond(input.pushedAt, head, read));
    await beginPromotion(dependencies)(
      { promotionId, input: { ...input, ...(pushedAt !== undefined && { pushedAt }) } },
      head,
    );
    return { promotionId };
  };
}
