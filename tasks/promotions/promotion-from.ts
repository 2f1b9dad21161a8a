import { isObject } from '../json.ts';
import type { PromotionInput } from '../payloads.ts';

/** What is promoted. */
export interface PromotedBranch {
  readonly application: string;
  /** A CodeCommit repository; `owner/name` of one that a connection reaches; `bucket/key` of an object. */
  readonly repositoryName: string;
  readonly branch: string;
}

/** A promotion that a push asks for. */
export interface RequestedPromotion {
  /** Name of the execution: the same for the same event. At most 80 characters (StartExecution's reference). */
  readonly promotionId: string;
  readonly input: PromotionInput;
}

const MAX_NAME = 80;
/** An event id is a UUID of 36 characters; with 12 of the commit and two dashes this leaves 30. */
const MAX_APPLICATION = 30;
const COMMIT_DIGITS = 12;

/** Name of the execution that promotes a commit for an event. */
export const promotionIdOf = (application: string, commitId: string, eventId: string): string =>
  [application.slice(0, MAX_APPLICATION), commitId.slice(0, COMMIT_DIGITS), eventId]
    .map((part) => part.replace(/[^A-Za-z0-9_-]/g, '-'))
    .join('-')
    .slice(0, MAX_NAME);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The time of the event, if it has one; in whole seconds. */
const pushedAtOf = (event: Readonly<Record<string, unknown>>): Pick<PromotionInput, 'pushedAt'> => {
  const at = textOf(event.time);
  return Number.isNaN(Date.parse(at)) ? {} : { pushedAt: at };
};

/** The promotion that an object's new version asks for: its version is what is deployed. */
const objectPromotion = (
  eventId: string,
  pushedAt: Pick<PromotionInput, 'pushedAt'>,
  detail: Readonly<Record<string, unknown>>,
  { application, branch, repositoryName }: PromotedBranch,
): RequestedPromotion | undefined => {
  const { bucket, object, requester } = detail;
  if (!isObject(bucket) || !isObject(object)) return undefined;
  const commitId = textOf(object['version-id']);
  // A version id is opaque text of at most 1,024 bytes (Amazon S3's user guide).
  if (`${textOf(bucket.name)}/${textOf(object.key)}` !== repositoryName || !/^[!-~]{1,1024}$/.test(commitId))
    return undefined;
  return {
    promotionId: promotionIdOf(application, commitId, eventId),
    input: { application, commitId, branch, pushedBy: textOf(requester) || 'unknown', eventId, ...pushedAt },
  };
};

/**
 * The promotion that a repository's event asks for (T41): a commit that the promoted branch was created with or moved
 * to; or a new version of the promoted object. Anything else asks for none: another branch or repository, a tag, a deleted branch.
 */
export function promotionFrom(event: unknown, promoted: PromotedBranch): RequestedPromotion | undefined {
  if (!isObject(event) || !isObject(event.detail)) return undefined;
  const { detail } = event;
  const eventId = textOf(event.id);
  if (event.source === 'aws.s3')
    return eventId !== '' && event['detail-type'] === 'Object Created'
      ? objectPromotion(eventId, pushedAtOf(event), detail, promoted)
      : undefined;
  const commitId = textOf(detail.commitId);
  const isPush =
    event.source === 'aws.codecommit' &&
    (detail.event === 'referenceCreated' || detail.event === 'referenceUpdated') &&
    detail.referenceType === 'branch' &&
    detail.referenceName === promoted.branch &&
    detail.repositoryName === promoted.repositoryName;
  if (!isPush || eventId === '' || !/^[0-9a-f]{40}$/.test(commitId)) return undefined;
  const { application, branch } = promoted;
  return {
    promotionId: promotionIdOf(application, commitId, eventId),
    input: {
      application,
      commitId,
      branch,
      pushedBy: textOf(detail.callerUserArn) || 'unknown',
      eventId,
      ...pushedAtOf(event),
    },
  };
}
