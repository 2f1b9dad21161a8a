import type { Activity, AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import type { DeploymentGroupInfo } from '@aws-sdk/client-codedeploy';
import type { AutoScalingGroups } from '../../../tasks/prod-fleet/auto-scaling-groups.ts';
import type { DeploymentGroups } from '../../../tasks/prod-fleet/deployment-groups.ts';
import { FLEET_TAG, type ProdFleetProperties } from '../../../tasks/prod-fleet/fleet-properties.ts';

export const properties: ProdFleetProperties = {
  applicationName: 'shop',
  deploymentGroupName: 'prod',
  serviceRoleArn: 'arn:aws:iam::000000000000:role/codedeploy',
  deploymentConfigName: 'CodeDeployDefault.OneAtATime',
  targetGroupName: 'shop-prod',
  targetGroupArn: 'arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/shop-prod/1',
  launchTemplateId: 'lt-prod',
  seedLaunchTemplateId: 'lt-seed',
  subnetIds: ['subnet-a', 'subnet-b'],
  minSize: 2,
  maxSize: 4,
  desiredCapacity: 2,
  healthCheckGraceSeconds: 300,
  cutOverMinutes: 30,
  soakMinutes: 5,
  tags: { Name: 'shop-prod' },
};

/** The process was killed. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

/** Auto Scaling and CodeDeploy as far as a fleet sees them: instances come, and deleted groups go, when time passes. */
export const createFleetWorld = () => {
  const groups = new Map<string, AutoScalingGroup>();
  const deploymentGroups = new Map<string, DeploymentGroupInfo>();
  const running = new Set<string>();
  const continued: string[] = [];
  const scaled = new Set<string>();
  const log: string[] = [];
  const activities: Activity[] = [];
  let calls = Number.POSITIVE_INFINITY;

  const mortal =
    <Parameters extends unknown[], Result>(work: (...parameters: Parameters) => Result) =>
    async (...parameters: Parameters): Promise<Result> => {
      calls -= 1;
      if (calls === 0) throw new Killed('before the call');
      const result = work(...parameters);
      calls -= 1;
      if (calls === 0) throw new Killed('after the call');
      return result;
    };

  const retarget = (name: string, change: (arns: readonly string[]) => string[]) => {
    const group = groups.get(name) as AutoScalingGroup;
    groups.set(name, { ...group, TargetGroupARNs: change(group.TargetGroupARNs ?? []) });
  };

  const autoScaling: AutoScalingGroups = {
    owned: mortal((key) =>
      [...groups.values()].filter(({ Tags = [] }) =>
        Tags.some(({ Key, Value }) => Key === FLEET_TAG && Value === key),
      ),
    ),
    named: mortal((name) => groups.get(name)),
    activities: mortal(() => activities),
    create: mortal(({ AutoScalingGroupName: name = '', ...group }) => {
      if (groups.has(name)) return;
      log.push(`create ${name} from ${group.LaunchTemplate?.LaunchTemplateId}`);
      groups.set(name, {
        ...group,
        AutoScalingGroupName: name,
        Instances: [],
      } as unknown as AutoScalingGroup);
    }),
    update: mortal(({ AutoScalingGroupName: name = '', ...change }) => {
      const group = groups.get(name);
      if (group === undefined) throw new Error(`no group ${name}`);
      log.push(`update ${name}`);
      groups.set(name, { ...group, ...change } as AutoScalingGroup);
    }),
    remove: mortal((name) => {
      const group = groups.get(name);
      if (group === undefined) throw new Error(`no group ${name}`);
      log.push(`remove ${name}`);
      groups.set(name, { ...group, Status: 'Delete in progress' });
    }),
    attachTargetGroup: mortal((name, arn) => {
      log.push(`attach ${arn} to ${name}`);
      retarget(name, (arns) => [...arns, arn]);
    }),
    detachTargetGroup: mortal((name, arn) => {
      log.push(`detach ${arn} from ${name}`);
      retarget(name, (arns) => arns.filter((one) => one !== arn));
    }),
    scaleByLoad: mortal((name) => {
      scaled.add(name);
    }),
  };
  const codeDeploy: DeploymentGroups = {
    find: mortal((application, name) => deploymentGroups.get(`${application}/${name}`)),
    create: mortal((group) => {
      const key = `${group.applicationName}/${group.deploymentGroupName}`;
      if (deploymentGroups.has(key)) throw new Error(`${key} exists`);
      log.push(`create group on ${group.autoScalingGroups?.join()}`);
      deploymentGroups.set(key, asInfo(group));
    }),
    update: mortal((group) => {
      log.push(`update group on ${group.autoScalingGroups?.join()}`);
      deploymentGroups.set(`${group.applicationName}/${group.deploymentGroupName}`, asInfo(group));
    }),
    watch: mortal((application, name, autoScalingGroup, alarmNames) => {
      log.push(`watch ${alarmNames.join(', ') || 'no alarm'} on ${autoScalingGroup}`);
      const key = `${application}/${name}`;
      const alarms = alarmNames.map((alarm) => ({ name: alarm }));
      deploymentGroups.set(key, {
        ...deploymentGroups.get(key),
        alarmConfiguration: { enabled: alarms.length > 0, alarms },
      });
    }),
    remove: mortal((application, name) => {
      log.push('remove group');
      deploymentGroups.delete(`${application}/${name}`);
    }),
    running: mortal(() => [...running]),
    createdSince: mortal(() => []),
    continueRollback: mortal((id) => {
      continued.push(id);
    }),
    stop: mortal((id) => {
      log.push(`stop ${id}`);
    }),
  };
  const asInfo = (group: { autoScalingGroups?: string[] | undefined }): DeploymentGroupInfo =>
    ({
      ...group,
      autoScalingGroups: (group.autoScalingGroups ?? []).map((name) => ({ name })),
    }) as DeploymentGroupInfo;

  return {
    dependencies: { groups: autoScaling, deploymentGroups: codeDeploy },
    groups,
    deploymentGroups,
    running,
    /** Deployments that were continued if they are rollbacks. */
    continued,
    /** Groups with a scaling policy. */
    scaled,
    log,
    /** What Auto Scaling did for its groups. */
    activities,
    /** Killed at the nth call from now; `undefined` lives. */
    killAt: (n: number | undefined) => {
      calls = n ?? Number.POSITIVE_INFINITY;
    },
    /** Instances start, stopped deployments end, deleted groups vanish. */
    pass: () => {
      running.clear();
      for (const [name, group] of groups) {
        if (group.Status !== undefined) groups.delete(name);
        else
          groups.set(name, {
            ...group,
            Instances: Array.from({ length: group.DesiredCapacity ?? 0 }, (_, n) => ({
              InstanceId: `${name}-${n}`,
              AvailabilityZone: 'us-east-1a',
              LifecycleState: 'InService',
              HealthStatus: 'Healthy',
              ProtectedFromScaleIn: false,
            })),
          });
      }
    },
    /** What a blue/green deployment does: a copy takes over, the old group goes (T05). */
    deploy: (id: string) => {
      const info = deploymentGroups.get('shop/prod');
      const old = info?.autoScalingGroups?.[0]?.name ?? '';
      const name = `CodeDeploy_prod_${id}`;
      groups.set(name, { ...(groups.get(old) as AutoScalingGroup), AutoScalingGroupName: name });
      groups.delete(old);
      deploymentGroups.set('shop/prod', { ...info, autoScalingGroups: [{ name }] });
    },
  };
};
