import type { Listener, LoadBalancer, TargetGroup } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Host } from '../../host.ts';
import {
  type ElbTables,
  type ListenerRecord,
  type LoadBalancerRecord,
  type TargetGroupRecord,
  usersOf,
} from './records.ts';

/** Host and port at which the load balancer is reached: a name alone would not tell the port. */
export const dnsNameOf = (host: Host, { port }: Pick<LoadBalancerRecord, 'port'>): string =>
  `127.0.0.1:${port === 'prod' ? host.ports.prod : port}`;

/** A load balancer as the API gives it. */
export const describeLoadBalancer = (host: Host, record: LoadBalancerRecord): LoadBalancer => ({
  LoadBalancerArn: record.arn,
  LoadBalancerName: record.name,
  DNSName: dnsNameOf(host, record),
  CreatedTime: new Date(record.createdAt),
  Scheme: record.scheme as 'internal',
  State: { Code: 'active' },
  Type: 'application',
  SecurityGroups: [...record.securityGroups],
  AvailabilityZones: record.subnets.map((SubnetId) => ({ SubnetId })),
});

/** A listener as the API gives it. */
export const describeListener = (record: ListenerRecord): Listener => ({
  ListenerArn: record.arn,
  LoadBalancerArn: record.loadBalancerArn,
  Port: record.port,
  Protocol: record.protocol as 'HTTP',
  DefaultActions: [...record.defaultActions],
});

/** A target group as the API gives it. */
export const describeTargetGroup = (tables: ElbTables, record: TargetGroupRecord): TargetGroup => ({
  TargetGroupArn: record.arn,
  TargetGroupName: record.name,
  Protocol: record.protocol as 'HTTP',
  ProtocolVersion: 'HTTP1',
  Port: record.port,
  VpcId: record.vpcId,
  TargetType: 'instance',
  HealthCheckEnabled: record.healthCheck.enabled,
  HealthCheckProtocol: 'HTTP',
  HealthCheckPort: 'traffic-port',
  HealthCheckPath: record.healthCheck.path,
  HealthCheckIntervalSeconds: record.healthCheck.intervalSeconds,
  HealthCheckTimeoutSeconds: record.healthCheck.timeoutSeconds,
  HealthyThresholdCount: record.healthCheck.healthyThreshold,
  UnhealthyThresholdCount: record.healthCheck.unhealthyThreshold,
  Matcher: { HttpCode: record.healthCheck.matcher },
  LoadBalancerArns: usersOf(tables, record.arn),
});
