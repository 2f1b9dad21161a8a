import { paginateListSubscriptionsByTopic, SNSClient } from '@aws-sdk/client-sns';
import type { ListedSubscription } from './compare-subscriptions.ts';

/** Lists a topic's subscriptions. */
export async function listSubscriptions(
  topicArn: string,
  client = new SNSClient({}),
): Promise<readonly ListedSubscription[]> {
  const listed: ListedSubscription[] = [];
  for await (const { Subscriptions = [] } of paginateListSubscriptionsByTopic(
    { client },
    { TopicArn: topicArn },
  ))
    for (const {
      Protocol: protocol = '',
      Endpoint: endpoint = '',
      SubscriptionArn: subscriptionArn = '',
    } of Subscriptions)
      listed.push({ protocol, endpoint, subscriptionArn });
  return listed;
}
