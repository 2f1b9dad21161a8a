import { Duration, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { ApplicationConfig } from '../../config.ts';
import type { EnvironmentAccess } from '../environments/environment-access.ts';
import type { ProdEnvironment } from '../environments/prod-environment.ts';
import { allowOnFleet } from '../environments/prod-fleet.ts';
import { EXECUTIONS_REASON, LockstepFunction } from '../lockstep-function.ts';
import {
  deploymentGroupName,
  executionArns,
  imageParameterArn,
  imageParameterName,
  pipelineArn,
} from '../names.ts';
import type { Ledger } from '../platform/ledger.ts';

interface RestoreProdProps {
  readonly application: ApplicationConfig;
  readonly bundles: string;
  readonly prod: ProdEnvironment;
  /** How the function acts in Prod. */
  readonly environmentAccess: EnvironmentAccess;
  readonly ledger: Ledger;
  readonly acquireLock: LockstepFunction<'acquire-lock'>;
  readonly mail: { readonly PROMOTIONS_TOPIC_ARN: string; readonly SITE_URL: string };
}

/**
 * The function that restores Prod after a failed deployment. It has a role of its own: no function may both delete groups and
 * sign evidence (D-047).
 */
export function createRestoreProd(
  scope: Construct,
  id: string,
  { application: { name }, bundles, prod, environmentAccess, ledger, acquireLock, mail }: RestoreProdProps,
): LockstepFunction<'restore-prod'> {
  const stack = Stack.of(scope);
  const fleet = {
    applicationName: prod.codeDeployApplication,
    deploymentGroupName: deploymentGroupName('prod'),
  };
  const restoreProd = new LockstepFunction(scope, id, {
    name: 'restore-prod',
    bundles,
    isAsynchronous: true,
    description: 'Restores Prod after a failed deployment',
    environment: {
      APPLICATION: name,
      LEDGER_TABLE: ledger.table.tableName,
      ...mail,
      PROD_CODEDEPLOY_APPLICATION: fleet.applicationName,
      PROD_DEPLOYMENT_GROUP: fleet.deploymentGroupName,
      PROD_TARGET_GROUP_ARN: prod.targetGroupReference,
      PROD_IMAGE_PARAMETER: imageParameterName(name, 'prod'),
      WATCHED_ALARMS: prod.watchedAlarms,
      ACQUIRE_LOCK_FUNCTION: acquireLock.function.functionName,
    },
    // A parameter is looked at for a minute until AWS has accepted its image.
    timeout: Duration.minutes(4),
  })
    .allowWithWildcard(['states:DescribeExecution'], [executionArns(stack, name)], EXECUTIONS_REASON)
    .allow(['codepipeline:GetPipelineExecution'], [pipelineArn(stack, name, 'prod')])
    .allow(['lambda:InvokeFunction'], [acquireLock.function.functionArn]);
  const inProd = environmentAccess.of(restoreProd);
  inProd
    .allow(
      [
        'codedeploy:GetDeployment',
        'codedeploy:GetDeploymentGroup',
        'codedeploy:ListDeployments',
        'codedeploy:UpdateDeploymentGroup',
      ],
      [prod.deploymentGroupArn],
    )
    .allow(
      ['ssm:GetParameter', 'ssm:PutParameter'],
      [imageParameterArn(environmentAccess.stack, name, 'prod')],
    )
    .allowWithoutResource(
      'autoscaling:DescribeAutoScalingGroups',
      'codedeploy:ContinueDeployment',
      'ec2:DescribeImages',
      'ec2:DescribeInstances',
      'elasticloadbalancing:DescribeTargetHealth',
    );
  prod.allowTargetGroup(inProd);
  allowOnFleet(inProd, ['autoscaling:DeleteAutoScalingGroup'], fleet);
  ledger.allow(restoreProd, name, 'GetItem', 'Query', 'UpdateItem');
  return restoreProd;
}
