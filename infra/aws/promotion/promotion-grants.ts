import { Stack } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { FunctionName } from '../../../tasks/functions.ts';
import type { Environment } from '../../../tasks/payloads.ts';
import type { ApplicationConfig } from '../../config.ts';
import type { EnvironmentAccess } from '../environments/environment-access.ts';
import type { ProdEnvironment } from '../environments/prod-environment.ts';
import { allowOnFleet } from '../environments/prod-fleet.ts';
import type { QatEnvironment } from '../environments/qat-environment.ts';
import type { ImageBuild } from '../image/image-build.ts';
import type { ImageRecipe } from '../image/image-recipe.ts';
import { imageReuseOf } from '../image/reuse.ts';
import type { LockstepFunction } from '../lockstep-function.ts';
import {
  deploymentGroupName,
  imageParameterArn,
  pipelineArn,
  pipelineArns,
  stateMachineArn,
} from '../names.ts';
import { type Grantee, SEE_DEPLOYMENT_TARGETS } from '../permissions.ts';
import type { Ledger } from '../platform/ledger.ts';

export const IMAGES_REASON =
  "Images of this application's recipe: each build makes another, whose version and number are in its ARN.";

/** Where build instances upload what a component's scanner found. */
export interface ScanReports {
  readonly bucketName: string;
  /** ARN of every report. */
  readonly objects: string;
  readonly key: IKey;
}

/** Builds of an application's commits. */
export interface Builds {
  readonly projectArn: string;
  /** ARN of everything that they made. */
  readonly objects: string;
  readonly key: IKey;
}

/** What the functions of a promotion work on. */
export interface PromotionParameters {
  readonly application: ApplicationConfig;
  readonly ledger: Ledger;
  readonly recipe: ImageRecipe;
  readonly qatImage: ImageBuild;
  readonly prodImage: ImageBuild;
  readonly qat: QatEnvironment;
  readonly prod: ProdEnvironment;
  /** @default commits are deployed as they are */
  readonly builds?: Builds;
  /** Only where a component scans images. */
  readonly scanReports?: ScanReports;
  /** How functions act in the environments. */
  readonly environmentAccess: Readonly<Record<Environment, EnvironmentAccess>>;
}

/** CodeDeploy application and deployment group of Prod. */
const fleetOf = (prod: ProdEnvironment) => ({
  applicationName: prod.codeDeployApplication,
  deploymentGroupName: deploymentGroupName('prod'),
});

const allowOnQatGroup = (
  one: LockstepFunction<FunctionName>,
  action: string,
  { autoScalingGroupName }: QatEnvironment,
  { qat }: PromotionParameters['environmentAccess'],
): void => {
  qat.of(one).allowWithWildcard(
    [action],
    [
      qat.stack.formatArn({
        service: 'autoscaling',
        resource: 'autoScalingGroup:*:autoScalingGroupName',
        resourceName: autoScalingGroupName,
      }),
    ],
    "QAT's one group by its name; the star stands for the UUID in its ARN, which CloudFormation does not return.",
  );
};

/** Starting each kind of job, and preparing Prod for a deployment. */
export function allowStartJobs(
  startJob: LockstepFunction<'start-job'>,
  { application, qatImage, prodImage, qat, prod, builds, environmentAccess }: PromotionParameters,
): void {
  if (builds) startJob.allow(['codebuild:ListBuildsForProject', 'codebuild:StartBuild'], [builds.projectArn]);
  startJob
    .allow(['imagebuilder:StartImagePipelineExecution'], [qatImage.pipelineArn, prodImage.pipelineArn])
    .allow(['codepipeline:StartPipelineExecution'], pipelineArns(Stack.of(startJob), application.name));
  allowOnQatGroup(startJob, 'autoscaling:StartInstanceRefresh', qat, environmentAccess);
  const inProd = environmentAccess.prod.of(startJob);
  inProd
    // What a failed blue/green left behind is deleted before the next one.
    .allowWithoutResource('autoscaling:DescribeAutoScalingGroups')
    .allow(
      // The alarms that are on are left out of a deployment that cures what set them off.
      ['codedeploy:GetDeploymentGroup', 'codedeploy:ListDeployments', 'codedeploy:UpdateDeploymentGroup'],
      [prod.deploymentGroupArn],
    )
    // A redriven deployment points Prod at its image again.
    .allow(
      ['ssm:GetParameter', 'ssm:PutParameter'],
      [imageParameterArn(environmentAccess.prod.stack, application.name, 'prod')],
    )
    .allowWithoutResource('ec2:DescribeImages');
  allowOnFleet(inProd, ['autoscaling:DeleteAutoScalingGroup'], fleetOf(prod));
  // Where the load test reaches QAT.
  if (application.loadTest) environmentAccess.qat.of(startJob).allowWithoutResource('ec2:DescribeInstances');
  allowReuse(startJob, { application, qatImage, prodImage, environmentAccess });
}

/** Seeing whether an earlier image equals what a build would make. */
function allowReuse(
  startJob: LockstepFunction<'start-job'>,
  {
    application,
    qatImage,
    prodImage,
    environmentAccess: { qat, prod },
  }: Pick<PromotionParameters, 'application' | 'qatImage' | 'prodImage' | 'environmentAccess'>,
): void {
  const reuse = imageReuseOf(application);
  if (reuse === undefined) return;
  const stack = Stack.of(startJob);
  const parameters = new Set([reuse.releaseParameter, reuse.parentParameter ?? reuse.releaseParameter]);
  startJob
    .allow(
      ['imagebuilder:GetImagePipeline', 'imagebuilder:ListImagePipelineImages'],
      [qatImage.pipelineArn, prodImage.pipelineArn],
    )
    .allow(
      ['ssm:GetParameter'],
      [...parameters].map((name) =>
        stack.formatArn({
          service: 'ssm',
          // AWS's own parameters are of no account.
          ...(name.startsWith('/aws/') && { account: '' }),
          resource: 'parameter',
          resourceName: name.slice(1),
        }),
      ),
    );
  // Prod's AMIs are looked at in any case.
  for (const one of new Set<Grantee>([startJob, qat.of(startJob)]))
    if (one !== prod.of(startJob)) one.allowWithoutResource('ec2:DescribeImages');
}

/** Asking how jobs stand, and telling the state machine. */
export function allowCompleteJobs(
  one: LockstepFunction<FunctionName>,
  { application, ledger, recipe, qat, prod, builds, environmentAccess }: PromotionParameters,
): void {
  if (builds) one.allow(['codebuild:BatchGetBuilds'], [builds.projectArn]);
  ledger.allow(one, application.name, 'GetItem', 'PutItem', 'Query', 'UpdateItem');
  one
    .allow(
      ['states:SendTaskFailure', 'states:SendTaskSuccess'],
      [stateMachineArn(Stack.of(one), application.name)],
    )
    .allowWithWildcard(['imagebuilder:GetImage'], [recipe.imageArns], IMAGES_REASON)
    .allow(
      ['codepipeline:GetPipelineExecution', 'codepipeline:ListActionExecutions'],
      pipelineArns(Stack.of(one), application.name),
    );
  environmentAccess.qat
    .of(one)
    .allowWithoutResource('autoscaling:DescribeInstanceRefreshes', 'autoscaling:DescribeScalingActivities');
  // A refresh whose instances cannot be started is given up.
  allowOnQatGroup(one, 'autoscaling:CancelInstanceRefresh', qat, environmentAccess);
  for (const [environment, { deploymentGroupArn }] of [
    ['qat', qat],
    ['prod', prod],
  ] as const)
    environmentAccess[environment]
      .of(one)
      .allow(['codedeploy:GetDeployment'], [deploymentGroupArn])
      .allowWithoutResource(...SEE_DEPLOYMENT_TARGETS);
  // A deployment whose new instances cannot be started is stopped; of one that alarms stopped, they are read. Traffic moves to new
  // instances that run the approved image.
  allowSeeAlarms(one, prod, environmentAccess.prod)
    .allowWithoutResource(
      'autoscaling:DescribeScalingActivities',
      'codedeploy:ContinueDeployment',
      'codedeploy:StopDeployment',
      'ec2:DescribeInstances',
    )
    .allowWithoutResource('cloudwatch:GetMetricData');
}

/** Looking at what builds made. */
export function allowLookAtBuilt(
  one: Grantee,
  { objects, key }: Builds,
  action: 's3:GetObject' | 's3:GetObjectVersion',
): void {
  one
    .allowWithWildcard([action], [objects], 'CodeBuild names the folder of what it builds by the build.')
    .allow(['kms:Decrypt'], [key.keyArn]);
}

/** Reading what is in an image, what it was made from, and what a commit was built into. */
export function allowInspectImage(
  inspectImage: LockstepFunction<'inspect-image'>,
  { application, recipe, builds, scanReports }: PromotionParameters,
): void {
  if (builds) {
    inspectImage.allow(['codebuild:BatchGetBuilds'], [builds.projectArn]);
    allowLookAtBuilt(inspectImage, builds, 's3:GetObject');
  }
  // Both list by a filter, which is no resource.
  if (application.image.scan === 'inspector')
    inspectImage.allowWithoutResource(
      'imagebuilder:ListImageScanFindings',
      'inspector2:SearchVulnerabilities',
    );
  // The instance on which an image was built, and what a scanner wrote there.
  if (scanReports)
    inspectImage
      .allowWithWildcard(['imagebuilder:ListWorkflowExecutions'], [recipe.imageArns], IMAGES_REASON)
      .allowWithWildcard(
        ['imagebuilder:ListWorkflowStepExecutions'],
        [
          Stack.of(inspectImage).formatArn({
            service: 'imagebuilder',
            resource: 'workflow-execution',
            resourceName: '*',
          }),
        ],
        'Image Builder gives each run of a build workflow an id of its own.',
      )
      .allowWithWildcard(
        ['s3:GetObject'],
        [scanReports.objects],
        "Reports of scanners: each is named by its build's instance.",
      )
      .allow(['kms:Decrypt'], [scanReports.key.keyArn]);
  inspectImage
    .allowWithWildcard(
      ['imagebuilder:GetImage', 'imagebuilder:ListImagePackages'],
      [recipe.imageArns],
      IMAGES_REASON,
    )
    .allow(['imagebuilder:GetComponent'], recipe.componentArns)
    .allowWithoutResource('ec2:DescribeImages');
}

/** Seeing whether the alarms are on that watch deployments to Prod. */
function allowSeeAlarms(
  one: LockstepFunction<FunctionName>,
  { watchedAlarmArns }: ProdEnvironment,
  environmentAccess: EnvironmentAccess,
): Grantee {
  const inProd = environmentAccess.of(one);
  if (watchedAlarmArns.length > 0) inProd.allow(['cloudwatch:DescribeAlarms'], watchedAlarmArns);
  return inProd;
}

/** Seeing how a soak stands, ending it, and sending traffic back. */
export function allowSoakProd(
  soakProd: LockstepFunction<'soak-prod'>,
  { application, ledger, prod, environmentAccess }: PromotionParameters,
): void {
  ledger.allow(soakProd, application.name, 'GetItem', 'PutItem', 'Query');
  soakProd.allow(
    ['codepipeline:ListActionExecutions'],
    [pipelineArn(Stack.of(soakProd), application.name, 'prod')],
  );
  allowSeeAlarms(soakProd, prod, environmentAccess.prod)
    .allow(['codedeploy:GetDeployment', 'codedeploy:GetDeploymentGroup'], [prod.deploymentGroupArn])
    .allowWithoutResource(
      ...SEE_DEPLOYMENT_TARGETS,
      'codedeploy:ContinueDeployment',
      'codedeploy:StopDeployment',
    );
}

/** Asking what serves in Prod, and repairing its fleet. */
export function allowVerifyProd(
  verifyProd: LockstepFunction<'verify-prod'>,
  { application, prod, environmentAccess }: PromotionParameters,
): void {
  verifyProd.allow(
    ['codepipeline:GetPipelineExecution', 'codepipeline:ListActionExecutions'],
    [pipelineArn(Stack.of(verifyProd), application.name, 'prod')],
  );
  const inProd = environmentAccess.prod.of(verifyProd);
  prod.allowTargetGroup(inProd);
  inProd
    .allow(
      [
        'codedeploy:GetDeployment',
        'codedeploy:GetDeploymentGroup',
        'codedeploy:ListDeployments',
        'codedeploy:UpdateDeploymentGroup',
      ],
      [prod.deploymentGroupArn],
    )
    .allowWithoutResource(
      ...SEE_DEPLOYMENT_TARGETS,
      'autoscaling:DescribeAutoScalingGroups',
      'ec2:DescribeInstances',
      'elasticloadbalancing:DescribeTargetHealth',
    );
  allowOnFleet(
    inProd,
    [
      'autoscaling:AttachLoadBalancerTargetGroups',
      'autoscaling:PutScalingPolicy',
      'autoscaling:UpdateAutoScalingGroup',
    ],
    fleetOf(prod),
  );
}
