import type { IncomingMessage } from 'node:http';
import type { Action, RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import { forwardsTo, type ListenerRecord, type RuleRecord } from './records.ts';

/** What of a request the rules look at. */
type RoutedRequest = Pick<IncomingMessage, 'method' | 'url' | 'headers'>;

/** Condition fields that rules look at here. */
export const knownConditions = ['path-pattern', 'host-header', 'http-header', 'http-request-method'] as const;
/** Types of actions that listeners and rules take here. */
export const knownActions = ['forward', 'redirect', 'fixed-response'] as const;

/** The action for a request: that of the first rule by priority whose conditions all hold, or the listener's. */
export const chooseAction = (
  listener: ListenerRecord,
  rules: readonly RuleRecord[],
  request: RoutedRequest,
): Action | undefined => {
  const rule = rules
    .filter(({ listenerArn }) => listenerArn === listener.arn)
    .sort((one, other) => one.priority - other.priority)
    .find(({ conditions }) => conditions.every((condition) => holds(condition, request)));
  return [...(rule?.actions ?? listener.defaultActions)]
    .sort((a, b) => (a.Order ?? 0) - (b.Order ?? 0))
    .at(-1);
};

const holds = (condition: RuleCondition, request: RoutedRequest): boolean => {
  const values = (config: { Values?: string[] | undefined } | undefined) =>
    config?.Values ?? condition.Values ?? [];
  switch (condition.Field) {
    case 'path-pattern':
      return anyMatches(values(condition.PathPatternConfig), pathOf(request));
    case 'host-header':
      return anyMatches(values(condition.HostHeaderConfig), hostOf(request), 'i');
    case 'http-request-method':
      return values(condition.HttpRequestMethodConfig).includes(request.method ?? '');
    case 'http-header': {
      const header = request.headers[condition.HttpHeaderConfig?.HttpHeaderName?.toLowerCase() ?? ''];
      return [header ?? []]
        .flat()
        .some((value) => anyMatches(values(condition.HttpHeaderConfig), value, 'i'));
    }
    default:
      return false;
  }
};

const pathOf = ({ url = '/' }: RoutedRequest) => url.split('?')[0] ?? '/';
const queryOf = ({ url = '/' }: RoutedRequest) => url.split('?').slice(1).join('?');
const hostOf = ({ headers }: RoutedRequest) => (headers.host ?? '').replace(/:\d+$/, '');

const anyMatches = (patterns: readonly string[], value: string, flags = '') =>
  patterns.some((pattern) => {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    return new RegExp(`^${source}$`, flags).test(value);
  });

/** Picks one of an action's target groups by weight. @param random from 0 up to but not including 1 */
export const chooseTargetGroup = (action: Action, random: number): string | undefined => {
  const groups = forwardsTo(action).filter(({ weight }) => weight > 0);
  let rest = random * groups.reduce((sum, { weight }) => sum + weight, 0);
  for (const { arn, weight } of groups) {
    rest -= weight;
    if (rest < 0) return arn;
  }
  return undefined;
};

/**
 * Where a redirect action leads.
 * @param localPort the port on loopback of a listener of the same load balancer, by the port that it has on AWS
 */
export const redirectLocation = (
  action: Action,
  request: RoutedRequest,
  listener: ListenerRecord,
  localPort: (port: number) => number | undefined,
): string => {
  const config = action.RedirectConfig;
  const known: Record<string, string> = {
    protocol: listener.protocol,
    host: hostOf(request),
    port: String(listener.port),
    path: pathOf(request).slice(1),
    query: queryOf(request),
  };
  const fill = (template: string) => template.replace(/#\{(\w+)\}/g, (_, name: string) => known[name] ?? '');
  const port = Number(fill(config?.Port ?? '#{port}'));
  const local = localPort(port);
  const host = fill(config?.Host ?? '#{host}');
  const query = fill(config?.Query ?? '#{query}');
  const path = fill(config?.Path ?? '/#{path}');
  const protocol = local === undefined ? fill(config?.Protocol ?? '#{protocol}').toLowerCase() : 'http';
  return `${protocol}://${host}:${local ?? port}${path}${query ? `?${query}` : ''}`;
};
