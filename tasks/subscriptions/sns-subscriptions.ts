import { paginateListSubscriptionsByTopic, SNSClient } from '@aws-sdk/client-sns';
import { allItems } from '../all-items.ts';
import type { ListedSubscription } from './compare-subscriptions.ts';

/** Lists a topic's subscriptions. */
export async function listSubscriptions(
  topicArn: string,
  client = new SNSClient({}),
): Promise<readonly ListedSubscription[]> {
  const listed = await allItems(
    paginateListSubscriptionsByTopic({ client }, { TopicArn: topicArn }),
    ({ Subscriptions }) => Subscriptions,
  );
  return listed.map(
    ({
      Protocol: protocol = '',
      Endpoint: endpoint = '',
      SubscriptionArn: subscriptionArn = '',
    }): ListedSubscription => ({ protocol, endpoint, subscriptionArn }),
  );
}
