import { HOUR_MS } from '../durations.ts';
import { completeWithdrawn } from '../environment-locks/supersede.ts';
import type { Approval } from '../ledger/items.ts';
import { LedgerConflictError } from '../ledger/ledger.ts';
import { isTaskIncomplete } from '../ledger/stored.ts';
import { approvalNotice } from '../notices/approver-notices.ts';
import { waitingNotice } from '../notices/operator-notices.ts';
import type { TaskCompletions } from '../task-completions.ts';
import { type AnnounceDependencies, announce } from './announce.ts';
import type { ApprovalCounts } from './approval-counts.ts';
import { candidateDigest, requestedCandidate } from './candidate.ts';
import { completeApproval } from './decide.ts';
import { hasExpired, isWaitingLong } from './decision-rules.ts';
import { isDecided } from './decisions.ts';
import { makersBy, type NameRules } from './same-maker.ts';

/** What following up requests needs. */
export interface FollowUpDependencies extends AnnounceDependencies {
  readonly tasks: TaskCompletions;
  /** Whether Step Functions runs the execution. */
  readonly isRunning: (executionArn: string) => Promise<boolean>;
  /** Version of the application's configuration as it is deployed. */
  readonly configurationVersion: string;
  /** How many people of each role must approve, as it is configured. */
  readonly counts: ApprovalCounts;
  /** As configured. */
  readonly names: NameRules;
  /** Hours after which approvers are reminded. */
  readonly reminderHours: number;
  readonly newApprovalId: () => string;
}

/** Milliseconds after which a function that decided or asked must have been interrupted. */
const TELLING = 60_000;

/** What is to be done about a request. */
type FollowUp =
  | 'nothing'
  | 'complete'
  | 'announce'
  | 'expire'
  | 'withdraw'
  | 'ask again'
  | 'mail'
  | 'escalate'
  | 'remind';

/** What is to be done about a request now. The first thing only: what follows is found the next time. */
export function followUpFor(
  approval: Approval,
  facts: {
    readonly isRunning: boolean;
    readonly configurationVersion: string;
    readonly reminderHours: number;
    readonly now: Date;
  },
): FollowUp {
  const { status, requestedAt, decisions, supersededBy, recalled, mailedAt, remindedAt, review } = approval;
  // A time in the future comes from a clock that has been set back since: it is no reason to wait.
  const since = (at: string | undefined): number => Math.abs(facts.now.getTime() - Date.parse(at ?? ''));
  if (status !== 'PENDING') {
    if (isTaskIncomplete(approval))
      return since((supersededBy ?? recalled)?.at ?? decisions.at(-1)?.at) >= TELLING
        ? 'complete'
        : 'nothing';
    return approval.announcedAt === undefined ? 'announce' : 'nothing';
  }
  // Step Functions' clock decides: while the state waits, a clock that is ahead expires nothing.
  if (hasExpired(approval, facts.now)) return facts.isRunning ? 'nothing' : 'expire';
  if (!facts.isRunning) return 'withdraw';
  if (review.configurationVersion !== facts.configurationVersion) return 'ask again';
  if (mailedAt === undefined) return since(requestedAt) >= TELLING ? 'mail' : 'nothing';
  if (isWaitingLong(approval, facts.now) && approval.escalatedAt === undefined) return 'escalate';
  return since(remindedAt ?? mailedAt) >= facts.reminderHours * HOUR_MS ? 'remind' : 'nothing';
}

const CONFIGURATION_CHANGED =
  'The configuration has changed since this request. A new request, with its own mail, replaces it.';
const PROMOTION_ENDED = 'The promotion was stopped before anybody decided.';

/**
 * Follows up one open request: completes its state if that was interrupted, mails how it ended, marks it expired or
 * withdrawn, asks again when the configuration has changed, reminds, and mails operators when it takes long. Safe to repeat.
 */
export function followUpRequest(dependencies: FollowUpDependencies) {
  return async function followUpRequest(approval: Approval): Promise<void> {
    const { ledger, notices, siteUrl, now, isRunning, newApprovalId } = dependencies;
    const { configurationVersion, counts, names, reminderHours } = dependencies;
    const promotion = await ledger.promotion(approval.promotionId);
    // The ledger may be late: only Step Functions' status closes a request.
    const isOver = hasExpired(approval, now());
    const runs =
      approval.status !== 'PENDING' ||
      (promotion === undefined
        ? !isOver
        : (promotion.status === 'RUNNING' && !isOver) || (await isRunning(promotion.executionArn)));
    const followUp = followUpFor(approval, {
      isRunning: runs,
      configurationVersion,
      reminderHours,
      now: now(),
    });
    const change = async (part: Partial<Approval>): Promise<Approval> => {
      const after = { ...approval, ...part };
      await ledger.replaceApproval(approval, after);
      return after;
    };
    const askedAgain = ({ mailedAt: _, remindedAt: __, escalatedAt: ___, ...before }: Approval): Approval => {
      const { dotsIgnoredIn: ____, makers, ...shown } = before.review;
      // Who made the change under which names is a part of the configuration.
      const review = { ...shown, ...makersBy(names, makers), configurationVersion };
      const count = counts[before.role];
      return {
        ...before,
        approvalId: newApprovalId(),
        attempt: before.attempt + 1,
        review,
        // What was decided was about the configuration of its time.
        count,
        decisions: [],
        digest: candidateDigest(requestedCandidate({ ...before, review, count })),
        requestedAt: now().toISOString(),
      };
    };
    try {
      switch (followUp) {
        case 'nothing':
          return;
        case 'complete':
          await announce(
            dependencies,
            isDecided(approval)
              ? (await completeApproval(dependencies, approval)).approval
              : await completeWithdrawn(dependencies, approval),
          );
          return;
        case 'announce':
          await announce(dependencies, approval);
          return;
        case 'expire':
          await announce(dependencies, await change({ status: 'EXPIRED' }));
          return;
        case 'withdraw':
          await announce(
            dependencies,
            await change({ status: 'WITHDRAWN', withdrawnBecause: PROMOTION_ENDED }),
          );
          return;
        case 'ask again': {
          const latest = await ledger.latestApproval(approval.promotionId, approval.role);
          // If this is interrupted between the two writes, the old request is still open, and the next run repeats this.
          if (latest?.attempt === approval.attempt) await ledger.addApproval(askedAgain(approval));
          await announce(
            dependencies,
            await change({ status: 'WITHDRAWN', withdrawnBecause: CONFIGURATION_CHANGED }),
          );
          return;
        }
        case 'mail':
          await notices.send(approvalNotice(approval, promotion, siteUrl));
          await change({ mailedAt: now().toISOString() });
          return;
        case 'escalate':
          await notices.send(waitingNotice(approval, promotion, siteUrl));
          await change({ escalatedAt: now().toISOString() });
          return;
        case 'remind':
          await notices.send(approvalNotice(approval, promotion, siteUrl, 'reminder'));
          await change({ remindedAt: now().toISOString() });
      }
    } catch (error) {
      // Decided or replaced at the same moment.
      if (!(error instanceof LedgerConflictError)) throw error;
    }
  };
}
