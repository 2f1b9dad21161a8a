import type { Approval, Person, RefusalReason } from '../ledger/items.ts';
import { type Ledger, LedgerConflictError, nextRound } from '../ledger/ledger.ts';
import type { ApprovalOutput, Decision } from '../payloads.ts';
import type { TaskCompletions, Told } from '../task-completions.ts';
import { type AnnounceDependencies, announce } from './announce.ts';
import { noteTold } from './note-told.ts';
import { type ApprovalPolicy, mayDecide } from './rules.ts';
import type { SubjectChange } from './subject.ts';

/** What deciding needs. */
export interface DecideDependencies extends AnnounceDependencies {
  readonly ledger: Ledger;
  readonly tasks: TaskCompletions;
  readonly policy: ApprovalPolicy;
  /** Version of an application's configuration as it is deployed. */
  readonly configurationVersion: (application: string) => string;
}

/** One person's attempt to decide. */
export interface DecideInput {
  readonly approvalId: string;
  readonly decision: Decision;
  readonly comment: string;
  readonly person: Person;
  /** When the person signed in. In ms since the epoch. */
  readonly signedInAt: number;
  /** The digest that came with the decision: what the person was shown. */
  readonly shownDigest: string;
  /** Whether Step Functions runs the promotion. */
  readonly isRunning: boolean;
}

/** What came of it. A refusal is an expected outcome, not an error. */
export type DecideOutcome =
  | { readonly kind: 'decided'; readonly approval: Approval }
  | {
      readonly kind: 'refused';
      readonly reason: RefusalReason;
      readonly message: string;
      /** With `SubjectChanged`: what is not as it was shown. */
      readonly changes?: readonly SubjectChange[];
      /** Absent if there is no such request. */
      readonly approval?: Approval;
    };

/** The task's output for a decided approval. @throws TypeError for an undecided one */
export const approvalOutput = (approval: Approval): ApprovalOutput => {
  const { approvalId, decision, decidedBy, decidedAt } = approval;
  if (decision === undefined || decidedBy === undefined || decidedAt === undefined)
    throw new TypeError(`Approval ${approvalId} is ${approval.status}: only a decided one has an output`);
  return { decision, approvalId, decidedBy: decidedBy.name, decidedAt };
};

/**
 * Tells the waiting token a recorded decision, and notes that it was told. Safe to repeat.
 * @returns `told` if the state was waiting for it
 * @throws LedgerContendedError
 */
export const tellDecision = async (
  { ledger, tasks }: Pick<DecideDependencies, 'ledger' | 'tasks'>,
  decided: Approval,
): Promise<{ readonly told: Told; readonly approval: Approval }> => {
  let approval = decided;
  let told: Told = 'told';
  for (
    let round = 1;
    approval.answeredToken !== approval.taskToken;
    round = nextRound(round, `Request ${approval.approvalId}`)
  ) {
    told = await tasks.succeed(approval.taskToken, approvalOutput(approval));
    approval = await noteTold(ledger, approval);
  }
  return { told, approval };
};

/**
 * Records one decision, completes the state that waits for it, and tells the others. Of several sent at once exactly one
 * counts, whoever sent them. Refusals are recorded.
 * @throws LedgerContendedError
 */
export const decideApproval =
  (dependencies: DecideDependencies) =>
  async (input: DecideInput): Promise<DecideOutcome> => {
    const { ledger, now, policy, configurationVersion } = dependencies;
    const { decision, comment, person, signedInAt, shownDigest, isRunning } = input;
    const identity = { subject: person.subject, name: person.name, verifiedEmail: person.verifiedEmail };

    const refuse = async (
      approval: Approval,
      reason: RefusalReason,
      message: string,
      changes?: readonly SubjectChange[],
    ): Promise<DecideOutcome> => {
      const { promotionId, approvalId, role } = approval;
      await ledger.addRefusal({
        promotionId,
        approvalId,
        role,
        person: identity,
        reason,
        at: now().toISOString(),
      });
      return { kind: 'refused', reason, message, approval, ...(changes ? { changes } : {}) };
    };
    const complete = async (decided: Approval): Promise<DecideOutcome> => {
      const { told, approval } = await tellDecision(dependencies, decided);
      // A mail that could not be sent is sent by reconciling; the decision counts all the same.
      const announced = await announce(dependencies, approval).catch(() => approval);
      return told === 'told'
        ? { kind: 'decided', approval: announced }
        : refuse(
            approval,
            'NoLongerOpen',
            'The promotion no longer waits for this decision: it timed out, was stopped, or has been told already. ' +
              'The decision is recorded; if the state is redriven, it counts.',
          );
    };

    for (let round = 1; ; round = nextRound(round, `Request ${input.approvalId}`)) {
      const approval = await ledger.approvalById(input.approvalId);
      if (approval === undefined)
        return {
          kind: 'refused',
          reason: 'NoLongerOpen',
          message:
            'There is no such request. Open the link of the latest mail, or the list of pending approvals.',
        };
      const [approvals, promotion] = await Promise.all([
        ledger.approvals(approval.promotionId),
        ledger.promotion(approval.promotionId),
      ]);
      const ruling = mayDecide(approval, {
        person,
        signedInAt,
        approvals,
        promotion,
        isRunning,
        configurationVersion: configurationVersion(approval.application),
        shownDigest,
        policy,
        now: now(),
      });
      if (ruling.kind === 'refused') return refuse(approval, ruling.reason, ruling.message, ruling.changes);
      const decided: Approval = {
        ...approval,
        status: decision === 'approve' ? 'APPROVED' : 'REFUSED',
        decision,
        decidedBy: identity,
        decidedAt: now().toISOString(),
        comment,
      };
      try {
        await ledger.replaceApproval(approval, decided);
      } catch (error) {
        // Somebody else was quicker: the rules are asked again, about what is recorded now.
        if (error instanceof LedgerConflictError) continue;
        throw error;
      }
      return complete(decided);
    }
  };
