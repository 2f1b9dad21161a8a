import { createHash } from 'node:crypto';
import type { Action, RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError, type Host } from '../../host.ts';
import type { Table } from '../../store.ts';

/** A port on loopback: the host's Prod port, or one of its own. */
export type LocalPort = 'prod' | number;

/** An application load balancer. Times are milliseconds since the epoch. */
export interface LoadBalancerRecord {
  readonly arn: string;
  readonly name: string;
  readonly createdAt: number;
  readonly scheme: string;
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly attributes: Readonly<Record<string, string>>;
  /** Where its first forwarding listener listens. */
  readonly port: LocalPort;
}

/** A listener: a reverse proxy of its own on loopback. */
export interface ListenerRecord {
  readonly arn: string;
  readonly loadBalancerArn: string;
  /** The port that the template names. */
  readonly port: number;
  readonly protocol: string;
  readonly defaultActions: readonly Action[];
  readonly localPort: LocalPort;
}

/** A listener's rule. */
export interface RuleRecord {
  readonly arn: string;
  readonly listenerArn: string;
  readonly priority: number;
  readonly conditions: readonly RuleCondition[];
  readonly actions: readonly Action[];
}

/** Health check of a target group, in the API's units (seconds, counts). */
export interface HealthCheck {
  readonly enabled: boolean;
  readonly path: string;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  /** For example `200`, `200-299`, `200,301`. */
  readonly matcher: string;
}

/** A target group of instances. */
export interface TargetGroupRecord {
  readonly arn: string;
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  readonly vpcId: string;
  readonly healthCheck: HealthCheck;
  readonly attributes: Readonly<Record<string, string>>;
}

/** An instance that is registered with a target group, or draining. */
export interface TargetRecord {
  readonly targetGroupArn: string;
  readonly instanceId: string;
  /** Set while it takes no new requests; milliseconds since the epoch. */
  readonly drainsUntil?: number;
}

/** Everything that this service keeps in the store, by ARN; targets by `targetKey`. */
export interface ElbTables {
  readonly loadBalancers: Table<LoadBalancerRecord>;
  readonly listeners: Table<ListenerRecord>;
  readonly rules: Table<RuleRecord>;
  readonly targetGroups: Table<TargetGroupRecord>;
  readonly targets: Table<TargetRecord>;
}

/** The service's tables in the host's store. */
export const elbTables = ({ store }: Host): ElbTables => ({
  loadBalancers: store.table('elb.loadBalancers'),
  listeners: store.table('elb.listeners'),
  rules: store.table('elb.rules'),
  targetGroups: store.table('elb.targetGroups'),
  targets: store.table('elb.targets'),
});

/** The key of a target in its table. */
export const targetKey = (targetGroupArn: string, instanceId: string): string =>
  `${targetGroupArn} ${instanceId}`;

/** An ARN of this service. @param path for example `targetgroup/web/0123456789abcdef` */
export const elbArn = (host: Host, path: string): string =>
  `arn:${host.partition}:elasticloadbalancing:${host.region}:${host.accountId}:${path}`;

/** The 16 hexadecimal digits at the end of an ARN: the same for the same seed. */
export const elbId = (seed: string): string => createHash('sha256').update(seed).digest('hex').slice(0, 16);

/** @throws AwsError `TargetGroupNotFound` */
export const findTargetGroup = (tables: ElbTables, arn: string | undefined): TargetGroupRecord => {
  const found = tables.targetGroups.get(arn ?? '');
  if (found) return found;
  throw new AwsError('TargetGroupNotFound', `One or more target groups not found: '${arn}'`);
};

/** Target groups that an action forwards to, with their weights. */
export const forwardsTo = (action: Action): { arn: string; weight: number }[] => {
  if (action.TargetGroupArn) return [{ arn: action.TargetGroupArn, weight: 1 }];
  return (action.ForwardConfig?.TargetGroups ?? []).map(({ TargetGroupArn, Weight }) => ({
    arn: TargetGroupArn ?? '',
    weight: Weight ?? 1,
  }));
};

/** Load balancers whose listeners send requests to a target group; with none it is not in use. */
export const usersOf = (tables: ElbTables, targetGroupArn: string): string[] => {
  const uses = (actions: readonly Action[]) =>
    actions.some((action) => forwardsTo(action).some(({ arn }) => arn === targetGroupArn));
  const byRule = new Set(
    tables.rules
      .values()
      .filter(({ actions }) => uses(actions))
      .map(({ listenerArn }) => listenerArn),
  );
  const listeners = tables.listeners
    .values()
    .filter(({ arn, defaultActions }) => uses(defaultActions) || byRule.has(arn));
  return [...new Set(listeners.map(({ loadBalancerArn }) => loadBalancerArn))];
};
