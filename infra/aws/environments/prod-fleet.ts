import { ArnFormat, CustomResource, Duration, Stack } from 'aws-cdk-lib';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { FunctionName } from '../../../tasks/functions.ts';
import {
  FLEET_TAG,
  type FleetNames,
  fleetKey,
  type ProdFleetProperties,
} from '../../../tasks/prod-fleet/fleet-properties.ts';
import { createProvider } from '../custom-resource-provider.ts';
import { LockstepFunction } from '../lockstep-function.ts';
import { serviceLinkedRoleArn, stateMachineName } from '../names.ts';
import type { Grantee } from '../permissions.ts';
import { allowLaunches, type LaunchProps } from './instances.ts';

interface ProdFleetProps {
  readonly application: string;
  readonly bundles: string;
  readonly deploymentGroupArn: string;
  readonly codeDeployRole: IRole;
  /** What starting the fleet's instances takes. */
  readonly launch: LaunchProps;
  readonly properties: ProdFleetProperties;
}

/**
 * Prod's first Auto Scaling group and its blue/green deployment group. CloudFormation cannot make such a group, and from the
 * first deployment on CodeDeploy, not the stack, says which Auto Scaling group is live.
 */
export class ProdFleet extends Construct {
  readonly resource: CustomResource;

  constructor(scope: Construct, id: string, props: ProdFleetProps) {
    super(scope, id);
    const onEvent = new LockstepFunction(this, 'OnEvent', {
      name: 'prod-fleet-on-event',
      bundles: props.bundles,
      description: 'Takes up a change of a Prod fleet',
      environment: {},
      timeout: Duration.minutes(1),
    });
    const isComplete = new LockstepFunction(this, 'IsComplete', {
      name: 'prod-fleet-is-complete',
      bundles: props.bundles,
      description: 'Creates, updates and deletes a Prod fleet, step by step',
      environment: {},
      timeout: Duration.minutes(5),
    });
    // Only isComplete changes anything; onEvent names the fleet and needs no permission (D-016).
    allowFleetChanges(isComplete, props);

    const { serviceToken } = createProvider(this, 'Provider', {
      onEventHandler: onEvent.function,
      isCompleteHandler: isComplete.function,
      queryInterval: Duration.seconds(15),
      // Instances start, or a deployment is stopped and its instances end.
      totalTimeout: Duration.hours(1),
      waiterName: `${stateMachineName(props.application)}-prod-fleet`,
    });
    this.resource = new CustomResource(this, 'Resource', {
      resourceType: 'Custom::LockstepProdFleet',
      serviceToken,
      properties: { ...props.properties },
    });
  }
}

/** Every Auto Scaling group; a condition on the fleet's tag says which. */
const autoScalingGroups = (scope: Construct): string =>
  Stack.of(scope).formatArn({
    service: 'autoscaling',
    resource: 'autoScalingGroup',
    resourceName: '*:autoScalingGroupName/*',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });

const GROUPS_REASON =
  "CodeDeploy makes another group with each deployment and names it; the condition on the fleet's tag lets in this fleet's groups alone.";

/** Allows actions on the Auto Scaling groups of one fleet: the stack's own and CodeDeploy's copies. */
export function allowOnFleet(one: Grantee, actions: readonly string[], fleet: FleetNames): void {
  one.allowWithWildcard(actions, [autoScalingGroups(one.role)], GROUPS_REASON, {
    StringEquals: { [`aws:ResourceTag/${FLEET_TAG}`]: fleetKey(fleet) },
  });
}

function allowFleetChanges(one: LockstepFunction<FunctionName>, props: ProdFleetProps): void {
  one
    .allowWithoutResource(
      'autoscaling:DescribeAutoScalingGroups',
      'autoscaling:DescribeScalingActivities',
      'codedeploy:StopDeployment',
    )
    .allowWithWildcard(
      ['autoscaling:CreateAutoScalingGroup', 'autoscaling:CreateOrUpdateTags'],
      [autoScalingGroups(one)],
      GROUPS_REASON,
      { StringEquals: { [`aws:RequestTag/${FLEET_TAG}`]: fleetKey(props.properties) } },
    )
    // The first group of an account brings Auto Scaling's own role into being.
    .allow(
      ['iam:CreateServiceLinkedRole'],
      [serviceLinkedRoleArn(Stack.of(one), 'autoscaling', 'AWSServiceRoleForAutoScaling')],
      { StringEquals: { 'iam:AWSServiceName': 'autoscaling.amazonaws.com' } },
    )
    .allow(['iam:PassRole'], [props.codeDeployRole.roleArn], {
      StringEquals: { 'iam:PassedToService': 'codedeploy.amazonaws.com' },
    })
    .allow(
      [
        'codedeploy:CreateDeploymentGroup',
        'codedeploy:DeleteDeploymentGroup',
        'codedeploy:GetDeploymentGroup',
        'codedeploy:ListDeployments',
        'codedeploy:UpdateDeploymentGroup',
      ],
      [props.deploymentGroupArn],
    );
  allowLaunches(one.role, props.launch);
  allowOnFleet(
    one,
    [
      'autoscaling:AttachLoadBalancerTargetGroups',
      'autoscaling:DeleteAutoScalingGroup',
      'autoscaling:DetachLoadBalancerTargetGroups',
      'autoscaling:PutScalingPolicy',
      'autoscaling:UpdateAutoScalingGroup',
    ],
    props.properties,
  );
}
