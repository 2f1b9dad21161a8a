import type {
  ImageRecord,
  KeepingRecords,
  PromotionUse,
  Release,
  RevisionRecord,
} from '../../../tasks/keeping/keeping-rules.ts';

export const NOW = new Date('2026-11-22T12:00:00.000Z');

export const HOUR = 60 * 60_000;
export const DAY = 24 * HOUR;

export const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * DAY);

/** A build with its AMI, old enough to be deleted. */
export const anImage = (imageId: string, change: Partial<ImageRecord> = {}): ImageRecord => ({
  build: `build-of-${imageId}`,
  imageIds: [imageId],
  isBuilding: false,
  createdAt: daysAgo(100),
  ...change,
});

/** A revision that is old enough to be deleted. */
export const aRevision = (key: string, change: Partial<RevisionRecord> = {}): RevisionRecord => ({
  bucket: 'artifacts',
  key,
  version: 'v1',
  createdAt: daysAgo(100),
  ...change,
});

/** A promotion that failed a day ago. */
export const aUse = (change: Partial<PromotionUse> = {}): PromotionUse => ({
  promotionId: 'p',
  status: 'FAILED',
  endedAt: daysAgo(1),
  imageIds: [],
  builds: [],
  revisions: [],
  ...change,
});

export const aRelease = (imageId: string, key: string): Release => ({
  promotionId: `promotion-of-${imageId}`,
  commitId: 'c'.repeat(40),
  deploymentId: `d-${key}`,
  imageId,
  revision: { bucket: 'artifacts', key, version: 'v1', eTag: 'e' },
});

/** Nothing exists, and nothing is needed. */
export const recordsOf = (change: Partial<KeepingRecords> = {}): KeepingRecords => ({
  now: NOW,
  images: [],
  revisions: [],
  instances: { running: new Set(), next: new Set(), revisions: [] },
  promotions: [],
  releases: [],
  reuseDays: 0,
  ...change,
});
