import { createS3Service } from '../../../services/s3/s3.ts';
import {
  administrator,
  create,
  createWorld,
  putRole,
  startProcess,
  type World,
} from '../shared/test-host.ts';

const lock = (retention?: object) => ({
  VersioningConfiguration: { Status: 'Enabled' },
  ObjectLockEnabled: true,
  ...(retention && {
    ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: retention } },
  }),
});
const DAY = 86_400_000;

describe('Object Lock', () => {
  let world: World;
  beforeEach(() => {
    world = createWorld();
  });
  afterEach(() => world.remove());

  const open = async (properties: Record<string, unknown>) => {
    const process = startProcess(world);
    const s3 = process.register(createS3Service);
    await create(s3, 'AWS::S3::Bucket', 'Bucket', { BucketName: 'evidence', ...properties });
    return <Output = { VersionId: string }>(name: string, input: object, principal = administrator) =>
      process.inner.call<Output>(principal, 's3', name, { Bucket: 'evidence', Key: 'k', ...input });
  };
  const denied = { name: 'AccessDenied', statusCode: 403, message: expect.stringContaining('object lock') };

  it('keeps each version until its retention ends, for every caller', async () => {
    const call = await open(lock({ Mode: 'COMPLIANCE', Days: 30 }));
    const { VersionId } = await call('PutObject', { Body: 'one' });
    expect(await call('HeadObject', {})).toMatchObject({
      ObjectLockMode: 'COMPLIANCE',
      ObjectLockRetainUntilDate: new Date(world.clock.now() + 30 * DAY),
    });
    await expect(call('DeleteObject', { VersionId })).rejects.toMatchObject(denied);
    const bypassed = { VersionId, BypassGovernanceRetention: true };
    await expect(call('DeleteObject', bypassed)).rejects.toMatchObject(denied);
    world.clock.advance(30 * DAY);
    await call('DeleteObject', { VersionId });
    await expect(call('GetObject', {})).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('hides behind a marker what is deleted or written over, and keeps it', async () => {
    const call = await open(lock({ Mode: 'GOVERNANCE', Years: 1 }));
    const { VersionId } = await call('PutObject', { Body: 'one' });
    await call('PutObject', { Body: 'two' });
    await call('DeleteObject', {});
    const { Body } = await call<{ Body: Uint8Array }>('GetObject', { VersionId });
    expect(Buffer.from(Body).toString()).toBe('one');
  });

  it('lists every version, newest first, and each marker', async () => {
    const call = await open(lock({ Mode: 'GOVERNANCE', Years: 1 }));
    const one = await call('PutObject', { Key: 'p/a', Body: 'one' });
    const two = await call('PutObject', { Key: 'p/a', Body: 'two!' });
    const marker = await call('DeleteObject', { Key: 'p/a' });
    const other = await call('PutObject', { Key: 'p/b', Body: 'b' });
    await call('PutObject', { Key: 'q', Body: 'q' });
    const listed = await call<{ Versions: object[]; DeleteMarkers: object[]; IsTruncated: boolean }>(
      'ListObjectVersions',
      { Prefix: 'p/' },
    );
    expect(listed).toMatchObject({
      IsTruncated: false,
      Versions: [
        { Key: 'p/a', VersionId: two.VersionId, IsLatest: false, Size: 4 },
        { Key: 'p/a', VersionId: one.VersionId, IsLatest: false, Size: 3 },
        { Key: 'p/b', VersionId: other.VersionId, IsLatest: true },
      ],
      DeleteMarkers: [{ Key: 'p/a', VersionId: marker.VersionId, IsLatest: true }],
    });
    const page = await call<{ NextKeyMarker: string; NextVersionIdMarker: string }>('ListObjectVersions', {
      Prefix: 'p/',
      MaxKeys: 2,
    });
    expect(page).toMatchObject({ IsTruncated: true, Versions: [{ VersionId: two.VersionId }] });
    const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page;
    expect(
      await call('ListObjectVersions', { Prefix: 'p/', MaxKeys: 2, KeyMarker, VersionIdMarker }),
    ).toMatchObject({
      IsTruncated: false,
      Versions: [{ VersionId: one.VersionId }, { VersionId: other.VersionId }],
      DeleteMarkers: [],
    });
  });

  it('writes with If-None-Match only where no object is, also behind a marker', async () => {
    const call = await open(lock());
    const once = { Body: 'one', IfNoneMatch: '*' };
    await call('PutObject', once);
    await expect(call('PutObject', once)).rejects.toMatchObject({
      name: 'PreconditionFailed',
      statusCode: 412,
    });
    await call('DeleteObject', {});
    await call('PutObject', once);
    await expect(call('PutObject', { ...once, IfNoneMatch: '"etag"' })).rejects.toMatchObject({
      name: 'NotImplemented',
    });
  });

  it('in governance gives way to who may bypass it, and to nobody else', async () => {
    const call = await open(lock({ Mode: 'GOVERNANCE', Days: 1 }));
    const { VersionId } = await call('PutObject', { Body: 'one' });
    await expect(call('DeleteObject', { VersionId })).rejects.toMatchObject(denied);
    const role = putRole(world, 'cleaner', 'ec2.amazonaws.com', [
      { Effect: 'Allow', Action: 's3:DeleteObjectVersion', Resource: '*' },
    ]);
    const bypassed = { VersionId, BypassGovernanceRetention: true };
    await expect(call('DeleteObject', bypassed, role)).rejects.toThrow('s3:BypassGovernanceRetention');
    await call('DeleteObject', bypassed);
    await expect(call('GetObject', { VersionId })).rejects.toMatchObject({ name: 'NoSuchVersion' });
  });

  it('takes a retention with the object, from who may set one', async () => {
    const call = await open(lock());
    const until = new Date(world.clock.now() + DAY);
    const asked = { Body: 'x', ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until };
    const role = putRole(world, 'writer', 'ec2.amazonaws.com', [
      { Effect: 'Allow', Action: 's3:PutObject', Resource: '*' },
    ]);
    await expect(call('PutObject', asked, role)).rejects.toThrow('s3:PutObjectRetention');
    const { VersionId } = await call('PutObject', asked);
    await expect(call('DeleteObject', { VersionId })).rejects.toMatchObject(denied);
    const free = await call('PutObject', { Body: 'y' });
    await call('DeleteObject', { VersionId: free.VersionId });
    const past = { ...asked, ObjectLockRetainUntilDate: new Date(0) };
    await expect(call('PutObject', past)).rejects.toMatchObject({ name: 'InvalidArgument' });
  });

  it('fails where the bucket has none', async () => {
    const call = await open({ VersioningConfiguration: { Status: 'Enabled' } });
    const asked = { Body: 'x', ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: new Date(8e14) };
    await expect(call('PutObject', asked)).rejects.toMatchObject({ name: 'InvalidRequest' });
  });

  it.each<[string, Record<string, unknown>]>([
    ['VersioningConfiguration', { ObjectLockEnabled: true }],
    ['ObjectLockConfiguration', { ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' } }],
    ['Mode', lock({ Mode: 'FOREVER', Days: 1 })],
    ['Days', lock({ Mode: 'GOVERNANCE' })],
    ['Days', lock({ Mode: 'GOVERNANCE', Days: 1, Years: 1 })],
  ])('fails on a wrong %s', async (property, properties) => {
    await expect(open(properties)).rejects.toThrow(property);
  });
});
