import { makersOfPromotion } from '../approvals/developers.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { RecalledError, recallCause } from '../marks/recall.ts';
import { notStartedNotice } from '../notices/developer-notices.ts';
import type { Notices } from '../notices/notice.ts';
import { notStartedOperatorNotice } from '../notices/operator-notices.ts';
import type { TellMakers } from '../notices/tell-makers.ts';
import type { PromotionInput } from '../payloads.ts';
import type { Source, SourceCommit } from '../source/source.ts';
import { findOnBranch } from './find-on-branch.ts';
import { type PromotedBranch, promotionFrom, type RequestedPromotion } from './promotion-from.ts';

/** What recording and starting a promotion needs. */
export interface BeginPromotionDependencies {
  readonly ledger: Pick<Ledger, 'addPromotion' | 'promotion' | 'marks' | 'jobs'>;
  readonly notices: Notices;
  readonly tellMakers: TellMakers;
  readonly siteUrl: string;
  /** Starts the execution of that name; one that exists is started already (T37). */
  readonly startExecution: (name: string, input: PromotionInput) => Promise<void>;
  readonly stateMachineArn: string;
  readonly now: () => Date;
}

/** What starting a promotion needs. */
interface StartPromotionDependencies extends BeginPromotionDependencies {
  readonly source: Pick<Source, 'head' | 'commits'>;
  readonly promoted: PromotedBranch;
  /** Notes why an event starts nothing. */
  readonly note: (why: string) => void;
}

/** ARN of the execution of that name. */
const executionArnOf = (stateMachineArn: string, name: string): string =>
  `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;

/**
 * Records a promotion and starts its execution; again, it does nothing more. Recorded first, so that the first state and
 * the first status event find it. A commit that is marked bad starts nothing; operators and its makers get a mail.
 * @throws RecalledError then, with who marked it and why
 */
export function beginPromotion(dependencies: BeginPromotionDependencies) {
  const { ledger, startExecution, stateMachineArn, now, notices, tellMakers, siteUrl } = dependencies;
  return async function beginPromotion(
    { promotionId, input }: RequestedPromotion,
    { message = '', author }: SourceCommit,
  ): Promise<void> {
    const { application, commitId, branch, pushedBy, pushedAt } = input;
    const pushed = {
      application,
      commitId,
      branch,
      pushedBy,
      commitMessage: message.trim().split(/\r?\n/)[0] ?? '',
      commitAuthor: author?.name ?? '',
      commitAuthorEmail: author?.email ?? '',
    };
    const cause = await recallCause({ ledger }, { application, commitId });
    // One that was recorded before somebody marked its commit is started, and ends as recalled.
    if (cause !== undefined && (await ledger.promotion(promotionId)) === undefined) {
      await notices.send(notStartedOperatorNotice(pushed, cause, siteUrl));
      await tellMakers(makersOfPromotion(pushed), notStartedNotice(pushed, cause, siteUrl));
      throw new RecalledError(`${cause}. Its promotion is not started.`);
    }
    await ledger.addPromotion({
      ...pushed,
      promotionId,
      executionArn: executionArnOf(stateMachineArn, promotionId),
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

/** The time that an event gives, which anybody could have written: never later than now. @returns ISO 8601 */
const notAfter = (now: Date, told: string): string =>
  Date.parse(told) > now.getTime() ? now.toISOString() : told;

/**
 * A push event came: it only wakes, and the source says whether the commit is on the branch. Then its promotion starts. A doubled event
 * starts nothing more.
 * @returns the promotion's id, if a promotion is asked for
 */
export function startPromotion(dependencies: StartPromotionDependencies) {
  return async function startPromotion(event: unknown): Promise<{ readonly promotionId?: string }> {
    const { source, promoted, now, note } = dependencies;
    const requested = promotionFrom(event, promoted);
    if (requested === undefined) {
      note(`The event tells of no push to ${promoted.branch} of ${promoted.repositoryName}.`);
      return {};
    }
    const { promotionId, input } = requested;
    const begin = async (
      asked: RequestedPromotion,
      commit: SourceCommit,
    ): Promise<{ readonly promotionId?: string }> => {
      try {
        await beginPromotion(dependencies)(asked, commit);
        return { promotionId };
      } catch (error) {
        if (!(error instanceof RecalledError)) throw error;
        note(error.message);
        return {};
      }
    };
    const told = { ...input, ...(input.pushedAt && { pushedAt: notAfter(now(), input.pushedAt) }) };
    const isObject = (event as { readonly source?: string }).source === 'aws.s3';
    if (isObject) {
      const message = `New version of ${promoted.repositoryName}`;
      return begin({ promotionId, input: told }, { message });
    }
    const found = await findOnBranch(source, input.commitId, told.pushedAt);
    if (!found.isFound) {
      note(
        `Commit ${input.commitId} is not on ${promoted.branch} of ${promoted.repositoryName}, which is at ${found.head}: ` +
          'it was never pushed there, or has been taken back since. Nothing is started.',
      );
      return {};
    }
    const { commit, pushedAt } = found;
    return begin({ promotionId, input: { ...told, ...(pushedAt !== undefined && { pushedAt }) } }, commit);
  };
}
