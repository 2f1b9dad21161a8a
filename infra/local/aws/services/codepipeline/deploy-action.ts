import type { Principal } from '../../host.ts';
import { administrator, arnOf } from '../shared/arns.ts';
import { type ActionContext, type Outcome, onlyInput, type RunAction } from './actions.ts';

/** How often a deployment is asked for. On AWS some seconds. */
const POLL_MS = 200;

interface Deployment {
  readonly deploymentId?: string;
  readonly description?: string;
  readonly status?: string;
  readonly errorInformation?: { readonly code?: string; readonly message?: string };
}

/** Deploys the input artifact with CodeDeploy and waits for the deployment's end. Makes one deployment, also after a crash. */
export const runCodeDeploy: RunAction = async (context): Promise<Outcome> => {
  const { host, record, update, isLive } = context;
  const principal = await context.principal();
  const deploymentId =
    record().externalExecutionId ?? (await findOwn(context)) ?? (await create(context, principal));
  update({ externalExecutionId: deploymentId });
  while (isLive()) {
    const { deploymentInfo } = await host.call<{ deploymentInfo?: Deployment }>(
      principal,
      'codedeploy',
      'GetDeployment',
      { deploymentId },
    );
    const { status, errorInformation } = deploymentInfo ?? {};
    if (status === 'Succeeded') return { externalExecutionId: deploymentId, summary: 'Deployment Succeeded' };
    if (status === 'Failed' || status === 'Stopped') {
      const reason = errorInformation?.message ?? `its status is ${status}`;
      return {
        externalExecutionId: deploymentId,
        summary: `Deployment ${deploymentId} failed`,
        error: { code: 'JobFailed', message: `Deployment ${deploymentId} failed: ${reason}` },
      };
    }
    await context.wait(POLL_MS);
  }
  return {};
};

/** CreateDeployment is not idempotent: its description tells a deployment of this action. */
const descriptionOf = ({ record }: ActionContext) => `CodePipeline action execution ${record().id}`;

const groupOf = ({ record }: ActionContext) => {
  const { ApplicationName = '', DeploymentGroupName = '' } = record().configuration;
  return { applicationName: ApplicationName, deploymentGroupName: DeploymentGroupName };
};

const create = async (context: ActionContext, principal: Principal): Promise<string> => {
  const { host, record, update } = context;
  const group = groupOf(context);
  const { bucket, key, etag, versionId } = onlyInput(context);
  const application = arnOf(host, 'codedeploy', `application:${group.applicationName}`);
  host.authorize(principal, [
    { action: 'codedeploy:RegisterApplicationRevision', resource: application },
    { action: 'codedeploy:GetApplicationRevision', resource: application },
  ]);
  update({ progress: { ...record().progress, mayHaveDeployed: true } });
  const { deploymentId } = await host.call<{ deploymentId?: string }>(
    principal,
    'codedeploy',
    'CreateDeployment',
    {
      ...group,
      description: descriptionOf(context),
      revision: {
        revisionType: 'S3',
        s3Location: {
          bucket,
          key,
          bundleType: 'zip',
          ...(etag !== undefined && { eTag: etag }),
          ...(versionId !== undefined && { version: versionId }),
        },
      },
    },
  );
  if (!deploymentId) throw new Error('CodeDeploy gave no deployment id.');
  return deploymentId;
};

/** A deployment that an earlier process asked for without learning its id. */
const findOwn = async (context: ActionContext): Promise<string | undefined> => {
  const { host, record } = context;
  if (!record().progress.mayHaveDeployed) return undefined;
  let nextToken: string | undefined;
  do {
    const page = await host.call<{ deployments?: string[]; nextToken?: string }>(
      administrator,
      'codedeploy',
      'ListDeployments',
      { ...groupOf(context), ...(nextToken !== undefined && { nextToken }) },
    );
    for (const deploymentId of page.deployments ?? []) {
      const { deploymentInfo } = await host.call<{ deploymentInfo?: Deployment }>(
        administrator,
        'codedeploy',
        'GetDeployment',
        { deploymentId },
      );
      if (deploymentInfo?.description === descriptionOf(context)) return deploymentId;
    }
    nextToken = page.nextToken;
  } while (nextToken);
  return undefined;
};
