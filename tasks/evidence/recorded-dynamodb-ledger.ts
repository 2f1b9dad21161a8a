import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createDynamoDbLedger } from '../ledger/dynamodb-ledger.ts';
import type { Promotion } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { loggedLedger } from '../ledger/logged-ledger.ts';
import { logger } from '../log.ts';
import { type AppendEvidence, appendEvidence } from './append-evidence.ts';
import type { Fact } from './chain.ts';
import { createDynamoDbEvidenceStore } from './dynamodb-evidence-store.ts';
import type { EvidenceStore } from './evidence-store.ts';
import { recordedLedger } from './recorded-ledger.ts';

/** The ledger and the evidence in one table. */
interface RecordedLedger {
  readonly ledger: Ledger;
  readonly store: EvidenceStore;
  readonly append: AppendEvidence;
}

/** The ledger in DynamoDB, with everything that is written to it kept as evidence and logged. @param begin as in `Recording` */
export function createRecordedLedger(
  tableName: string,
  begin?: (promotion: Promotion) => Fact,
): RecordedLedger {
  const client = new DynamoDBClient({});
  const store = createDynamoDbEvidenceStore(tableName, client);
  const append = appendEvidence(store);
  const ledger = recordedLedger(createDynamoDbLedger(tableName, client), {
    append,
    now: () => new Date(),
    ...(begin && { begin }),
  });
  return {
    ledger: loggedLedger(ledger, (message, keys) => logger.info(message, { ...keys })),
    store,
    append,
  };
}
