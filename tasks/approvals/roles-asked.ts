import type { Promotion } from '../ledger/items.ts';
import type { ApproverRole } from '../payloads.ts';
import { approverRoles } from '../words.ts';

/** The roles that must approve a promotion. PMO alone decides about a go-back that needs one approval: QC approved the release before. */
export const rolesAsked = (promotion: Pick<Promotion, 'goBack'> | undefined): readonly ApproverRole[] =>
  promotion?.goBack?.approvals === 'one' ? ['pmo'] : approverRoles;
