import type { PromotionReference } from '../environment-locks/environment-lock.ts';
import { SupersededError } from '../environment-locks/lock-errors.ts';
import { supersededBy } from '../environment-locks/messages.ts';
import { recalled, withdrawn } from '../environment-locks/supersede.ts';
import type { WorkStage } from '../environment-locks/work-stage.ts';
import type { Approval, Promotion, Shortage } from '../ledger/items.ts';
import { type Ledger, LedgerConflictError, nextWriteAttempt } from '../ledger/ledger.ts';
import { checkNotBad, RecalledError, type RecallSources, recallCause } from '../marks/recall.ts';
import { approvalNotice } from '../notices/approver-notices.ts';
import { pusherShortageNotice } from '../notices/developer-notices.ts';
import type { Notices } from '../notices/notice.ts';
import { shortageNotice } from '../notices/operator-notices.ts';
import type { TellMakers } from '../notices/tell-makers.ts';
import type { Candidate, Environment, LockedWork, RequestApprovalRequest } from '../payloads.ts';
import type { ApprovalCounts } from './approval-counts.ts';
import { candidateDigest, requestedCandidate } from './candidate.ts';
import { hasExpired } from './decision-rules.ts';
import { isDecided } from './decisions.ts';
import { asksAboutImage, isSameQuestion } from './image-approval.ts';
import { pusherOf } from './makers.ts';
import type { Review } from './review.ts';

/** What requesting needs. */
interface RequestApprovalDependencies extends RecallSources {
  readonly ledger: Ledger;
  readonly notices: Notices;
  readonly now: () => Date;
  /** 128 random bits in base64url. */
  readonly newApprovalId: () => string;
  /** Collects what the role is shown. */
  readonly collect: (promotionId: string, candidate: Candidate) => Promise<Review>;
  /** How many people of each role must approve, as it is configured. */
  readonly counts: ApprovalCounts;
  /** Why too few members of the role may decide; undefined if enough may, or if it is not known. */
  readonly shortage: (request: Approval) => Promise<Shortage | undefined>;
  readonly tellMakers: TellMakers;
  readonly siteUrl: string;
  /** @throws if the promotion does not hold the environment lock, or QAT runs another promotion's image */
  readonly ensureLock: (lock: LockedWork, workStage: WorkStage) => Promise<void>;
  /** The newer promotion that makes it pointless to ask about this one, which has that environment's lock while it is asked about. */
  readonly newerThan: (
    promotionId: string,
    application: string,
    environment: Environment | undefined,
  ) => Promise<PromotionReference | undefined>;
  /** Advances the environment locks: when PMO is asked, QC has decided. */
  readonly wakeLocks: () => Promise<void>;
}

/** What the state's history shows of the request; nothing waits for it. */
interface RequestedApproval {
  readonly approvalId: string;
  readonly attempt: number;
}

/**
 * Whether nothing waits for a state's token any more: a later attempt has overtaken it, or the role is asked about the Prod image by now,
 * which follows what it was asked about the change.
 */
const isOvertaken = (latest: Approval, request: RequestApprovalRequest): boolean =>
  asksAboutImage(latest) === asksAboutImage(request)
    ? request.stateAttempt < latest.stateAttempt
    : asksAboutImage(latest);

/** The request that a later attempt of the state takes over, with that attempt's expiry; undefined if it is over. */
export function takenOver(
  latest: Approval | undefined,
  request: RequestApprovalRequest,
  now: Date,
): Approval | undefined {
  const { taskToken, stateAttempt, candidate, expiresInSeconds } = request;
  if (latest === undefined || latest.taskToken === taskToken || isOvertaken(latest, request)) return latest;
  // What was decided about the change, or about another Prod image, is no answer.
  if (!isSameQuestion(latest.candidate, candidate)) return undefined;
  // A decision in time stays valid: only undecided requests are asked again.
  if (latest.status === 'PENDING' && !hasExpired(latest, now))
    return { ...latest, taskToken, stateAttempt, expiresAt: after(now, expiresInSeconds) };
  return isDecided(latest) ? { ...latest, taskToken, stateAttempt } : undefined;
}

/** The next request of a state. */
function nextRequest(
  latest: Approval | undefined,
  request: RequestApprovalRequest,
  approvalId: string,
  review: Review,
  count: number,
  now: Date,
): Approval {
  const { promotionId, state, role, candidate, taskToken, stateAttempt, expiresInSeconds } = request;
  return {
    approvalId,
    promotionId,
    application: candidate.application,
    state,
    role,
    attempt: (latest?.attempt ?? 0) + 1,
    candidate,
    review,
    count,
    decisions: [],
    digest: candidateDigest(requestedCandidate({ candidate, review, count })),
    taskToken,
    stateAttempt,
    status: 'PENDING',
    requestedAt: now.toISOString(),
    expiresAt: after(now, expiresInSeconds),
  };
}

const after = (now: Date, seconds: number): string => new Date(now.getTime() + seconds * 1000).toISOString();

const requestOf = ({ promotionId, role }: Pick<Approval, 'promotionId' | 'role'>): string =>
  `The request to ${role} about ${promotionId}`;

const claim = async (
  { ledger, now, newApprovalId, collect, shortage, counts }: RequestApprovalDependencies,
  request: RequestApprovalRequest,
): Promise<Approval> => {
  for (let writeAttempt = 1; ; writeAttempt = nextWriteAttempt(writeAttempt, requestOf(request))) {
    const latest = await ledger.latestApproval(request.promotionId, request.role);
    const same = takenOver(latest, request, now());
    try {
      if (latest !== undefined && same !== undefined) {
        if (same !== latest) await ledger.replaceApproval(latest, same);
        return same;
      }
      const review = await collect(request.promotionId, request.candidate);
      const asked = nextRequest(latest, request, newApprovalId(), review, counts[request.role], now());
      // A warning only: the rules decide about each person when they decide.
      const lacking = await shortage(asked).catch(() => undefined);
      const next = { ...asked, ...(lacking && { shortage: lacking }) };
      if (latest?.status === 'PENDING')
        await ledger.replaceApproval(latest, { ...latest, status: 'EXPIRED' });
      await ledger.addApproval(next);
      return next;
    } catch (error) {
      if (!(error instanceof LedgerConflictError)) throw error;
    }
  }
};

/** Records that the mail was sent, even if the request has changed meanwhile. */
const noteMailed = async ({ ledger, now }: RequestApprovalDependencies, mailed: Approval): Promise<void> => {
  let current: Approval | undefined = mailed;
  for (
    let writeAttempt = 1;
    current?.attempt === mailed.attempt;
    writeAttempt = nextWriteAttempt(writeAttempt, requestOf(mailed))
  ) {
    try {
      return await ledger.replaceApproval(current, { ...current, mailedAt: now().toISOString() });
    } catch (error) {
      if (!(error instanceof LedgerConflictError)) throw error;
      current = await ledger.latestApproval(mailed.promotionId, mailed.role);
    }
  }
};

const superseded = (by: PromotionReference): SupersededError => new SupersededError(supersededBy(by), by);

/** The environment whose lock a promotion needs while a role decides. A go-back does not use QAT. */
const lockFor = (
  { role, candidate }: Pick<RequestApprovalRequest, 'role' | 'candidate'>,
  promotion: Promotion | undefined,
): Environment | undefined =>
  asksAboutImage({ candidate })
    ? 'prod'
    : role === 'qc' && promotion?.goBack === undefined
      ? 'qat'
      : undefined;

/**
 * Checks that a request still makes sense. A decided one needs no lock.
 * @throws RecalledError, SupersededError, and what `ensureLock` throws
 */
const checkStillNeeded = async (
  dependencies: RequestApprovalDependencies,
  request: RequestApprovalRequest,
): Promise<void> => {
  const { ledger, ensureLock, newerThan, wakeLocks } = dependencies;
  const { promotionId, redrives, role, candidate } = request;
  const { application, commitId } = candidate;
  // If this fails, reconciling advances the locks.
  if (role === 'pmo') await wakeLocks().catch(() => undefined);
  const [latest, promotion] = await Promise.all([
    ledger.latestApproval(promotionId, role),
    ledger.promotion(promotionId),
  ]);
  if (latest?.recalled !== undefined) throw new RecalledError(latest.recalled.cause);
  if (latest?.supersededBy !== undefined) throw superseded(latest.supersededBy);
  const isSame = latest !== undefined && isSameQuestion(latest.candidate, candidate);
  if (isSame && isDecided(latest)) return;
  await checkNotBad(dependencies, { promotionId, application, commitId });
  const environment = lockFor(request, promotion);
  if (environment !== undefined)
    await ensureLock({ promotionId, application, environment, redrives }, 'follows');
  const newer =
    isSame && latest.status === 'PENDING'
      ? undefined
      : await newerThan(promotionId, application, environment);
  if (newer !== undefined) throw superseded(newer);
};

/**
 * Withdraws a new request if something of it was marked bad or a newer promotion came at the same moment: what is recorded second,
 * request, mark or newer promotion, sees the other.
 * @throws RecalledError, SupersededError
 */
const withdrawIfPointless = async (
  dependencies: RequestApprovalDependencies,
  approval: Approval,
): Promise<void> => {
  const { ledger, newerThan, now } = dependencies;
  const { promotionId, application, candidate } = approval;
  const at = now();
  const cause = await recallCause(dependencies, {
    promotionId,
    application,
    commitId: candidate.commitId,
  });
  const environment = lockFor(approval, await ledger.promotion(promotionId));
  const newer = cause === undefined ? await newerThan(promotionId, application, environment) : undefined;
  const withdrawal =
    cause !== undefined ? recalled(approval, cause, at) : newer && withdrawn(approval, newer, at);
  if (withdrawal === undefined) return;
  try {
    // A request that was never mailed ends without a mail.
    await ledger.replaceApproval(
      approval,
      approval.mailedAt === undefined ? { ...withdrawal, announcedAt: at.toISOString() } : withdrawal,
    );
  } catch (error) {
    // Decided or withdrawn at the same moment: that counts, and completes the state.
    if (error instanceof LedgerConflictError) return;
    throw error;
  }
  throw cause !== undefined || newer === undefined ? new RecalledError(cause) : superseded(newer);
};

/**
 * Records a request for a role's decision, and mails it once per request; does nothing for an attempt that is overtaken. Reconciling completes the new token with a
 * decision that an earlier attempt of the state got: this function may not complete tasks (T48).
 * @throws RecalledError if something of it is marked bad; what `recallCause` throws; SupersededError if a newer promotion has made it pointless; LedgerContendedError; what `ensureLock` throws
 */
export function requestApproval(dependencies: RequestApprovalDependencies) {
  return async function requestApproval(request: RequestApprovalRequest): Promise<RequestedApproval> {
    const { ledger, notices, tellMakers, siteUrl } = dependencies;
    const latest = await ledger.latestApproval(request.promotionId, request.role);
    if (latest !== undefined && isOvertaken(latest, request))
      return { approvalId: latest.approvalId, attempt: latest.attempt };
    await checkStillNeeded(dependencies, request);
    const approval = await claim(dependencies, request);
    if (approval.status === 'PENDING') await withdrawIfPointless(dependencies, approval);
    if (approval.status === 'PENDING' && approval.mailedAt === undefined) {
      const promotion = await ledger.promotion(approval.promotionId);
      // First: others can help before the role looks for somebody.
      if (approval.shortage !== undefined) {
        const { shortage } = approval;
        const isPusherTold = await tellMakers(
          [pusherOf(approval.candidate.pushedBy)],
          pusherShortageNotice(approval, shortage, promotion, siteUrl),
        );
        await notices.send(shortageNotice(approval, shortage, promotion, siteUrl, isPusherTold));
      }
      await notices.send(approvalNotice(approval, promotion, siteUrl));
      await noteMailed(dependencies, approval);
    }
    return { approvalId: approval.approvalId, attempt: approval.attempt };
  };
}
