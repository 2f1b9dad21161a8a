import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { PromotionEvent } from './promotion-event.ts';

/** Puts events on a bus. @returns for each why EventBridge did not take it, or undefined */
export const createEventBus =
  (busName: string, client: Pick<EventBridgeClient, 'send'> = new EventBridgeClient({})) =>
  async (events: readonly PromotionEvent[]): Promise<readonly (string | undefined)[]> => {
    const { Entries = [] } = await client.send(
      new PutEventsCommand({
        Entries: events.map(({ source, detailType, time, resources, detail }) => ({
          EventBusName: busName,
          Source: source,
          DetailType: detailType,
          Time: new Date(time),
          Resources: [...resources],
          Detail: JSON.stringify(detail),
        })),
      }),
    );
    return events.map((_, index) => {
      const { EventId, ErrorCode, ErrorMessage } = Entries[index] ?? {};
      return EventId === undefined ? `${ErrorCode ?? 'no answer'} ${ErrorMessage ?? ''}`.trim() : undefined;
    });
  };
