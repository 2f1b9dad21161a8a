import { createDynamoDbEvidenceStore } from '../evidence/dynamodb-evidence-store.ts';
import { openLedger } from '../ledger/open-ledger.ts';
import { logged, logger } from '../log.ts';
import { readEnv } from '../read-env.ts';
import { createEventBus } from './eventbridge-bus.ts';
import { publishAgain, publishEntries } from './publish-events.ts';
import { publishRecords, type StreamEvent } from './stream-records.ts';

const env = readEnv('publish-events');
const publish = publishEntries({
  ledger: openLedger(env.LEDGER_TABLE),
  siteUrl: env.SITE_URL,
  put: createEventBus(env.EVENT_BUS_NAME),
});
const fromStream = publishRecords(publish, (message) => logger.warn(message));
const again = publishAgain(createDynamoDbEvidenceStore(env.LEDGER_TABLE), publish);

/** Lambda hands over records of the stream; an administrator names a promotion. */
export const handler = logged(async (event: StreamEvent | { readonly promotionId: string }) =>
  'Records' in event ? fromStream(event) : again(event.promotionId),
);
