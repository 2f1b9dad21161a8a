import { readProperties } from '../../assembly/properties.ts';
import type {
  Host,
  PolicyDocument,
  ResourceContext,
  ResourceProperties,
  ResourceProvider,
} from '../../host.ts';
import { deleteBucketNow } from './deletions.ts';
import type { Bucket, ObjectStore } from './objects.ts';

/** The CloudFormation types of S3. */
export const createS3Resources = (host: Host, objects: ObjectStore): Record<string, ResourceProvider> => ({
  'AWS::S3::Bucket': bucketProvider(host, objects),
  'AWS::S3::BucketPolicy': policyProvider(host),
});

const bucketProvider = (host: Host, objects: ObjectStore): ResourceProvider => {
  const buckets = host.store.table<Bucket>('s3.buckets');
  const put = (properties: ResourceProperties, context: ResourceContext) => {
    const read = readProperties('AWS::S3::Bucket', context, properties);
    read.only(
      'BucketName',
      'BucketEncryption',
      'VersioningConfiguration',
      'AccessControl',
      'LifecycleConfiguration',
      'LoggingConfiguration',
      'ObjectLockConfiguration',
      'ObjectLockEnabled',
      'OwnershipControls',
      'PublicAccessBlockConfiguration',
      'Tags',
    );
    const name = read.optionalString('BucketName') ?? context.generatedName(63).toLowerCase();
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name))
      throw read.error('BucketName', 'must be 3 to 63 lower-case letters, digits, dots and hyphens');
    const [rule] = read.optionalAt('BucketEncryption')?.each('ServerSideEncryptionConfiguration') ?? [];
    const encryption = rule?.optionalAt('ServerSideEncryptionByDefault');
    const usesKms = encryption?.string('SSEAlgorithm').startsWith('aws:kms');
    const keyId = usesKms ? encryption?.optionalString('KMSMasterKeyID') : undefined;
    const status = read.optionalAt('VersioningConfiguration')?.string('Status');
    const lock = readLock(read);
    if (lock && status !== 'Enabled')
      throw read.error('VersioningConfiguration', 'must have the status Enabled with Object Lock');
    buckets.put(name, {
      name,
      isVersioned: status === 'Enabled',
      ...(keyId !== undefined && { kmsKeyArn: keyArn(host, keyId) }),
      ...(lock && { lock }),
      createdAt: buckets.get(name)?.createdAt ?? host.clock.now(),
    });
    const domain = `${name}.s3.${host.region}.amazonaws.com`;
    return {
      physicalId: name,
      attributes: {
        Arn: `arn:${host.partition}:s3:::${name}`,
        DomainName: `${name}.s3.amazonaws.com`,
        DualStackDomainName: `${name}.s3.dualstack.${host.region}.amazonaws.com`,
        RegionalDomainName: domain,
        WebsiteURL: `http://${name}.s3-website-${host.region}.amazonaws.com`,
      },
    };
  };
  return {
    create: put,
    update: put,
    delete: ({ physicalId }) => {
      if (!buckets.has(physicalId)) return;
      deleteBucketNow(host, objects, physicalId);
    },
  };
};

/** Days that S3 counts for a year of retention. */
const DAYS_OF_YEAR = 365;

/** The bucket's Object Lock, if it has one. */
const readLock = (read: ReturnType<typeof readProperties>): Bucket['lock'] => {
  const configuration = read.optionalAt('ObjectLockConfiguration');
  if (read.optionalBoolean('ObjectLockEnabled') !== true) {
    if (configuration) throw read.error('ObjectLockConfiguration', 'needs ObjectLockEnabled to be true');
    return undefined;
  }
  const byDefault = configuration?.optionalAt('Rule')?.optionalAt('DefaultRetention');
  if (!byDefault) return {};
  const mode = byDefault.string('Mode');
  if (mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE')
    throw byDefault.error('Mode', 'must be GOVERNANCE or COMPLIANCE');
  const [days, years] = [byDefault.optionalNumber('Days'), byDefault.optionalNumber('Years')];
  if ((days === undefined) === (years === undefined))
    throw byDefault.error('Days', 'must be given, or else Years, and not both');
  return { retention: { mode, days: days ?? (years ?? 0) * DAYS_OF_YEAR } };
};

/** A key by its id alone belongs to this account. */
const keyArn = (host: Host, key: string) =>
  key.startsWith('arn:') ? key : `arn:${host.partition}:kms:${host.region}:${host.accountId}:key/${key}`;

const policyProvider = (host: Host): ResourceProvider => {
  const policies = host.store.table<PolicyDocument>('s3.policies');
  const put = (properties: ResourceProperties, context: ResourceContext) => {
    const read = readProperties('AWS::S3::BucketPolicy', context, properties);
    read.only('Bucket', 'PolicyDocument');
    const bucket = read.string('Bucket');
    policies.put(bucket, read.object('PolicyDocument') as unknown as PolicyDocument);
    return { physicalId: bucket, attributes: {} };
  };
  return { create: put, update: put, delete: ({ physicalId }) => policies.delete(physicalId) };
};
