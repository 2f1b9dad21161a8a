import {
  CONFIRM_HOURS,
  type ListedSubscription,
  unsubscribed,
} from '../../tasks/subscriptions/compare-subscriptions.ts';
import { listSubscriptions } from '../../tasks/subscriptions/sns-subscriptions.ts';
import { declared, referredId } from './assembly.ts';
import { type Finding, fault } from './finding.ts';
import { deployedAs, type Place } from './place.ts';

/** Who is to get a topic's mail, and of it what. */
export interface ConfiguredSubscription {
  readonly address: string;
  readonly filterPolicy?: unknown;
}

const quoted = (value: unknown): string => `'${JSON.stringify(value).replaceAll("'", "'\\''")}'`;

/** The command that subscribes an address again, to the same mail; SNS then sends another mail to confirm. */
const subscribeCommand = (topicArn: string, { address, filterPolicy }: ConfiguredSubscription): string =>
  [
    `aws sns subscribe --topic-arn ${topicArn} --protocol email --notification-endpoint ${address}`,
    ...(filterPolicy === undefined
      ? []
      : [`--attributes ${quoted({ FilterPolicy: JSON.stringify(filterPolicy) })}`]),
    `--region ${topicArn.split(':')[3]}`,
  ].join(' ');

/** Configured addresses that get no mail (T59). @param title what the topic is for */
export const subscriptionFindings = (
  title: string,
  topicArn: string,
  configured: readonly ConfiguredSubscription[],
  listed: readonly ListedSubscription[],
): readonly Finding[] =>
  unsubscribed(
    configured.map(({ address }) => address),
    listed,
  ).map(({ address, state }) => {
    const subscribe = subscribeCommand(
      topicArn,
      configured.find((one) => one.address === address) ?? { address },
    );
    return fault(
      `${address} gets no mail of "${title}"`,
      state === 'pending' ? 'not confirmed' : 'not subscribed',
      state === 'pending'
        ? `Confirm with the mail from AWS, within ${CONFIRM_HOURS} hours of it. To get another one: ${subscribe}`
        : `${subscribe}, then confirm with the mail from AWS within ${CONFIRM_HOURS} hours.`,
    );
  });

/** Compares each topic's subscribers with the configuration. */
export const checkSubscriptions = async (place: Place): Promise<readonly Finding[]> => {
  const mails = declared(place.stacks, 'AWS::SNS::Subscription').filter(
    ({ properties }) => properties.Protocol === 'email',
  );
  const findings: Finding[] = [];
  for (const { stack, id, physicalId, properties } of deployedAs(place, 'AWS::SNS::Topic')) {
    const configured = mails
      .filter((one) => one.stack === stack && referredId(one.properties.TopicArn) === id)
      .map(({ properties: { Endpoint, FilterPolicy: filterPolicy } }) => ({
        address: String(Endpoint),
        ...(filterPolicy !== undefined && { filterPolicy }),
      }));
    if (configured.length === 0) continue;
    const listed = await listSubscriptions(physicalId, place.clients.sns);
    findings.push(
      ...subscriptionFindings(String(properties.DisplayName ?? id), physicalId, configured, listed),
    );
  }
  return findings;
};
