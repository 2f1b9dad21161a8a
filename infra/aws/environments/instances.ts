import { Fn, Stack } from 'aws-cdk-lib';
import { CfnLaunchTemplate, type ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  InstanceProfile,
  type IRole,
  ManagedPolicy,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { InternetAccess } from '../../config.ts';

/** What CodeDeploy's agent calls where it speaks to `codedeploy-commands-secure`. */
const AGENT_COMMANDS = [
  'codedeploy-commands-secure:GetDeploymentSpecification',
  'codedeploy-commands-secure:PollHostCommand',
  'codedeploy-commands-secure:PutHostCommandAcknowledgement',
  'codedeploy-commands-secure:PutHostCommandComplete',
] as const;

export interface InstanceRoleProps {
  readonly description: string;
  /** Holds the revisions that CodeDeploy's agent fetches. */
  readonly artifacts: Bucket;
  readonly key: IKey;
  readonly internetAccess: InternetAccess;
}

/** What an environment's instances may do: fetch revisions and the agent, and be reached by Session Manager. */
export class InstanceRole extends Construct {
  readonly role: Role;
  readonly profile: InstanceProfile;

  constructor(
    scope: Construct,
    id: string,
    { description, artifacts, key, internetAccess }: InstanceRoleProps,
  ) {
    super(scope, id);
    const stack = Stack.of(this);
    this.role = new Role(this, 'Role', {
      description,
      assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedInstanceCore')],
    });
    this.role.addToPolicy(
      new PolicyStatement({
        actions: ['s3:GetObject', 's3:GetObjectVersion'],
        resources: [
          artifacts.arnForObjects('*'),
          // CodeDeploy's own bucket: the agent and its updates.
          stack.formatArn({
            service: 's3',
            region: '',
            account: '',
            resource: `aws-codedeploy-${stack.region}`,
            resourceName: '*',
          }),
        ],
      }),
    );
    this.role.addToPolicy(new PolicyStatement({ actions: ['kms:Decrypt'], resources: [key.keyArn] }));
    // By the endpoint, the agent is authorised by the instance's role.
    if (internetAccess === 'endpoints')
      this.role.addToPolicy(new PolicyStatement({ actions: [...AGENT_COMMANDS], resources: ['*'] }));
    this.profile = new InstanceProfile(this, 'Profile', { role: this.role });
  }
}

export interface LaunchTemplateProps {
  /** SSM parameter that EC2 resolves whenever an instance starts: a new image needs no new version. */
  readonly imageParameter: string;
  readonly instanceType: string;
  readonly profile: InstanceProfile;
  readonly securityGroup: ISecurityGroup;
  /** Shell script for the first boot. @default none: on a baked image the agent must not wait for one */
  readonly userData?: string;
}

/** How an environment's instances start. */
export const createLaunchTemplate = (
  scope: Construct,
  id: string,
  { imageParameter, instanceType, profile, securityGroup, userData }: LaunchTemplateProps,
): CfnLaunchTemplate =>
  new CfnLaunchTemplate(scope, id, {
    launchTemplateData: {
      imageId: `resolve:ssm:${imageParameter}`,
      instanceType,
      iamInstanceProfile: { arn: profile.instanceProfileArn },
      securityGroupIds: [securityGroup.securityGroupId],
      metadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 },
      blockDeviceMappings: [
        { deviceName: '/dev/xvda', ebs: { encrypted: true, volumeType: 'gp3', deleteOnTermination: true } },
      ],
      ...(userData !== undefined && { userData: Fn.base64(userData) }),
    },
  });

/**
 * What whoever starts instances from a launch template must be allowed: who makes or changes an Auto Scaling group, and
 * CodeDeploy, which copies one.
 * @param imageParameterArns the SSM parameters that the templates' images are resolved from
 */
export const launchPermissions = (
  scope: Construct,
  instanceRole: IRole,
  imageParameterArns: readonly string[],
): readonly PolicyStatement[] => {
  const stack = Stack.of(scope);
  const ec2 = (resource: string, account?: '') =>
    stack.formatArn({ service: 'ec2', resource, resourceName: '*', ...(account === '' && { account }) });
  const created = ['instance', 'network-interface', 'volume'].map((resource) => ec2(resource));
  return [
    new PolicyStatement({
      actions: ['ec2:RunInstances'],
      resources: [
        ...created,
        ...['launch-template', 'security-group', 'subnet'].map((resource) => ec2(resource)),
        // Public images and their snapshots belong to no account of ours.
        ec2('image', ''),
        ec2('snapshot', ''),
      ],
    }),
    new PolicyStatement({
      actions: ['ec2:CreateTags'],
      resources: created,
      conditions: { StringEquals: { 'ec2:CreateAction': 'RunInstances' } },
    }),
    new PolicyStatement({
      actions: ['iam:PassRole'],
      resources: [instanceRole.roleArn],
      conditions: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
    }),
    new PolicyStatement({ actions: ['ssm:GetParameters'], resources: [...imageParameterArns] }),
  ];
};
