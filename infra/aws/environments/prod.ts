import { Stack } from 'aws-cdk-lib';
import { CfnApplication } from 'aws-cdk-lib/aws-codedeploy';
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { publicImageParameter } from '../image/image-recipe.ts';
import { deploymentGroupName, imageParameterArn, imageParameterName, publicParameterArn } from '../names.ts';
import { createCodeDeployRole, deploymentGroupArn } from './codedeploy-role.ts';
import { deploymentConfigName } from './deployment-config.ts';
import { createLaunchTemplate, InstanceRole, launchPermissions } from './instances.ts';
import { LoadBalancer } from './load-balancer.ts';
import { ProdFleet } from './prod-fleet.ts';
import type { EnvironmentProps } from './qat.ts';
import { seedUserData } from './seed-user-data.ts';

export interface ProdEnvironmentProps extends EnvironmentProps {
  readonly bundles: string;
}

/** Prod: a load balancer, and a fleet that CodeDeploy replaces as a whole with each deployment. */
export class ProdEnvironment extends Construct {
  readonly url: string;
  readonly targetGroupArn: string;
  readonly codeDeployApplication: string;
  readonly deploymentConfig: string;
  readonly deploymentGroupArn: string;

  constructor(scope: Construct, id: string, props: ProdEnvironmentProps) {
    super(scope, id);
    const { application, vpc, artifacts, key, imageParameters } = props;
    const stack = Stack.of(this);
    const instanceRole = new InstanceRole(this, 'Instance', {
      description: `Prod instances of ${application.name}`,
      artifacts,
      key,
      internetAccess: props.internetAccess,
    });
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: `Prod instances of ${application.name}`,
    });
    const common = {
      instanceType: application.instanceTypes.prod,
      profile: instanceRole.profile,
      securityGroup,
    };
    const launchTemplate = createLaunchTemplate(this, 'LaunchTemplate', {
      ...common,
      imageParameter: imageParameterName(application.name, 'prod'),
    });
    const seedLaunchTemplate = createLaunchTemplate(this, 'SeedLaunchTemplate', {
      ...common,
      imageParameter: publicImageParameter(application.instanceTypes.prod),
      userData: seedUserData(application.port, props.internetAccess),
    });
    const loadBalancer = new LoadBalancer(this, 'LoadBalancer', {
      vpc,
      instances: securityGroup,
      port: application.port,
      healthCheckPath: application.healthCheckPath,
      ...(application.https && { https: application.https }),
    });
    this.url = loadBalancer.url;
    this.targetGroupArn = loadBalancer.targetGroup.targetGroupArn;

    const codeDeploy = new CfnApplication(this, 'CodeDeploy', { computePlatform: 'Server' });
    this.codeDeployApplication = codeDeploy.ref;
    const { configuration, rollback, terminationWaitMinutes } = application.deployment;
    this.deploymentConfig = deploymentConfigName(this, 'DeploymentConfig', configuration);
    const group = deploymentGroupName('prod');
    this.deploymentGroupArn = deploymentGroupArn(stack, codeDeploy.ref, group);
    const codeDeployRole = createCodeDeployRole(
      this,
      'CodeDeployRole',
      `Deployments of ${application.name} to Prod`,
    );
    // AWS's managed policy does not cover launch templates: the green fleet would never start.
    const imageParameter = imageParameterArn(stack, application.name, 'prod');
    for (const statement of launchPermissions(this, instanceRole.role, [imageParameter]))
      codeDeployRole.addToPolicy(statement);

    const fleet = new ProdFleet(this, 'Fleet', {
      bundles: props.bundles,
      deploymentGroupArn: this.deploymentGroupArn,
      codeDeployRole,
      launchPermissions: launchPermissions(this, instanceRole.role, [
        imageParameter,
        publicParameterArn(stack, publicImageParameter(application.instanceTypes.prod)),
      ]),
      properties: {
        applicationName: codeDeploy.ref,
        deploymentGroupName: group,
        serviceRoleArn: codeDeployRole.roleArn,
        deploymentConfigName: this.deploymentConfig,
        targetGroupName: loadBalancer.targetGroup.targetGroupName,
        targetGroupArn: this.targetGroupArn,
        launchTemplateId: launchTemplate.ref,
        seedLaunchTemplateId: seedLaunchTemplate.ref,
        subnetIds: vpc.privateSubnets.map(({ subnetId }) => subnetId),
        minSize: application.fleet.min,
        maxSize: application.fleet.max,
        desiredCapacity: application.fleet.min,
        terminationWaitMinutes,
        healthCheckGraceSeconds: 120,
        ...(!rollback.onFailure && { rollbackOnFailure: false }),
        ...(rollback.onAlarms.length > 0 && { alarmNames: rollback.onAlarms }),
        tags: { Name: `${application.name}-prod` },
      },
    });
    imageParameters.mustPrecede('prod', fleet);
    // What runs instances must outlive them, and the load balancer must know the target group before it has targets.
    fleet.node.addDependency(instanceRole, codeDeployRole, loadBalancer, securityGroup);
  }
}
