import { randomUUID } from 'node:crypto';
import type {
  PutEventsRequest,
  PutEventsRequestEntry,
  PutEventsResponse,
  PutEventsResultEntry,
} from '@aws-sdk/client-eventbridge';
import { AwsError, type BusEvent, type Host, type Operation, type Service } from '../../host.ts';
import { arnOf } from '../shared/arns.ts';
import { createBus, DEFAULT_BUS } from './bus.ts';
import { createEventsResources } from './resources.ts';

/** EventBridge of the emulator. */
interface EventsService extends Service {
  /** Delivers an event that the bus has taken once more, under the same id. @throws Error for an unknown id */
  readonly redeliver: (eventId: string) => void;
  /** The last events on all buses (at most 500), oldest first. */
  readonly recentEvents: () => BusEvent[];
}

/** Creates EventBridge: rules by pattern and by schedule, custom events, delivery at least once. */
export const createEventsService = (host: Host): EventsService => {
  const bus = createBus(host);
  const buses = host.store.table<{ readonly name: string }>('events.buses');
  const busName = (name: string | undefined) => (name ?? DEFAULT_BUS).split('/').at(-1) ?? DEFAULT_BUS;

  const putEvents: Operation<PutEventsRequest, PutEventsResponse> = {
    requires: ({ Entries = [] }) =>
      [...new Set(Entries.map((entry) => busName(entry.EventBusName)))].map((name) => ({
        action: 'events:PutEvents',
        resource: arnOf(host, 'events', `event-bus/${name}`),
      })),
    run: ({ Entries = [] }) => {
      if (Entries.length === 0 || Entries.length > 10)
        throw new AwsError(
          'ValidationException',
          `Entries must hold 1 to 10 events; received ${Entries.length}.`,
        );
      const results = Entries.map((entry): PutEventsResultEntry => {
        const problem = checkEntry(entry);
        if (problem) return problem;
        const id = randomUUID();
        bus.accept(eventOf(host, entry, id), busName(entry.EventBusName));
        return { EventId: id };
      });
      return { FailedEntryCount: results.filter((result) => result.ErrorCode).length, Entries: results };
    },
  };

  const checkEntry = (entry: PutEventsRequestEntry): PutEventsResultEntry | undefined => {
    const name = busName(entry.EventBusName);
    if (name !== DEFAULT_BUS && !buses.has(name))
      return { ErrorCode: 'InvalidArgument', ErrorMessage: `Event bus ${name} does not exist.` };
    for (const member of ['Source', 'DetailType', 'Detail'] as const)
      if (!entry[member])
        return {
          ErrorCode: 'InvalidArgument',
          ErrorMessage: `Parameter ${member} is not valid. Reason: ${member} is a required argument.`,
        };
    // Only AWS's own services may send these.
    if (entry.Source?.startsWith('aws.'))
      return { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' };
    try {
      const detail: unknown = JSON.parse(entry.Detail ?? '');
      if (typeof detail === 'object' && detail !== null && !Array.isArray(detail)) return undefined;
    } catch {
      // Answered below, like JSON that is not an object.
    }
    return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  };

  return {
    name: 'events',
    operations: {
      PutEvents: putEvents,
    },
    resources: createEventsResources(host, bus),
    onServiceEvent: (event) => bus.accept(event),
    redeliver: bus.redeliver,
    recentEvents: bus.recent,
    start: bus.start,
    stop: bus.stop,
  };
};

const eventOf = (host: Host, entry: PutEventsRequestEntry, id: string): BusEvent => ({
  version: '0',
  id,
  'detail-type': entry.DetailType ?? '',
  source: entry.Source ?? '',
  account: host.accountId,
  time: `${(entry.Time ?? new Date(host.clock.now())).toISOString().slice(0, 19)}Z`,
  region: host.region,
  resources: entry.Resources ?? [],
  detail: JSON.parse(entry.Detail ?? '{}') as Record<string, unknown>,
});
