import { Fn, PhysicalName, Stack } from 'aws-cdk-lib';
import { CfnLaunchTemplate, type ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { InstanceProfile, type IRole, ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { ImageConfig, InternetAccess } from '../../config.ts';
import { rootVolume } from '../image/root-volume.ts';
import { acknowledgeManagedPolicy, acknowledgeWildcards } from '../nag-acknowledgements.ts';
import { allow } from '../permissions.ts';
import type { Revisions } from './revisions.ts';

/** What CodeDeploy's agent calls where it speaks to `codedeploy-commands-secure`. */
const AGENT_COMMANDS = [
  'codedeploy-commands-secure:GetDeploymentSpecification',
  'codedeploy-commands-secure:PollHostCommand',
  'codedeploy-commands-secure:PutHostCommandAcknowledgement',
  'codedeploy-commands-secure:PutHostCommandComplete',
] as const;

interface InstanceRoleProps {
  readonly description: string;
  /** What CodeDeploy's agent fetches. */
  readonly revisions: Revisions;
  readonly internetAccess: InternetAccess;
}

/** What an environment's instances may do: fetch revisions and the agent, and be reached by Session Manager. */
export class InstanceRole extends Construct {
  readonly role: Role;
  readonly profile: InstanceProfile;

  constructor(scope: Construct, id: string, { description, revisions, internetAccess }: InstanceRoleProps) {
    super(scope, id);
    const stack = Stack.of(this);
    this.role = new Role(this, 'Role', {
      description,
      assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
      // Only if the account that holds the revisions must let it in by name.
      roleName: PhysicalName.GENERATE_IF_NEEDED,
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedInstanceCore')],
    });
    acknowledgeManagedPolicy(
      this.role,
      'AmazonSSMManagedInstanceCore',
      "Session Manager, the only way in, demands AWS's policy of its instances, and AWS changes it along with the agent.",
    );
    const agent = stack.formatArn({
      service: 's3',
      region: '',
      account: '',
      resource: `aws-codedeploy-${stack.region}`,
      resourceName: '*',
    });
    allow(this.role, ['s3:GetObject', 's3:GetObjectVersion'], [revisions.objects]);
    allow(this.role, ['s3:GetObject'], [agent]);
    acknowledgeWildcards(
      this.role,
      'Revisions of this application alone: CodePipeline names each by its run.',
      revisions.objects,
    );
    acknowledgeWildcards(this.role, "AWS's bucket with CodeDeploy's agent and its updates.", agent);
    revisions.allowDecrypt(this.role);
    // By the endpoint, the agent is authorized by the instance's role.
    if (internetAccess === 'endpoints') {
      allow(this.role, AGENT_COMMANDS, ['*']);
      acknowledgeWildcards(
        this.role,
        "The commands of CodeDeploy's agent have no resource: CodeDeploy gives each instance its own deployments.",
        '*',
      );
    }
    this.profile = new InstanceProfile(this, 'Profile', { role: this.role });
  }
}

interface LaunchTemplateProps {
  /** SSM parameter that EC2 resolves whenever an instance starts: a new image needs no new version. */
  readonly imageParameter: string;
  readonly instanceType: string;
  readonly profile: InstanceProfile;
  readonly securityGroup: ISecurityGroup;
  readonly volume?: ImageConfig['volume'];
  /** Shell script for the first boot. @default none: on a baked image the agent must not wait for one */
  readonly userData?: string;
}

/** How an environment's instances start. */
export const createLaunchTemplate = (
  scope: Construct,
  id: string,
  { imageParameter, instanceType, profile, securityGroup, volume, userData }: LaunchTemplateProps,
): CfnLaunchTemplate =>
  new CfnLaunchTemplate(scope, id, {
    launchTemplateData: {
      imageId: `resolve:ssm:${imageParameter}`,
      instanceType,
      iamInstanceProfile: { arn: profile.instanceProfileArn },
      securityGroupIds: [securityGroup.securityGroupId],
      metadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 },
      blockDeviceMappings: [{ deviceName: '/dev/xvda', ebs: { encrypted: true, ...rootVolume(volume) } }],
      ...(userData !== undefined && { userData: Fn.base64(userData) }),
    },
  });

/** What instances are started from, and where. */
export interface LaunchProps {
  readonly instanceRole: IRole;
  readonly launchTemplates: readonly CfnLaunchTemplate[];
  readonly securityGroup: ISecurityGroup;
  readonly subnetIds: readonly string[];
  /** The SSM parameters that the templates' images are resolved from. */
  readonly imageParameterArns: readonly string[];
}

/**
 * Allows a role to start instances from launch templates: a role that makes or changes an Auto Scaling group, and CodeDeploy's,
 * which copies one.
 */
export function allowLaunches(role: Role, props: LaunchProps): void {
  const { instanceRole, launchTemplates, securityGroup, subnetIds, imageParameterArns } = props;
  const stack = Stack.of(role);
  const ec2 = (resource: string, resourceName = '*', account?: '') =>
    stack.formatArn({ service: 'ec2', resource, resourceName, ...(account === '' && { account }) });
  const created = ['instance', 'network-interface', 'volume'].map((resource) => ec2(resource));
  // Public images and their snapshots belong to no account of ours.
  const images = [ec2('image', '*', ''), ec2('snapshot', '*', '')];
  acknowledgeWildcards(role, 'What a launch makes has no id before it.', ...created);
  acknowledgeWildcards(
    role,
    'Each build makes another image; which one may start is said by the launch templates, whose parameters the promotions alone write.',
    ...images,
  );
  allow(
    role,
    ['ec2:RunInstances'],
    [
      ...created,
      ...images,
      ...launchTemplates.map(({ ref }) => ec2('launch-template', ref)),
      ec2('security-group', securityGroup.securityGroupId),
      ...subnetIds.map((subnetId) => ec2('subnet', subnetId)),
    ],
  );
  allow(role, ['ec2:CreateTags'], created, { StringEquals: { 'ec2:CreateAction': 'RunInstances' } });
  allow(role, ['iam:PassRole'], [instanceRole.roleArn], {
    StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' },
  });
  allow(role, ['ssm:GetParameters'], imageParameterArns);
}
