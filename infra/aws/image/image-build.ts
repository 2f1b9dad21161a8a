import { Stack } from 'aws-cdk-lib';
import { InstanceProfile, ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  CfnDistributionConfiguration,
  CfnImagePipeline,
  CfnInfrastructureConfiguration,
} from 'aws-cdk-lib/aws-imagebuilder';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { APPLICATION_TAG } from '../../../tasks/images/own-images.ts';
import type { Environment } from '../../../tasks/payloads.ts';
import { IMAGE_SCAN_PREFIX } from '../../../tasks/vulnerabilities/component-scan.ts';
import type { ImageScan } from '../../../tasks/vulnerabilities/scan-image.ts';
import type { ImageSchedule } from '../../config.ts';
import { acknowledgeManagedPolicy, acknowledgeWildcards } from '../nag-acknowledgements.ts';
import { allow } from '../permissions.ts';
import { builderLog } from './builder-log.ts';
import type { ImageRecipe } from './image-recipe.ts';

/** Where the builds' logs go in the application's bucket. */
export const IMAGE_LOG_PREFIX = 'image-builds';

/** What build instances may do: be driven by Image Builder, write their logs, and upload the report of a scanner. */
export class ImageBuildRole extends Construct {
  readonly role: Role;
  readonly instanceProfile: InstanceProfile;

  constructor(
    scope: Construct,
    id: string,
    props: { readonly bucket: Bucket; readonly key: IKey; readonly scan: ImageScan },
  ) {
    super(scope, id);
    this.role = new Role(this, 'Role', {
      description: 'Build and test instances of Image Builder',
      assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
      managedPolicies: [
        ManagedPolicy.fromAwsManagedPolicyName('EC2InstanceProfileForImageBuilder'),
        ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedInstanceCore'),
      ],
    });
    for (const policy of ['EC2InstanceProfileForImageBuilder', 'AmazonSSMManagedInstanceCore'])
      acknowledgeManagedPolicy(
        this.role,
        policy,
        "Image Builder demands AWS's policy of its build instances, and AWS changes it along with what it runs on them. An instance lives as long as its build.",
      );
    const logs = props.bucket.arnForObjects(`${IMAGE_LOG_PREFIX}/*`);
    allow(this.role, ['s3:PutObject'], [logs]);
    acknowledgeWildcards(this.role, 'Logs of builds to come: Image Builder names each by its build.', logs);
    if (props.scan === 'component') {
      const reports = props.bucket.arnForObjects(`${IMAGE_SCAN_PREFIX}/*`);
      allow(this.role, ['s3:PutObject'], [reports]);
      acknowledgeWildcards(this.role, "Reports of scanners: each is named by its build's instance.", reports);
    }
    allow(this.role, ['kms:GenerateDataKey', 'kms:Decrypt'], [props.key.keyArn]);
    this.instanceProfile = new InstanceProfile(this, 'Profile', { role: this.role });
  }
}

/** Another account or region that images are copied into. */
export interface ImageDestination {
  readonly account: string;
  readonly region: string;
  /** ARN of the key that they are encrypted with there, or of its alias. */
  readonly keyArn: string;
}

interface ImageBuildProps {
  readonly application: string;
  readonly environment: Environment;
  readonly recipe: ImageRecipe;
  readonly buildRole: ImageBuildRole;
  /** Where Image Builder reports that a build has ended. */
  readonly topic: ITopic;
  readonly bucket: Bucket;
  readonly instanceType: string;
  readonly subnetId: string;
  readonly securityGroupId: string;
  /** Where the images are used. @default where they are built */
  readonly destination?: ImageDestination;
  /** A launch template of the team's, whose default version gets each image. @default none */
  readonly launchTemplateId?: string;
  /** Whether Amazon Inspector scans what is built. */
  readonly isScannedByInspector: boolean;
  /** Builds beside those of promotions. @default none */
  readonly schedule?: ImageSchedule;
}

/** The Image Builder pipeline of one environment. The state machine starts it; a schedule only checks that the recipe still builds. */
export class ImageBuild extends Construct {
  readonly pipelineArn: string;

  constructor(scope: Construct, id: string, props: ImageBuildProps) {
    super(scope, id);
    const { application, environment, recipe, buildRole, topic, bucket } = props;
    const name = `lockstep-${application}-${environment}`;
    const tags = { [APPLICATION_TAG]: application, 'lockstep:image-for': environment };
    const infrastructure = new CfnInfrastructureConfiguration(this, 'Infrastructure', {
      name,
      instanceProfileName: buildRole.instanceProfile.instanceProfileName,
      instanceTypes: [props.instanceType],
      subnetId: props.subnetId,
      securityGroupIds: [props.securityGroupId],
      snsTopicArn: topic.topicArn,
      logging: {
        s3Logs: { s3BucketName: bucket.bucketName, s3KeyPrefix: `${IMAGE_LOG_PREFIX}/${environment}` },
      },
      instanceMetadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 },
      terminateInstanceOnFailure: true,
      resourceTags: tags,
    });
    const { destination, launchTemplateId } = props;
    const stack = Stack.of(this);
    const distribution = new CfnDistributionConfiguration(this, 'Distribution', {
      name,
      distributions: [
        {
          region: destination?.region ?? stack.region,
          // CDK passes this object on as it is, so it is spelled as CloudFormation spells it.
          amiDistributionConfiguration: {
            Name: `${name} {{ imagebuilder:buildDate }}`,
            AmiTags: tags,
            ...(destination && {
              KmsKeyId: destination.keyArn,
              ...(destination.account !== stack.account && { TargetAccountIds: [destination.account] }),
            }),
          },
          ...(launchTemplateId !== undefined && {
            launchTemplateConfigurations: [
              { launchTemplateId, accountId: destination?.account ?? stack.account, setDefaultVersion: true },
            ],
          }),
        },
      ],
    });
    builderLog(this, 'Log', `pipeline/${name}`);
    this.pipelineArn = new CfnImagePipeline(this, 'Pipeline', {
      name,
      imageRecipeArn: recipe.arn,
      infrastructureConfigurationArn: infrastructure.attrArn,
      distributionConfigurationArn: distribution.attrArn,
      imageTestsConfiguration: { imageTestsEnabled: true, timeoutMinutes: 60 },
      enhancedImageMetadataEnabled: true,
      ...(props.isScannedByInspector && { imageScanningConfiguration: { imageScanningEnabled: true } }),
      ...(props.schedule && {
        schedule: {
          scheduleExpression: props.schedule.cron,
          timezone: props.schedule.timeZone,
          // Without new versions of its components, the image would come out the same.
          pipelineExecutionStartCondition: 'EXPRESSION_MATCH_AND_DEPENDENCY_UPDATES_AVAILABLE',
        },
      }),
      status: 'ENABLED',
    }).attrArn;
  }
}
