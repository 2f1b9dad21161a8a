import { Stack } from 'aws-cdk-lib';
import { CfnAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { CfnApplication, CfnDeploymentGroup } from 'aws-cdk-lib/aws-codedeploy';
import { type IVpc, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { ApplicationConfig, InternetAccess } from '../../config.ts';
import { deploymentGroupName, ENVIRONMENT_TAG, environmentName, imageParameterName } from '../names.ts';
import { createCodeDeployRole, deploymentGroupArn } from './codedeploy-role.ts';
import type { ImageParameters } from './image-parameters.ts';
import { createLaunchTemplate, InstanceRole } from './instances.ts';
import type { Revisions } from './revisions.ts';

export interface EnvironmentProps {
  readonly application: ApplicationConfig;
  readonly vpc: IVpc;
  readonly revisions: Revisions;
  readonly imageParameters: ImageParameters;
  readonly internetAccess: InternetAccess;
  /** In another account or region than Lockstep itself, which must know what is here by fixed names. @default false */
  readonly isElsewhere?: boolean;
}

/** QAT: a group of one instance, which CodeDeploy deploys to in place. */
export class QatEnvironment extends Construct {
  readonly autoScalingGroupName: string;
  readonly codeDeployApplication: string;
  readonly deploymentConfig = 'CodeDeployDefault.AllAtOnce';
  readonly deploymentGroupArn: string;
  readonly instanceRole: Role;
  readonly securityGroup: SecurityGroup;

  constructor(scope: Construct, id: string, props: EnvironmentProps) {
    super(scope, id);
    const { application, vpc, revisions, imageParameters, isElsewhere = false } = props;
    const name = environmentName(application.name, 'qat');
    const instanceRole = new InstanceRole(this, 'Instance', {
      description: `QAT instance of ${application.name}`,
      revisions,
      internetAccess: props.internetAccess,
    });
    this.instanceRole = instanceRole.role;
    // Nobody reaches it from outside but by Session Manager's port forwarding.
    this.securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: `QAT instance of ${application.name}`,
    });
    const launchTemplate = createLaunchTemplate(this, 'LaunchTemplate', {
      imageParameter: imageParameterName(application.name, 'qat'),
      instanceType: application.instanceTypes.qat,
      profile: instanceRole.profile,
      ...(application.image.volume && { volume: application.image.volume }),
      securityGroup: this.securityGroup,
    });
    const environmentTag = `${application.name}-qat`;
    const group = new CfnAutoScalingGroup(this, 'Group', {
      ...(isElsewhere && { autoScalingGroupName: name }),
      minSize: '1',
      maxSize: '1',
      vpcZoneIdentifier: vpc.privateSubnets.map(({ subnetId }) => subnetId),
      launchTemplate: {
        launchTemplateId: launchTemplate.ref,
        // Its changes arrive with the next instance refresh; the image comes from the parameter in any case.
        version: launchTemplate.attrLatestVersionNumber,
      },
      healthCheckType: 'EC2',
      tags: [
        { key: ENVIRONMENT_TAG, value: environmentTag, propagateAtLaunch: true },
        { key: 'Name', value: environmentTag, propagateAtLaunch: true },
      ],
    });
    // The instance fetches what it needs through the instance profile's policies from its first second on.
    group.node.addDependency(instanceRole);
    imageParameters.mustPrecede('qat', group);
    this.autoScalingGroupName = isElsewhere ? name : group.ref;

    const codeDeploy = new CfnApplication(this, 'CodeDeploy', {
      ...(isElsewhere && { applicationName: name }),
      computePlatform: 'Server',
    });
    this.codeDeployApplication = isElsewhere ? name : codeDeploy.ref;
    this.deploymentGroupArn = deploymentGroupArn(
      Stack.of(this),
      this.codeDeployApplication,
      deploymentGroupName('qat'),
    );
    new CfnDeploymentGroup(this, 'DeploymentGroup', {
      applicationName: codeDeploy.ref,
      deploymentGroupName: deploymentGroupName('qat'),
      serviceRoleArn: createCodeDeployRole(this, 'CodeDeployRole', {
        description: `Deployments of ${application.name} to QAT`,
        deploymentGroupArn: this.deploymentGroupArn,
      }).roleArn,
      deploymentConfigName: this.deploymentConfig,
      deploymentStyle: { deploymentType: 'IN_PLACE', deploymentOption: 'WITHOUT_TRAFFIC_CONTROL' },
      // By tag: a group that is attached deploys its last revision to each new instance before that counts as in
      // service, and a revision that no longer runs would lock the refresh for good.
      ec2TagSet: {
        ec2TagSetList: [
          { ec2TagGroup: [{ key: ENVIRONMENT_TAG, value: environmentTag, type: 'KEY_AND_VALUE' }] },
        ],
      },
    });
  }
}
