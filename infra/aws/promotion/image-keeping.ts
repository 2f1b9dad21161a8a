import { Duration, Stack } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { APPLICATION_TAG } from '../../../tasks/images/own-images.ts';
import { REVISION_PREFIX } from '../../../tasks/keeping/s3-revisions.ts';
import { imageReuseOf } from '../image/reuse.ts';
import { LockstepFunction } from '../lockstep-function.ts';
import { deploymentGroupName, imageParameterArn, imageParameterName, pipelineArns } from '../names.ts';
import type { Grantee } from '../permissions.ts';
import { IMAGES_REASON, type PromotionParameters } from './promotion-grants.ts';
import { EVERY_DAY, type Schedules } from './schedules.ts';

interface ImageKeepingProps extends PromotionParameters {
  readonly bundles: string;
  /** The buckets that pipelines keep revisions in, of all regions. */
  readonly revisions: readonly Bucket[];
  readonly stateMachineArn: string;
  readonly schedules: Schedules;
}

/** Lets a role see an application's AMIs in its account and region, what runs them, and deregister them with their snapshots. */
function allowAmis(one: Grantee, stack: Stack, application: string): void {
  const ec2 = (resource: string) =>
    stack.formatArn({ service: 'ec2', account: '', resource, resourceName: '*' });
  one
    .allowWithoutResource('ec2:DescribeImages', 'ec2:DescribeInstances')
    .allowWithWildcard(
      ['ec2:DeregisterImage'],
      [ec2('image')],
      'Each build makes another AMI; the condition lets in those with the tag of this application.',
      { StringEquals: { [`aws:ResourceTag/${APPLICATION_TAG}`]: application } },
    )
    // Image Builder passes no tag of ours on to snapshots. AWS's own policy for their deletion,
    // EC2ImageBuilderLifecycleExecutionPolicy, has the same condition.
    .allowWithWildcard(
      ['ec2:DeleteSnapshot'],
      [ec2('snapshot')],
      "Snapshots are deleted with the AMI that is made from them; the condition lets in Image Builder's.",
      { StringEquals: { 'aws:ResourceTag/CreatedBy': 'EC2 Image Builder' } },
    );
}

/** Deletes an application's images and revisions that nothing needs, once a day and after each promotion (T55, T61). */
export class ImageKeeping extends Construct {
  readonly deleteUnusedImages: LockstepFunction<'delete-unused-images'>;

  constructor(scope: Construct, id: string, props: ImageKeepingProps) {
    super(scope, id);
    const { application, bundles, ledger, recipe, qatImage, prodImage, qat, prod, environmentAccess } = props;
    const buckets = props.revisions.map((bucket) => ({
      bucket: bucket.bucketName,
      region: Stack.of(bucket).region,
    }));
    const one = new LockstepFunction(this, 'DeleteUnusedImages', {
      name: 'delete-unused-images',
      bundles,
      isAsynchronous: true,
      description: 'Deletes images and revisions that nothing needs',
      environment: {
        APPLICATION: application.name,
        LEDGER_TABLE: ledger.table.tableName,
        KEEP_RELEASES: String(application.keep.releases),
        REUSE_DAYS: String(imageReuseOf(application)?.days ?? 0),
        REVISION_BUCKETS: Stack.of(this).toJsonString(buckets),
        QAT_IMAGE_PIPELINE_ARN: qatImage.pipelineArn,
        QAT_IMAGE_PARAMETER: imageParameterName(application.name, 'qat'),
        QAT_CODEDEPLOY_APPLICATION: qat.codeDeployApplication,
        QAT_DEPLOYMENT_GROUP: deploymentGroupName('qat'),
        PROD_IMAGE_PIPELINE_ARN: prodImage.pipelineArn,
        PROD_IMAGE_PARAMETER: imageParameterName(application.name, 'prod'),
        PROD_CODEDEPLOY_APPLICATION: prod.codeDeployApplication,
        PROD_DEPLOYMENT_GROUP: deploymentGroupName('prod'),
      },
      timeout: Duration.minutes(10),
    });
    this.deleteUnusedImages = one;
    this.allowDeleting(props);
    this.schedule(application.name, props);
    ledger.allow(one, application.name, 'Query');
    ledger.allowNotes(one, application.name);
    one.allowWithWildcard(['imagebuilder:DeleteImage'], [recipe.imageArns], IMAGES_REASON);
    one
      .allow(['imagebuilder:ListImagePipelineImages'], [qatImage.pipelineArn, prodImage.pipelineArn])
      .allow(['codepipeline:ListActionExecutions'], pipelineArns(Stack.of(one), application.name));
    for (const [environment, { deploymentGroupArn }] of [
      ['qat', qat],
      ['prod', prod],
    ] as const) {
      const access = environmentAccess[environment];
      access
        .of(one)
        .allow(['ssm:GetParameter'], [imageParameterArn(access.stack, application.name, environment)])
        .allow(['codedeploy:GetDeployment', 'codedeploy:GetDeploymentGroup'], [deploymentGroupArn]);
    }
  }

  private allowDeleting({
    application,
    environmentAccess: { qat, prod },
    revisions,
  }: ImageKeepingProps): void {
    const one = this.deleteUnusedImages;
    const places = new Map<Grantee, Stack>([
      [one, Stack.of(one)],
      [qat.of(one), qat.stack],
      [prod.of(one), prod.stack],
    ]);
    for (const [grantee, stack] of places) allowAmis(grantee, stack, application.name);
    one
      .allow(
        ['s3:ListBucketVersions'],
        revisions.map(({ bucketArn }) => bucketArn),
      )
      .allowWithWildcard(
        ['s3:DeleteObjectVersion'],
        revisions.map((bucket) => bucket.arnForObjects(`${REVISION_PREFIX}*`)),
        "Revisions of this application's pipelines: CodePipeline names each by its run.",
      );
  }

  private schedule(application: string, { schedules, stateMachineArn }: ImageKeepingProps): void {
    const one = this.deleteUnusedImages;
    schedules.add(
      'DeleteUnusedImages',
      `Deletes images and revisions of ${application} that nothing needs`,
      one,
      EVERY_DAY,
    );
    new Rule(this, 'PromotionEnded', {
      description: `Why images of ${application} are kept is noted again after each promotion`,
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: [stateMachineArn],
          status: ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'],
        },
      },
      targets: [new LambdaFunction(one.function, one.deadLetters && { deadLetterQueue: one.deadLetters })],
    });
  }
}
