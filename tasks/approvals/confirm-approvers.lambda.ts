import { createDynamoDbLedger } from '../ledger/dynamodb-ledger.ts';
import { readEnv } from '../read-env.ts';
import { confirmApprovers } from './confirm-approvers.ts';

const env = readEnv('LEDGER_TABLE', 'MAKERS_MAY_DECIDE');

export const handler = confirmApprovers({
  ledger: createDynamoDbLedger(env.LEDGER_TABLE),
  makersMayDecide: env.MAKERS_MAY_DECIDE === 'yes',
});
