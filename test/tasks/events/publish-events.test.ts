import { sampleEntries, samplePromotion } from '../../../scripts/events/samples.ts';
import { createEventBus } from '../../../tasks/events/eventbridge-bus.ts';
import type { PromotionEvent } from '../../../tasks/events/promotion-event.ts';
import { publishAgain, publishEntries } from '../../../tasks/events/publish-events.ts';
import { publishRecords } from '../../../tasks/events/stream-records.ts';
import { toAttributes } from '../../../tasks/ledger/attributes.ts';
import type { Promotion } from '../../../tasks/ledger/items.ts';

const entries = sampleEntries.map(({ entry }) => entry);
const { promotionId } = samplePromotion;

/** A bus that turns down some of the events. */
const playBus = (turnsDown: (event: PromotionEvent) => boolean = () => false, isKnown = true) => {
  const requests: PromotionEvent[][] = [];
  const publish = publishEntries({
    ledger: { promotion: async () => (isKnown ? (samplePromotion as unknown as Promotion) : undefined) },
    siteUrl: 'https://site.example.com',
    put: async (events) => {
      requests.push([...events]);
      return events.map((event) => (turnsDown(event) ? 'ThrottlingException' : undefined));
    },
  });
  return { requests, publish };
};
const recordsOf = (some: typeof entries) => ({
  Records: some.map((entry) => ({
    dynamodb: {
      SequenceNumber: String(100 + entry.sequence),
      Keys: { pk: { S: `PROMOTION#${promotionId}` }, sk: { S: 'EVIDENCE#000001' } },
      NewImage: toAttributes({ ...entry, pk: `PROMOTION#${promotionId}`, sk: 'EVIDENCE#000001' }),
    },
  })),
});

it('puts an event for each entry on the bus, in order, ten at a time', async () => {
  const { requests, publish } = playBus();
  expect(await publish(entries.map((entry) => ({ promotionId, entry })))).toEqual({
    published: entries.length,
  });
  expect(requests.map(({ length }) => length)).toEqual([
    ...Array.from({ length: Math.floor(entries.length / 10) }, () => 10),
    ...(entries.length % 10 === 0 ? [] : [entries.length % 10]),
  ]);
  expect(requests.flat().map(({ detail }) => detail.sequence)).toEqual(
    entries.map(({ sequence }) => sequence),
  );
});

it('reads promotion and entry from a record of the stream', async () => {
  const { requests, publish } = playBus();
  const log: string[] = [];
  const answer = await publishRecords(publish, (message) => log.push(message))(
    recordsOf(entries.slice(0, 3)),
  );
  expect(answer).toEqual({ batchItemFailures: [] });
  expect(requests.flat().map(({ detail }) => [detail.promotionId, detail.kind])).toEqual(
    entries.slice(0, 3).map(({ kind }) => [promotionId, kind]),
  );
  expect(JSON.stringify(requests)).not.toMatch(/EVIDENCE#|"pk"/);
  expect(log).toEqual([]);
});

it('has Lambda go on at the first entry that the bus did not take', async () => {
  const log: string[] = [];
  const { publish } = playBus(({ detail }) => detail.sequence === 3);
  const answer = await publishRecords(publish, (message) => log.push(message))(
    recordsOf(entries.slice(0, 5)),
  );
  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '103' }] });
  expect(log).toEqual(['EventBridge took 2 of 5 events: ThrottlingException']);
});

it('fails if the bus took none, so that Lambda splits the batch', async () => {
  const { publish } = playBus(() => true);
  await expect(publishRecords(publish, () => {})(recordsOf(entries.slice(0, 2)))).rejects.toMatchObject({
    name: 'EventsNotTaken',
    message: expect.stringContaining('took 0 of 2'),
  });
});

it('fails for an entry whose promotion is not in the ledger', async () => {
  const { publish } = playBus(() => false, false);
  await expect(publishRecords(publish, () => {})(recordsOf(entries.slice(0, 1)))).rejects.toThrow(
    `entry 1 of ${promotionId}, and no such promotion`,
  );
});

it('publishes a whole record again, with the same ids', async () => {
  const { requests, publish } = playBus();
  const again = publishAgain({ entries: async () => entries }, publish);
  const ids = () => requests.splice(0).flatMap((events) => events.map(({ detail }) => detail.id));
  expect(await again(promotionId)).toEqual({ published: entries.length });
  const first = ids();
  await again(promotionId);
  expect(ids()).toEqual(first);
  const failing = playBus(({ detail }) => detail.sequence === 12);
  await expect(publishAgain({ entries: async () => entries }, failing.publish)(promotionId)).rejects.toThrow(
    `took 11 of ${entries.length}`,
  );
});

it('tells what EventBridge answers for each event, and takes a missing answer as none', async () => {
  const sent: unknown[] = [];
  const bus = createEventBus('lockstep', {
    send: async (command: { input: unknown }) => {
      sent.push(command.input);
      return { Entries: [{ EventId: '1' }, { ErrorCode: 'InternalFailure', ErrorMessage: 'later' }] };
    },
  } as never);
  const { requests, publish } = playBus();
  await publish(entries.slice(0, 3).map((entry) => ({ promotionId, entry })));
  expect(await bus(requests.flat())).toEqual([undefined, 'InternalFailure later', 'no answer']);
  expect(sent).toMatchObject([
    { Entries: [{ EventBusName: 'lockstep', Source: 'lockstep', DetailType: 'Promotion Started' }, {}, {}] },
  ]);
});
