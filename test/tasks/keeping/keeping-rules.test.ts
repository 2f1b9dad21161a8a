import {
  judgeImages,
  judgeRevisions,
  type KeepingRecords,
  type KeepReason,
} from '../../../tasks/keeping/keeping-rules.ts';
import { anImage, aRelease, aRevision, aUse, daysAgo, NOW, recordsOf } from './records.ts';

const instances = (change: Partial<KeepingRecords['instances']>): Partial<KeepingRecords> => ({
  instances: { ...recordsOf().instances, ...change },
});

describe('an image', () => {
  const imageIs = (change: Partial<KeepingRecords>, image = anImage('ami-1')): KeepReason | undefined =>
    judgeImages(recordsOf({ images: [image], ...change }))[0]?.keep;

  it.each<[string, KeepReason | undefined, Partial<KeepingRecords>]>([
    ['that nothing names is not needed', undefined, {}],
    ['that an instance runs', 'Running', instances({ running: new Set(['ami-1']) })],
    ['that new instances start from', 'ForNewInstances', instances({ next: new Set(['ami-1']) })],
    [
      'of a promotion that runs, or waits for an approval',
      'InPromotion',
      { promotions: [{ ...aUse({ status: 'RUNNING', imageIds: ['ami-1'] }) }] },
    ],
    [
      'of a build that had not ended when its promotion timed out',
      'Redrivable',
      { promotions: [aUse({ status: 'TIMED_OUT', builds: ['build-of-ami-1'] })] },
    ],
    [
      'of a promotion that failed 14 days ago, and was redriven a moment ago',
      'Redrivable',
      { promotions: [aUse({ endedAt: daysAgo(14.01), imageIds: ['ami-1'] })] },
    ],
    [
      'of a promotion that an operator stopped',
      'Redrivable',
      { promotions: [aUse({ status: 'ABORTED', imageIds: ['ami-1'] })] },
    ],
    [
      'of a promotion that failed too long ago is not needed',
      undefined,
      { promotions: [aUse({ endedAt: daysAgo(15), imageIds: ['ami-1'] })] },
    ],
    ...(['REJECTED', 'SUPERSEDED', 'STALE', 'SUCCEEDED'] as const).map(
      (status) =>
        [
          `of a promotion that ended ${status} is not needed by it`,
          undefined,
          { promotions: [aUse({ status, imageIds: ['ami-1'] })] },
        ] as [string, undefined, Partial<KeepingRecords>],
    ),
    ['of one of the last releases', 'Release', { releases: [aRelease('ami-1', 'r')] }],
  ])('%s', (_, keep, records) => {
    expect(imageIs(records)).toBe(keep);
  });

  it('is left alone while Image Builder works on it, and for a day', () => {
    expect(imageIs({}, anImage('ami-1', { isBuilding: true }))).toBe('Building');
    expect(imageIs({}, anImage('ami-1', { createdAt: daysAgo(0.99) }))).toBe('New');
    expect(imageIs({}, anImage('ami-1', { createdAt: daysAgo(1) }))).toBeUndefined();
  });

  it('is kept if the next promotion may use it again: the newest available one of its pipeline, and a day longer', () => {
    const of = (days: number, pipeline = 'qat') => ({ pipeline, createdAt: daysAgo(days) });
    const newer = [anImage('ami-2', of(2)), anImage('ami-3', of(1.5, 'prod'))];
    expect(imageIs({ reuseDays: 3 }, anImage('ami-1', of(3.9)))).toBe('ForReuse');
    expect(imageIs({ reuseDays: 3 }, anImage('ami-1', of(4)))).toBeUndefined();
    expect(imageIs({ reuseDays: 0 }, anImage('ami-1', of(2)))).toBeUndefined();
    expect(imageIs({ reuseDays: 3 }, anImage('ami-1', { createdAt: daysAgo(2) }))).toBeUndefined();
    const judged = judgeImages(recordsOf({ reuseDays: 3, images: [anImage('ami-1', of(3)), ...newer] }));
    expect(judged.map(({ keep }) => keep)).toEqual([undefined, 'ForReuse', 'ForReuse']);
  });

  it('is kept in every account and region if it is needed in one', () => {
    const copied = anImage('ami-1', { imageIds: ['ami-here', 'ami-there'] });
    expect(imageIs(instances({ running: new Set(['ami-there']) }), copied)).toBe('Running');
    expect(imageIs({ releases: [aRelease('ami-there', 'r')] }, copied)).toBe('Release');
  });

  it('whose build is gone is kept by its AMI alone', () => {
    const { build: _, ...left } = anImage('ami-1');
    expect(imageIs({ promotions: [aUse({ imageIds: ['ami-1'] })] }, left)).toBe('Redrivable');
    expect(imageIs({ promotions: [aUse({ builds: ['build-of-ami-1'] })] }, left)).toBeUndefined();
  });

  it('needs no revision to be known', () => {
    const { revision: _, ...release } = aRelease('ami-2', 'r');
    expect(imageIs({ releases: [release] })).toBeUndefined();
  });
});

describe('a revision', () => {
  const here = { bucket: 'artifacts', key: 'r' };
  const revisionIs = (change: Partial<KeepingRecords>, revision = aRevision('r')): KeepReason | undefined =>
    judgeRevisions(recordsOf({ revisions: [revision], ...change }))[0]?.keep;

  it.each<[string, KeepReason | undefined, Partial<KeepingRecords>]>([
    ['that nothing names is not needed', undefined, {}],
    ['T55: that CodeDeploy deploys to new instances', 'ForNewInstances', instances({ revisions: [here] })],
    [
      'that a promotion deployed which waits for an approval',
      'InPromotion',
      { promotions: [aUse({ status: 'RUNNING', revisions: [here] })] },
    ],
    ['that a failed promotion deployed', 'Redrivable', { promotions: [aUse({ revisions: [here] })] }],
    ['of one of the last releases', 'Release', { releases: [aRelease('ami-1', 'r')] }],
    [
      'that the commit of one of the last releases was built into',
      'Release',
      { releases: [{ ...aRelease('ami-1', 'copy'), built: { ...here, version: 'v1' } }] },
    ],
    ['of another release is not needed', undefined, { releases: [aRelease('ami-1', 'another')] }],
  ])('%s', (_, keep, records) => {
    expect(revisionIs(records)).toBe(keep);
  });

  it('is the version that a deployment names; every version if it names none', () => {
    const overwritten = aRevision('r', { version: 'v2' });
    const named = instances({ revisions: [{ ...here, version: 'v1' }] });
    expect(revisionIs(named)).toBe('ForNewInstances');
    expect(revisionIs(named, overwritten)).toBeUndefined();
    expect(revisionIs(instances({ revisions: [here] }), overwritten)).toBe('ForNewInstances');
    expect(revisionIs(instances({ revisions: [{ ...here, bucket: 'another' }] }))).toBeUndefined();
  });

  it('is left alone for a day', () => {
    expect(revisionIs({}, aRevision('r', { createdAt: daysAgo(0.5) }))).toBe('New');
  });

  it('is kept as long as it may be the one of a release or promotion whose deployment CodeDeploy does not have', () => {
    const { revision: _, ...release } = aRelease('ami-1', 'r');
    expect(revisionIs({ releases: [release] })).toBe('MayBeNeeded');
    expect(revisionIs({ promotions: [aUse({ revisions: 'not-known' })] })).toBe('MayBeNeeded');
    const ended = aUse({ status: 'REJECTED', revisions: 'not-known' });
    expect(revisionIs({ promotions: [ended] })).toBeUndefined();
  });

  it('looks at the time that it is given', () => {
    const later = new Date(NOW.getTime() + 20 * 24 * 60 * 60_000);
    expect(revisionIs({ now: later, promotions: [aUse({ revisions: [here] })] })).toBeUndefined();
  });
});
