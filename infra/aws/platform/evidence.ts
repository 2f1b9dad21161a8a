import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { type Bucket, type IBucket, ObjectLockRetention } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { FunctionName } from '../../../tasks/functions.ts';
import { type ImageDocument, imagesPrefix } from '../../../tasks/image-inventory/image-objects.ts';
import { buildsPrefix } from '../../../tasks/provenance/build-statement.ts';
import { encryptedBucket } from '../encrypted-bucket.ts';
import { rotatingKey } from '../encrypted-topic.ts';
import type { LockstepFunction } from '../lockstep-function.ts';

/** How long a sealed record cannot be deleted: seven years, leap days included. */
const RETENTION = Duration.days(7 * 365 + 2);
/** After this many days more, records are deleted. */
const GRACE_DAYS = 30;

/** What would remove a sealed record, or put a delete marker before it. */
const REMOVING = [
  's3:BypassGovernanceRetention',
  's3:DeleteObject',
  's3:DeleteObjectVersion',
  's3:PutObjectRetention',
];
/** What would let somebody do so later. */
const WEAKENING = [
  's3:DeleteBucket',
  's3:DeleteBucketPolicy',
  's3:PutBucketObjectLockConfiguration',
  's3:PutBucketPolicy',
  's3:PutBucketVersioning',
  's3:PutLifecycleConfiguration',
];

interface EvidenceProps {
  readonly accessLogs: IBucket;
  /** ARN of the role that the bucket's policy denies nothing. @default nobody is exempt */
  readonly breakGlassRole?: string | undefined;
}

/** The promotions' sealed records: the key that signs them, and the bucket that keeps them. */
export class Evidence extends Construct {
  readonly signingKey: Key;
  readonly bucket: Bucket;
  private readonly storageKey: Key;

  constructor(scope: Construct, id: string, { accessLogs, breakGlassRole }: EvidenceProps) {
    super(scope, id);
    this.signingKey = new Key(this, 'SigningKey', {
      description: 'Lockstep: signs the evidence of promotions',
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.storageKey = rotatingKey(this, 'StorageKey', 'Lockstep: evidence of promotions at rest');
    this.bucket = encryptedBucket(this, 'Bucket', {
      key: this.storageKey,
      accessLogs: { bucket: accessLogs, prefix: 'evidence' },
      objectLockEnabled: true,
      // The default of the bucket locks every version: no function says for how long, so none can say less (D-020).
      objectLockDefaultRetention: ObjectLockRetention.governance(RETENTION),
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [
        {
          expiration: RETENTION.plus(Duration.days(GRACE_DAYS)),
          noncurrentVersionExpiration: RETENTION.plus(Duration.days(GRACE_DAYS)),
          abortIncompleteMultipartUploadAfter: Duration.days(7),
        },
      ],
    });
    this.protect(breakGlassRole);
  }

  /** Denies everybody to delete, write over or unlock what is sealed, permissions notwithstanding (D-093). */
  private protect(breakGlassRole: string | undefined): void {
    const objects = this.bucket.arnForObjects('*');
    const exempt = breakGlassRole && { ArnNotEquals: { 'aws:PrincipalArn': breakGlassRole } };
    const deny = (sid: string, actions: string[], resource: string, conditions: object = {}) =>
      this.bucket.addToResourcePolicy(
        new PolicyStatement({
          sid,
          effect: Effect.DENY,
          principals: [new AnyPrincipal()],
          actions,
          resources: [resource],
          conditions: { ...conditions, ...exempt },
        }),
      );
    deny('KeepRecords', REMOVING, objects);
    deny('KeepLock', WEAKENING, this.bucket.bucketArn);
    // Only a write with If-None-Match, which fails for a key that has an object; multipart uploads have no such header.
    deny('WriteOnce', ['s3:PutObject'], objects, { Null: { 's3:if-none-match': 'true' } });
    // CloudFormation may not delete it either: it stays with the bucket.
    this.bucket.policy?.applyRemovalPolicy(RemovalPolicy.RETAIN);
  }

  /** Of the bucket. Exported by hand, so that acknowledgements can name what functions of other stacks are granted. */
  private get bucketArn(): string {
    return Stack.of(this).exportValue(this.bucket.bucketArn);
  }

  /** What is kept of what an application's promotions built. */
  private builtObjects(application: string, hasBuilds: boolean): readonly string[] {
    return [imagesPrefix(application), ...(hasBuilds ? [buildsPrefix(application)] : [])].map(
      (prefix) => `${this.bucketArn}/${prefix}*`,
    );
  }

  /** Lets a function keep what is in an application's images, and sign where they and what was built come from. */
  allowKeepingBuilt(one: LockstepFunction<FunctionName>, application: string, hasBuilds: boolean): void {
    one
      .allow(['kms:GetPublicKey', 'kms:Sign'], [this.signingKey.keyArn])
      .allowWithWildcard(
        ['s3:GetObject', 's3:PutObject'],
        this.builtObjects(application, hasBuilds),
        'What is known of what this one application built, by ids and digests. None can be overwritten or deleted.',
      )
      .allow(['kms:Decrypt', 'kms:GenerateDataKey'], [this.storageKey.keyArn]);
  }

  /** Lets a function read what is known of an application's images, and of what was built. */
  allowReadingBuilt(one: LockstepFunction<FunctionName>, application: string, hasBuilds: boolean): void {
    one
      .allowWithWildcard(
        ['s3:GetObject'],
        this.builtObjects(application, hasBuilds),
        'What is known of what this one application built, by ids and digests.',
      )
      .allow(['kms:Decrypt'], [this.storageKey.keyArn]);
  }

  /** Lets a function read what is in an application's images. */
  allowReadingInventories(one: LockstepFunction<FunctionName>, application: string): void {
    one
      .allowWithWildcard(
        ['s3:GetObject'],
        [`${this.bucketArn}/${imagesPrefix(application)}*/${'inventory.json' satisfies ImageDocument}`],
        'Inventories of the images of this one application, by ids and digests.',
      )
      .allow(['kms:Decrypt'], [this.storageKey.keyArn]);
  }

  /** Lets a function of the platform read what is in images of all applications, and which vulnerabilities were found in them. */
  allowReadingContents(one: LockstepFunction<FunctionName>): void {
    const documents = ['inventory.json', 'findings.json'] satisfies ImageDocument[];
    one
      .allowWithWildcard(
        ['s3:GetObject'],
        documents.map((document) => this.bucket.arnForObjects(`${imagesPrefix('*')}*/${document}`)),
        'Inventories and findings of the images of all applications, by the ids of images. One line for each application would not fit in a policy.',
      )
      .allow(['kms:Decrypt'], [this.storageKey.keyArn]);
  }

  /** Lets a function check where images and what was built come from. */
  allowCheckingBuilt(one: LockstepFunction<FunctionName>, application: string, hasBuilds: boolean): void {
    this.allowReadingBuilt(one, application, hasBuilds);
    one.allow(['kms:GetPublicKey'], [this.signingKey.keyArn]);
  }

  /** Lets a function sign, and keep the sealed records of one application. */
  allowSealing(one: LockstepFunction<FunctionName>, application: string): void {
    const { bucketArn } = this;
    one
      .allow(['kms:GetPublicKey', 'kms:Sign'], [this.signingKey.keyArn])
      .allowWithWildcard(
        ['s3:PutObject'],
        [`${bucketArn}/${application}/*`],
        'Records of this one application; each promotion makes one, named by its id. None can be overwritten or deleted.',
      )
      .allow(['kms:GenerateDataKey'], [this.storageKey.keyArn]);
  }
}
