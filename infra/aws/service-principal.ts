import type { Stack } from 'aws-cdk-lib';
import { type IPrincipal, ServicePrincipal } from 'aws-cdk-lib/aws-iam';

/**
 * A service that takes on a role for one resource of this account, so that nobody else's resource can make it do so (the
 * confused deputy). CodeDeploy, CodePipeline and Step Functions tell for which resource they act; Lambda and EC2 do
 * not: there iam:PassRole alone decides who gets a role.
 */
export const forResource = (service: string, stack: Stack, resourceArn: string): IPrincipal =>
  new ServicePrincipal(service, {
    conditions: {
      StringEquals: { 'aws:SourceAccount': stack.account },
      ArnLike: { 'aws:SourceArn': resourceArn },
    },
  });
