import type { Host, Service } from '../../host.ts';
import { createLifetime } from '../../instances/lifetime.ts';
import { type AccessLogEntry, createAccessLog } from './access-log.ts';
import { createFrontEnd } from './front-end.ts';
import { createLoadBalancerMetrics } from './load-balancer-metrics.ts';
import { elbOperations } from './operations.ts';
import { listenerProvider, listenerRuleProvider, loadBalancerProvider } from './providers.ts';
import { elbTables } from './records.ts';
import { targetGroupProvider } from './target-group-provider.ts';
import { createTargets } from './targets.ts';

/** Elastic Load Balancing, and what its load balancers have answered. */
interface ElasticLoadBalancingService extends Service {
  /** The newest 100,000 requests to all load balancers since the start, in the order in which they ended. */
  readonly accessLog: () => readonly AccessLogEntry[];
}

/**
 * Application load balancers as reverse proxies on 127.0.0.1: round robin over healthy targets, real health checks,
 * connection draining. The first load balancer listens on the host's Prod port.
 */
export const createElasticLoadBalancingService = (host: Host): ElasticLoadBalancingService => {
  const tables = elbTables(host);
  const lifetime = createLifetime(host.clock, (error) =>
    host.log('elasticloadbalancing', 'Work failed', { error: String(error) }),
  );
  const metrics = createLoadBalancerMetrics(host, tables);
  const targets = createTargets(host, tables, lifetime, metrics);
  const log = createAccessLog();
  const frontEnd = createFrontEnd(host, tables, targets, log, metrics);

  return {
    name: 'elasticloadbalancing',
    operations: elbOperations(host, tables, targets),
    resources: {
      'AWS::ElasticLoadBalancingV2::LoadBalancer': loadBalancerProvider(host, tables),
      'AWS::ElasticLoadBalancingV2::Listener': listenerProvider(host, tables, frontEnd),
      'AWS::ElasticLoadBalancingV2::ListenerRule': listenerRuleProvider(host, tables),
      'AWS::ElasticLoadBalancingV2::TargetGroup': targetGroupProvider(host, tables),
    },
    accessLog: log.entries,
    start: async () => {
      targets.start();
      await frontEnd.openAll();
    },
    stop: async () => {
      await lifetime.end();
      await frontEnd.shutAll();
    },
  };
};
