/** One subscription of a topic, as SNS lists it. */
export interface ListedSubscription {
  readonly protocol: string;
  readonly endpoint: string;
  /** An ARN, or `PendingConfirmation`. */
  readonly subscriptionArn: string;
}

/** A configured address that gets no mail. */
export interface Unsubscribed {
  readonly address: string;
  /** `pending`: SNS has asked and waits. `missing`: not confirmed in time, or unsubscribed. */
  readonly state: 'pending' | 'missing';
}

/**
 * How long SNS waits for the confirmation, in hours. Then it deletes the subscription, and CloudFormation, which takes it for made,
 * does not make it again (T59).
 * @see https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.confirm.html
 */
export const CONFIRM_HOURS = 48;

const isMail = (protocol: string): boolean => protocol === 'email' || protocol === 'email-json';

/**
 * Compares who is to get a topic's mail with who does (T59).
 * @param configured addresses
 * @param listed every subscription of the topic
 */
export function unsubscribed(
  configured: readonly string[],
  listed: readonly ListedSubscription[],
): readonly Unsubscribed[] {
  const arnsOf = (address: string) =>
    listed
      .filter(
        ({ protocol, endpoint }) => isMail(protocol) && endpoint.toLowerCase() === address.toLowerCase(),
      )
      .map(({ subscriptionArn }) => subscriptionArn);
  return [...new Set(configured)].flatMap((address): Unsubscribed[] => {
    const arns = arnsOf(address);
    if (arns.some((arn) => arn.startsWith('arn:'))) return [];
    return [{ address, state: arns.includes('PendingConfirmation') ? 'pending' : 'missing' }];
  });
}
