import { openLedger } from '../ledger/open-ledger.ts';
import { logged } from '../log.ts';
import { readEnv } from '../read-env.ts';
import { readApprovalCounts } from './approval-counts.ts';
import { confirmApprovers } from './confirm-approvers.ts';

const env = readEnv('confirm-approvers');

export const handler = logged(
  confirmApprovers({
    ledger: openLedger(env.LEDGER_TABLE),
    counts: readApprovalCounts(env.APPROVAL_COUNTS),
    makersMayDecide: env.MAKERS_MAY_DECIDE === 'yes',
  }),
);
