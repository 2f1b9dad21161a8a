import { CfnOutput, CfnParameter, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { BUILT_PREFIX } from '../../tasks/keeping/s3-revisions.ts';
import type { Environment } from '../../tasks/payloads.ts';
import { IMAGE_SCAN_PREFIX } from '../../tasks/vulnerabilities/component-scan.ts';
import { type ApplicationConfig, configurationVersion, type LockstepConfig } from '../config.ts';
import { allowImageBuilderToPublish, encryptedTopic, rotatingKey } from './encrypted-topic.ts';
import { createEnvironments, destinationOf, type WorkloadsIn } from './environments/environments.ts';
import { placeText } from './environments/place-text.ts';
import { revisionsHere } from './environments/revisions.ts';
import { ImageBuild, ImageBuildRole } from './image/image-build.ts';
import { imageKey } from './image/image-key.ts';
import { ImageRecipe } from './image/image-recipe.ts';
import { imageReuseOf } from './image/reuse.ts';
import { logBucket } from './log-bucket.ts';
import { imageParameterName, pipelineName, QAT_URL_PARAMETER, SOURCE_ACTION } from './names.ts';
import { ApplicationAlarms } from './operations/application-alarms.ts';
import { ApplicationDashboard } from './operations/application-dashboard.ts';
import { People } from './operations/console-policies.ts';
import type { PlatformStack } from './platform/platform-stack.ts';
import { artifactBucket } from './promotion/artifact-stack.ts';
import { DeploymentPipeline } from './promotion/deployment-pipeline.ts';
import { ImageKeeping } from './promotion/image-keeping.ts';
import { InstanceLook } from './promotion/instance-look.ts';
import { PromotionFunctions } from './promotion/promotion-functions.ts';
import { PromotionMachine } from './promotion/promotion-machine.ts';
import { PushPipeline } from './promotion/push-pipeline.ts';
import { builtSource, revisionBuild } from './promotion/revision-build.ts';
import { TestProject } from './promotion/test-project.ts';
import { Triggers } from './promotion/triggers.ts';
import { createSource } from './source/create-source.ts';

interface ApplicationStackProps extends StackProps {
  readonly application: ApplicationConfig;
  readonly config: LockstepConfig;
  readonly bundles: string;
  readonly platform: PlatformStack;
  /** What applications share where environments are elsewhere. */
  readonly workloads: WorkloadsIn;
}

/** One application: its repository, images, environments, pipelines, functions and state machine. */
export class ApplicationStack extends Stack {
  constructor(scope: Construct, id: string, stackProps: ApplicationStackProps) {
    const { application, config, bundles, platform, workloads, ...props } = stackProps;
    super(scope, id, props);
    const { name } = application;
    const { vpc, ledger, evidence, promotions, siteUrl, userPool } = platform;

    const key = rotatingKey(this, 'Key', `Lockstep: revisions, logs and image reports of ${name}`);
    allowImageBuilderToPublish(key);
    const accessLogs = logBucket(this, 'AccessLogs');
    const source = createSource(this, application, accessLogs);
    const artifacts = artifactBucket(this, 'Artifacts', key, accessLogs);

    const { internetAccess } = config.network;
    const instanceType = application.instanceTypes.image;
    const otherAccounts = accountsOtherThan(this.account, application);
    const recipe = new ImageRecipe(this, 'Recipe', {
      application: name,
      runtime: application.runtime,
      image: application.image,
      instanceType,
      internetAccess,
      bucketName: artifacts.bucketName,
      // Images that are encrypted with an account's own key cannot be copied out of it.
      ...(otherAccounts.length > 0 && {
        keyArn: imageKey(this, 'ImageKey', {
          description: `Lockstep: images of ${name}`,
          accounts: otherAccounts,
        }).keyArn,
      }),
    });
    const buildRole = new ImageBuildRole(this, 'ImageBuilds', {
      bucket: artifacts,
      key,
      scan: application.image.scan,
    });
    const builds = {
      application: name,
      recipe,
      buildRole,
      isScannedByInspector: application.image.scan === 'inspector',
      bucket: artifacts,
      instanceType,
      subnetId: vpc.privateSubnets[0]?.subnetId ?? '',
      securityGroupId: new SecurityGroup(this, 'BuildSecurityGroup', {
        vpc,
        description: `Image builds of ${name}`,
      }).securityGroupId,
    };
    const qatTopic = encryptedTopic(this, 'QatImageTopic', `QAT images of ${name}`, key);
    const prodTopic = encryptedTopic(this, 'ProdImageTopic', `Prod images of ${name}`, key);
    const qatImage = new ImageBuild(this, 'QatImage', {
      ...builds,
      environment: 'qat',
      topic: qatTopic,
      ...launchTemplateOf(application, 'qat'),
      ...destinationOf(application, 'qat', workloads),
      ...(application.imageSchedule && { schedule: application.imageSchedule }),
    });
    const prodImage = new ImageBuild(this, 'ProdImage', {
      ...builds,
      environment: 'prod',
      topic: prodTopic,
      ...launchTemplateOf(application, 'prod'),
      ...destinationOf(application, 'prod', workloads),
    });

    const placed = createEnvironments(this, {
      application,
      bundles,
      platform,
      workloads,
      artifacts,
      key,
      accessLogs,
      vpc,
      internetAccess,
    });
    const { environment: qat } = placed.qat;
    const { environment: prod } = placed.prod;

    const qatUrl = new CfnParameter(this, QAT_URL_PARAMETER, {
      default: 'none',
      description:
        'Where approvers reach the QAT application: its instance has no load balancer, and no address that people know',
    });
    const work = { application: name, vpc, artifacts, key };
    const build =
      application.build &&
      revisionBuild(this, 'Build', { ...work, build: application.build, source, instanceType });
    const parameters = {
      application,
      ledger,
      ...(build && {
        builds: { projectArn: build.arn, objects: artifacts.arnForObjects(`${BUILT_PREFIX}/*`), key },
      }),
      ...(application.image.scan === 'component' && {
        scanReports: {
          bucketName: artifacts.bucketName,
          objects: artifacts.arnForObjects(`${IMAGE_SCAN_PREFIX}/*`),
          key,
        },
      }),
      recipe,
      qatImage,
      prodImage,
      qat,
      prod,
      environmentAccess: { qat: placed.qat.environmentAccess, prod: placed.prod.environmentAccess },
    };
    const functions = new PromotionFunctions(this, 'Functions', {
      ...parameters,
      bundles,
      source,
      evidence,
      promotions,
      alarms: platform.alarms,
      siteUrl,
      ...(userPool && { userPool }),
      approvals: config.approvals,
      configurationVersion: configurationVersion(config, application),
      qatUrl: qatUrl.valueAsString,
      revisions: revisionsHere({ bucket: artifacts, key }),
    });
    const pipelines = {
      application: name,
      source: build ? builtSource(artifacts) : source,
      revision: build ? ('built' as const) : source.revisionVariable,
      guard: functions.guard.function,
      artifacts,
      key,
    };
    const test =
      application.test &&
      new TestProject(this, 'Test', {
        ...work,
        test: application.test,
        instanceType: application.instanceTypes.qat,
      });
    const loadTest =
      application.loadTest &&
      new TestProject(this, 'LoadTest', {
        application: name,
        test: application.loadTest,
        isLoadTest: true,
        instanceType: application.instanceTypes.qat,
        vpc,
        artifacts,
        key,
      });
    // Its instance has no load balancer: the load test reaches it at its private address.
    if (loadTest?.securityGroup)
      qat.securityGroup.addIngressRule(
        loadTest.securityGroup,
        Port.tcp(application.port),
        `Load test of ${name}`,
      );
    new DeploymentPipeline(this, 'QatPipeline', {
      ...pipelines,
      environment: 'qat',
      deployTo: qat,
      ...(placed.qat.elsewhere && { elsewhere: placed.qat.elsewhere }),
      ...(test && { test }),
      ...(loadTest && { loadTest }),
    });
    new DeploymentPipeline(this, 'ProdPipeline', {
      ...pipelines,
      environment: 'prod',
      deployTo: prod,
      ...(placed.prod.elsewhere && { elsewhere: placed.prod.elsewhere }),
    });

    if (source.pushes === undefined)
      new PushPipeline(this, 'PushPipeline', {
        application: name,
        branch: application.branch,
        source,
        startPromotion: functions.startPromotion.function,
        artifacts,
        key,
      });

    const imageReuse = imageReuseOf(application);
    const environmentParts = (environment: 'qat' | 'prod', image: ImageBuild) => ({
      imagePipelineArn: image.pipelineArn,
      ...(imageReuse && { imageReuse }),
      imageParameterName: imageParameterName(name, environment),
      pipelineName: pipelineName(name, environment),
    });
    const { stateMachine } = new PromotionMachine(this, 'Promotion', {
      application: name,
      functions: {
        acquireLock: functions.acquireLock.function,
        checkRelease: functions.checkRelease.function,
        startJob: functions.startJob.function,
        pointAtImage: functions.pointAtImage.function,
        requestApproval: functions.requestApproval.function,
        confirmApprovers: functions.confirmApprovers.function,
        verifyProd: functions.verifyProd.function,
        ...(functions.scanCommit && { scanCommit: functions.scanCommit.function }),
      },
      ...(application.secretScan !== 'off' && { secretScan: application.secretScan }),
      environments: {
        qat: environmentParts('qat', qatImage),
        prod: environmentParts('prod', prodImage),
      },
      qatAutoScalingGroupName: qat.autoScalingGroupName,
      sourceAction: SOURCE_ACTION,
      ...(application.build &&
        build && {
          build: {
            projectName: build.name,
            timeout: Duration.minutes(application.build.timeoutMinutes),
          },
        }),
      ...(application.test && { qatTestTimeout: Duration.minutes(application.test.timeoutMinutes) }),
      ...(application.loadTest && {
        qatLoadTest: {
          timeout: Duration.minutes(application.loadTest.timeoutMinutes),
          qatUrl: qatUrl.valueAsString,
          port: application.port,
        },
      }),
      ...(application.image.onDrift === 'ask' && { onDrift: application.image.onDrift }),
      ...(source.revisionType && { revisionType: source.revisionType }),
      approvalExpiryDays: application.approvalExpiryDays,
      soakMinutes: application.deployment.soakMinutes,
    });
    const { schedules } = new Triggers(this, 'Triggers', {
      application: name,
      branch: application.branch,
      source,
      repositoryMails: application.repositoryMails,
      functions,
      imageTopics: [qatTopic, prodTopic],
      imageArns: recipe.imageArns,
      qatAutoScalingGroupName: qat.autoScalingGroupName,
      ...(build && { buildProjectName: build.name }),
      ...(placed.qat.elsewhere && { qatPlace: placed.qat.elsewhere.place }),
      prodCodeDeployApplication: prod.codeDeployApplication,
      ...(placed.prod.elsewhere && { prodPlace: placed.prod.elsewhere.place }),
      stateMachineArn: stateMachine.stateMachineArn,
    });

    // Both environments may be in one region.
    const regionalStores = new Set(
      [placed.qat, placed.prod].flatMap(({ elsewhere }) => elsewhere?.regional?.bucket ?? []),
    );
    const { deleteUnusedImages } = new ImageKeeping(this, 'Keeping', {
      ...parameters,
      bundles,
      revisions: [artifacts, ...regionalStores],
      schedules,
      stateMachineArn: stateMachine.stateMachineArn,
    });
    const { lookAtInstances } = new InstanceLook(this, 'Look', {
      ...parameters,
      bundles,
      promotions,
      evidence: platform.evidence,
      siteUrl,
      schedules,
      stateMachineArn: stateMachine.stateMachineArn,
    });
    const asynchronous = [...functions.asynchronous, deleteUnusedImages, lookAtInstances];

    new ApplicationAlarms(this, 'Alarms', {
      application: name,
      alarms: platform.alarms,
      asynchronous,
      reconcileJobs: functions.reconcileJobs,
      ...(build && { buildProjectName: build.name }),
    });
    const people = new People(this, 'People', {
      application: name,
      // A policy allows nothing in another account.
      deploymentGroupArns: [placed.qat, placed.prod].flatMap(({ elsewhere, environment }) =>
        elsewhere ? [] : [environment.deploymentGroupArn],
      ),
      imageArns: recipe.imageArns,
      asynchronous,
      retries: functions.retries,
      ledger,
      evidence,
    });
    new ApplicationDashboard(this, 'Dashboard', {
      application: name,
      asksAboutImage: application.image.onDrift === 'ask',
    });

    const outputs: Readonly<Record<string, string>> = {
      ...source.outputs,
      BranchName: application.branch,
      StateMachineArn: stateMachine.stateMachineArn,
      QatPipelineName: pipelineName(name, 'qat'),
      ProdPipelineName: pipelineName(name, 'prod'),
      QatImagePipelineArn: qatImage.pipelineArn,
      ProdImagePipelineArn: prodImage.pipelineArn,
      QatAutoScalingGroupName: qat.autoScalingGroupName,
      ...(!placed.prod.elsewhere && { ProdUrl: prod.url }),
      ...placesElsewhere(application),
      ViewersPolicyArn: people.viewers.managedPolicyArn,
      OperatorsPolicyArn: people.operators.managedPolicyArn,
    };
    for (const [output, value] of Object.entries(outputs)) new CfnOutput(this, output, { value });
  }
}

/** The launch template whose default version gets an environment's images, if any. */
const launchTemplateOf = (
  { image: { launchTemplateDefault } }: ApplicationConfig,
  environment: Environment,
): { readonly launchTemplateId?: string } => {
  const launchTemplateId = launchTemplateDefault?.[environment];
  return launchTemplateId === undefined ? {} : { launchTemplateId };
};

/** Accounts that images are copied into. */
const accountsOtherThan = (own: string, { environments = {} }: ApplicationConfig): readonly string[] => [
  ...new Set(Object.values(environments).flatMap(({ account }) => (account === own ? [] : [account]))),
];

/** Where environments elsewhere are: a tear-down looks for their stacks there. */
const placesElsewhere = ({
  environments: { qat, prod } = {},
}: ApplicationConfig): Record<string, string> => ({
  ...(qat && { QatPlace: placeText(qat) }),
  ...(prod && { ProdPlace: placeText(prod) }),
});
