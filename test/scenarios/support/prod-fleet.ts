import type { AutoScalingGroup, AutoScalingGroupsType } from '@aws-sdk/client-auto-scaling';
import type { GetDeploymentGroupOutput, ListDeploymentGroupsOutput } from '@aws-sdk/client-codedeploy';
import type { DescribeInstancesResult, Instance } from '@aws-sdk/client-ec2';
import type { GetParameterResult } from '@aws-sdk/client-ssm';
import { AwsError, type Host } from '@lockstep/aws-emulator';
import { imageParameterName } from '../../../infra/aws/names.ts';
import type { DeployHost } from '../../../infra/local/aws/assembly/remove-stack.ts';
import type { LocalRun } from '../../../infra/local/run/local-run.ts';
import { FLEET_TAG } from '../../../tasks/prod-fleet/fleet-properties.ts';
import { eventually, type Scenario } from './scenario.ts';

const administrator = { kind: 'administrator' } as const;

/** What there is of Prod's fleet, as an administrator sees it. */
export interface FleetSight {
  /** Every Auto Scaling group that carries the fleet's tag. */
  readonly groups: readonly AutoScalingGroup[];
  /** The name of the group that the deployment group deploys to, if there is one. */
  readonly live: string | undefined;
  /** Instances that carry the fleet's tag and are not terminated. */
  readonly instances: readonly Instance[];
}

/** The CodeDeploy application of the fleet's custom resource. */
const applicationName = ({ stacks }: LocalRun): string | undefined =>
  stacks.resourcesOfType('Custom::LockstepProdFleet')[0]?.properties.applicationName as string | undefined;

const liveGroup = async (host: Host, application: string): Promise<string | undefined> => {
  const { deploymentGroups = [] } = await host.call<ListDeploymentGroupsOutput>(
    administrator,
    'codedeploy',
    'ListDeploymentGroups',
    { applicationName: application },
  );
  const [deploymentGroupName] = deploymentGroups;
  if (deploymentGroupName === undefined) return undefined;
  const { deploymentGroupInfo } = await host.call<GetDeploymentGroupOutput>(
    administrator,
    'codedeploy',
    'GetDeploymentGroup',
    { applicationName: application, deploymentGroupName },
  );
  return deploymentGroupInfo?.autoScalingGroups?.[0]?.name;
};

/** Looks at Prod's fleet. */
export const seeFleet = async (run: LocalRun): Promise<FleetSight> => {
  const { host } = run;
  const application = applicationName(run);
  const { AutoScalingGroups: groups = [] } = await host.call<AutoScalingGroupsType>(
    administrator,
    'autoscaling',
    'DescribeAutoScalingGroups',
    { Filters: [{ Name: 'tag-key', Values: [FLEET_TAG] }] },
  );
  const { Reservations = [] } = await host.call<DescribeInstancesResult>(
    administrator,
    'ec2',
    'DescribeInstances',
    {},
  );
  return {
    groups,
    live: application === undefined ? undefined : await liveGroup(host, application),
    instances: Reservations.flatMap(({ Instances = [] }) => Instances).filter(
      ({ State, Tags = [] }) => State?.Name !== 'terminated' && Tags.some(({ Key }) => Key === FLEET_TAG),
    ),
  };
};

/** The image that Prod's next instance starts from. */
export const prodImage = async ({ run, application }: Scenario): Promise<string | undefined> => {
  const { Parameter } = await run.host.call<GetParameterResult>(administrator, 'ssm', 'GetParameter', {
    Name: imageParameterName(application.name, 'prod'),
  });
  return Parameter?.Value;
};

/** Waits until Prod is restored after a promotion failed, for the first time or after that many redrives. */
export const prodInOrder = async (
  scenario: Scenario,
  promotionId: string,
  redrives = 0,
): Promise<FleetSight & { readonly nextImage: string | undefined }> => {
  await eventually('Prod to be put in order', async () => {
    const { prodRestored } = (await scenario.system.ledger.promotion(promotionId)) ?? {};
    return prodRestored?.redrives === redrives || undefined;
  });
  // Instances end some time after their group is deleted.
  const sight = await eventually('the leftovers to be gone', async () => {
    const seen = await seeFleet(scenario.run);
    return seen.groups.length === 1 && seen.instances.length === seen.groups[0]?.Instances?.length
      ? seen
      : undefined;
  });
  return { ...sight, nextImage: await prodImage(scenario) };
};

/**
 * A host that loses one call to the fleet's functions. A call lost before the function ran counts as the run being stopped, and
 * the next deployment asks where this one was; an answer that is lost counts as a failure, and the next deployment asks onEvent
 * again.
 * @param call which one, from 0: the first is onEvent's, the others isComplete's
 */
export const cutOff = (host: DeployHost, call: number, moment: 'before' | 'after'): DeployHost => {
  let seen = -1;
  const lossy: Host['call'] = async (principal, service, operation, input) => {
    const isOurs =
      service === 'lambda' &&
      operation === 'Invoke' &&
      /ProdFleet/.test(String((input as { FunctionName?: string }).FunctionName));
    if (isOurs) seen++;
    const isLost = isOurs && seen === call;
    if (isLost && moment === 'before') throw new AwsError('CutOff', 'before the function ran');
    const answer = await host.call(principal, service, operation, input);
    if (isLost) throw new Error('after the function ran');
    return answer as never;
  };
  return { ...host, call: lossy };
};
