import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { createS3Service } from '../../../services/s3/s3.ts';
import {
  ACCOUNT,
  administrator,
  context,
  create,
  createWorld,
  putRole,
  REGION,
  startProcess,
  type World,
} from '../shared/test-host.ts';

const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1`;
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

interface ObjectAnswer {
  readonly Body: Uint8Array;
  readonly VersionId?: string;
  readonly ETag: string;
  readonly ContentLength: number;
}

describe('S3', () => {
  let world: World;
  beforeEach(() => {
    world = createWorld();
    world.played.kms = {};
  });
  afterEach(() => world.remove());

  const open = async (bucket: Record<string, unknown> = {}) => {
    const process = startProcess(world);
    const s3 = process.register(createS3Service);
    const state = await create(s3, 'AWS::S3::Bucket', 'Bucket', { BucketName: 'artifacts', ...bucket });
    const call = <Output = Record<string, unknown>>(name: string, input: object, principal = administrator) =>
      process.inner.call<Output>(principal, 's3', name, { Bucket: 'artifacts', ...input });
    return { process, s3, state, call };
  };
  const versioned = { VersioningConfiguration: { Status: 'Enabled' } };
  const encrypted = {
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [
        { ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: KEY } },
      ],
    },
  };

  it('gives back what was stored, also to the next process', async () => {
    const { call } = await open();
    const Body = new Uint8Array([0, 1, 254, 255]);
    await call('PutObject', {
      Key: 'a/b c.zip',
      Body,
      ContentType: 'application/zip',
      Metadata: { commit: 'abc' },
    });
    const next = await open();
    const object = await next.call<ObjectAnswer>('GetObject', { Key: 'a/b c.zip' });
    expect([...object.Body]).toEqual([...Body]);
    expect(object).toMatchObject({
      ContentLength: 4,
      ContentType: 'application/zip',
      Metadata: { commit: 'abc' },
      ETag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
    });
    expect(await next.call('HeadObject', { Key: 'a/b c.zip' })).not.toHaveProperty('Body');
  });

  it('gives a range of an object', async () => {
    const { call } = await open();
    await call('PutObject', { Key: 'a.zip', Body: Buffer.from('0123456789') });
    const range = async (Range: string) => {
      const { Body, ContentLength, ContentRange } = await call<ObjectAnswer & { ContentRange?: string }>(
        'GetObject',
        { Key: 'a.zip', Range },
      );
      expect(ContentLength).toBe(Body.length);
      return [text(Body), ContentRange];
    };
    expect(await range('bytes=0-0')).toEqual(['0', 'bytes 0-0/10']);
    expect(await range('bytes=8-20')).toEqual(['89', 'bytes 8-9/10']);
    expect(await range('bytes=7-')).toEqual(['789', 'bytes 7-9/10']);
    for (const ignored of ['bytes=5-2', 'lines=1-2'])
      expect(await range(ignored)).toEqual(['0123456789', undefined]);
    await expect(range('bytes=10-')).rejects.toMatchObject({ name: 'InvalidRange' });
  });

  it('keeps one file per object, under any key', async () => {
    const { call } = await open();
    for (const body of ['one', 'two'])
      await call('PutObject', { Key: '../../escape', Body: Buffer.from(body) });
    const folder = path.join(world.stateDir, 's3', 'artifacts');
    expect(fs.readdirSync(folder)).toHaveLength(1);
    await call('DeleteObject', { Key: '../../escape' });
    expect(fs.readdirSync(folder)).toEqual([]);
    await expect(call('GetObject', { Key: '../../escape' })).rejects.toMatchObject({
      name: 'NoSuchKey',
      statusCode: 404,
    });
    await expect(call('HeadObject', { Key: '../../escape' })).rejects.toMatchObject({ name: 'NotFound' });
  });

  it('keeps every version of a bucket with versions, and hides deleted ones', async () => {
    const { call } = await open(versioned);
    const first = await call<ObjectAnswer>('PutObject', { Key: 'k', Body: Buffer.from('one') });
    await call('PutObject', { Key: 'k', Body: Buffer.from('two') });
    expect(text((await call<ObjectAnswer>('GetObject', { Key: 'k' })).Body)).toBe('two');
    expect(text((await call<ObjectAnswer>('GetObject', { Key: 'k', VersionId: first.VersionId })).Body)).toBe(
      'one',
    );
    expect(await call('DeleteObject', { Key: 'k' })).toMatchObject({ DeleteMarker: true });
    await expect(call('GetObject', { Key: 'k' })).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect(text((await call<ObjectAnswer>('GetObject', { Key: 'k', VersionId: first.VersionId })).Body)).toBe(
      'one',
    );
    await expect(call('GetObject', { Key: 'k', VersionId: 'none' })).rejects.toMatchObject({
      name: 'NoSuchVersion',
    });
    expect(await call('GetBucketVersioning', {})).toEqual({ Status: 'Enabled' });
    expect(await call('ListObjectsV2', {})).toMatchObject({ KeyCount: 0 });
  });

  it('lists every key once over all pages, folders as shared prefixes', async () => {
    const { call } = await open();
    const keys = ['a', 'b/1', 'b/2', 'b/c/3', 'd', 'é', 'z/9'];
    for (const Key of keys) await call('PutObject', { Key, Body: Buffer.from(Key) });
    type Listing = {
      Contents: { Key: string }[];
      CommonPrefixes?: { Prefix: string }[];
      NextContinuationToken?: string;
      IsTruncated: boolean;
    };
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom('', 'b', 'b/', 'x'),
        fc.constantFrom(undefined, '/'),
        async (MaxKeys, Prefix, Delimiter) => {
          const seen: string[] = [];
          let ContinuationToken: string | undefined;
          do {
            const page: Listing = await call('ListObjectsV2', {
              MaxKeys,
              Prefix,
              Delimiter,
              ContinuationToken,
            });
            seen.push(
              ...page.Contents.map(({ Key }) => Key),
              ...(page.CommonPrefixes ?? []).map(({ Prefix: shared }) => shared),
            );
            ContinuationToken = page.NextContinuationToken;
          } while (ContinuationToken);
          const folded = keys
            .filter((key) => key.startsWith(Prefix))
            .map((key) => {
              const end = Delimiter ? key.indexOf(Delimiter, Prefix.length) : -1;
              return end < 0 ? key : key.slice(0, end + 1);
            });
          expect(seen.sort()).toEqual([...new Set(folded)].sort());
        },
      ),
      { numRuns: 60 },
    );
  });

  it("asks the bucket key's permission of writers and readers (T27)", async () => {
    const { call } = await open(encrypted);
    world.policies[KEY] = {
      Statement: {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
    };
    const s3Only = putRole(world, 's3-only', 'ec2.amazonaws.com', [
      { Effect: 'Allow', Action: 's3:*', Resource: '*' },
    ]);
    const both = putRole(world, 'both', 'ec2.amazonaws.com', [
      { Effect: 'Allow', Action: ['s3:*', 'kms:Decrypt', 'kms:GenerateDataKey'], Resource: '*' },
    ]);
    await expect(call('PutObject', { Key: 'k', Body: Buffer.from('x') }, s3Only)).rejects.toThrow(
      `kms:GenerateDataKey on resource: ${KEY}`,
    );
    await call('PutObject', { Key: 'k', Body: Buffer.from('x') }, both);
    await expect(call('GetObject', { Key: 'k' }, s3Only)).rejects.toThrow(`kms:Decrypt on resource: ${KEY}`);
    expect(text((await call<ObjectAnswer>('GetObject', { Key: 'k' }, both)).Body)).toBe('x');
  });

  it('applies the bucket policy to buckets and objects', async () => {
    const { s3, call } = await open();
    const role = putRole(world, 'reader', 'ec2.amazonaws.com', []);
    await call('PutObject', { Key: 'k', Body: Buffer.from('x') });
    await expect(call('GetObject', { Key: 'k' }, role)).rejects.toThrow(
      's3:GetObject on resource: arn:aws:s3:::artifacts/k',
    );
    const allow = {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/reader` },
      Action: 's3:GetObject*',
      Resource: 'arn:aws:s3:::artifacts/*',
    };
    await create(s3, 'AWS::S3::BucketPolicy', 'Policy', {
      Bucket: 'artifacts',
      PolicyDocument: { Statement: [allow] },
    });
    await call('GetObject', { Key: 'k' }, role);
    await expect(call('ListObjectsV2', {}, role)).rejects.toThrow(
      's3:ListBucket on resource: arn:aws:s3:::artifacts',
    );
  });

  it('names its buckets, and deletes only empty ones', async () => {
    const { s3, state, call, process } = await open();
    expect(state).toMatchObject({
      physicalId: 'artifacts',
      attributes: {
        Arn: 'arn:aws:s3:::artifacts',
        RegionalDomainName: 'artifacts.s3.us-east-1.amazonaws.com',
      },
    });
    const generated = await create(s3, 'AWS::S3::Bucket', 'Logs', {});
    expect(generated.physicalId).toBe('test-logs-1a2b3c');
    await call('PutObject', { Key: 'k', Body: Buffer.from('x') });
    const remove = () => s3.resources['AWS::S3::Bucket']?.delete(state, context('Bucket'), {});
    expect(remove).toThrow(/not empty/);
    await call('DeleteObject', { Key: 'k' });
    await remove();
    await expect(call('GetObject', { Key: 'k' })).rejects.toMatchObject({ name: 'NoSuchBucket' });
    expect(await process.inner.call(administrator, 's3', 'ListBuckets', {})).toMatchObject({
      Buckets: [{ Name: 'test-logs-1a2b3c' }],
    });
    await expect(create(s3, 'AWS::S3::Bucket', 'Bad', { BucketName: 'No_Good' })).rejects.toThrow(
      'BucketName',
    );
    await expect(create(s3, 'AWS::S3::Bucket', 'Bad', { Nothing: 1 })).rejects.toThrow('Nothing');
  });
});
