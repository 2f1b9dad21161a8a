import { errorText } from '../error-text.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type ImageReport, imageReport } from './image-report.ts';
import {
  type ImageRecord,
  type InstancesUse,
  judgeImages,
  judgeRevisions,
  type KeepingRecords,
  type RevisionLocation,
  type RevisionRecord,
} from './keeping-rules.ts';
import { type PromotionSources, readPromotionUse } from './read-promotions.ts';

/** An AMI with Lockstep's tag. */
export interface Ami {
  readonly imageId: string;
  /** ARN of the build that made it, as Image Builder tags it. */
  readonly build?: string;
  readonly createdAt: Date;
  /** Of its volumes, in GiB. */
  readonly size: number;
}

/** A build of Image Builder. */
export interface Build {
  readonly arn: string;
  readonly isBuilding: boolean;
  readonly createdAt: Date;
  /** AMIs that it says it made, in all accounts and regions. */
  readonly imageIds: readonly string[];
  /** ARN of its image pipeline, if it is available. */
  readonly pipeline?: string;
}

/** An account and region that AMIs are in. */
export interface AmiPlace {
  readonly region: string;
  /** The AMIs with the application's tag. */
  readonly list: () => Promise<readonly Ami[]>;
  /** Those of the AMIs that an instance was started from that is not terminated. */
  readonly running: (imageIds: readonly string[]) => Promise<readonly string[]>;
  /** Deregisters an AMI and deletes its snapshots. Succeeds if it is gone. */
  readonly remove: (imageId: string) => Promise<void>;
}

/** A bucket with revisions. */
export interface RevisionStore {
  readonly bucket: string;
  readonly list: () => Promise<readonly RevisionRecord[]>;
  /** Succeeds if it is gone. */
  readonly remove: (revision: RevisionRecord) => Promise<void>;
}

/** What of an environment decides what new instances get. */
export interface EnvironmentUse {
  /** @throws if the parameter does not exist */
  readonly image: () => Promise<string>;
  /** Revisions that CodeDeploy deploys to new instances, or deploys now. @throws if there is no deployment group */
  readonly revisions: () => Promise<readonly RevisionLocation[]>;
}

/** What deleting needs. */
export interface DeleteUnusedDependencies extends PromotionSources {
  readonly ledger: PromotionSources['ledger'] & Pick<Ledger, 'noteImageReport'>;
  readonly builds: {
    readonly list: () => Promise<readonly Build[]>;
    /** Deletes Image Builder's resource, not its AMIs. Succeeds if it is gone. */
    readonly remove: (arn: string) => Promise<void>;
  };
  readonly places: readonly AmiPlace[];
  readonly stores: readonly RevisionStore[];
  readonly environments: readonly EnvironmentUse[];
  readonly now: () => Date;
  readonly application: string;
  /** How many releases are kept. */
  readonly releases: number;
  /** For how many days after its build an image may be used again; 0 if none ever is. */
  readonly reuseDays: number;
  /** Told of each deletion, for the log. */
  readonly deleted: (what: 'image' | 'revision', keys: Readonly<Record<string, unknown>>) => void;
}

/** Something that nothing needs could not be deleted. Everything else was. */
class NotDeletedError extends Error {
  override readonly name = 'UnusedNotDeleted';
}

/** What there is, with what each AMI is and where. */
interface Inventory {
  readonly images: readonly ImageRecord[];
  readonly amis: ReadonlyMap<string, Ami & { readonly place: AmiPlace }>;
  readonly revisions: readonly RevisionRecord[];
}

async function takeInventory({ builds, places, stores }: DeleteUnusedDependencies): Promise<Inventory> {
  const listed = new Map((await builds.list()).map((build) => [build.arn, build]));
  const amis = new Map<string, Ami & { readonly place: AmiPlace }>();
  // Both environments may be in one place.
  for (const place of places)
    for (const ami of await place.list())
      if (!amis.has(ami.imageId)) amis.set(ami.imageId, { ...ami, place });
  const revisions = (await Promise.all(stores.map(({ list }) => list()))).flat();
  const buildOf = new Map(
    [...listed.values()].flatMap(({ arn, imageIds }) => imageIds.map((imageId) => [imageId, arn] as const)),
  );
  const images = new Map<string, ImageRecord>(
    [...listed.values()].map(({ arn, imageIds, isBuilding, createdAt, pipeline }) => [
      arn,
      { build: arn, imageIds, isBuilding, createdAt, ...(pipeline !== undefined && { pipeline }) },
    ]),
  );
  for (const { imageId, build = buildOf.get(imageId), createdAt } of amis.values()) {
    const key = build ?? imageId;
    // Not listed: left by a deletion that was cut short, or built by an image pipeline that was made again since.
    const known = images.get(key) ?? { ...(build && { build }), imageIds: [], isBuilding: false, createdAt };
    images.set(key, { ...known, imageIds: [...new Set([...known.imageIds, imageId])] });
  }
  return { images: [...images.values()], amis, revisions };
}

async function readInstances(
  { places, environments }: DeleteUnusedDependencies,
  imageIds: readonly string[],
): Promise<InstancesUse> {
  const running = new Set<string>();
  for (const place of places) for (const imageId of await place.running(imageIds)) running.add(imageId);
  const next = new Set<string>();
  const revisions: RevisionLocation[] = [];
  for (const environment of environments) {
    next.add(await environment.image());
    revisions.push(...(await environment.revisions()));
  }
  return { running, next, revisions };
}

/** Deletes one after the other, and goes on after one that fails. @returns what failed */
async function removeEach<Item>(
  items: readonly Item[],
  remove: (item: Item) => Promise<void>,
): Promise<readonly string[]> {
  const failures: string[] = [];
  for (const item of items)
    try {
      await remove(item);
    } catch (error) {
      failures.push(errorText(error));
    }
  return failures;
}

/**
 * Deletes an application's images and revisions that nothing needs, and notes why the others are kept. Reads everything first,
 * what exists before what is used: what begins to be used meanwhile is seen. If anything cannot be read, nothing is deleted.
 * Can be cut short and repeated anywhere.
 * @throws UnusedNotDeleted if something was not deleted; the error of a call that reads
 */
export function deleteUnusedImages(dependencies: DeleteUnusedDependencies) {
  const { ledger, builds, stores, now, application, deleted } = dependencies;

  const removeImage = async ({ build, imageIds }: ImageRecord, { amis }: Inventory): Promise<void> => {
    // First: an AMI whose build is gone is found by its tags, a build whose AMIs are gone would look as if it had some.
    if (build !== undefined) await builds.remove(build);
    for (const imageId of imageIds) await amis.get(imageId)?.place.remove(imageId);
    deleted('image', { application, build, imageIds });
  };
  const removeRevision = async (revision: RevisionRecord): Promise<void> => {
    await stores.find(({ bucket }) => bucket === revision.bucket)?.remove(revision);
    deleted('revision', { application, bucket: revision.bucket, key: revision.key });
  };

  return async function deleteUnusedImages(): Promise<ImageReport> {
    const at = now();
    const inventory = await takeInventory(dependencies);
    const imageIds = inventory.images.flatMap((image) => image.imageIds);
    const instances = await readInstances(dependencies, imageIds);
    const use = await readPromotionUse(dependencies, application, dependencies.releases, at);
    const { images, revisions } = inventory;
    const { reuseDays } = dependencies;
    const records: KeepingRecords = { now: at, images, revisions, instances, reuseDays, ...use };
    const [judgedImages, judgedRevisions] = [judgeImages(records), judgeRevisions(records)];
    const unused = <Item>(verdicts: readonly { readonly of: Item; readonly keep?: unknown }[]) =>
      verdicts.filter(({ keep }) => keep === undefined).map(({ of }) => of);
    const failures = [
      ...(await removeEach(unused(judgedImages), (image) => removeImage(image, inventory))),
      ...(await removeEach(unused(judgedRevisions), removeRevision)),
    ];
    const report = imageReport(application, at, judgedImages, judgedRevisions, inventory.amis);
    await ledger.noteImageReport(report);
    if (failures.length > 0)
      throw new NotDeletedError(
        `${failures.length} images or revisions of ${application} that nothing needs could not be deleted: ${failures.join('; ')}. The next run tries again.`,
      );
    return report;
  };
}
