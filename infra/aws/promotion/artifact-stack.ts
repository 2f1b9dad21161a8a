import { Duration, PhysicalName, Stack, type StackProps } from 'aws-cdk-lib';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { Bucket, IBucket, LifecycleRule } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { IMAGE_SCAN_PREFIX } from '../../../tasks/vulnerabilities/component-scan.ts';
import { encryptedBucket } from '../encrypted-bucket.ts';
import { rotatingKey } from '../encrypted-topic.ts';
import type { ArtifactStore } from '../environments/revisions.ts';
import { IMAGE_LOG_PREFIX } from '../image/image-build.ts';
import { logBucket } from '../log-bucket.ts';
import { artifactKeyAlias } from '../names.ts';
import { cachePrefix } from './code-build-project.ts';
import { CODEBUILD_LOG_PREFIX } from './code-build-role.ts';

/** What is kept for a time: a version that was replaced goes a week later. */
const expiring = (prefix: string, days: number): LifecycleRule => ({
  prefix: `${prefix}/`,
  expiration: Duration.days(days),
  noncurrentVersionExpiration: Duration.days(7),
});

/**
 * The bucket of an application's revisions and logs. Revisions have no end here: CodeDeploy deploys the last one to each new
 * instance, however old it is (T55); `delete-unused-images` deletes those that nothing needs. Versions keep one that was written
 * over. @param accessLogs takes the log of requests to it
 */
export const artifactBucket = (scope: Construct, id: string, key: Key, accessLogs: IBucket): Bucket =>
  encryptedBucket(scope, id, {
    key,
    accessLogs: { bucket: accessLogs, prefix: 'artifacts' },
    // Only if another account must read it by name.
    bucketName: PhysicalName.GENERATE_IF_NEEDED,
    lifecycleRules: [
      // Longer than a promotion can take, redrives included.
      expiring(IMAGE_LOG_PREFIX, 180),
      expiring(IMAGE_SCAN_PREFIX, 180),
      expiring(CODEBUILD_LOG_PREFIX, 180),
      expiring(cachePrefix('build'), 30),
      expiring(cachePrefix('test'), 30),
      expiring(cachePrefix('load-test'), 30),
      { abortIncompleteMultipartUploadAfter: Duration.days(7), expiredObjectDeleteMarker: true },
    ],
  });

/**
 * Where CodePipeline puts revisions that it deploys in another region: an action finds them in a bucket of its own region, in the
 * pipeline's account.
 */
export class ArtifactStack extends Stack {
  readonly store: ArtifactStore;
  /** ARN of the alias of its key: the key's own is not known in another region. */
  readonly keyAliasArn: string;

  constructor(
    scope: Construct,
    id: string,
    { application, ...props }: StackProps & { readonly application: string },
  ) {
    super(scope, id, props);
    const key = rotatingKey(this, 'Key', `Lockstep: revisions of ${application} in this region`);
    key.addAlias(artifactKeyAlias(application));
    this.keyAliasArn = this.formatArn({
      service: 'kms',
      resource: 'alias',
      resourceName: artifactKeyAlias(application).slice('alias/'.length),
    });
    this.store = { bucket: artifactBucket(this, 'Artifacts', key, logBucket(this, 'AccessLogs')), key };
  }
}
