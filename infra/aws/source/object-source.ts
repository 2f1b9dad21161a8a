import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { CfnBucket, IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { SourceConfig } from '../../config.ts';
import { encryptedBucket } from '../encrypted-bucket.ts';
import { rotatingKey } from '../encrypted-topic.ts';
import type { Source } from './source.ts';

/** Versions of a zip archive in a bucket, uploaded by a build elsewhere. */
export function objectSource(
  scope: Construct,
  { name }: { readonly name: string },
  { objectKey, manifestKeys }: Extract<SourceConfig, { kind: 's3' }>,
  accessLogs: IBucket,
): Source {
  const key = rotatingKey(scope, 'SourceKey', `Lockstep: archives of ${name}`);
  const bucket = encryptedBucket(scope, 'SourceBucket', {
    key,
    accessLogs: { bucket: accessLogs, prefix: 'source' },
    removalPolicy: RemovalPolicy.RETAIN,
    lifecycleRules: [
      // Longer than a promotion can take, redrives included; the newest version stays.
      {
        noncurrentVersionExpiration: Duration.days(180),
        abortIncompleteMultipartUploadAfter: Duration.days(7),
      },
    ],
  });
  // CDK's own switch for it brings a custom resource along.
  (bucket.node.defaultChild as CfnBucket).notificationConfiguration = {
    eventBridgeConfiguration: { eventBridgeEnabled: true },
  };
  return {
    repositoryName: `${bucket.bucketName}/${objectKey}`,
    action: {
      provider: 'S3',
      configuration: {
        S3Bucket: bucket.bucketName,
        S3ObjectKey: objectKey,
        PollForSourceChanges: false,
      },
    },
    revisionVariable: 'VersionId',
    revisionType: 'S3_OBJECT_VERSION_ID',
    read: [
      { actions: ['s3:GetBucketAcl', 's3:GetBucketVersioning'], resources: [bucket.bucketArn] },
      {
        actions: ['s3:GetObject', 's3:GetObjectTagging', 's3:GetObjectVersion', 's3:GetObjectVersionTagging'],
        resources: [bucket.arnForObjects(objectKey)],
      },
      { actions: ['kms:Decrypt'], resources: [key.keyArn] },
    ],
    clone: {
      source: { type: 'S3', location: `${bucket.bucketName}/${objectKey}` },
      grants: [
        { actions: ['s3:GetObject', 's3:GetObjectVersion'], resources: [bucket.arnForObjects(objectKey)] },
        { actions: ['kms:Decrypt'], resources: [key.keyArn] },
      ],
    },
    describe: [],
    look: [
      { actions: ['s3:GetObjectVersion'], resources: [bucket.arnForObjects(objectKey)] },
      { actions: ['kms:Decrypt'], resources: [key.keyArn] },
    ],
    files: [],
    // The manifest of each promoted version is read, if a key of its signature is known.
    compare: manifestKeys
      ? [
          { actions: ['s3:GetObjectVersion'], resources: [bucket.arnForObjects(objectKey)] },
          { actions: ['kms:Decrypt'], resources: [key.keyArn] },
        ]
      : [],
    ...(manifestKeys && { manifestKeys }),
    pushes: {
      source: ['aws.s3'],
      detailType: ['Object Created'],
      resources: [bucket.bucketArn],
      detail: { bucket: { name: [bucket.bucketName] }, object: { key: [objectKey] } },
    },
    outputs: { RepositoryName: `${bucket.bucketName}/${objectKey}`, SourceBucketName: bucket.bucketName },
  };
}
