import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

/** Days after which access and flow logs are deleted. */
const RETENTION_DAYS = 90;

/**
 * A bucket for what AWS's services log about access: load balancers and S3 write to buckets only, and load balancers only to
 * such as S3 itself encrypts. Kept when the stack is deleted, so that the last requests can be looked up.
 */
export const logBucket = (scope: Construct, id: string): IBucket => {
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
  acknowledge(bucket, 'S1', 'It takes logs of access itself: those of requests to it would never end.');
  // The class has `undefined` where its interface has optional properties.
  return bucket as IBucket;
};

/**
 * Lets a service of AWS write below a prefix, for resources of this account.
 * @param sourceArn pattern of the resources whose logs are written
 */
export const allowLogDelivery = (
  bucket: IBucket,
  delivery: { readonly service: string; readonly prefix: string; readonly sourceArn: string },
): void => {
  const { service, prefix, sourceArn } = delivery;
  bucket.addToResourcePolicy(
    new PolicyStatement({
      effect: Effect.ALLOW,
      principals: [new ServicePrincipal(service)],
      actions: ['s3:PutObject'],
      resources: [bucket.arnForObjects(`${prefix}/*`)],
      conditions: {
        StringEquals: { 'aws:SourceAccount': Stack.of(bucket).account },
        ArnLike: { 'aws:SourceArn': sourceArn },
      },
    }),
  );
};
