import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type IBucket,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

interface EncryptedBucketProps
  extends Omit<
    BucketProps,
    | 'encryption'
    | 'encryptionKey'
    | 'bucketKeyEnabled'
    | 'enforceSSL'
    | 'blockPublicAccess'
    | 'versioned'
    | 'serverAccessLogsBucket'
    | 'serverAccessLogsPrefix'
  > {
  readonly key: IKey;
  /** Takes the log of requests to the bucket, below a prefix. */
  readonly accessLogs: { readonly bucket: IBucket; readonly prefix: string };
}

/** A bucket of ours: private, encrypted under a key of ours, with versions, and every request to it logged. */
export const encryptedBucket = (
  scope: Construct,
  id: string,
  { key, accessLogs, ...props }: EncryptedBucketProps,
): Bucket =>
  new Bucket(scope, id, {
    versioned: true,
    encryption: BucketEncryption.KMS,
    encryptionKey: key,
    bucketKeyEnabled: true,
    enforceSSL: true,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    serverAccessLogsBucket: accessLogs.bucket,
    serverAccessLogsPrefix: `${accessLogs.prefix}/`,
    ...props,
  });
