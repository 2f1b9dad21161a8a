import type {
  DeleteObjectOutput,
  DeleteObjectRequest,
  GetBucketVersioningOutput,
  GetBucketVersioningRequest,
  GetObjectRequest,
  HeadObjectOutput,
  HeadObjectRequest,
  ListBucketsOutput,
  ListObjectsV2Output,
  ListObjectsV2Request,
  ListObjectVersionsOutput,
  ListObjectVersionsRequest,
  PutObjectOutput,
  PutObjectRequest,
} from '@aws-sdk/client-s3';
import {
  type Access,
  AwsError,
  type Host,
  type Operation,
  type PolicyDocument,
  type Service,
} from '../../host.ts';
import { deletionOperations } from './deletions.ts';
import { type Bucket, createObjectStore, type ObjectVersion } from './objects.ts';
import { createS3Resources } from './resources.ts';

type WithoutBody<Request> = Omit<Request, 'Body'>;
type PutInput = WithoutBody<PutObjectRequest> & { readonly Body?: Uint8Array | string };

/** What GetObject gives: S3's answer with the bytes instead of a stream. */
type GetObjectAnswer = HeadObjectOutput & { readonly Body: Uint8Array };

/** First and last byte of a range of an object; S3 ignores what it cannot read. */
const rangeOf = (range: string | undefined, size: number): readonly [number, number] | undefined => {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  if (first === undefined) return undefined;
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (Number(first) >= size)
    throw new AwsError('InvalidRange', 'The requested range is not satisfiable', 416, {
      RangeRequested: range ?? '',
      ActualObjectSize: String(size),
    });
  return end < Number(first) ? undefined : [Number(first), end];
};

/** Creates S3: buckets, whole objects, versions; bytes are files below `<stateDir>/s3`. */
export const createS3Service = (host: Host): Service => {
  const objects = createObjectStore(host);
  const buckets = host.store.table<Bucket>('s3.buckets');
  const policies = host.store.table<PolicyDocument>('s3.policies');
  const bucketArn = (bucket = '') => `arn:${host.partition}:s3:::${bucket}`;
  const objectArn = (bucket = '', key = '') => `${bucketArn(bucket)}/${key}`;
  const onBucket =
    (action: string) =>
    ({ Bucket: bucket }: { Bucket?: string | undefined }): Access => ({
      action: `s3:${action}`,
      resource: bucketArn(bucket),
    });
  const bucketOf = (name = ''): Bucket => {
    const bucket = buckets.get(name);
    if (!bucket)
      throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404, { BucketName: name });
    return bucket;
  };
  const withKey = (action: string, key: string | undefined): Access[] =>
    key === undefined
      ? []
      : [{ action, resource: key, context: { 'kms:ViaService': `s3.${host.region}.amazonaws.com` } }];
  const readAccess = ({ Bucket: bucket = '', Key: key = '', VersionId }: GetObjectRequest) => [
    { action: VersionId ? 's3:GetObjectVersion' : 's3:GetObject', resource: objectArn(bucket, key) },
    ...withKey('kms:Decrypt', objects.find(bucket, key, VersionId)?.kmsKeyArn),
  ];
  const versionOf = (request: GetObjectRequest, missing: string): ObjectVersion => {
    const { Bucket: bucket, Key: key = '', VersionId } = request;
    const version = objects.find(bucketOf(bucket).name, key, VersionId);
    if (!version)
      throw new AwsError(VersionId ? 'NoSuchVersion' : missing, 'The specified key does not exist.', 404, {
        Key: key,
      });
    return version;
  };
  const encryption = (kmsKeyArn: string | undefined) => ({
    ServerSideEncryption: kmsKeyArn === undefined ? ('AES256' as const) : ('aws:kms' as const),
    ...(kmsKeyArn !== undefined && { SSEKMSKeyId: kmsKeyArn }),
  });
  const head = (version: ObjectVersion): HeadObjectOutput => ({
    ContentLength: version.size,
    ContentType: version.contentType,
    ETag: `"${version.etag}"`,
    LastModified: new Date(version.modifiedAt),
    Metadata: { ...version.metadata },
    ...(version.versionId !== 'null' && { VersionId: version.versionId }),
    ...encryption(version.kmsKeyArn),
    ...(version.retention && {
      ObjectLockMode: version.retention.mode,
      ObjectLockRetainUntilDate: new Date(version.retention.until),
    }),
  });
  const askedRetention = (
    bucket: Bucket,
    { ObjectLockMode: mode, ObjectLockRetainUntilDate: until }: PutInput,
  ) => {
    if (mode === undefined && until === undefined) return undefined;
    if (!bucket.lock) throw new AwsError('InvalidRequest', 'Bucket is missing Object Lock Configuration');
    if (mode === undefined || until === undefined || until.getTime() <= host.clock.now())
      throw new AwsError(
        'InvalidArgument',
        'Object Lock takes a mode together with a retain-until date in the future.',
      );
    return { mode, until: until.getTime() };
  };

  const putObject: Operation<PutInput, PutObjectOutput> = {
    requires: ({ Bucket: bucket = '', Key: key, SSEKMSKeyId, ObjectLockMode, IfNoneMatch }) => [
      {
        action: 's3:PutObject',
        resource: objectArn(bucket, key),
        ...(IfNoneMatch !== undefined && { context: { 's3:if-none-match': IfNoneMatch } }),
      },
      ...(ObjectLockMode ? [{ action: 's3:PutObjectRetention', resource: objectArn(bucket, key) }] : []),
      ...withKey('kms:GenerateDataKey', SSEKMSKeyId ?? buckets.get(bucket)?.kmsKeyArn),
    ],
    run: (input) => {
      const { Bucket: name, Key: key, Body = '', ContentType, Metadata, SSEKMSKeyId, IfNoneMatch } = input;
      const bucket = bucketOf(name);
      if (IfNoneMatch !== undefined && IfNoneMatch !== '*')
        throw new AwsError(
          'NotImplemented',
          `If-None-Match takes * for a write, got ${IfNoneMatch}: it writes a key that has no object.`,
          501,
        );
      if (!key || Buffer.byteLength(key) > 1024)
        throw new AwsError('KeyTooLongError', 'Keys must have 1 to 1024 bytes.');
      // A key whose newest version is a delete marker has none.
      if (IfNoneMatch === '*' && objects.find(bucket.name, key))
        throw new AwsError(
          'PreconditionFailed',
          'At least one of the pre-conditions you specified did not hold',
          412,
          { Condition: 'If-None-Match' },
        );
      const kmsKeyArn = SSEKMSKeyId ?? bucket.kmsKeyArn;
      const retention = askedRetention(bucket, input);
      const version = objects.put(bucket, key, {
        body: typeof Body === 'string' ? Buffer.from(Body) : Body,
        ...(ContentType !== undefined && { contentType: ContentType }),
        ...(Metadata && { metadata: Metadata }),
        ...(kmsKeyArn !== undefined && { kmsKeyArn }),
        ...(retention && { retention }),
      });
      return {
        ETag: `"${version.etag}"`,
        ...(bucket.isVersioned && { VersionId: version.versionId }),
        ...encryption(kmsKeyArn),
      };
    },
  };

  const getObject: Operation<GetObjectRequest, GetObjectAnswer> = {
    requires: readAccess,
    run: (request) => {
      const version = versionOf(request, 'NoSuchKey');
      const body = objects.read(request.Bucket ?? '', version);
      const range = rangeOf(request.Range, version.size);
      if (range === undefined) return { ...head(version), Body: body };
      const [first, last] = range;
      return {
        ...head(version),
        Body: body.subarray(first, last + 1),
        ContentLength: last + 1 - first,
        ContentRange: `bytes ${first}-${last}/${version.size}`,
      };
    },
  };

  const headObject: Operation<HeadObjectRequest, HeadObjectOutput> = {
    requires: readAccess,
    run: (request) => head(versionOf(request, 'NotFound')),
  };

  const deleteObject: Operation<DeleteObjectRequest, DeleteObjectOutput> = {
    requires: ({ Bucket: bucket, Key: key, VersionId, BypassGovernanceRetention }) => [
      {
        action: VersionId ? 's3:DeleteObjectVersion' : 's3:DeleteObject',
        resource: objectArn(bucket, key),
      },
      ...(BypassGovernanceRetention
        ? [{ action: 's3:BypassGovernanceRetention', resource: objectArn(bucket, key) }]
        : []),
    ],
    run: ({ Bucket: bucket, Key: key = '', VersionId, BypassGovernanceRetention = false }) => {
      const locked = VersionId ? objects.find(bucketOf(bucket).name, key, VersionId)?.retention : undefined;
      const isBypassed = locked?.mode === 'GOVERNANCE' && BypassGovernanceRetention;
      if (locked && locked.until > host.clock.now() && !isBypassed)
        throw new AwsError(
          'AccessDenied',
          `Access Denied because object protected by object lock: ${key}, version ${VersionId}, ` +
            `is retained until ${new Date(locked.until).toISOString()}.`,
          403,
        );
      const { versionId } = objects.remove(bucketOf(bucket), key, VersionId);
      return versionId === undefined ? {} : { DeleteMarker: true, VersionId: versionId };
    },
  };

  const listObjects: Operation<ListObjectsV2Request, ListObjectsV2Output> = {
    requires: ({ Bucket: bucket, Prefix }) => ({
      action: 's3:ListBucket',
      resource: bucketArn(bucket),
      ...(Prefix !== undefined && { context: { 's3:prefix': Prefix } }),
    }),
    run: (request) => listPage(objects.list(bucketOf(request.Bucket).name), request),
  };

  const listVersions: Operation<ListObjectVersionsRequest, ListObjectVersionsOutput> = {
    requires: ({ Bucket: bucket, Prefix }) => ({
      action: 's3:ListBucketVersions',
      resource: bucketArn(bucket),
      ...(Prefix !== undefined && { context: { 's3:prefix': Prefix } }),
    }),
    run: (request) => versionsPage(objects.listVersions(bucketOf(request.Bucket).name), request),
  };

  const listBuckets: Operation<object, ListBucketsOutput> = {
    requires: () => ({ action: 's3:ListAllMyBuckets', resource: '*' }),
    run: () => ({
      Buckets: buckets
        .values()
        .map(({ name, createdAt }) => ({ Name: name, CreationDate: new Date(createdAt) })),
      Owner: { ID: host.accountId },
    }),
  };

  const getVersioning: Operation<GetBucketVersioningRequest, GetBucketVersioningOutput> = {
    requires: onBucket('GetBucketVersioning'),
    run: ({ Bucket: name }) => (bucketOf(name).isVersioned ? { Status: 'Enabled' } : {}),
  };

  return {
    name: 's3',
    operations: {
      ...deletionOperations({ host, objects, deleteObject }),
      PutObject: putObject,
      GetObject: getObject,
      HeadObject: headObject,
      DeleteObject: deleteObject,
      ListObjectsV2: listObjects,
      ListObjectVersions: listVersions,
      ListBuckets: listBuckets,
      GetBucketVersioning: getVersioning,
    },
    resources: createS3Resources(host, objects),
    resourcePolicy: (arn) => policies.get(arn.split(':').at(5)?.split('/')[0] ?? ''),
  };
};

const MOST_KEYS = 1000;

/** One page of keys and, with a delimiter, of the prefixes that they share. */
const listPage = (
  all: readonly { readonly key: string; readonly version: ObjectVersion }[],
  {
    Bucket: name,
    Prefix = '',
    Delimiter,
    MaxKeys = MOST_KEYS,
    ContinuationToken,
    StartAfter = '',
  }: ListObjectsV2Request,
): ListObjectsV2Output => {
  const after = ContinuationToken ? Buffer.from(ContinuationToken, 'base64url').toString('utf8') : StartAfter;
  const size = Math.min(MaxKeys, MOST_KEYS);
  const contents: (typeof all)[number][] = [];
  const prefixes = new Set<string>();
  let last = '';
  let isTruncated = false;
  for (const entry of all) {
    const { key } = entry;
    const isPast = after === '' || Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0;
    if (!key.startsWith(Prefix) || !isPast) continue;
    const end = Delimiter ? key.indexOf(Delimiter, Prefix.length) : -1;
    const shared = end < 0 || !Delimiter ? undefined : key.slice(0, end + Delimiter.length);
    // A page ends behind a whole shared prefix, whose further keys belong to it.
    if (shared !== undefined && (prefixes.has(shared) || (after !== '' && after.startsWith(shared)))) {
      last = key;
      continue;
    }
    if (contents.length + prefixes.size >= size) {
      isTruncated = true;
      break;
    }
    if (shared === undefined) contents.push(entry);
    else prefixes.add(shared);
    last = key;
  }
  return {
    Name: name,
    Prefix,
    MaxKeys: size,
    KeyCount: contents.length + prefixes.size,
    IsTruncated: isTruncated,
    Contents: contents.map(({ key, version }) => ({
      Key: key,
      Size: version.size,
      ETag: `"${version.etag}"`,
      LastModified: new Date(version.modifiedAt),
      StorageClass: 'STANDARD',
    })),
    ...(Delimiter !== undefined && {
      Delimiter,
      CommonPrefixes: [...prefixes].map((shared) => ({ Prefix: shared })),
    }),
    ...(ContinuationToken !== undefined && { ContinuationToken }),
    ...(isTruncated && { NextContinuationToken: Buffer.from(last).toString('base64url') }),
  };
};

/** One page of versions and delete markers, behind the one that the markers name. */
const versionsPage = (
  all: readonly {
    readonly key: string;
    readonly version: ObjectVersion;
    readonly isLatest: boolean;
  }[],
  { Bucket: name, Prefix = '', MaxKeys = MOST_KEYS, KeyMarker, VersionIdMarker }: ListObjectVersionsRequest,
): ListObjectVersionsOutput => {
  const matching = all.filter(({ key }) => key.startsWith(Prefix));
  const start =
    KeyMarker === undefined
      ? 0
      : matching.findIndex(({ key, version }) => key === KeyMarker && version.versionId === VersionIdMarker) +
        1;
  const size = Math.min(MaxKeys, MOST_KEYS);
  const page = matching.slice(start, start + size);
  const last = page.at(-1);
  const isTruncated = start + page.length < matching.length;
  const common = ({ key, version, isLatest }: (typeof all)[number]) => ({
    Key: key,
    VersionId: version.versionId,
    IsLatest: isLatest,
    LastModified: new Date(version.modifiedAt),
  });
  return {
    Name: name,
    Prefix,
    MaxKeys: size,
    IsTruncated: isTruncated,
    Versions: page
      .filter(({ version }) => version.file !== undefined)
      .map((one) => ({
        ...common(one),
        Size: one.version.size,
        ETag: `"${one.version.etag}"`,
        StorageClass: 'STANDARD' as const,
      })),
    DeleteMarkers: page.filter(({ version }) => version.file === undefined).map(common),
    ...(isTruncated && last && { NextKeyMarker: last.key, NextVersionIdMarker: last.version.versionId }),
  };
};
