import type { ImageRecord, KeepReason, RevisionRecord, Verdict } from './keeping-rules.ts';

/** An image that is kept. */
export interface ReportedImage {
  /** ARN of the build version. */
  readonly build?: string;
  readonly amis: readonly {
    readonly imageId: string;
    readonly region: string;
    /** Of its volumes, in GiB. */
    readonly size: number;
  }[];
  /** ISO 8601. */
  readonly createdAt: string;
  readonly keep: KeepReason;
}

/** What the last run kept of an application's images and revisions, and why. */
export interface ImageReport {
  readonly application: string;
  /** When that was looked at, ISO 8601. */
  readonly at: string;
  /** Newest first. */
  readonly images: readonly ReportedImage[];
  readonly revisions: number;
  /** How many were deleted, or tried to be. */
  readonly deleted: { readonly images: number; readonly revisions: number };
}

/** An AMI as the report tells it. */
interface ReportedAmi {
  readonly size: number;
  readonly place: { readonly region: string };
}

/** Makes the report of what was judged. */
export function imageReport(
  application: string,
  at: Date,
  images: readonly Verdict<ImageRecord>[],
  revisions: readonly Verdict<RevisionRecord>[],
  amis: ReadonlyMap<string, ReportedAmi>,
): ImageReport {
  const kept = images.flatMap(({ of, keep }): ReportedImage[] =>
    keep === undefined
      ? []
      : [
          {
            ...(of.build !== undefined && { build: of.build }),
            amis: of.imageIds.flatMap((imageId) => {
              const ami = amis.get(imageId);
              return ami ? [{ imageId, region: ami.place.region, size: ami.size }] : [];
            }),
            createdAt: of.createdAt.toISOString(),
            keep,
          },
        ],
  );
  const keptRevisions = revisions.filter(({ keep }) => keep !== undefined).length;
  return {
    application,
    at: at.toISOString(),
    images: kept.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1)),
    revisions: keptRevisions,
    deleted: { images: images.length - kept.length, revisions: revisions.length - keptRevisions },
  };
}
