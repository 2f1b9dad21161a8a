import { ArnFormat, Stack } from 'aws-cdk-lib';
import { CfnApplication } from 'aws-cdk-lib/aws-codedeploy';
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { ApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { publicImageParameter } from '../image/image-recipe.ts';
import {
  deploymentGroupName,
  environmentName,
  imageParameterArn,
  imageParameterName,
  publicParameterArn,
  targetGroupParameterArn,
  targetGroupParameterName,
} from '../names.ts';
import type { AlarmsTopic } from '../operations/alarms-topic.ts';
import { ProdAlarms } from '../operations/prod-alarms.ts';
import { awaitPermissions, type Grantee } from '../permissions.ts';
import { createCodeDeployRole, deploymentGroupArn } from './codedeploy-role.ts';
import { deploymentConfigName } from './deployment-config.ts';
import { allowLaunches, createLaunchTemplate, InstanceRole } from './instances.ts';
import { LoadBalancer } from './load-balancer.ts';
import { ProdFleet } from './prod-fleet.ts';
import type { EnvironmentProps } from './qat-environment.ts';
import { seedUserData } from './seed-user-data.ts';

interface ProdEnvironmentProps extends EnvironmentProps {
  readonly bundles: string;
  /** Where the load balancer logs requests. */
  readonly logs: IBucket;
  /** Where its alarms go. */
  readonly alarms: AlarmsTopic;
}

/** Prod: a load balancer, and a fleet that CodeDeploy replaces as a whole with each deployment. */
export class ProdEnvironment extends Construct {
  readonly url: string;
  readonly targetGroup: ApplicationTargetGroup;
  /** ARN of the target group; elsewhere, of the parameter that holds it. */
  readonly targetGroupReference: string;
  readonly codeDeployApplication: string;
  readonly deploymentConfig: string;
  readonly deploymentGroupArn: string;
  /** Names of the alarms that watch deployments, as JSON; and their ARNs. */
  readonly watchedAlarms: string;
  readonly watchedAlarmArns: readonly string[];
  readonly instanceRole: Role;
  /** Lockstep's own about Prod, and those of the configuration that a deployment is judged by. */
  readonly alarms: readonly { readonly alarmName: string; readonly alarmArn: string }[];
  private readonly isElsewhere: boolean;

  constructor(scope: Construct, id: string, props: ProdEnvironmentProps) {
    super(scope, id);
    const { application, vpc, revisions, imageParameters, isElsewhere = false } = props;
    this.isElsewhere = isElsewhere;
    const name = environmentName(application.name, 'prod');
    const stack = Stack.of(this);
    const instanceRole = new InstanceRole(this, 'Instance', {
      description: `Prod instances of ${application.name}`,
      revisions,
      internetAccess: props.internetAccess,
    });
    this.instanceRole = instanceRole.role;
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: `Prod instances of ${application.name}`,
    });
    const common = {
      instanceType: application.instanceTypes.prod,
      profile: instanceRole.profile,
      ...(application.image.volume && { volume: application.image.volume }),
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
      logs: props.logs,
    });
    this.url = loadBalancer.url;
    this.targetGroup = loadBalancer.targetGroup;
    const { targetGroupArn } = this.targetGroup;
    this.targetGroupReference = isElsewhere
      ? targetGroupParameterArn(stack, application.name)
      : targetGroupArn;
    if (isElsewhere)
      new StringParameter(this, 'TargetGroupParameter', {
        parameterName: targetGroupParameterName(application.name),
        stringValue: targetGroupArn,
        description: 'Where Lockstep looks for what serves',
      });

    const codeDeploy = new CfnApplication(this, 'CodeDeploy', {
      ...(isElsewhere && { applicationName: name }),
      computePlatform: 'Server',
    });
    this.codeDeployApplication = isElsewhere ? name : codeDeploy.ref;
    const { configuration, rollback, soakMinutes } = application.deployment;
    this.deploymentConfig = deploymentConfigName(this, 'DeploymentConfig', configuration);
    const group = deploymentGroupName('prod');
    this.deploymentGroupArn = deploymentGroupArn(stack, this.codeDeployApplication, group);
    const codeDeployRole = createCodeDeployRole(this, 'CodeDeployRole', {
      description: `Deployments of ${application.name} to Prod`,
      deploymentGroupArn: this.deploymentGroupArn,
    });
    // AWS's managed policy does not cover launch templates: the green fleet would never start.
    const imageParameter = imageParameterArn(stack, application.name, 'prod');
    const subnetIds = vpc.privateSubnets.map(({ subnetId }) => subnetId);
    const launch = { instanceRole: instanceRole.role, securityGroup, subnetIds };
    allowLaunches(codeDeployRole, {
      ...launch,
      // A deployment may copy the first group before that has left its first template.
      launchTemplates: [launchTemplate, seedLaunchTemplate],
      imageParameterArns: [imageParameter],
    });

    const alarms = new ProdAlarms(this, 'Alarms', { application, topic: props.alarms, loadBalancer });
    const watched = [
      ...(rollback.onProdAlarms ? alarms.aboutAnswers.map(({ alarmName }) => alarmName) : []),
      ...rollback.onAlarms,
    ];
    this.watchedAlarms = JSON.stringify(watched);
    this.watchedAlarmArns = watched.map((alarmName) =>
      stack.formatArn({
        service: 'cloudwatch',
        resource: 'alarm',
        resourceName: alarmName,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    );
    const { resource: fleet } = new ProdFleet(this, 'Fleet', {
      application: application.name,
      bundles: props.bundles,
      deploymentGroupArn: this.deploymentGroupArn,
      codeDeployRole,
      launch: {
        ...launch,
        launchTemplates: [launchTemplate, seedLaunchTemplate],
        imageParameterArns: [
          imageParameter,
          publicParameterArn(stack, publicImageParameter(application.instanceTypes.prod)),
        ],
      },
      properties: {
        applicationName: codeDeploy.ref,
        deploymentGroupName: group,
        serviceRoleArn: codeDeployRole.roleArn,
        deploymentConfigName: this.deploymentConfig,
        targetGroupName: loadBalancer.targetGroup.targetGroupName,
        targetGroupArn,
        launchTemplateId: launchTemplate.ref,
        seedLaunchTemplateId: seedLaunchTemplate.ref,
        subnetIds,
        minSize: application.fleet.min,
        maxSize: application.fleet.max,
        desiredCapacity: application.fleet.min,
        // Open jobs are looked at every five minutes: lost events only delay.
        cutOverMinutes: 30,
        soakMinutes,
        healthCheckGraceSeconds: 120,
        ...(!rollback.onFailure && { rollbackOnFailure: false }),
        ...(watched.length > 0 && { alarmNames: watched }),
        tags: { Name: `${application.name}-prod` },
      },
    });
    imageParameters.mustPrecede('prod', fleet);
    this.alarms = [
      ...alarms.aboutAnswers,
      ...alarms.watchFleet(fleet),
      ...rollback.onAlarms.map((alarmName) => ({
        alarmName,
        alarmArn: stack.formatArn({
          service: 'cloudwatch',
          resource: 'alarm',
          resourceName: alarmName,
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      })),
    ];
    // What runs instances must outlive them, and the load balancer must know the target group before it has targets.
    fleet.node.addDependency(instanceRole, securityGroup, ...loadBalancer.entrance);
    awaitPermissions(fleet, codeDeployRole);
  }

  /** Allows a role to find the target group by `targetGroupReference`. */
  allowTargetGroup(one: Grantee): void {
    if (this.isElsewhere) one.allow(['ssm:GetParameter'], [this.targetGroupReference]);
  }
}
