import { logger } from '../log.ts';
import { createDynamoDbLedger } from './dynamodb-ledger.ts';
import type { Ledger } from './ledger.ts';
import { loggedLedger } from './logged-ledger.ts';

/** The ledger in a table, each change of which is logged. */
export const openLedger = (tableName: string): Ledger =>
  loggedLedger(createDynamoDbLedger(tableName), (message, keys) => logger.info(message, { ...keys }));
