import { GetRoleCommand, NoSuchEntityException } from '@aws-sdk/client-iam';
import { type Finding, fault } from './finding.ts';
import { type Place, physicalIds } from './place.ts';

/** By a resource that needs it: the service whose role it is, and the role. */
const rolesByType: Readonly<Record<string, readonly [service: string, role: string]>> = {
  'AWS::AutoScaling::AutoScalingGroup': ['autoscaling.amazonaws.com', 'AWSServiceRoleForAutoScaling'],
  'AWS::ElasticLoadBalancingV2::LoadBalancer': [
    'elasticloadbalancing.amazonaws.com',
    'AWSServiceRoleForElasticLoadBalancing',
  ],
  'AWS::ImageBuilder::ImagePipeline': ['imagebuilder.amazonaws.com', 'AWSServiceRoleForImageBuilder'],
};

/** Roles by which services act for the account, and that are not there. @param missing their names */
export const roleFindings = (account: string, missing: readonly string[]): readonly Finding[] =>
  Object.values(rolesByType).flatMap(([service, role]) =>
    missing.includes(role)
      ? [
          fault(
            `A service-linked role is missing in ${account}`,
            role,
            `aws iam create-service-linked-role --aws-service-name ${service}`,
          ),
        ]
      : [],
  );

/**
 * Looks for the roles of what is deployed: a service makes its role itself when it makes the first such resource, so before that
 * none is missing.
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/autoscaling-service-linked-role.html
 */
export const checkServiceLinkedRoles = async (place: Place): Promise<readonly Finding[]> => {
  const missing: string[] = [];
  for (const [type, [, role]] of Object.entries(rolesByType)) {
    if (physicalIds(place, type).length === 0) continue;
    try {
      await place.clients.iam.send(new GetRoleCommand({ RoleName: role }));
    } catch (error) {
      if (!(error instanceof NoSuchEntityException)) throw error;
      missing.push(role);
    }
  }
  return roleFindings(place.account, missing);
};
