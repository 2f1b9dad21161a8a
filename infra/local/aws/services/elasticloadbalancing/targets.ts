import http from 'node:http';
import type { TargetHealth } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Host } from '../../host.ts';
import { instancesOf } from '../../instances/instances.ts';
import type { Lifetime } from '../../instances/lifetime.ts';
import { metricsOf } from '../shared/metrics.ts';
import type { LoadBalancerMetrics } from './load-balancer-metrics.ts';
import { type ElbTables, type HealthCheck, type TargetRecord, targetKey, usersOf } from './records.ts';

/** Health checks come a hundred times as often as the target group says: 30 s become 300 ms. */
const INTERVAL_MS_PER_SECOND = 10;
const LEAST_INTERVAL_MS = 50;
/** The longest that a target drains, in ms, even if its deregistration delay is longer. */
const LONGEST_DRAIN_MS = 5_000;
const POLL_MS = 10;
/** How long an answer about health waits for a target's first check, in ms. */
const FIRST_CHECK_MS = 1_000;

/** What is known of a target's health since it was registered, or since the start of the emulator. */
interface Health {
  state: 'initial' | 'healthy' | 'unhealthy';
  /** Checks in a row with the result that the state does not say. */
  contrary: number;
  checks: number;
  reason: NonNullable<TargetHealth['Reason']>;
  description: string;
}

/** The targets of all target groups: their registration, health and requests under way. */
export interface Targets {
  readonly register: (targetGroupArn: string, instanceId: string) => void;
  /** The target takes no new request from now on, and is gone when those under way are done. */
  readonly deregister: (targetGroupArn: string, instanceId: string) => void;
  /** The next healthy target of the group, in turn. */
  readonly choose: (targetGroupArn: string) => { instanceId: string; port: number } | undefined;
  /** Counts a request as under way. @returns what to call when it is done */
  readonly begin: (targetGroupArn: string, instanceId: string) => () => void;
  /** Health as the API gives it; waits a moment for the first check of a new target. */
  readonly health: (target: TargetRecord) => Promise<TargetHealth>;
  /** Takes up the targets that the store holds. */
  readonly start: () => void;
}

/** Health checks and draining. A target is healthy after its first passed check, as ALB has it for new ones. */
export const createTargets = (
  host: Host,
  tables: ElbTables,
  lifetime: Lifetime,
  metrics: LoadBalancerMetrics,
): Targets => {
  const instances = instancesOf(host);
  const healths = new Map<string, Health>();
  const underWay = new Map<string, number>();
  const turns = new Map<string, number>();

  const isActive = (key: string) => {
    const target = tables.targets.get(key);
    return target !== undefined && target.drainsUntil === undefined;
  };

  const publish = (targetGroupArn: string) => {
    const registered = tables.targets
      .entries()
      .filter(([key, target]) => target.targetGroupArn === targetGroupArn && isActive(key))
      .map(([key]) => healths.get(key)?.state);
    const count = (state: Health['state']) => registered.filter((one) => one === state).length;
    metrics.targets(targetGroupArn, {
      registered: registered.length,
      healthy: count('healthy'),
      unhealthy: count('unhealthy'),
    });
  };

  const watch = async (key: string, health: Health) => {
    while (healths.get(key) === health && isActive(key)) {
      const target = tables.targets.get(key) as TargetRecord;
      const group = tables.targetGroups.get(target.targetGroupArn);
      if (!group) return;
      if (usersOf(tables, group.arn).length > 0) {
        const port = instances.machine(target.instanceId)?.port;
        const result =
          port === undefined ? failedCheck : await check(port, group.healthCheck, lifetime.signal);
        const before = health.state;
        judge(health, result, group.healthCheck);
        if (health.state !== before) publish(group.arn);
      }
      const interval = group.healthCheck.intervalSeconds * INTERVAL_MS_PER_SECOND;
      await lifetime.sleep(Math.max(interval, LEAST_INTERVAL_MS));
    }
  };

  const begin = (key: string) => {
    if (healths.has(key)) return;
    const health: Health = {
      state: 'initial',
      contrary: 0,
      checks: 0,
      reason: 'Elb.InitialHealthChecking',
      description: 'Initial health checks in progress',
    };
    healths.set(key, health);
    lifetime.run(() => watch(key, health));
  };

  const drain = async (key: string) => {
    await lifetime.until(POLL_MS, () => {
      const until = tables.targets.get(key)?.drainsUntil;
      const isDone = until === undefined || !underWay.get(key) || host.clock.now() >= until;
      return isDone ? true : undefined;
    });
    if (tables.targets.get(key)?.drainsUntil === undefined) return;
    tables.targets.delete(key);
    healths.delete(key);
  };

  return {
    register: (targetGroupArn, instanceId) => {
      const key = targetKey(targetGroupArn, instanceId);
      if (isActive(key)) return;
      healths.delete(key);
      tables.targets.put(key, { targetGroupArn, instanceId });
      begin(key);
    },
    deregister: (targetGroupArn, instanceId) => {
      const key = targetKey(targetGroupArn, instanceId);
      if (!isActive(key)) return;
      const delay = Number(
        tables.targetGroups.get(targetGroupArn)?.attributes['deregistration_delay.timeout_seconds'] ?? 300,
      );
      const drainsUntil = host.clock.now() + Math.min(delay * 1_000, LONGEST_DRAIN_MS);
      tables.targets.put(key, { targetGroupArn, instanceId, drainsUntil });
      lifetime.run(() => drain(key));
      publish(targetGroupArn);
    },
    choose: (targetGroupArn) => {
      const healthy = tables.targets
        .entries()
        .filter(([key, target]) => target.targetGroupArn === targetGroupArn && isActive(key))
        .filter(([key]) => healths.get(key)?.state === 'healthy')
        .flatMap(([, { instanceId }]) => {
          const port = instances.machine(instanceId)?.port;
          return port === undefined ? [] : [{ instanceId, port }];
        });
      const turn = turns.get(targetGroupArn) ?? 0;
      turns.set(targetGroupArn, turn + 1);
      return healthy[turn % healthy.length];
    },
    begin: (targetGroupArn, instanceId) => {
      const key = targetKey(targetGroupArn, instanceId);
      underWay.set(key, (underWay.get(key) ?? 0) + 1);
      return () => {
        underWay.set(key, (underWay.get(key) ?? 1) - 1);
      };
    },
    health: async ({ targetGroupArn, instanceId, drainsUntil }) => {
      if (drainsUntil !== undefined) {
        return {
          State: 'draining',
          Reason: 'Target.DeregistrationInProgress',
          Description: 'Target deregistration is in progress',
        };
      }
      if (usersOf(tables, targetGroupArn).length === 0) {
        return {
          State: 'unused',
          Reason: 'Target.NotInUse',
          Description: 'Target group is not configured to receive traffic from the load balancer',
        };
      }
      const key = targetKey(targetGroupArn, instanceId);
      const patience = host.clock.now() + FIRST_CHECK_MS;
      await lifetime.until(POLL_MS, () =>
        healths.get(key)?.checks === 0 && host.clock.now() < patience ? undefined : true,
      );
      const health = healths.get(key);
      if (!health || health.state === 'healthy') return { State: health?.state ?? 'unused' };
      return { State: health.state, Reason: health.reason, Description: health.description };
    },
    start: () => {
      metricsOf(host).gauge(() => {
        for (const arn of tables.targetGroups.keys()) publish(arn);
      });
      for (const [key, { drainsUntil }] of tables.targets.entries()) {
        if (drainsUntil === undefined) begin(key);
        else lifetime.run(() => drain(key));
      }
    },
  };
};

/** What a check found: nothing if it passed. */
type Finding = Pick<Health, 'reason' | 'description'> | undefined;

const failedCheck: Finding = { reason: 'Target.FailedHealthChecks', description: 'Health checks failed' };

const judge = (health: Health, finding: Finding, check: HealthCheck) => {
  health.checks++;
  const found = finding === undefined ? 'healthy' : 'unhealthy';
  if (finding) Object.assign(health, finding);
  if (health.state === found) {
    health.contrary = 0;
    return;
  }
  health.contrary++;
  const isFirst = health.state === 'initial' && found === 'healthy';
  const threshold = found === 'healthy' ? check.healthyThreshold : check.unhealthyThreshold;
  if (!isFirst && health.contrary < threshold) return;
  health.state = found;
  health.contrary = 0;
};

const check = (
  port: number,
  { path, timeoutSeconds, matcher }: HealthCheck,
  signal: AbortSignal,
): Promise<Finding> =>
  new Promise((resolve) => {
    const request = http.get(
      {
        host: '127.0.0.1',
        port,
        path,
        agent: false,
        signal,
        timeout: timeoutSeconds * 1_000,
        headers: { 'user-agent': 'ELB-HealthChecker/2.0' },
      },
      (response) => {
        response.resume();
        const status = response.statusCode ?? 0;
        resolve(
          matches(matcher, status)
            ? undefined
            : {
                reason: 'Target.ResponseCodeMismatch',
                description: `Health checks failed with these codes: [${status}]`,
              },
        );
      },
    );
    request.once('timeout', () => {
      resolve({ reason: 'Target.Timeout', description: 'Request timed out' });
      request.destroy();
    });
    request.once('error', () => resolve(failedCheck));
  });

/** Whether a status is among a matcher's: single codes and ranges, separated by commas. */
export const matches = (matcher: string, status: number): boolean =>
  matcher.split(',').some((part) => {
    const [from = Number.NaN, to = from] = part.split('-').map(Number);
    return status >= from && status <= to;
  });
