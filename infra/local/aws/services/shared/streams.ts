import type { Host } from '../../host.ts';

/** A change of one item, as a stream keeps it. */
export interface StreamRecord {
  /** 1, 2, … within its stream. */
  readonly sequence: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly event: 'INSERT' | 'MODIFY' | 'REMOVE';
  /** In DynamoDB's own JSON, as the image after the change. */
  readonly keys: Readonly<Record<string, unknown>>;
  readonly image?: Readonly<Record<string, unknown>>;
}

/** Streams by ARN: in memory, from the journal of what was changed. */
type Streams = Map<string, StreamRecord[]>;

const known = new WeakMap<Host, Streams>();

/** The records of a stream, oldest first; a change of its table adds to the same list. */
export const streamOf = (host: Host, streamArn: string): StreamRecord[] => {
  const streams: Streams = known.get(host) ?? new Map();
  known.set(host, streams);
  const records = streams.get(streamArn) ?? [];
  streams.set(streamArn, records);
  return records;
};
