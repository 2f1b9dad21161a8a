import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import type { GetDeploymentOutput, InstanceTarget } from '@aws-sdk/client-codedeploy';
import { type AdjustableClock, createClock } from '../../clock.ts';
import { createHost, type EmulatorHost } from '../../create-host.ts';
import type { BusEvent, PolicyStatement, Principal, ResourceState } from '../../host.ts';
import type { ContainerOptions } from '../../instances/container/container-options.ts';
import { instancesOf } from '../../instances/instances.ts';
import { createAutoScalingService } from '../../services/autoscaling/autoscaling.ts';
import { createCloudWatchService } from '../../services/cloudwatch/cloudwatch.ts';
import { createCodeDeployService } from '../../services/codedeploy/codedeploy.ts';
import { createEc2Service } from '../../services/ec2/ec2.ts';
import { createElasticLoadBalancingService } from '../../services/elasticloadbalancing/elasticloadbalancing.ts';
import { createIamService } from '../../services/iam/iam.ts';
import { createS3Service } from '../../services/s3/s3.ts';
import { createSsmService } from '../../services/ssm/ssm.ts';
import { createMemoryStore, type Store } from '../../store.ts';
import type { BundleFile } from './application.ts';
import { zipOf } from './application.ts';

const administrator: Principal = { kind: 'administrator' };

/** A role that is not the administrator, for questions of permission. */
export const roleNamed = (name: string): Principal => ({
  kind: 'role',
  roleArn: `arn:aws:iam::000000000000:role/${name}`,
  sessionName: 'test',
});

/** A public base image: any well-formed id that was not registered here. */
export const baseImage = 'ami-0123456789abcdef0';

const everything: PolicyStatement = { Effect: 'Allow', Action: '*', Resource: '*' };

/** The services of instances on one host, and short ways to use them. */
export type FleetHost = ReturnType<typeof createFleetHost>;

/** @param options a store and directory of an earlier host, to take up from it */
export const createFleetHost = (
  options: {
    store?: Store;
    stateDir?: string;
    ports?: { qat: number; prod: number };
    waitsAsAsked?: boolean;
    containers?: ContainerOptions;
  } = {},
) => {
  const stateDir = options.stateDir ?? fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-fleet-'));
  const store = options.store ?? createMemoryStore();
  const clock: AdjustableClock = createClock();
  const events: BusEvent[] = [];
  const log: string[] = [];
  const host = createHost({
    stateDir,
    store,
    clock,
    waitsAsAsked: options.waitsAsAsked ?? false,
    ports: { endpoint: 0, approvals: 0, signIn: 0, overview: 0, qat: 0, prod: 0, forge: 0, ...options.ports },
    ...(options.containers && { containers: options.containers }),
    log: ({ service, message, details }) =>
      log.push(`${service}: ${message} ${JSON.stringify(details ?? {})}`),
  });
  host.register({
    name: 'events',
    operations: {},
    resources: {},
    onServiceEvent: (event) => void events.push(event),
  });
  const elasticloadbalancing = createElasticLoadBalancingService(host);
  const autoscaling = createAutoScalingService(host);
  for (const service of [
    createIamService(host),
    createSsmService(host),
    createS3Service(host),
    createCloudWatchService(host),
    createEc2Service(host),
    elasticloadbalancing,
    autoscaling,
    createCodeDeployService(host),
  ])
    host.register(service);

  const call = <Output = object>(
    service: string,
    operation: string,
    input: object,
    principal: Principal = administrator,
  ) => host.call<Output>(principal, service, operation, input);

  return {
    host,
    store,
    stateDir,
    clock,
    events,
    log,
    elasticloadbalancing,
    autoscaling,
    instances: instancesOf(host),
    call,
    /** Creates a resource as the assembly would. */
    create: (type: string, logicalId: string, properties: object) =>
      create(host, type, logicalId, properties),
    update: (
      type: string,
      logicalId: string,
      properties: object,
      before: { state: ResourceState; properties: object },
    ) =>
      providerOf(host, type).update(properties as never, contextOf(logicalId), {
        state: before.state,
        properties: before.properties as never,
      }),
    remove: (type: string, logicalId: string, state: ResourceState, properties: object) =>
      providerOf(host, type).delete(state, contextOf(logicalId), properties as never),
    /** A role that a service may take on; it may do everything unless told otherwise. */
    role: async (name: string, service: string, statements: readonly PolicyStatement[] = [everything]) => {
      const { attributes } = await create(host, 'AWS::IAM::Role', name, {
        RoleName: name,
        AssumeRolePolicyDocument: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
        },
        Policies: [{ PolicyName: 'p', PolicyDocument: { Version: '2012-10-17', Statement: statements } }],
      });
      return String(attributes.Arn);
    },
    /** Puts a bundle into the artifact bucket. @returns its revision */
    revision: async (key: string, files: Readonly<Record<string, BundleFile>>) => {
      await create(host, 'AWS::S3::Bucket', 'Artifacts', { BucketName: 'artifacts' });
      const Body = await zipOf(files);
      const { ETag } = await call<{ ETag?: string }>('s3', 'PutObject', {
        Bucket: 'artifacts',
        Key: key,
        Body,
      });
      return {
        revisionType: 'S3',
        s3Location: { bucket: 'artifacts', key, bundleType: 'zip', eTag: ETag },
      } as const;
    },
    start: () => host.startServices(),
    stop: async () => {
      await host.stopServices();
      clock.stop();
    },
    dispose: async () => {
      await host.stopServices();
      clock.stop();
      fs.rmSync(stateDir, { recursive: true, force: true });
    },
  };
};

const contextOf = (logicalId: string) => ({
  stackName: 'stack',
  logicalId,
  generatedName: (max = 64) => `stack-${logicalId}`.slice(0, max),
});

const providerOf = (host: EmulatorHost, type: string) => {
  const provider = host.services().find(({ resources }) => resources[type])?.resources[type];
  if (!provider) throw new Error(`No provider of ${type}`);
  return provider;
};

const create = async (host: EmulatorHost, type: string, logicalId: string, properties: object) =>
  providerOf(host, type).create(properties as never, contextOf(logicalId));

/** Asks until there is an answer; fails after so many seconds. */
export const eventually = async <Answer>(
  ask: () => Promise<Answer | undefined> | Answer | undefined,
  seconds = 15,
): Promise<Answer> => {
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`Not so within ${seconds} s: ${ask.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

/** GETs a URL without keeping the connection. */
export const get = (url: string, headers: Record<string, string> = {}) =>
  new Promise<{ status: number; body: string; headers: http.IncomingHttpHeaders }>((resolve, reject) => {
    http
      .get(url, { agent: false, headers }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          body += chunk;
        });
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, body, headers: response.headers }),
        );
        response.once('error', reject);
      })
      .once('error', reject);
  });

/** Roles, launch template with a baked image, and a CodeDeploy application. */
export const setUpLaunch = async (fleet: FleetHost) => {
  const serviceRoleArn = await fleet.role('CodeDeployRole', 'codedeploy.amazonaws.com');
  await fleet.role('InstanceRole', 'ec2.amazonaws.com');
  const profile = await fleet.create('AWS::IAM::InstanceProfile', 'Profile', { Roles: ['InstanceRole'] });
  const { ImageId } = await fleet.call<{ ImageId: string }>('ec2', 'RegisterImage', { Name: 'baked' });
  const template = {
    LaunchTemplateName: 'web',
    LaunchTemplateData: {
      ImageId,
      InstanceType: 't3.micro',
      IamInstanceProfile: { Arn: String(profile.attributes.Arn) },
    },
  };
  const launchTemplate = await fleet.create('AWS::EC2::LaunchTemplate', 'Template', template);
  await fleet.create('AWS::CodeDeploy::Application', 'Application', { ApplicationName: 'shop' });
  return { serviceRoleArn, imageId: ImageId, template, launchTemplateId: launchTemplate.physicalId };
};

/** A group of tagged instances that CodeDeploy deploys to in place. */
export const setUpInPlace = async (
  fleet: FleetHost,
  options: { size?: number; config?: string; rollback?: boolean } = {},
) => {
  const launch = await setUpLaunch(fleet);
  const size = String(options.size ?? 1);
  await fleet.create('AWS::AutoScaling::AutoScalingGroup', 'Qat', {
    AutoScalingGroupName: 'qat',
    LaunchTemplate: { LaunchTemplateId: launch.launchTemplateId, Version: '$Latest' },
    MinSize: size,
    MaxSize: size,
    Tags: [{ Key: 'environment', Value: 'qat', PropagateAtLaunch: true }],
  });
  await fleet.create('AWS::CodeDeploy::DeploymentGroup', 'QatGroup', {
    ApplicationName: 'shop',
    DeploymentGroupName: 'qat',
    ServiceRoleArn: launch.serviceRoleArn,
    DeploymentConfigName: options.config ?? 'CodeDeployDefault.AllAtOnce',
    Ec2TagSet: {
      Ec2TagSetList: [{ Ec2TagGroup: [{ Key: 'environment', Value: 'qat', Type: 'KEY_AND_VALUE' }] }],
    },
    AutoRollbackConfiguration: { Enabled: options.rollback ?? false, Events: ['DEPLOYMENT_FAILURE'] },
  });
  return { ...launch, instanceIds: await inService(fleet, 'qat', Number(size)) };
};

/** A load balancer over a group that CodeDeploy deploys to blue/green. */
export const setUpBlueGreen = async (fleet: FleetHost, size = 2) => {
  const launch = await setUpLaunch(fleet);
  const loadBalancer = await fleet.create('AWS::ElasticLoadBalancingV2::LoadBalancer', 'Balancer', {});
  const targetGroup = await fleet.create('AWS::ElasticLoadBalancingV2::TargetGroup', 'Targets', {
    Name: 'web',
    Port: 8080,
    HealthCheckIntervalSeconds: 5,
    HealthyThresholdCount: 2,
    TargetGroupAttributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '30' }],
  });
  await fleet.create('AWS::ElasticLoadBalancingV2::Listener', 'Listener', {
    LoadBalancerArn: loadBalancer.physicalId,
    Port: 80,
    Protocol: 'HTTP',
    DefaultActions: [{ Type: 'forward', TargetGroupArn: targetGroup.physicalId }],
  });
  await fleet.create('AWS::EC2::LaunchTemplate', 'Seed', {
    LaunchTemplateName: 'seed',
    LaunchTemplateData: { ImageId: baseImage, UserData: 'IyEvYmluL3No' },
  });
  await fleet.call('autoscaling', 'CreateAutoScalingGroup', {
    AutoScalingGroupName: 'seed',
    LaunchTemplate: { LaunchTemplateName: 'seed', Version: '$Latest' },
    MinSize: size,
    MaxSize: size + 2,
    TargetGroupARNs: [targetGroup.physicalId],
    Tags: [
      {
        ResourceId: 'seed',
        ResourceType: 'auto-scaling-group',
        Key: 'fleet',
        Value: 'shop/prod',
        PropagateAtLaunch: true,
      },
    ],
  });
  const seeds = await inService(fleet, 'seed', size);
  await fleet.call('autoscaling', 'UpdateAutoScalingGroup', {
    AutoScalingGroupName: 'seed',
    LaunchTemplate: { LaunchTemplateId: launch.launchTemplateId, Version: '$Latest' },
  });
  await fleet.call('codedeploy', 'CreateDeploymentGroup', {
    applicationName: 'shop',
    deploymentGroupName: 'prod',
    serviceRoleArn: launch.serviceRoleArn,
    deploymentConfigName: 'CodeDeployDefault.OneAtATime',
    autoScalingGroups: ['seed'],
    deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
    loadBalancerInfo: { targetGroupInfoList: [{ name: 'web' }] },
    autoRollbackConfiguration: { enabled: true, events: ['DEPLOYMENT_FAILURE'] },
    blueGreenDeploymentConfiguration: {
      deploymentReadyOption: { actionOnTimeout: 'CONTINUE_DEPLOYMENT' },
      greenFleetProvisioningOption: { action: 'COPY_AUTO_SCALING_GROUP' },
      terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE', terminationWaitTimeInMinutes: 5 },
    },
  });
  const url = `http://${loadBalancer.attributes.DNSName}/`;
  await eventually(async () => ((await get(url)).status === 200 ? true : undefined));
  return { ...launch, url, seeds, targetGroupArn: targetGroup.physicalId };
};

/** Waits until a group has so many instances in service. @returns their ids */
export const inService = (fleet: FleetHost, name: string, size: number): Promise<string[]> =>
  eventually(async () => {
    const { AutoScalingGroups } = await fleet.call<{
      AutoScalingGroups: { Instances: { InstanceId: string; LifecycleState: string }[] }[];
    }>('autoscaling', 'DescribeAutoScalingGroups', { AutoScalingGroupNames: [name] });
    const instances = AutoScalingGroups[0]?.Instances ?? [];
    const ids = instances.filter((one) => one.LifecycleState === 'InService').map((one) => one.InstanceId);
    return ids.length === size && instances.length === size ? ids : undefined;
  });

/** Starts a deployment. */
export const deploy = async (fleet: FleetHost, group: string, revision: object, more: object = {}) => {
  const { deploymentId } = await fleet.call<{ deploymentId: string }>('codedeploy', 'CreateDeployment', {
    applicationName: 'shop',
    deploymentGroupName: group,
    revision,
    ...more,
  });
  return deploymentId;
};

/** Waits for a deployment's end. */
export const ended = (fleet: FleetHost, deploymentId: string) =>
  eventually(async () => {
    const { deploymentInfo } = await fleet.call<GetDeploymentOutput>('codedeploy', 'GetDeployment', {
      deploymentId,
    });
    return deploymentInfo?.completeTime ? deploymentInfo : undefined;
  }, 30);

/** The targets of a deployment. */
export const targets = async (fleet: FleetHost, deploymentId: string): Promise<InstanceTarget[]> => {
  const { targetIds } = await fleet.call<{ targetIds: string[] }>('codedeploy', 'ListDeploymentTargets', {
    deploymentId,
  });
  const { deploymentTargets } = await fleet.call<{ deploymentTargets: { instanceTarget: InstanceTarget }[] }>(
    'codedeploy',
    'BatchGetDeploymentTargets',
    { deploymentId, targetIds },
  );
  return deploymentTargets.map(({ instanceTarget }) => instanceTarget);
};
