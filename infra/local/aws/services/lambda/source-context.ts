import type { Host } from '../../host.ts';
import type { FunctionRecord } from './functions.ts';
import type { Invoker } from './invoker.ts';

/** A queue or stream that a function gets its events from, as the store keeps it under its id. */
export interface EventSourceMapping {
  readonly id: string;
  readonly sourceArn: string;
  readonly functionName: string;
  readonly batchSize: number;
  /** Whether the function names those of a batch that it failed with. */
  readonly reportsFailures: boolean;
  /** Of a stream. */
  readonly stream?: StreamSettings;
}

/** What is said of a stream alone. */
export interface StreamSettings {
  readonly startingPosition: 'TRIM_HORIZON' | 'LATEST';
  /** Records that match none of them are passed over; without any, none is. */
  readonly patterns: readonly unknown[];
  readonly bisects: boolean;
  /** Attempts after the first; without it, until the record is too old. */
  readonly mostRetries?: number;
  readonly mostAgeMs?: number;
  /** Queue that is told of batches that are given up. */
  readonly onFailureArn?: string;
}

/** What handing over events of a source needs. */
export interface SourceContext {
  readonly host: Host;
  readonly invoker: Invoker;
  readonly record: FunctionRecord;
  readonly isStopped: () => boolean;
}

/**
 * Which of a batch a function failed with, by the answer that it gave.
 * @param reportsFailures whether it names them; otherwise, and if it names one that is not there, all failed or none did
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export const failedItems = (
  { isError, payload }: { readonly isError: boolean; readonly payload: string },
  ids: readonly string[],
  reportsFailures: boolean,
): readonly string[] => {
  if (isError) return ids;
  if (!reportsFailures) return [];
  const answer = JSON.parse(payload) as {
    readonly batchItemFailures?: readonly { readonly itemIdentifier?: string }[] | null;
  } | null;
  const named = (answer?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier ?? '');
  return named.every((id) => ids.includes(id)) ? named : ids;
};
