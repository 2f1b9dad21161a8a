import type { Approval, RecordedDecision } from '../ledger/items.ts';
import { listed, utcTime } from '../words.ts';

/** The approvals that a request has. */
export const approvalsIn = ({ decisions }: Pick<Approval, 'decisions'>): readonly RecordedDecision[] =>
  decisions.filter(({ decision }) => decision === 'approve');

/** How many people must still approve. */
export const missingApprovals = (approval: Pick<Approval, 'decisions' | 'count'>): number =>
  Math.max(0, approval.count - approvalsIn(approval).length);

/** Whether a request is decided: as many people approved as must, or one rejected. */
export const isDecided = ({ status }: Pick<Approval, 'status'>): boolean =>
  status === 'APPROVED' || status === 'REJECTED';

/** A request with one more decision. A rejection ends it at once, the last approval that it needs as well. */
export function withDecision(approval: Approval, decision: RecordedDecision): Approval {
  const after = { ...approval, decisions: [...approval.decisions, decision] };
  if (decision.decision === 'reject') return { ...after, status: 'REJECTED' };
  return missingApprovals(after) === 0 ? { ...after, status: 'APPROVED' } : after;
}

/** The decisions that made a request what it is: of a rejected one, the rejection. */
export const endingDecisions = (
  approval: Pick<Approval, 'decisions' | 'status'>,
): readonly RecordedDecision[] =>
  approval.status === 'REJECTED' ? approval.decisions.slice(-1) : approvalsIn(approval);

/** User names of those who decided: `quinn and sam`. */
export const decidersText = (approval: Pick<Approval, 'decisions' | 'status'>): string =>
  listed(endingDecisions(approval).map(deciderText)) || 'unknown';

/** Who decided: `quinn`, or `carol for quinn (absent until 29 Nov 2026, 10:10 UTC)`. */
export const deciderText = ({ person, absence }: Pick<RecordedDecision, 'person' | 'absence'>): string =>
  absence === undefined
    ? person.name
    : `${person.name} for ${absence.absent.name} (absent until ${utcTime(absence.until)})`;

/** How many approved of those who must: `1 of 2 approved`. Empty if one person decides. */
export const progressCount = (approval: Pick<Approval, 'decisions' | 'count'>): string =>
  approval.count === 1 ? '' : `${approvalsIn(approval).length} of ${approval.count} approved`;

/** The same with their names: `1 of 2 approved: quinn`. */
export function progressText(approval: Pick<Approval, 'decisions' | 'count'>): string {
  if (approval.count === 1) return '';
  const names = approvalsIn(approval).map(deciderText);
  return [progressCount(approval), listed(names)].filter(Boolean).join(': ');
}

/** What an approver said about the time, as part of a sentence: `, deploy not before 30 Nov 2026, 07:00 UTC`. */
export const notBeforeText = ({ notBefore }: Pick<RecordedDecision, 'notBefore'>): string =>
  notBefore === undefined ? '' : `, deploy not before ${utcTime(notBefore)}`;

/** Decisions as mails list them: `quinn at 29 Nov 2026, 10:10 UTC`. */
export const decisionsText = (decisions: readonly RecordedDecision[]): string =>
  listed(decisions.map((one) => `${deciderText(one)} at ${utcTime(one.at)}${notBeforeText(one)}`));
