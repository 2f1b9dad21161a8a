import type { TargetGroup } from '@aws-sdk/client-elastic-load-balancing-v2';
import { APPLICATION_HOST } from '../../application-host.ts';
import type { Host } from '../../host.ts';
import { type ElbTables, type LoadBalancerRecord, type TargetGroupRecord, usersOf } from './records.ts';

/** Host and port at which the load balancer is reached: a name alone would not tell the port. */
export const dnsNameOf = (host: Host, { port }: Pick<LoadBalancerRecord, 'port'>): string =>
  `${APPLICATION_HOST}:${port === 'prod' ? host.ports.prod : port}`;

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
