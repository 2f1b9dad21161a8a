import { readProperties } from '../../assembly/properties.ts';
import type {
  Host,
  ResourceContext,
  ResourceProperties,
  ResourceProvider,
  ResourceState,
} from '../../host.ts';
import { keyValues } from './providers.ts';
import { type ElbTables, elbArn, elbId, type TargetGroupRecord, usersOf } from './records.ts';

/** Properties whose change replaces a target group. */
const replacing = ['name', 'port', 'protocol', 'vpcId'] as const;

/** `AWS::ElasticLoadBalancingV2::TargetGroup` of instances; targets come by registration. */
export const targetGroupProvider = (host: Host, tables: ElbTables): ResourceProvider => {
  const read = (properties: ResourceProperties, context: ResourceContext) => {
    const reader = readProperties('AWS::ElasticLoadBalancingV2::TargetGroup', context, properties);
    reader.only(
      'Name',
      'Port',
      'Protocol',
      'ProtocolVersion',
      'VpcId',
      'TargetType',
      'TargetGroupAttributes',
      'HealthCheckEnabled',
      'HealthCheckPath',
      'HealthCheckPort',
      'HealthCheckProtocol',
      'HealthCheckIntervalSeconds',
      'HealthCheckTimeoutSeconds',
      'HealthyThresholdCount',
      'UnhealthyThresholdCount',
      'Matcher',
      'IpAddressType',
      'Tags',
    );
    if ((reader.optionalString('TargetType') ?? 'instance') !== 'instance')
      throw reader.error('TargetType', 'must be instance in the emulator');
    return {
      name: reader.optionalString('Name') ?? context.generatedName(32),
      port: reader.number('Port'),
      protocol: reader.optionalString('Protocol') ?? 'HTTP',
      vpcId: reader.optionalString('VpcId') ?? '',
      // The defaults are those of the API for application load balancers.
      healthCheck: {
        enabled: reader.optionalBoolean('HealthCheckEnabled') ?? true,
        path: reader.optionalString('HealthCheckPath') ?? '/',
        intervalSeconds: reader.optionalNumber('HealthCheckIntervalSeconds') ?? 30,
        timeoutSeconds: reader.optionalNumber('HealthCheckTimeoutSeconds') ?? 5,
        healthyThreshold: reader.optionalNumber('HealthyThresholdCount') ?? 5,
        unhealthyThreshold: reader.optionalNumber('UnhealthyThresholdCount') ?? 2,
        matcher: reader.optionalAt('Matcher')?.optionalString('HttpCode') ?? '200',
      },
      attributes: {
        'deregistration_delay.timeout_seconds': '300',
        ...keyValues(reader, 'TargetGroupAttributes'),
      },
    };
  };
  const stateOf = (record: TargetGroupRecord): ResourceState => ({
    physicalId: record.arn,
    attributes: {
      TargetGroupArn: record.arn,
      TargetGroupName: record.name,
      TargetGroupFullName: record.arn.split(':').at(-1) ?? '',
      LoadBalancerArns: usersOf(tables, record.arn),
    },
  });
  const create: ResourceProvider['create'] = (properties, context) => {
    const settings = read(properties, context);
    const id = elbId(replacing.map((name) => settings[name]).join(' '));
    const arn = elbArn(host, `targetgroup/${settings.name}/${id}`);
    const record = { arn, ...settings };
    tables.targetGroups.put(arn, record);
    return stateOf(record);
  };
  return {
    create,
    update: (properties, context, { state }) => {
      const settings = read(properties, context);
      const record = tables.targetGroups.get(state.physicalId);
      if (!record || replacing.some((name) => record[name] !== settings[name]))
        return create(properties, context);
      tables.targetGroups.put(record.arn, { ...record, ...settings });
      return stateOf(record);
    },
    delete: ({ physicalId }) => {
      for (const [key, { targetGroupArn }] of tables.targets.entries())
        if (targetGroupArn === physicalId) tables.targets.delete(key);
      tables.targetGroups.delete(physicalId);
    },
  };
};
