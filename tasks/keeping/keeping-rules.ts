import { DAY_MS } from '../durations.ts';
import type { PromotionStatus } from '../ledger/items.ts';
import { isFinal } from '../promotions/status.ts';
import { REDRIVE_DAYS } from '../redrive/redrive-days.ts';

/** Why an image or a revision is kept. */
export type KeepReason =
  /** An instance runs the image. */
  | 'Running'
  /** New instances start from the image, or CodeDeploy deploys the revision to them. */
  | 'ForNewInstances'
  /** Image Builder still works on it. */
  | 'Building'
  /** Of a promotion that runs or waits: for the lock, for an approval. */
  | 'InPromotion'
  /** Of a failed promotion that can still be redriven. */
  | 'Redrivable'
  /** Of one of the last releases. */
  | 'Release'
  /** The next promotion may use it again instead of building one. */
  | 'ForReuse'
  /** Younger than a day. */
  | 'New'
  /** CodeDeploy does not say which revision a promotion that needs one deployed: it may be this one. */
  | 'MayBeNeeded';

/** An image: a build of Image Builder with the AMIs that it made, in whichever account and region. */
export interface ImageRecord {
  /** ARN of the build version. Absent if only an AMI without it is left. */
  readonly build?: string;
  readonly imageIds: readonly string[];
  readonly isBuilding: boolean;
  readonly createdAt: Date;
  /** ARN of the image pipeline that made it. Absent if none lists it, or it is not available. */
  readonly pipeline?: string;
}

/** Where a revision is. */
export interface RevisionLocation {
  readonly bucket: string;
  readonly key: string;
  /** Absent where nothing names one: every version counts. */
  readonly version?: string;
}

/** A revision in S3. */
export interface RevisionRecord extends Required<RevisionLocation> {
  readonly createdAt: Date;
}

/** What an application's instances run, and what new ones get. */
export interface InstancesUse {
  /** AMIs that instances were started from, in whichever account and region. */
  readonly running: ReadonlySet<string>;
  /** AMIs that new instances start from. */
  readonly next: ReadonlySet<string>;
  /** Revisions that CodeDeploy deploys to new instances, and those that it deploys now. */
  readonly revisions: readonly RevisionLocation[];
}

/** What a promotion needs if it needs anything. */
export interface PromotionUse {
  readonly promotionId: string;
  readonly status: PromotionStatus;
  /** Absent while it runs. */
  readonly endedAt?: Date;
  /** AMIs by the jobs that built them, and by the promotion itself. */
  readonly imageIds: readonly string[];
  /** Builds by their ARNs, those included that had not ended when the promotion did. */
  readonly builds: readonly string[];
  /** Revisions that it deployed; `not-known` if CodeDeploy does not have one of its deployments any more. */
  readonly revisions: readonly RevisionLocation[] | 'not-known';
}

/** A promotion that was deployed to Prod: one that people may go back to, with its image and revision. */
export interface Release {
  readonly promotionId: string;
  readonly commitId: string;
  readonly deploymentId: string;
  readonly imageId?: string;
  /** Absent if CodeDeploy does not have the deployment any more. */
  readonly revision?: RevisionLocation & { readonly eTag?: string };
  /** What its commit was built into, which a go-back deploys again. */
  readonly built?: RevisionLocation;
}

/** Everything that the rules look at. */
export interface KeepingRecords {
  readonly now: Date;
  readonly images: readonly ImageRecord[];
  readonly revisions: readonly RevisionRecord[];
  readonly instances: InstancesUse;
  readonly promotions: readonly PromotionUse[];
  /** The last ones, as many as are to be kept. */
  readonly releases: readonly Release[];
  /** For how many days after its build an image may be used again; 0 if none ever is. */
  readonly reuseDays: number;
}

/** What is to happen to an image or a revision: without a reason, nothing needs it. */
export interface Verdict<Kind> {
  readonly of: Kind;
  readonly keep?: KeepReason;
}

/** Days after its end in which a failed promotion keeps what it needs: a redrive of the last minute is not known at once. */
export const REDRIVABLE_DAYS = REDRIVE_DAYS + 1;
/** Days in which what was made is left alone: its promotion may not have recorded it. */
export const NEW_DAYS = 1;

const isWithin = (days: number, since: Date, now: Date): boolean =>
  now.getTime() - since.getTime() < days * DAY_MS;

/** Why a promotion needs what it made; nothing if it ended for good or too long ago. */
export function promotionNeed(
  { status, endedAt }: Pick<PromotionUse, 'status' | 'endedAt'>,
  now: Date,
): 'InPromotion' | 'Redrivable' | undefined {
  if (isFinal(status)) return undefined;
  if (status === 'RUNNING' || endedAt === undefined) return 'InPromotion';
  return isWithin(REDRIVABLE_DAYS, endedAt, now) ? 'Redrivable' : undefined;
}

const isAt = (revision: RevisionRecord, { bucket, key, version }: RevisionLocation): boolean =>
  bucket === revision.bucket && key === revision.key && (version ?? revision.version) === revision.version;

/** The first reason that holds. */
const first = (...reasons: readonly (readonly [KeepReason, boolean])[]): { keep?: KeepReason } => {
  const [keep] = reasons.find(([, holds]) => holds) ?? [];
  return keep === undefined ? {} : { keep };
};

/** Days beyond those in which an image may be used again: a promotion that chose it may not have recorded that. */
const CHOSEN_DAYS = 1;

/** The newest available image of each image pipeline: no other is used again. */
function reusable({ now, images, reuseDays }: KeepingRecords): ReadonlySet<ImageRecord> {
  if (reuseDays === 0) return new Set();
  const newest = new Map<string, number>();
  for (const { pipeline, createdAt } of images)
    if (pipeline !== undefined)
      newest.set(pipeline, Math.max(createdAt.getTime(), newest.get(pipeline) ?? 0));
  return new Set(
    images.filter(
      ({ pipeline, createdAt }) =>
        pipeline !== undefined &&
        createdAt.getTime() === newest.get(pipeline) &&
        isWithin(reuseDays + CHOSEN_DAYS, createdAt, now),
    ),
  );
}

/** Says of each image whether it is kept, and why. */
export function judgeImages(records: KeepingRecords): readonly Verdict<ImageRecord>[] {
  const { now, images, instances, promotions, releases } = records;
  const forReuse = reusable(records);
  const needs = promotions.map((promotion) => ({ promotion, need: promotionNeed(promotion, now) }));
  return images.map((image) => {
    const has = (ids: ReadonlySet<string>) => image.imageIds.some((id) => ids.has(id));
    const isOf = ({ imageIds, builds }: PromotionUse) =>
      (image.build !== undefined && builds.includes(image.build)) || has(new Set(imageIds));
    const isNeeded = (reason: KeepReason) =>
      needs.some(({ promotion, need }) => need === reason && isOf(promotion));
    return {
      of: image,
      ...first(
        ['Running', has(instances.running)],
        ['ForNewInstances', has(instances.next)],
        ['Building', image.isBuilding],
        ['InPromotion', isNeeded('InPromotion')],
        ['Release', has(new Set(releases.flatMap(({ imageId }) => imageId ?? [])))],
        ['Redrivable', isNeeded('Redrivable')],
        ['ForReuse', forReuse.has(image)],
        ['New', isWithin(NEW_DAYS, image.createdAt, now)],
      ),
    };
  });
}

/** Says of each revision whether it is kept, and why. */
export function judgeRevisions(records: KeepingRecords): readonly Verdict<RevisionRecord>[] {
  const { now, revisions, instances, promotions, releases } = records;
  const needs = promotions.map((promotion) => ({ promotion, need: promotionNeed(promotion, now) }));
  const isAnyNotKnown =
    releases.some(({ revision }) => revision === undefined) ||
    needs.some(({ promotion, need }) => need !== undefined && promotion.revisions === 'not-known');
  return revisions.map((revision) => {
    const isAmong = (locations: readonly RevisionLocation[]) =>
      locations.some((location) => isAt(revision, location));
    const isNeeded = (reason: KeepReason) =>
      needs.some(
        ({ promotion, need }) =>
          need === reason && promotion.revisions !== 'not-known' && isAmong(promotion.revisions),
      );
    return {
      of: revision,
      ...first(
        ['ForNewInstances', isAmong(instances.revisions)],
        ['InPromotion', isNeeded('InPromotion')],
        ['Release', isAmong(releases.flatMap(({ revision, built }) => [revision ?? [], built ?? []].flat()))],
        ['Redrivable', isNeeded('Redrivable')],
        ['New', isWithin(NEW_DAYS, revision.createdAt, now)],
        ['MayBeNeeded', isAnyNotKnown],
      ),
    };
  });
}
