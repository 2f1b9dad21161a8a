import type { Approval } from '../ledger/items.ts';
import { type Ledger, LedgerConflictError, nextWriteAttempt } from '../ledger/ledger.ts';
import { outcomeNotices } from '../notices/approver-notices.ts';
import type { Notices } from '../notices/notice.ts';

/** What announcing the end of a request needs. */
export interface AnnounceDependencies {
  readonly ledger: Ledger;
  readonly notices: Notices;
  readonly siteUrl: string;
  readonly now: () => Date;
}

/**
 * Mails how a request ended, and records that. Safe to repeat; two at once may both send.
 * @returns the request as it is recorded then
 * @throws LedgerContendedError
 */
export async function announce(
  { ledger, notices, siteUrl, now }: AnnounceDependencies,
  over: Approval,
): Promise<Approval> {
  if (over.announcedAt !== undefined) return over;
  const promotion = await ledger.promotion(over.promotionId);
  for (const notice of outcomeNotices(over, promotion, siteUrl)) await notices.send(notice);
  let current: Approval | undefined = over;
  for (
    let writeAttempt = 1;
    current?.approvalId === over.approvalId;
    writeAttempt = nextWriteAttempt(writeAttempt, `Request ${over.approvalId}`)
  ) {
    const after: Approval = { ...current, announcedAt: now().toISOString() };
    try {
      await ledger.replaceApproval(current, after);
      return after;
    } catch (error) {
      if (!(error instanceof LedgerConflictError)) throw error;
      current = await ledger.approvalById(over.approvalId);
      if (current?.announcedAt !== undefined) return current;
    }
  }
  return over;
}
