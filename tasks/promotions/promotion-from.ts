import { isObject } from '../json.ts';
import { type PromotionInput, UNKNOWN_PUSHER } from '../payloads.ts';

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

/**
 * What every id of an application's promotions looks like, with a question mark for each character that differs. Of a fixed length, it
 * matches no other application's of any name. An execution that was started by hand may have any other name.
 */
export const promotionIdPattern = (application: string): string =>
  `${application.slice(0, MAX_APPLICATION)}-${'?'.repeat(COMMIT_DIGITS)}-????????-????-????-????-????????????`;

/** Whether an execution's name is an id of the application's promotions. */
export const isPromotionIdOf = (application: string, name: string): boolean =>
  new RegExp(`^${promotionIdPattern(application).replaceAll('?', '[\\w-]')}$`).test(name);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What EventBridge says about an event of a service, in the form that it gives to each. */
interface ServiceEvent {
  readonly id: string;
  readonly source: string;
  readonly detailType: string;
  /** In whole seconds. */
  readonly time: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** An event as EventBridge forms it; nothing for anything else. */
function eventOf(event: unknown): ServiceEvent | undefined {
  if (!isObject(event) || !isObject(event.detail)) return undefined;
  const [id, time] = [textOf(event.id), textOf(event.time)];
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) || Number.isNaN(Date.parse(time)))
    return undefined;
  const [source, detailType] = [textOf(event.source), textOf(event['detail-type'])];
  return { id, source, detailType, time, detail: event.detail };
}

/** The promotion that an object's new version asks for: its version is what is deployed. */
const objectPromotion = (
  { id, time, detail }: ServiceEvent,
  { application, branch, repositoryName }: PromotedBranch,
): RequestedPromotion | undefined => {
  const { bucket, object, requester } = detail;
  if (!isObject(bucket) || !isObject(object)) return undefined;
  const commitId = textOf(object['version-id']);
  // A version id is opaque text of at most 1,024 bytes (Amazon S3's user guide).
  if (`${textOf(bucket.name)}/${textOf(object.key)}` !== repositoryName || !/^[!-~]{1,1024}$/.test(commitId))
    return undefined;
  return {
    promotionId: promotionIdOf(application, commitId, id),
    input: {
      application,
      commitId,
      branch,
      pushedBy: textOf(requester) || UNKNOWN_PUSHER,
      eventId: id,
      pushedAt: time,
    },
  };
};

/**
 * The promotion that a repository's event asks for (T41): a commit that the promoted branch was created with or moved
 * to; or a new version of the promoted object. Anything else asks for none: another branch or repository, a tag, a deleted branch,
 * and what does not have the form of EventBridge's events. What it says is a claim: the source is asked, too.
 */
export function promotionFrom(event: unknown, promoted: PromotedBranch): RequestedPromotion | undefined {
  const told = eventOf(event);
  if (told === undefined) return undefined;
  const { id, source, detailType, time, detail } = told;
  if (source === 'aws.s3')
    return detailType === 'Object Created' ? objectPromotion(told, promoted) : undefined;
  const commitId = textOf(detail.commitId);
  const isPush =
    source === 'aws.codecommit' &&
    detailType === 'CodeCommit Repository State Change' &&
    (detail.event === 'referenceCreated' || detail.event === 'referenceUpdated') &&
    detail.referenceType === 'branch' &&
    detail.referenceName === promoted.branch &&
    detail.repositoryName === promoted.repositoryName;
  if (!isPush || !/^[0-9a-f]{40}$/.test(commitId)) return undefined;
  const { application, branch } = promoted;
  return {
    promotionId: promotionIdOf(application, commitId, id),
    input: {
      application,
      commitId,
      branch,
      pushedBy: textOf(detail.callerUserArn) || UNKNOWN_PUSHER,
      eventId: id,
      pushedAt: time,
    },
  };
}
