import type {
  DescribeInstancesRequest,
  DescribeInstancesResult,
  Instance,
  Reservation,
  RunInstancesRequest,
  TerminateInstancesRequest,
  TerminateInstancesResult,
} from '@aws-sdk/client-ec2';
import { AwsError, type Host, type Operation, type Service } from '../../host.ts';
import { instancesOf, resourceId } from '../../instances/instances.ts';
import { createLifetime } from '../../instances/lifetime.ts';
import { accountOperations } from './account.ts';
import { imageOperations } from './images.ts';
import { launchAccess, passInstanceProfile, planLaunch, resolveImage } from './launch-plan.ts';
import { launchTemplateVersionOperations } from './launch-template-versions.ts';
import { launchTemplateOperations, launchTemplateProvider } from './launch-templates.ts';
import { ec2Arn, ec2Tables, type InstanceRecord, type InstanceState } from './records.ts';
import { passes, resourceTags, tagList } from './tags.ts';

/** How long an instance is pending, in ms (on EC2 about half a minute). */
const BOOT_MS = 100;

const stateCodes: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
};

const instanceFilters = [
  'instance-id',
  'image-id',
  'instance-state-name',
  'instance-type',
  'subnet-id',
  'iam-instance-profile.arn',
  'client-token',
];

/**
 * EC2: launch templates, images, tags, and instances, for each of which a container, or a directory with processes, stands on this
 * machine. The network (VPCs, subnets, security groups) makes no difference here.
 */
export const createEc2Service = (host: Host): Service => {
  const tables = ec2Tables(host);
  const instances = instancesOf(host);
  const lifetime = createLifetime(host.clock, (error) =>
    host.log('ec2', 'Work failed', { error: String(error) }),
  );

  const change = (instanceId: string, state: InstanceState, reason?: string) => {
    const record = tables.instances.get(instanceId);
    if (record) tables.instances.put(instanceId, { ...record, state, ...(reason ? { reason } : {}) });
  };

  /** One step after the other for each instance: it is not shut down while it boots. */
  const lastSteps = new Map<string, Promise<void>>();
  const drive = (instanceId: string) => {
    const step = (lastSteps.get(instanceId) ?? Promise.resolve()).then(() => takeOn(instanceId));
    lastSteps.set(
      instanceId,
      step.catch(() => undefined),
    );
    lifetime.run(() => step);
  };

  /** Takes an instance on from the state that it is in; also after a crash in between. */
  const takeOn = async (instanceId: string) => {
    const record = tables.instances.get(instanceId);
    if (record?.state === 'pending') {
      const isWanted = () => tables.instances.get(instanceId)?.state === 'pending';
      await lifetime.sleep(BOOT_MS);
      if (isWanted() && !(await hasBooted(record))) return;
      if (isWanted()) change(instanceId, 'running');
    } else if (record?.state === 'shutting-down') {
      await instances.remove(instanceId);
      change(instanceId, 'terminated');
    }
  };

  /** An instance that cannot be started is terminated, and says why, as on EC2. */
  const hasBooted = async (record: InstanceRecord): Promise<boolean> => {
    try {
      await instances.boot(record.instanceId, record);
      return true;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      host.log('ec2', `${record.instanceId} could not be started`, { error: why });
      await instances.remove(record.instanceId);
      change(record.instanceId, 'terminated', `Server.InternalError: ${why}`);
      return false;
    }
  };

  const describe = (record: InstanceRecord): Instance => ({
    InstanceId: record.instanceId,
    ImageId: record.imageId,
    State: { Name: record.state, Code: stateCodes[record.state] },
    LaunchTime: new Date(record.launchedAt),
    InstanceType: record.instanceType as 't3.micro',
    PrivateIpAddress: '127.0.0.1',
    ...(record.subnetId ? { SubnetId: record.subnetId } : {}),
    ...(record.clientToken ? { ClientToken: record.clientToken } : {}),
    ...(record.instanceProfileArn ? { IamInstanceProfile: { Arn: record.instanceProfileArn } } : {}),
    ...(record.reason ? { StateReason: { Message: record.reason } } : {}),
    Tags: tagList(tables.tags.get(record.instanceId)),
  });

  const runInstances: Operation<RunInstancesRequest, Reservation> = {
    requires: (request) => launchAccess(host, planLaunch(tables, request)),
    run: async (request, { principal }) => {
      const token = request.ClientToken;
      const plan = planLaunch(tables, request);
      const imageId = await resolveImage(host, tables, principal, plan.image);
      const instanceProfileArn = await passInstanceProfile(host, principal, plan.instanceProfile);
      if (request.DryRun) {
        throw new AwsError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
      }
      // Looked for after all waiting, so that the same request at the same time launches once.
      const existing = token ? tables.instances.values().filter((one) => one.clientToken === token) : [];
      if (existing.length > 0) return { Instances: existing.map(describe) };
      const isBaked = tables.images.has(imageId);
      const launched = Array.from({ length: request.MaxCount ?? 1 }, (): InstanceRecord => {
        const record = {
          instanceId: resourceId('i', `${host.accountId} ${tables.instances.keys().length}`),
          imageId,
          state: 'pending',
          launchedAt: host.clock.now(),
          instanceType: plan.instanceType,
          hasAgent: isBaked || plan.userData !== undefined,
          hasStub: !isBaked && plan.userData !== undefined,
          ...(plan.userData === undefined ? {} : { userData: plan.userData }),
          ...(token ? { clientToken: token } : {}),
          ...(plan.subnetId ? { subnetId: plan.subnetId } : {}),
          ...(instanceProfileArn ? { instanceProfileArn } : {}),
        } as const;
        tables.tags.put(record.instanceId, plan.tags);
        tables.instances.put(record.instanceId, record);
        return record;
      });
      for (const { instanceId } of launched) drive(instanceId);
      return { Instances: launched.map(describe) };
    },
  };

  const find = (instanceId: string): InstanceRecord => {
    const record = tables.instances.get(instanceId);
    if (record) return record;
    throw new AwsError('InvalidInstanceID.NotFound', `The instance ID '${instanceId}' does not exist`);
  };

  const terminateInstances: Operation<TerminateInstancesRequest, TerminateInstancesResult> = {
    requires: ({ InstanceIds = [] }) =>
      InstanceIds.map((id) => ({
        action: 'ec2:TerminateInstances',
        resource: ec2Arn(host, `instance/${id}`),
        context: resourceTags(tables.tags.get(id)),
      })),
    run: ({ InstanceIds = [] }) => ({
      TerminatingInstances: InstanceIds.map(find).map(({ instanceId, state }) => {
        const isLive = state === 'pending' || state === 'running';
        const next = isLive ? 'shutting-down' : state;
        if (isLive) {
          change(instanceId, next, 'Client.UserInitiatedShutdown: User initiated shutdown');
          drive(instanceId);
        }
        return {
          InstanceId: instanceId,
          PreviousState: { Name: state, Code: stateCodes[state] },
          CurrentState: { Name: next, Code: stateCodes[next] },
        };
      }),
    }),
  };

  const describeInstances: Operation<DescribeInstancesRequest, DescribeInstancesResult> = {
    requires: () => ({ action: 'ec2:DescribeInstances', resource: '*' }),
    run: ({ InstanceIds, Filters }) => {
      const chosen = InstanceIds?.length ? InstanceIds.map(find) : tables.instances.values();
      return {
        Reservations: chosen
          .filter((record) =>
            passes(Filters, tables.tags.get(record.instanceId), instanceFilters, (name) => {
              const values: Record<string, string | undefined> = {
                'instance-id': record.instanceId,
                'image-id': record.imageId,
                'instance-state-name': record.state,
                'instance-type': record.instanceType,
                'subnet-id': record.subnetId,
                'iam-instance-profile.arn': record.instanceProfileArn,
                'client-token': record.clientToken,
              };
              return values[name];
            }),
          )
          .map((record) => ({
            ReservationId: `r-${record.instanceId.slice(2)}`,
            Instances: [describe(record)],
          })),
      };
    },
  };

  return {
    name: 'ec2',
    operations: {
      RunInstances: runInstances,
      TerminateInstances: terminateInstances,
      DescribeInstances: describeInstances,
      ...accountOperations(host),
      ...imageOperations(host, tables),
      ...launchTemplateOperations(tables),
      ...launchTemplateVersionOperations(host, tables),
    },
    resources: { 'AWS::EC2::LaunchTemplate': launchTemplateProvider(host, tables) },
    start: async () => {
      const living = tables.instances.values().filter(({ state }) => state !== 'terminated');
      await instances.start(new Set(living.map(({ instanceId }) => instanceId)));
      await Promise.all(living.map(({ instanceId }) => instances.recover(instanceId)));
      for (const { instanceId } of living) drive(instanceId);
    },
    stop: async () => {
      await lifetime.end();
      const living = tables.instances.values().filter(({ state }) => state !== 'terminated');
      await Promise.all(living.map(({ instanceId }) => instances.halt(instanceId)));
    },
  };
};
