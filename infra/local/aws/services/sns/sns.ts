import { randomUUID } from 'node:crypto';
import type {
  ConfirmSubscriptionInput,
  ConfirmSubscriptionResponse,
  ListSubscriptionsByTopicInput,
  ListSubscriptionsByTopicResponse,
  ListSubscriptionsInput,
  ListSubscriptionsResponse,
  PublishInput,
  PublishResponse,
  SubscribeInput,
  SubscribeResponse,
  UnsubscribeInput,
} from '@aws-sdk/client-sns';
import { AwsError, type Host, type Operation, type Service } from '../../host.ts';
import { compilePattern } from '../shared/event-pattern.ts';
import { page } from '../shared/paging.ts';
import { createPublishing } from './publishing.ts';
import { createSnsResources } from './resources.ts';
import {
  checkMessage,
  type FilterScope,
  PROTOCOLS,
  type Protocol,
  parseJson,
  publishAccess,
  type Subscription,
  type Topic,
  tablesOf,
} from './topics.ts';

/** Creates SNS: standard topics; mails go to an outbox, functions get SNS's event at least once. */
export const createSnsService = (host: Host): Service => {
  const { topics, subscriptions, policies } = tablesOf(host);
  const publishing = createPublishing(host);
  const invalid = (what: string) => new AwsError('InvalidParameter', `Invalid parameter: ${what}`);
  const topicOf = (arn = ''): Topic => {
    const topic = topics.get(arn);
    if (!topic) throw new AwsError('NotFound', 'Topic does not exist', 404);
    return topic;
  };
  const onTopic =
    (action: string) =>
    ({ TopicArn = '*' }: { TopicArn?: string | undefined }) => ({
      action: `sns:${action}`,
      resource: TopicArn,
    });

  const publish: Operation<PublishInput, PublishResponse> = {
    requires: ({ TopicArn, TargetArn }, { principal }) =>
      publishAccess(host, TopicArn ?? TargetArn ?? '*', principal),
    run: ({ TopicArn, TargetArn, Message, Subject, MessageAttributes = {}, MessageStructure }) => {
      const topic = topicOf(TopicArn ?? TargetArn);
      checkMessage(Message, Subject);
      const id = randomUUID();
      publishing.publish({
        id,
        topicArn: topic.arn,
        ...(Subject !== undefined && { subject: Subject }),
        texts: MessageStructure === 'json' ? textsByProtocol(Message ?? '') : { default: Message ?? '' },
        attributes: MessageAttributes,
        at: host.clock.now(),
      });
      return { MessageId: id };
    },
  };

  const textsByProtocol = (message: string): Record<string, string> => {
    const texts = parseJson(message);
    const isUsable =
      typeof texts === 'object' &&
      texts !== null &&
      typeof (texts as { default?: unknown }).default === 'string';
    if (!isUsable) throw invalid('Message Structure - No default entry in JSON message body');
    return texts as Record<string, string>;
  };

  const subscribe: Operation<SubscribeInput, SubscribeResponse> = {
    requires: onTopic('Subscribe'),
    run: ({ TopicArn, Protocol: protocol = '', Endpoint = '', Attributes = {}, ReturnSubscriptionArn }) => {
      const topic = topicOf(TopicArn);
      if (!PROTOCOLS.includes(protocol)) throw invalid(`Protocol ${protocol} is not known to the emulator`);
      if (!Endpoint) throw invalid('Endpoint');
      const known = subscriptions
        .values()
        .find((one) => one.topicArn === topic.arn && one.protocol === protocol && one.endpoint === Endpoint);
      const subscription = known ?? newSubscription(topic, protocol as Protocol, Endpoint, Attributes);
      if (!known) subscriptions.put(subscription.arn, subscription);
      if (subscription.pendingToken === undefined) return { SubscriptionArn: subscription.arn };
      publishing.mail(
        Endpoint,
        'AWS Notification - Subscription Confirmation',
        `You have chosen to subscribe to the topic: ${topic.arn}\nTo confirm, call ConfirmSubscription with this token: ${subscription.pendingToken}`,
        topic.arn,
      );
      return { SubscriptionArn: ReturnSubscriptionArn ? subscription.arn : 'pending confirmation' };
    },
  };

  const newSubscription = (
    topic: Topic,
    protocol: Protocol,
    endpoint: string,
    attributes: Readonly<Record<string, string>>,
  ): Subscription => {
    const filterPolicy =
      attributes.FilterPolicy === undefined ? undefined : parseJson(attributes.FilterPolicy);
    if (attributes.FilterPolicy !== undefined)
      try {
        compilePattern(filterPolicy);
      } catch (error) {
        throw invalid(`Attributes Reason: FilterPolicy: ${error instanceof Error ? error.message : error}`);
      }
    const isMail = protocol === 'email' || protocol === 'email-json';
    return {
      arn: `${topic.arn}:${randomUUID()}`,
      topicArn: topic.arn,
      protocol,
      endpoint,
      ...(filterPolicy !== undefined && { filterPolicy: filterPolicy as Record<string, unknown> }),
      filterScope: (attributes.FilterPolicyScope ?? 'MessageAttributes') as FilterScope,
      ...(isMail && { pendingToken: randomUUID() }),
    };
  };

  const confirm: Operation<ConfirmSubscriptionInput, ConfirmSubscriptionResponse> = {
    requires: onTopic('ConfirmSubscription'),
    run: ({ TopicArn, Token }) => {
      topicOf(TopicArn);
      const found = subscriptions
        .values()
        .find(
          (one) => one.topicArn === TopicArn && one.pendingToken !== undefined && one.pendingToken === Token,
        );
      if (!found) throw invalid('Token');
      const { pendingToken: _token, ...confirmed } = found;
      subscriptions.put(found.arn, confirmed);
      return { SubscriptionArn: found.arn };
    },
  };

  const unsubscribe: Operation<UnsubscribeInput, Record<string, never>> = {
    requires: ({ SubscriptionArn = '*' }) => ({ action: 'sns:Unsubscribe', resource: SubscriptionArn }),
    run: ({ SubscriptionArn = '' }) => {
      subscriptions.delete(SubscriptionArn);
      return {};
    },
  };

  const listed = (found: readonly Subscription[], token: string | undefined) => {
    const { items, nextToken } = page(found, token, undefined, { errorName: 'InvalidParameter' });
    return {
      Subscriptions: items.map((one) => ({
        SubscriptionArn: one.pendingToken === undefined ? one.arn : 'PendingConfirmation',
        Owner: host.accountId,
        Protocol: one.protocol,
        Endpoint: one.endpoint,
        TopicArn: one.topicArn,
      })),
      ...(nextToken && { NextToken: nextToken }),
    };
  };

  const listSubscriptions: Operation<ListSubscriptionsInput, ListSubscriptionsResponse> = {
    requires: () => ({ action: 'sns:ListSubscriptions', resource: '*' }),
    run: ({ NextToken }) => listed(subscriptions.values(), NextToken),
  };

  const listByTopic: Operation<ListSubscriptionsByTopicInput, ListSubscriptionsByTopicResponse> = {
    requires: onTopic('ListSubscriptionsByTopic'),
    run: ({ TopicArn, NextToken }) => {
      const topic = topicOf(TopicArn);
      return listed(
        subscriptions.values().filter((one) => one.topicArn === topic.arn),
        NextToken,
      );
    },
  };

  return {
    name: 'sns',
    operations: {
      Publish: publish,
      Subscribe: subscribe,
      ConfirmSubscription: confirm,
      Unsubscribe: unsubscribe,
      ListSubscriptions: listSubscriptions,
      ListSubscriptionsByTopic: listByTopic,
    },
    resources: createSnsResources(host),
    resourcePolicy: (arn) => policies.get(arn),
    start: publishing.deliveries.start,
    stop: publishing.deliveries.stop,
  };
};
