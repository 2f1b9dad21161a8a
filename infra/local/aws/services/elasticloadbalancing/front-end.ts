import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Host } from '../../host.ts';
import { createReverseProxy, type ReverseProxy, type Route } from '../../instances/reverse-proxy.ts';
import type { AccessLog } from './access-log.ts';
import type { LoadBalancerMetrics } from './load-balancer-metrics.ts';
import type { ElbTables, ListenerRecord, LocalPort } from './records.ts';
import { chooseAction, chooseTargetGroup, redirectLocation } from './routing.ts';
import type { Targets } from './targets.ts';

/** The listeners' real ends on 127.0.0.1. */
export interface FrontEnd {
  readonly open: (listenerArn: string) => Promise<void>;
  readonly shut: (listenerArn: string) => Promise<void>;
  readonly openAll: () => Promise<void>;
  readonly shutAll: () => Promise<void>;
}

/** Every listener is a reverse proxy; also one that speaks HTTPS on AWS speaks HTTP here. */
export const createFrontEnd = (
  host: Host,
  tables: ElbTables,
  targets: Targets,
  log: AccessLog,
  metrics: LoadBalancerMetrics,
): FrontEnd => {
  const proxies = new Map<string, ReverseProxy>();
  const portOf = (port: LocalPort) => (port === 'prod' ? host.ports.prod : port);

  const traceIdOf = (request: IncomingMessage) => {
    const given = request.headers['x-amzn-trace-id'];
    const seconds = Math.floor(host.clock.now() / 1_000).toString(16);
    const own = `1-${seconds}-${randomBytes(12).toString('hex')}`;
    return typeof given === 'string' && /Root=/.test(given) ? `Self=${own};${given}` : `Root=${own}`;
  };

  const route =
    (listenerArn: string) =>
    (request: IncomingMessage): Route => {
      const listener = tables.listeners.get(listenerArn);
      const loadBalancer = tables.loadBalancers.get(listener?.loadBalancerArn ?? '');
      if (!listener || !loadBalancer) return { kind: 'answer', status: 503 };
      const traceId = traceIdOf(request);
      const time = host.clock.now();
      const logged = (status: number, instanceId?: string) =>
        log.add({
          time,
          loadBalancer: loadBalancer.name,
          ...(instanceId === undefined ? {} : { instanceId }),
          method: request.method ?? '',
          path: request.url ?? '',
          status,
          userAgent: request.headers['user-agent'] ?? '',
          traceId,
        });
      const answer = (
        status: number,
        rest: { headers?: Record<string, string>; body?: string } = {},
      ): Route => {
        logged(status);
        metrics.answered(loadBalancer.arn, status);
        return { kind: 'answer', status, ...rest };
      };

      const action = chooseAction(listener, tables.rules.values(), request);
      if (action?.Type === 'fixed-response') {
        const fixed = action.FixedResponseConfig;
        return answer(Number(fixed?.StatusCode ?? 200), {
          body: fixed?.MessageBody ?? '',
          ...(fixed?.ContentType ? { headers: { 'content-type': fixed.ContentType } } : {}),
        });
      }
      if (action?.Type === 'redirect') {
        const location = redirectLocation(action, request, listener, (port) => {
          const listeners = tables.listeners.values();
          const other = listeners.find(
            (one) =>
              one.loadBalancerArn === loadBalancer.arn && one.port === port && one.arn !== listener.arn,
          );
          return other && portOf(other.localPort);
        });
        return answer(Number(action.RedirectConfig?.StatusCode?.slice(-3) ?? 302), { headers: { location } });
      }
      const targetGroupArn = action && chooseTargetGroup(action, Math.random());
      const target = targetGroupArn === undefined ? undefined : targets.choose(targetGroupArn);
      if (!target || targetGroupArn === undefined) return answer(503);
      const end = targets.begin(targetGroupArn, target.instanceId);
      const client = request.socket.remoteAddress ?? '';
      const before = request.headers['x-forwarded-for'];
      return {
        kind: 'target',
        port: target.port,
        headers: {
          'x-forwarded-for': before ? `${before}, ${client}` : client,
          'x-forwarded-proto': listener.protocol.toLowerCase(),
          'x-forwarded-port': String(listener.port),
          'x-amzn-trace-id': traceId,
        },
        done: (exchange) => {
          end();
          logged(exchange.status, target.instanceId);
          metrics.forwarded(loadBalancer.arn, targetGroupArn, exchange);
        },
      };
    };

  const open = async (listenerArn: string) => {
    const listener = tables.listeners.get(listenerArn) as ListenerRecord;
    if (proxies.has(listenerArn)) return;
    proxies.set(listenerArn, await createReverseProxy(portOf(listener.localPort), route(listenerArn)));
  };

  return {
    open,
    shut: async (listenerArn) => {
      await proxies.get(listenerArn)?.close();
      proxies.delete(listenerArn);
    },
    openAll: async () => {
      for (const arn of tables.listeners.keys()) await open(arn);
    },
    shutAll: async () => {
      await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
      proxies.clear();
    },
  };
};
