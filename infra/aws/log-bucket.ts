import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/** Days after which access and flow logs are deleted. */
const RETENTION_DAYS = 90;

/**
 * A bucket for what AWS's services log about access: load balancers and S3 write to buckets only, and load balancers only to
 * such as S3 itself encrypts. Kept when the stack is deleted, so that the last requests can be looked up.
 */
export function logBucket(scope: Construct, id: string): IBucket {
  const bucket = new Bucket(scope, id, {
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    removalPolicy: RemovalPolicy.RETAIN,
    lifecycleRules: [
      {
        expiration: Duration.days(RETENTION_DAYS),
        abortIncompleteMultipartUploadAfter: Duration.days(7),
      },
    ],
  });
  // The class has `undefined` where its interface has optional properties.
  return bucket as IBucket;
}

/**
 * Lets a service of AWS write below a prefix, which names the account whose resources it writes for: that limits it, as Elastic
 * Load Balancing documents it. Whether its requests carry the account and resource for conditions is not said.
 */
export function allowLogDelivery(
  bucket: IBucket,
  delivery: { readonly service: string; readonly prefix: string },
): void {
  const { service, prefix } = delivery;
  bucket.addToResourcePolicy(
    new PolicyStatement({
      effect: Effect.ALLOW,
      principals: [new ServicePrincipal(service)],
      actions: ['s3:PutObject'],
      resources: [bucket.arnForObjects(`${prefix}/*`)],
    }),
  );
}
