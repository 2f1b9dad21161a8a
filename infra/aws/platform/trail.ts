import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnTrail } from 'aws-cdk-lib/aws-cloudtrail';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Bucket, IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { encryptedBucket } from '../encrypted-bucket.ts';
import { rotatingKey } from '../encrypted-topic.ts';
import { TRAIL_NAME } from '../names.ts';
import type { Evidence } from './evidence.ts';
import type { Ledger } from './ledger.ts';

/** Events are kept for more than a year, so that a yearly audit finds all since the last. */
const RETENTION = Duration.days(400);

interface TrailProps {
  readonly ledger: Ledger;
  readonly evidence: Evidence;
  readonly accessLogs: IBucket;
}

/** What an event has to be for the trail to keep it. */
const selector = (name: string, fields: Readonly<Record<string, readonly string[]>>) => ({
  name,
  fieldSelectors: Object.entries(fields).map(([field, equalTo]) => ({ field, equalTo: [...equalTo] })),
});

/**
 * Who did what in the account: every management event of every region, each write to the ledger, and each access to sealed records.
 * CloudTrail's event history, which needs no trail, ends after 90 days and has no data events.
 */
export class Trail extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { ledger, evidence, accessLogs }: TrailProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const trailArn = stack.formatArn({ service: 'cloudtrail', resource: 'trail', resourceName: TRAIL_NAME });
    const key = rotatingKey(this, 'Key', 'Lockstep: what CloudTrail records');
    this.bucket = encryptedBucket(this, 'Bucket', {
      key,
      accessLogs: { bucket: accessLogs, prefix: 'trail' },
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [
        {
          expiration: RETENTION,
          noncurrentVersionExpiration: Duration.days(30),
          abortIncompleteMultipartUploadAfter: Duration.days(7),
        },
      ],
    });
    // CloudTrail's user guide, "Amazon S3 bucket policy for CloudTrail" and "Configure AWS KMS key policies for CloudTrail".
    const allow = (actions: string[], resources: string[], { equals = {}, like = {} } = {}) =>
      new PolicyStatement({
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal('cloudtrail.amazonaws.com')],
        actions,
        resources,
        conditions: {
          StringEquals: { 'aws:SourceArn': trailArn, ...equals },
          ...(Object.keys(like).length > 0 && { StringLike: like }),
        },
      });
    this.bucket.addToResourcePolicy(allow(['s3:GetBucketAcl'], [this.bucket.bucketArn]));
    this.bucket.addToResourcePolicy(
      allow(['s3:PutObject'], [this.bucket.arnForObjects(`AWSLogs/${stack.account}/*`)], {
        equals: { 's3:x-amz-acl': 'bucket-owner-full-control' },
      }),
    );
    key.addToResourcePolicy(
      allow(['kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext'], ['*'], {
        like: {
          'kms:EncryptionContext:aws:cloudtrail:arn': `arn:${stack.partition}:cloudtrail:*:${stack.account}:trail/*`,
        },
      }),
    );
    key.addToResourcePolicy(allow(['kms:DescribeKey'], ['*']));

    const trail = new CfnTrail(this, 'Resource', {
      trailName: TRAIL_NAME,
      isLogging: true,
      isMultiRegionTrail: true,
      includeGlobalServiceEvents: true,
      // Signed digests: a file that somebody changed or deleted shows.
      enableLogFileValidation: true,
      s3BucketName: this.bucket.bucketName,
      kmsKeyId: key.keyArn,
      advancedEventSelectors: [
        selector('Management events', { eventCategory: ['Management'] }),
        // Reads are many, and change nothing.
        selector('Writes to the ledger', {
          eventCategory: ['Data'],
          'resources.type': ['AWS::DynamoDB::Table'],
          'resources.ARN': [ledger.table.tableArn],
          readOnly: ['false'],
        }),
        {
          name: 'Sealed records',
          fieldSelectors: [
            { field: 'eventCategory', equalTo: ['Data'] },
            { field: 'resources.type', equalTo: ['AWS::S3::Object'] },
            { field: 'resources.ARN', startsWith: [evidence.bucket.arnForObjects('')] },
          ],
        },
      ],
    });
    // It writes a first file when it is made.
    if (this.bucket.policy) trail.node.addDependency(this.bucket.policy);
  }
}
