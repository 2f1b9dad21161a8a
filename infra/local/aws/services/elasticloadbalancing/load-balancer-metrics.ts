import type { Host } from '../../host.ts';
import type { Exchange } from '../../instances/reverse-proxy.ts';
import { type MetricId, metricsOf } from '../shared/metrics.ts';
import { type ElbTables, usersOf } from './records.ts';

/** Targets of a group that take requests, or are to. */
interface TargetCounts {
  readonly registered: number;
  readonly healthy: number;
  readonly unhealthy: number;
}

/** What load balancers measure, under the names and dimensions of AWS. */
export interface LoadBalancerMetrics {
  /** A request that a target answered, or did not: then the load balancer answered for it. */
  readonly forwarded: (loadBalancerArn: string, targetGroupArn: string, exchange: Exchange) => void;
  /** A request that the load balancer answered by itself. */
  readonly answered: (loadBalancerArn: string, status: number) => void;
  /** How many targets of a group are healthy; nothing is published while none is registered. */
  readonly targets: (targetGroupArn: string, counts: TargetCounts) => void;
}

const NAMESPACE = 'AWS/ApplicationELB';

/** What stands behind the resource type's prefix of the ARN is the dimension's value. */
const loadBalancerName = (arn: string) => arn.slice(arn.indexOf(':loadbalancer/') + ':loadbalancer/'.length);
const targetGroupName = (arn: string) => arn.slice(arn.indexOf(':targetgroup/') + 1);

/** @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html */
export const createLoadBalancerMetrics = (host: Host, tables: ElbTables): LoadBalancerMetrics => {
  const metrics = metricsOf(host);
  const add = (name: string, dimensions: MetricId['dimensions'], value: number) =>
    metrics.add({ namespace: NAMESPACE, name, dimensions }, value);

  const own = (LoadBalancer: string, status: number) => {
    if (status < 500) return;
    add('HTTPCode_ELB_5XX_Count', { LoadBalancer }, 1);
    if ([502, 503, 504].includes(status)) add(`HTTPCode_ELB_${status}_Count`, { LoadBalancer }, 1);
  };

  return {
    forwarded: (loadBalancerArn, targetGroupArn, { status, answeredMs }) => {
      const LoadBalancer = loadBalancerName(loadBalancerArn);
      if (answeredMs === undefined) return own(LoadBalancer, status);
      for (const dimensions of [
        { LoadBalancer },
        { LoadBalancer, TargetGroup: targetGroupName(targetGroupArn) },
      ]) {
        add('RequestCount', dimensions, 1);
        add('TargetResponseTime', dimensions, answeredMs / 1_000);
        // The client, or the target, may have broken off.
        if (status >= 200) add(`HTTPCode_Target_${Math.floor(status / 100)}XX_Count`, dimensions, 1);
      }
    },
    answered: (loadBalancerArn, status) => own(loadBalancerName(loadBalancerArn), status),
    targets: (targetGroupArn, { registered, healthy, unhealthy }) => {
      if (registered === 0) return;
      for (const arn of usersOf(tables, targetGroupArn)) {
        const dimensions = {
          LoadBalancer: loadBalancerName(arn),
          TargetGroup: targetGroupName(targetGroupArn),
        };
        add('HealthyHostCount', dimensions, healthy);
        add('UnHealthyHostCount', dimensions, unhealthy);
      }
    },
  };
};
