import type { Host } from '../../host.ts';
import { arnOf } from '../shared/arns.ts';

/** What is known of a table beside what dynalite keeps. */
interface TableRecord {
  /** Names of the partition key and, if there is one, of the sort key. */
  readonly keys: readonly string[];
  readonly isProtected: boolean;
  /** Whether its changes go to a stream. */
  readonly hasStream?: boolean;
  /** The resource that made it: `stack/logical id`. */
  readonly owner?: string;
}

/** By table name. */
export const tableRecords = (host: Host) => host.store.table<TableRecord>('dynamodb.tables');

/** The ARN of a table in this run's account. */
export const tableArn = (host: Host, name: string): string => arnOf(host, 'dynamodb', `table/${name}`);

/** The ARN of a table's stream; its label is the time at which AWS made it. */
export const streamArn = (host: Host, name: string): string =>
  `${tableArn(host, name)}/stream/2026-01-01T00:00:00.000`;
