import net from 'node:net';
import type { Action, RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import { type PropertyReader, readProperties } from '../../assembly/properties.ts';
import type {
  Host,
  ResourceContext,
  ResourceProperties,
  ResourceProvider,
  ResourceState,
} from '../../host.ts';
import { dnsNameOf } from './describe.ts';
import type { FrontEnd } from './front-end.ts';
import {
  type ElbTables,
  elbArn,
  elbId,
  type ListenerRecord,
  type LoadBalancerRecord,
  type LocalPort,
  type RuleRecord,
} from './records.ts';
import { knownActions, knownConditions } from './routing.ts';

/** `AWS::ElasticLoadBalancingV2::LoadBalancer`: name, scheme and type replace it. */
export const loadBalancerProvider = (host: Host, tables: ElbTables): ResourceProvider => {
  const read = (properties: ResourceProperties, context: ResourceContext) => {
    const reader = readProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', context, properties);
    reader.only(
      'Name',
      'Scheme',
      'Type',
      'Subnets',
      'SubnetMappings',
      'SecurityGroups',
      'LoadBalancerAttributes',
      'IpAddressType',
      'Tags',
    );
    if ((reader.optionalString('Type') ?? 'application') !== 'application')
      throw reader.error('Type', 'must be application');
    return {
      name: reader.optionalString('Name') ?? context.generatedName(32),
      scheme: reader.optionalString('Scheme') ?? 'internet-facing',
      subnets: reader.strings('Subnets'),
      securityGroups: reader.strings('SecurityGroups'),
      attributes: keyValues(reader, 'LoadBalancerAttributes'),
    };
  };
  const stateOf = (record: LoadBalancerRecord): ResourceState => ({
    physicalId: record.arn,
    attributes: {
      LoadBalancerArn: record.arn,
      LoadBalancerName: record.name,
      LoadBalancerFullName: record.arn.split(':loadbalancer/')[1] ?? '',
      DNSName: dnsNameOf(host, record),
      CanonicalHostedZoneID: 'Z35SXDOTRQ7X7K',
      SecurityGroups: record.securityGroups,
    },
  });
  const create: ResourceProvider['create'] = async (properties, context) => {
    const settings = read(properties, context);
    const seed = `${host.accountId} ${settings.name} ${settings.scheme}`;
    const arn = elbArn(host, `loadbalancer/app/${settings.name}/${elbId(seed)}`);
    const isFirst = tables.loadBalancers.values().every(({ port }) => port !== 'prod');
    const port: LocalPort = isFirst && host.ports.prod !== 0 ? 'prod' : await freePort();
    const before = tables.loadBalancers.get(arn);
    const record = { arn, createdAt: host.clock.now(), port, ...before, ...settings };
    tables.loadBalancers.put(arn, record);
    return stateOf(record);
  };
  return {
    create,
    update: (properties, context, { state }) => {
      const settings = read(properties, context);
      const record = tables.loadBalancers.get(state.physicalId);
      if (record?.name !== settings.name || record.scheme !== settings.scheme)
        return create(properties, context);
      tables.loadBalancers.put(record.arn, { ...record, ...settings });
      return stateOf({ ...record, ...settings });
    },
    delete: ({ physicalId }) => tables.loadBalancers.delete(physicalId),
  };
};

/** `AWS::ElasticLoadBalancingV2::Listener`: another load balancer replaces it. */
export const listenerProvider = (host: Host, tables: ElbTables, frontEnd: FrontEnd): ResourceProvider => {
  const read = (properties: ResourceProperties, context: ResourceContext) => {
    const reader = readProperties('AWS::ElasticLoadBalancingV2::Listener', context, properties);
    reader.only(
      'LoadBalancerArn',
      'Port',
      'Protocol',
      'DefaultActions',
      'Certificates',
      'SslPolicy',
      'ListenerAttributes',
    );
    const loadBalancerArn = reader.string('LoadBalancerArn');
    if (!tables.loadBalancers.has(loadBalancerArn))
      throw reader.error('LoadBalancerArn', 'names no load balancer');
    return {
      loadBalancerArn,
      port: reader.number('Port'),
      protocol: reader.optionalString('Protocol') ?? 'HTTP',
      defaultActions: readActions(reader, 'DefaultActions', properties),
    };
  };
  const stateOf = ({ arn }: ListenerRecord): ResourceState => ({
    physicalId: arn,
    attributes: { ListenerArn: arn },
  });
  const create: ResourceProvider['create'] = async (properties, context) => {
    const settings = read(properties, context);
    const path = settings.loadBalancerArn.split(':loadbalancer/')[1];
    const arn = elbArn(host, `listener/${path}/${elbId(`${context.logicalId} ${settings.loadBalancerArn}`)}`);
    const before = tables.listeners.get(arn);
    const localPort = before?.localPort ?? (await portFor(settings));
    const record = { arn, localPort, ...settings };
    tables.listeners.put(arn, record);
    await frontEnd.open(arn);
    return stateOf(record);
  };
  /** The first listener that forwards takes its load balancer's port. */
  const portFor = async (settings: Omit<ListenerRecord, 'arn' | 'localPort'>): Promise<LocalPort> => {
    const wanted = tables.loadBalancers.get(settings.loadBalancerArn)?.port;
    const isTaken = tables.listeners.values().some(({ localPort }) => localPort === wanted);
    const forwards = settings.defaultActions.some(({ Type }) => Type === 'forward');
    return wanted === undefined || isTaken || !forwards ? freePort() : wanted;
  };
  return {
    create,
    update: (properties, context, { state }) => {
      const settings = read(properties, context);
      const record = tables.listeners.get(state.physicalId);
      if (record?.loadBalancerArn !== settings.loadBalancerArn) return create(properties, context);
      tables.listeners.put(record.arn, { ...record, ...settings });
      return stateOf(record);
    },
    delete: async ({ physicalId }) => {
      await frontEnd.shut(physicalId);
      tables.listeners.delete(physicalId);
    },
  };
};

/** `AWS::ElasticLoadBalancingV2::ListenerRule`: another listener replaces it. */
export const listenerRuleProvider = (host: Host, tables: ElbTables): ResourceProvider => {
  const read = (properties: ResourceProperties, context: ResourceContext) => {
    const reader = readProperties('AWS::ElasticLoadBalancingV2::ListenerRule', context, properties);
    reader.only('ListenerArn', 'Priority', 'Conditions', 'Actions');
    for (const condition of reader.each('Conditions')) {
      const field = condition.string('Field');
      if (!knownConditions.some((known) => known === field))
        throw condition.error('Field', `must be one of ${knownConditions.join(', ')} in the emulator`);
    }
    return {
      listenerArn: reader.string('ListenerArn'),
      priority: reader.number('Priority'),
      conditions: properties.Conditions as RuleCondition[],
      actions: readActions(reader, 'Actions', properties),
    };
  };
  const stateOf = ({ arn }: RuleRecord): ResourceState => ({
    physicalId: arn,
    attributes: { RuleArn: arn, IsDefault: 'false' },
  });
  const create: ResourceProvider['create'] = (properties, context) => {
    const settings = read(properties, context);
    const path = settings.listenerArn.split(':listener/')[1];
    const arn = elbArn(
      host,
      `listener-rule/${path}/${elbId(`${context.logicalId} ${settings.listenerArn}`)}`,
    );
    const record = { arn, ...settings };
    tables.rules.put(arn, record);
    return stateOf(record);
  };
  return {
    create,
    update: (properties, context, { state }) => {
      const settings = read(properties, context);
      const record = tables.rules.get(state.physicalId);
      if (record?.listenerArn !== settings.listenerArn) return create(properties, context);
      tables.rules.put(record.arn, { ...record, ...settings });
      return stateOf(record);
    },
    delete: ({ physicalId }) => tables.rules.delete(physicalId),
  };
};

/** A list of `{Key, Value}` as an object. */
export const keyValues = (reader: PropertyReader, name: string): Record<string, string> =>
  Object.fromEntries(reader.each(name).map((pair) => [pair.string('Key'), pair.string('Value')]));

const readActions = (reader: PropertyReader, name: string, properties: ResourceProperties): Action[] => {
  for (const action of reader.each(name)) {
    const type = action.string('Type');
    if (!knownActions.some((known) => known === type))
      throw action.error('Type', `must be one of ${knownActions.join(', ')} in the emulator`);
  }
  return numbersOf(properties[name]) as Action[];
};

/** CloudFormation gives numbers as text too; orders and weights are compared as numbers. */
const numbersOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(numbersOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === 'Order' || key === 'Weight' ? Number(item) : numbersOf(item),
    ]),
  );
};

/** A port on loopback that nobody listens on now. */
const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const probe = net.createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
