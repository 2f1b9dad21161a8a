import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { EvidenceEntry } from '../evidence/chain.ts';
import { fromAttributes } from '../ledger/attributes.ts';
import { partitionOf, recordOf } from '../ledger/stored.ts';
import { type AddedEntry, EventsNotTakenError, type publishEntries } from './publish-events.ts';

/** A record of the ledger's stream. Lambda's filter lets added entries of evidence through and nothing else. */
interface StreamRecord {
  readonly dynamodb?: {
    readonly SequenceNumber?: string;
    readonly Keys?: Readonly<Record<string, AttributeValue>>;
    readonly NewImage?: Record<string, AttributeValue>;
  };
}

/** What Lambda hands over of a stream. */
export interface StreamEvent {
  readonly Records: readonly StreamRecord[];
}

/** Lambda goes on at the first of these. */
interface BatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

const entryOf = ({ dynamodb: { Keys, NewImage = {} } = {} }: StreamRecord): AddedEntry => ({
  promotionId: (Keys?.pk?.S ?? '').slice(partitionOf('').length),
  entry: recordOf(fromAttributes(NewImage)) as unknown as EvidenceEntry,
});

/**
 * Publishes the entries of a batch of the ledger's stream.
 * @param log is told why Lambda has to hand over a part of it again
 * @throws EventsNotTakenError if EventBridge took none: Lambda then splits the batch
 */
export const publishRecords =
  (publish: ReturnType<typeof publishEntries>, log: (message: string) => void) =>
  async ({ Records }: StreamEvent): Promise<BatchResponse> => {
    const { published, problem } = await publish(Records.map(entryOf));
    if (problem === undefined) return { batchItemFailures: [] };
    const message = `EventBridge took ${published} of ${Records.length} events: ${problem}`;
    if (published === 0) throw new EventsNotTakenError(`${message}. Lambda tries them again.`);
    log(message);
    return { batchItemFailures: [{ itemIdentifier: Records[published]?.dynamodb?.SequenceNumber ?? '' }] };
  };
