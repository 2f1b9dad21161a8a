import { CloudTrailClient, paginateLookupEvents } from '@aws-sdk/client-cloudtrail';
import { DAY_MS } from '../durations.ts';
import { parsedJson } from '../json.ts';
import { branchMovingCalls, movesIn, type RepositoryBranch } from './branch-moves.ts';
import type { Source, SourcePush } from './source.ts';

/** CloudTrail's event history reaches back 90 days (its user guide). */
const KEPT_MS = 90 * DAY_MS;

/** LookupEvents allows two calls a second for the whole account: a client that learns its rate waits, and tries again. */
const createClient = (): CloudTrailClient => new CloudTrailClient({ retryMode: 'adaptive', maxAttempts: 12 });

/**
 * Who moved a branch of a CodeCommit repository, as CloudTrail recorded the calls. It can be looked up by one attribute at a time:
 * by name, as most calls on a repository only read.
 * @throws PushRecordUnclearError
 */
export function createCloudTrailPushes(
  branch: RepositoryBranch,
  client: CloudTrailClient = createClient(),
  now: () => number = Date.now,
): NonNullable<Source['pushes']> {
  return async function cloudTrailPushes(since) {
    const StartTime = new Date(Math.max(since.getTime(), now() - KEPT_MS));
    const found: SourcePush[] = [];
    for (const AttributeValue of branchMovingCalls) {
      const pages = paginateLookupEvents(
        { client },
        { LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue }], StartTime },
      );
      for await (const { Events = [] } of pages)
        for (const { CloudTrailEvent } of Events) found.push(...movesIn(parsedJson(CloudTrailEvent), branch));
    }
    return found;
  };
}
