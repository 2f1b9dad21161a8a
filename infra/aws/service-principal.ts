import type { Stack } from 'aws-cdk-lib';
import { AccountPrincipal, type IPrincipal, ServicePrincipal } from 'aws-cdk-lib/aws-iam';

/**
 * A service that takes on a role for one resource of this account, so that nobody else's resource can make it do so (the
 * confused deputy). CodeDeploy, CodePipeline and Step Functions name the resource that they act for; Lambda and EC2 do
 * not: there iam:PassRole alone decides who gets a role.
 */
export const forResource = (service: string, stack: Stack, resourceArn: string): IPrincipal =>
  new ServicePrincipal(service, {
    conditions: {
      StringEquals: { 'aws:SourceAccount': stack.account },
      ArnLike: { 'aws:SourceArn': resourceArn },
    },
  });

/**
 * CodePipeline, likewise. Its guide shows the trust policy without conditions, and says nowhere whether it names the pipeline
 * when it takes on the role: with a condition on a key that is missing, no pipeline could be made (T54). So a key counts if
 * it is there; who may hand the role to a pipeline, iam:PassRole says in any case.
 */
export const forPipeline = (stack: Stack, pipelineArn: string): IPrincipal =>
  new ServicePrincipal('codepipeline.amazonaws.com', {
    conditions: {
      StringEqualsIfExists: { 'aws:SourceAccount': stack.account },
      ArnLikeIfExists: { 'aws:SourceArn': pipelineArn },
    },
  });

/**
 * Roles of an account by their names, and nobody else there. The account is the principal and a condition names them: a role
 * that does not exist yet cannot be a principal, and a role that replaces it under the same name would no longer match.
 */
export const rolesOf = (account: string, roleArns: readonly string[]): IPrincipal =>
  new AccountPrincipal(account).withConditions({ ArnEquals: { 'aws:PrincipalArn': [...roleArns] } });
