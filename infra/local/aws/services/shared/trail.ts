import type { Host } from '../../host.ts';
import { arnOf } from './arns.ts';

/** A call that CloudTrail records, in the words of its records. */
interface TrailEvent {
  /** The same for the same call, so that recording it again after a crash changes nothing. */
  readonly id: string;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Service's address: `codecommit.amazonaws.com`. */
  readonly source: string;
  readonly userName: string;
  readonly resource: { readonly name: string; readonly type: string };
  /** The whole record as JSON. */
  readonly record: string;
}

/** A call that changed something, and who made it. */
interface TrailCall {
  readonly id: string;
  /** Signing name of the service. */
  readonly service: string;
  readonly name: string;
  readonly callerArn: string;
  readonly resource: { readonly arn: string; readonly name: string; readonly type: string };
  readonly requestParameters: unknown;
  readonly additionalEventData?: unknown;
}

/** CloudTrail's event history keeps 90 days. */
const KEPT_MS = 90 * 24 * 60 * 60 * 1000;

/** The event history by event id. */
export const trailOf = ({ store }: Host) => store.table<TrailEvent>('cloudtrail.events');

/** Adds a call to the event history, and drops what is older than the history reaches back. */
export const recordCall = (
  host: Host,
  { id, service, name, callerArn, resource, requestParameters, additionalEventData }: TrailCall,
): void => {
  const trail = trailOf(host);
  if (trail.has(id)) return;
  const at = host.clock.now();
  for (const { id: old, at: then } of trail.values()) if (then < at - KEPT_MS) trail.delete(old);
  const userName = callerArn.split('/').at(-1) ?? '';
  const source = `${service}.amazonaws.com`;
  trail.put(id, {
    id,
    name,
    at,
    source,
    userName,
    resource: { name: resource.name, type: resource.type },
    // @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
    record: JSON.stringify({
      eventVersion: '1.11',
      userIdentity: {
        type: callerArn.includes(':assumed-role/') ? 'AssumedRole' : 'IAMUser',
        arn: callerArn,
        accountId: host.accountId,
        userName,
      },
      // CloudTrail's times are whole seconds.
      eventTime: `${new Date(at).toISOString().slice(0, 19)}Z`,
      eventSource: source,
      eventName: name,
      awsRegion: arnOf(host, service, '').split(':')[3],
      requestParameters,
      responseElements: null,
      ...(additionalEventData !== undefined && { additionalEventData }),
      eventID: id,
      readOnly: false,
      resources: [{ accountId: host.accountId, type: resource.type, ARN: resource.arn }],
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: host.accountId,
      eventCategory: 'Management',
    }),
  });
};
