import type { Approval } from '../ledger/items.ts';
import { type Ledger, LedgerConflictError } from '../ledger/ledger.ts';
import { approvalNotice, type Notices } from '../notices.ts';
import type { RequestApprovalRequest } from '../payloads.ts';
import { hasExpired } from './rules.ts';

/** What requesting needs. */
export interface RequestApprovalDependencies {
  readonly ledger: Ledger;
  readonly notices: Notices;
  readonly now: () => Date;
  /** 128 random bits in base64url. */
  readonly newApprovalId: () => string;
  readonly siteUrl: string;
}

/** What the state's history shows of the request; nothing waits for it. */
export interface RequestedApproval {
  readonly approvalId: string;
  readonly attempt: number;
}

/**
 * The request that a try of the state waits for: an open or decided one is taken over, with the time that this try
 * has; after an expired one comes the next.
 */
export const approvalFor = (
  latest: Approval | undefined,
  request: RequestApprovalRequest,
  approvalId: string,
  now: Date,
): Approval => {
  const { promotionId, state, role, subject, taskToken, expiresInSeconds } = request;
  const expiresAt = new Date(now.getTime() + expiresInSeconds * 1000).toISOString();
  if (latest?.taskToken === taskToken) return latest;
  if (latest !== undefined && !isOver(latest, now))
    return { ...latest, taskToken, ...(latest.status === 'PENDING' ? { expiresAt } : {}) };
  return {
    approvalId,
    promotionId,
    application: subject.application,
    state,
    role,
    attempt: (latest?.attempt ?? 0) + 1,
    subject,
    taskToken,
    status: 'PENDING',
    requestedAt: now.toISOString(),
    expiresAt,
  };
};

// A decision in time stays valid: only what nobody decided is asked anew.
const isOver = (approval: Approval, now: Date): boolean =>
  approval.status === 'EXPIRED' || (approval.status === 'PENDING' && hasExpired(approval, now));

const claim = async (
  { ledger, now, newApprovalId }: RequestApprovalDependencies,
  request: RequestApprovalRequest,
): Promise<Approval> => {
  for (;;) {
    const latest = await ledger.latestApproval(request.promotionId, request.role);
    const approval = approvalFor(latest, request, newApprovalId(), now());
    try {
      if (latest?.attempt === approval.attempt) await ledger.replaceApproval(latest, approval);
      else {
        if (latest?.status === 'PENDING')
          await ledger.replaceApproval(latest, { ...latest, status: 'EXPIRED' });
        await ledger.addApproval(approval);
      }
      return approval;
    } catch (error) {
      if (!(error instanceof LedgerConflictError)) throw error;
    }
  }
};

/** Notes that the mail was sent, whatever else has happened to the request meanwhile. */
const noteMailed = async ({ ledger, now }: RequestApprovalDependencies, mailed: Approval): Promise<void> => {
  for (let current: Approval | undefined = mailed; current?.attempt === mailed.attempt; ) {
    try {
      return await ledger.replaceApproval(current, { ...current, mailedAt: now().toISOString() });
    } catch (error) {
      if (!(error instanceof LedgerConflictError)) throw error;
      current = await ledger.latestApproval(mailed.promotionId, mailed.role);
    }
  }
};

/**
 * Records that a role is asked to decide, and mails it once per request. A decision that an earlier try of the state got
 * is told to the new token by reconciling: this function may not complete tasks (T48).
 */
export const requestApproval =
  (dependencies: RequestApprovalDependencies) =>
  async (request: RequestApprovalRequest): Promise<RequestedApproval> => {
    const { ledger, notices, siteUrl } = dependencies;
    const approval = await claim(dependencies, request);
    if (approval.status === 'PENDING' && approval.mailedAt === undefined) {
      await notices.send(approvalNotice(approval, await ledger.promotion(approval.promotionId), siteUrl));
      await noteMailed(dependencies, approval);
    }
    return { approvalId: approval.approvalId, attempt: approval.attempt };
  };
