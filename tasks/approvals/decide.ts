import type { Absence, Approval, DenialReason, Person } from '../ledger/items.ts';
import { type Ledger, LedgerConflictError, nextWriteAttempt } from '../ledger/ledger.ts';
import type { ApprovalOutput, Decision } from '../payloads.ts';
import type { Completion, TaskCompletions } from '../task-completions.ts';
import type { CheckedAbsence } from './absence-rules.ts';
import { type AnnounceDependencies, announce } from './announce.ts';
import type { CandidateChange } from './candidate.ts';
import { mayDecide, type PolicyOf } from './decision-rules.ts';
import { decidersText, isDecided, withDecision } from './decisions.ts';
import { asksAboutImage } from './image-approval.ts';
import { noteCompleted } from './note-completed.ts';
import { identityOf } from './same-person.ts';

/** What deciding needs. */
export interface DecideDependencies extends AnnounceDependencies {
  readonly ledger: Ledger;
  readonly tasks: TaskCompletions;
  readonly policyOf: PolicyOf;
  /** Version of an application's configuration as it is deployed. */
  readonly configurationVersion: (application: string) => string;
  /** Absences that concern a person now. */
  readonly absencesOf: (person: Person) => Promise<readonly CheckedAbsence[]>;
}

/** One person's attempt to decide. */
export interface DecideInput {
  readonly approvalId: string;
  readonly decision: Decision;
  readonly comment: string;
  /** Deploy to Prod not before, ISO 8601, as `readNotBefore` gives it. Of an approval. */
  readonly notBefore?: string | undefined;
  readonly person: Person;
  /** When the person signed in. In ms since the epoch. */
  readonly signedInAt: number;
  /** The digest that came with the decision: what the person was shown. */
  readonly shownDigest: string;
  /** Whether Step Functions runs the promotion. */
  readonly isRunning: boolean;
}

/** What came of it. A denial is an expected outcome, not an error. */
export type DecideOutcome =
  | { readonly kind: 'decided'; readonly approval: Approval }
  | {
      readonly kind: 'denied';
      readonly reason: DenialReason;
      readonly message: string;
      /** With `CandidateChanged`: what is not as it was shown. */
      readonly changes?: readonly CandidateChange[];
      /** Absent if there is no such request. */
      readonly approval?: Approval;
    };

/** What a decision keeps of the absence by which it was made. */
const absenceIn = ({ absenceId, absent, until }: Absence) => ({ absenceId, absent, until });

/** The task's output for a decided approval. @throws TypeError for an undecided one */
function approvalOutput(approval: Approval): ApprovalOutput {
  const { approvalId, status } = approval;
  const last = approval.decisions.at(-1);
  if (!isDecided(approval) || last === undefined)
    throw new TypeError(`Approval ${approvalId} is ${status}: only a decided one has an output`);
  return { decision: last.decision, approvalId, decidedBy: decidersText(approval), decidedAt: last.at };
}

/**
 * Completes the waiting token with a recorded decision, and records that. Safe to repeat.
 * @returns `completed` if the state was waiting for it
 * @throws LedgerContendedError
 */
export async function completeApproval(
  { ledger, tasks }: Pick<DecideDependencies, 'ledger' | 'tasks'>,
  decided: Approval,
): Promise<{ readonly completion: Completion; readonly approval: Approval }> {
  let approval = decided;
  let completion: Completion = 'completed';
  for (
    let writeAttempt = 1;
    approval.completedToken !== approval.taskToken;
    writeAttempt = nextWriteAttempt(writeAttempt, `Request ${approval.approvalId}`)
  ) {
    completion = await tasks.succeed(approval.taskToken, approvalOutput(approval));
    approval = await noteCompleted(ledger, approval);
  }
  return { completion, approval };
}

/**
 * Records one decision. If it decides the request, completes the state that waits for it and mails the outcome. Decisions
 * sent at once are recorded one after the other, each by the rules on what was recorded before. Denials are recorded.
 * @throws LedgerContendedError
 */
export function decideApproval(dependencies: DecideDependencies) {
  return async function decideApproval(input: DecideInput): Promise<DecideOutcome> {
    const { ledger, now, policyOf, configurationVersion, absencesOf } = dependencies;
    const { decision, comment, notBefore, person, signedInAt, shownDigest, isRunning } = input;
    const identity = identityOf(person);

    const deny = async (
      approval: Approval,
      reason: DenialReason,
      message: string,
      changes?: readonly CandidateChange[],
    ): Promise<DecideOutcome> => {
      const { promotionId, approvalId, role } = approval;
      await ledger.addDenial({
        promotionId,
        approvalId,
        role,
        person: identity,
        reason,
        at: now().toISOString(),
      });
      return { kind: 'denied', reason, message, approval, ...(changes ? { changes } : {}) };
    };
    const complete = async (decided: Approval): Promise<DecideOutcome> => {
      const { completion, approval } = await completeApproval(dependencies, decided);
      // Reconciling sends a mail that could not be sent; the decision counts all the same.
      const announced = await announce(dependencies, approval).catch(() => approval);
      return completion === 'completed'
        ? { kind: 'decided', approval: announced }
        : deny(
            approval,
            'NoLongerOpen',
            'The promotion no longer waits for this decision: it timed out, was stopped, or has completed already. ' +
              'The decision is recorded; if the state is redriven, it counts.',
          );
    };

    for (
      let writeAttempt = 1;
      ;
      writeAttempt = nextWriteAttempt(writeAttempt, `Request ${input.approvalId}`)
    ) {
      const approval = await ledger.approvalById(input.approvalId);
      if (approval === undefined)
        return {
          kind: 'denied',
          reason: 'NoLongerOpen',
          message:
            'There is no such request. Open the link of the latest mail, or the list of pending approvals.',
        };
      const [approvals, promotion, jobs] = await Promise.all([
        ledger.approvals(approval.promotionId),
        ledger.promotion(approval.promotionId),
        ledger.jobs(approval.promotionId),
      ]);
      const ruling = mayDecide(approval, {
        person,
        signedInAt,
        approvals,
        promotion,
        jobs,
        isRunning,
        configurationVersion: configurationVersion(approval.application),
        shownDigest,
        policy: policyOf(approval.application),
        absences: await absencesOf(person),
        now: now(),
      });
      if (ruling.kind === 'denied') return deny(approval, ruling.reason, ruling.message, ruling.changes);
      const decided = withDecision(approval, {
        decision,
        person: identity,
        at: now().toISOString(),
        signedInAt: new Date(signedInAt).toISOString(),
        comment,
        // About a Prod image people decide while the promotion holds Prod: nothing would wait for that time.
        ...(decision === 'approve' && notBefore !== undefined && !asksAboutImage(approval) && { notBefore }),
        ...(ruling.absence && { absence: absenceIn(ruling.absence) }),
      });
      try {
        await ledger.replaceApproval(approval, decided);
      } catch (error) {
        // Another write came first: the rules decide again on the current record.
        if (error instanceof LedgerConflictError) continue;
        throw error;
      }
      // More people must approve: the state goes on waiting.
      return isDecided(decided) ? complete(decided) : { kind: 'decided', approval: decided };
    }
  };
}
