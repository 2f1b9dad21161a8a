import type { ErrorCode } from '@aws-sdk/client-codedeploy';
import { AwsError } from '../../host.ts';
import type { TargetRecord } from './records.ts';

/** A deployment cannot go on; becomes its error information. */
export class DeploymentFailedError extends Error {
  override readonly name = 'DeploymentFailedError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Somebody stopped the deployment. */
export class DeploymentStoppedError extends Error {
  override readonly name = 'DeploymentStoppedError';
}

/** CodeDeploy's words for too many failed instances, with the first failure and the end of its log. */
export const healthFailure = (targets: readonly TargetRecord[]): DeploymentFailedError => {
  const failures = targets.flatMap((target) =>
    target.events
      .filter(({ status }) => status === 'Failed')
      .map(({ name, diagnostics }) => ({ instanceId: target.instanceId, event: name, diagnostics })),
  );
  const first = failures[0];
  const log = first?.diagnostics?.logTail ? `\n${first.diagnostics.logTail}` : '';
  const detail = first
    ? ` First failure: ${first.event} on ${first.instanceId}: ${first.diagnostics?.message}${log}`
    : '';
  return new DeploymentFailedError(
    'HEALTH_CONSTRAINTS',
    `The overall deployment failed because too many individual instances failed deployment, too few healthy instances are available for deployment, or some instances in your deployment group are experiencing problems.${detail}`,
  );
};

/** What a deployment's end says about an error from another service. */
export const asDeploymentFailure = (error: unknown): DeploymentFailedError => {
  if (error instanceof DeploymentFailedError) return error;
  if (error instanceof AwsError) {
    const isDenied = /AccessDenied|UnauthorizedOperation/.test(error.name);
    return new DeploymentFailedError(
      isDenied ? 'IAM_ROLE_PERMISSIONS' : 'INTERNAL_ERROR',
      `${error.name}: ${error.message}`,
    );
  }
  return new DeploymentFailedError('INTERNAL_ERROR', error instanceof Error ? error.message : String(error));
};
