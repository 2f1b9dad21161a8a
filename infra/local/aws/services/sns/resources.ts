import { type PropertyReader, readProperties } from '../../assembly/properties.ts';
import type {
  Host,
  PolicyDocument,
  ResourceContext,
  ResourceProperties,
  ResourceProvider,
} from '../../host.ts';
import { administrator, arnOf } from '../shared/arns.ts';
import { compilePattern } from '../shared/event-pattern.ts';
import { stableUuid } from '../shared/ids.ts';
import {
  AWS_MANAGED_KEY,
  type FilterScope,
  PROTOCOLS,
  type Protocol,
  type Subscription,
  tablesOf,
} from './topics.ts';

/** The CloudFormation types of SNS. */
export const createSnsResources = (host: Host): Record<string, ResourceProvider> => ({
  'AWS::SNS::Topic': topicProvider(host),
  'AWS::SNS::TopicPolicy': policyProvider(host),
  'AWS::SNS::Subscription': subscriptionProvider(host),
});

const topicProvider = (host: Host): ResourceProvider => {
  const { topics, subscriptions, policies } = tablesOf(host);
  const put = async (properties: ResourceProperties, context: ResourceContext) => {
    const read = readProperties('AWS::SNS::Topic', context, properties);
    read.only(
      'TopicName',
      'DisplayName',
      'KmsMasterKeyId',
      'Subscription',
      'Tags',
      'FifoTopic',
      'SignatureVersion',
      'TracingConfig',
      'DataProtectionPolicy',
      'DeliveryStatusLogging',
    );
    if (read.optionalBoolean('FifoTopic'))
      throw read.error('FifoTopic', 'must be left out: the emulator has standard topics only');
    const name = read.optionalString('TopicName') ?? context.generatedName(256);
    const arn = arnOf(host, 'sns', name);
    const kmsKeyArn = await keyArn(host, read.optionalString('KmsMasterKeyId'));
    topics.put(arn, {
      arn,
      name,
      displayName: read.optionalString('DisplayName') ?? '',
      ...(kmsKeyArn !== undefined && { kmsKeyArn }),
      tags: Object.fromEntries(read.each('Tags').map((tag) => [tag.string('Key'), tag.string('Value')])),
    });
    const inline = read.each('Subscription').map((item) => {
      item.only('Endpoint', 'Protocol');
      return readSubscription(item, context, arn);
    });
    const inlineIds = inline.map(({ arn: id }) => id);
    for (const { arn: id, isInline } of inlineOf(subscriptions.values(), arn, context))
      if (isInline && !inlineIds.includes(id)) subscriptions.delete(id);
    for (const subscription of inline) subscriptions.put(subscription.arn, subscription);
    return { physicalId: arn, attributes: { TopicArn: arn, TopicName: name } };
  };
  return {
    create: put,
    update: put,
    delete: ({ physicalId }) => {
      for (const { arn, topicArn } of subscriptions.values())
        if (topicArn === physicalId) subscriptions.delete(arn);
      policies.delete(physicalId);
      topics.delete(physicalId);
    },
  };
};

/** Which of a topic's subscriptions its own `Subscription` list made: their ids derive from it. */
const inlineOf = (all: readonly Subscription[], topicArn: string, context: ResourceContext) =>
  all
    .filter((subscription) => subscription.topicArn === topicArn)
    .map(({ arn, protocol, endpoint }) => ({
      arn,
      isInline: arn === subscriptionArn(context, topicArn, protocol, endpoint),
    }));

/** A key given by ARN, by id or by alias; aliases are looked up. */
const keyArn = async (host: Host, key: string | undefined): Promise<string | undefined> => {
  if (key === undefined || key === AWS_MANAGED_KEY || /^arn:[^:]+:kms:[^:]*:[^:]*:key\//.test(key))
    return key;
  const { KeyMetadata } = await host.call<{ KeyMetadata?: { Arn?: string } }>(
    administrator,
    'kms',
    'DescribeKey',
    { KeyId: key },
  );
  return KeyMetadata?.Arn ?? key;
};

const policyProvider = (host: Host): ResourceProvider => {
  const { policies } = tablesOf(host);
  const put = (properties: ResourceProperties, context: ResourceContext) => {
    const read = readProperties('AWS::SNS::TopicPolicy', context, properties);
    read.only('PolicyDocument', 'Topics');
    const document = read.object('PolicyDocument') as unknown as PolicyDocument;
    for (const topic of read.strings('Topics')) policies.put(topic, document);
    return { physicalId: context.generatedName(128), attributes: { Id: context.generatedName(128) } };
  };
  return {
    create: put,
    update: (properties, context, before) => {
      for (const topic of topicsOf(before.properties)) policies.delete(topic);
      return put(properties, context);
    },
    delete: (_state, _context, properties) => {
      for (const topic of topicsOf(properties)) policies.delete(topic);
    },
  };
};

const topicsOf = ({ Topics }: ResourceProperties): string[] =>
  Array.isArray(Topics) ? Topics.map(String) : [];

const subscriptionProvider = (host: Host): ResourceProvider => {
  const { topics, subscriptions } = tablesOf(host);
  const put = (properties: ResourceProperties, context: ResourceContext) => {
    const read = readProperties('AWS::SNS::Subscription', context, properties);
    read.only(
      'TopicArn',
      'Protocol',
      'Endpoint',
      'FilterPolicy',
      'FilterPolicyScope',
      'RawMessageDelivery',
      'RedrivePolicy',
      'DeliveryPolicy',
      'Region',
    );
    const topicArn = read.string('TopicArn');
    if (!topics.has(topicArn)) throw read.error('TopicArn', 'must be a topic of this account');
    const subscription = readSubscription(read, context, topicArn);
    subscriptions.put(subscription.arn, subscription);
    return { physicalId: subscription.arn, attributes: { Arn: subscription.arn } };
  };
  // The id derives from topic, protocol and endpoint: changing one of them makes another subscription, as on AWS.
  return { create: put, update: put, delete: ({ physicalId }) => subscriptions.delete(physicalId) };
};

/** Subscriptions of a template count as confirmed: on this machine nobody gets the mail that asks. */
const readSubscription = (read: PropertyReader, context: ResourceContext, topicArn: string): Subscription => {
  const protocol = read.string('Protocol');
  const endpoint = read.string('Endpoint');
  if (!PROTOCOLS.includes(protocol))
    throw read.error('Protocol', `must be one of ${PROTOCOLS.join(', ')} in the emulator`);
  const scope = read.optionalString('FilterPolicyScope') ?? 'MessageAttributes';
  if (scope !== 'MessageAttributes' && scope !== 'MessageBody')
    throw read.error('FilterPolicyScope', 'must be MessageAttributes or MessageBody');
  if (protocol !== 'sqs' && read.optionalBoolean('RawMessageDelivery'))
    throw read.error('RawMessageDelivery', `is not available for the protocol ${protocol}`);
  const filterPolicy = read.has('FilterPolicy') ? read.object('FilterPolicy') : undefined;
  if (filterPolicy && Object.keys(filterPolicy).length > 0)
    try {
      compilePattern(filterPolicy);
    } catch (error) {
      throw read.error('FilterPolicy', `is not usable: ${error instanceof Error ? error.message : error}`);
    }
  const deadLetterArn = read.optionalAt('RedrivePolicy')?.optionalString('deadLetterTargetArn');
  return {
    arn: subscriptionArn(context, topicArn, protocol, endpoint),
    topicArn,
    protocol: protocol as Protocol,
    endpoint,
    ...(filterPolicy && { filterPolicy }),
    filterScope: scope as FilterScope,
    ...(deadLetterArn !== undefined && { deadLetterArn }),
  };
};

const subscriptionArn = (context: ResourceContext, topicArn: string, protocol: string, endpoint: string) =>
  `${topicArn}:${stableUuid(context.stackName, context.logicalId, topicArn, protocol, endpoint)}`;
