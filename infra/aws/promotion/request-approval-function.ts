import { Duration, Stack } from 'aws-cdk-lib';
import type { IUserPool } from 'aws-cdk-lib/aws-cognito';
import type { Construct } from 'constructs';
import { type FunctionEnvironment, NONE } from '../../../tasks/functions.ts';
import type { Revisions } from '../environments/revisions.ts';
import { LockstepFunction } from '../lockstep-function.ts';
import { pipelineArn } from '../names.ts';
import { SEE_DEPLOYMENT_TARGETS } from '../permissions.ts';
import type { Source } from '../source/source.ts';
import { IMAGES_REASON, type PromotionParameters } from './promotion-grants.ts';

interface RequestApprovalProps
  extends Pick<PromotionParameters, 'application' | 'recipe' | 'environmentAccess'> {
  readonly bundles: string;
  readonly source: Source;
  readonly revisions: Revisions;
  readonly userPool?: IUserPool | undefined;
  /** Variables that other functions have as well. */
  readonly shared: Omit<
    FunctionEnvironment<'request-approval'>,
    | 'REPOSITORY_NAME'
    | 'BRANCH'
    | 'SOURCE_MANIFEST_KEYS'
    | 'WHEN_NEWER'
    | 'USER_POOL_ID'
    | 'MAKERS_MAY_DECIDE'
  >;
}

/** Asks approvers for a decision, with everything that they are shown. */
export function createRequestApproval(
  scope: Construct,
  id: string,
  { application, bundles, source, revisions, userPool, shared, ...props }: RequestApprovalProps,
): LockstepFunction<'request-approval'> {
  const requestApproval = new LockstepFunction(scope, id, {
    name: 'request-approval',
    bundles,
    description: 'Asks approvers for a decision',
    environment: {
      ...shared,
      REPOSITORY_NAME: source.repositoryName,
      BRANCH: application.branch,
      SOURCE_MANIFEST_KEYS: source.manifestKeys ? JSON.stringify(source.manifestKeys) : NONE,
      WHEN_NEWER: application.whenNewer,
      USER_POOL_ID: userPool?.userPoolId ?? NONE,
      MAKERS_MAY_DECIDE: application.makersMayDecide ? 'yes' : 'no',
    },
    // It reads the whole history before the first promotion, and each commit names the next.
    timeout: Duration.minutes(10),
  })
    .allowWithWildcard(['imagebuilder:GetImage'], [props.recipe.imageArns], IMAGES_REASON)
    // What an image was really made from.
    .allowWithoutResource('ec2:DescribeImages');
  if (userPool) requestApproval.allow(['cognito-idp:ListUsersInGroup'], [userPool.userPoolArn]);
  props.environmentAccess.qat.of(requestApproval).allowWithoutResource(...SEE_DEPLOYMENT_TARGETS);
  // It reads the AppSpec file out of the revision that QAT's pipeline deployed.
  requestApproval
    .allow(['codepipeline:ListActionExecutions'], [pipelineArn(Stack.of(scope), application.name, 'qat')])
    .allowWithWildcard(
      ['s3:GetObject'],
      [revisions.objects],
      'CodePipeline chooses the key of each revision.',
    );
  revisions.allowDecrypt(requestApproval.role);
  for (const { actions, resources } of source.compare) requestApproval.allow(actions, resources);
  if (source.recordOfPushes) requestApproval.allowWithoutResource(source.recordOfPushes);
  return requestApproval;
}
