import type { MessageAttributeValue } from '@aws-sdk/client-sns';
import type { Access, Host, PolicyDocument, Principal } from '../../host.ts';
import { AwsError } from '../../host.ts';

/** A topic, as the store keeps it under its ARN. */
export interface Topic {
  readonly arn: string;
  readonly name: string;
  readonly displayName: string;
  /** ARN of the key, `alias/aws/sns` for AWS's own. */
  readonly kmsKeyArn?: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** A subscription, as the store keeps it under its ARN. */
export interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: Protocol;
  readonly endpoint: string;
  readonly filterPolicy?: Readonly<Record<string, unknown>>;
  readonly filterScope: FilterScope;
  /** Queue for what could not be delivered. */
  readonly deadLetterArn?: string;
  /** Until somebody confirms: the token of the confirmation mail. */
  readonly pendingToken?: string;
}

/** `sqs` is known so that a template with a queue still runs; nothing is delivered there. */
export type Protocol = 'email' | 'email-json' | 'lambda' | 'sqs';
export type FilterScope = 'MessageAttributes' | 'MessageBody';
export const PROTOCOLS: readonly string[] = ['email', 'email-json', 'lambda', 'sqs'];

/** AWS's own key for topics: its policy lets in people and roles of the account, but no AWS service (T16). */
export const AWS_MANAGED_KEY = 'alias/aws/sns';

/** The tables of SNS. */
export const tablesOf = ({ store }: Host) => ({
  topics: store.table<Topic>('sns.topics'),
  subscriptions: store.table<Subscription>('sns.subscriptions'),
  /** By topic ARN. */
  policies: store.table<PolicyDocument>('sns.policies'),
});

/**
 * What publishing needs: the topic's permission, and the key's of an encrypted topic.
 * @throws AwsError `KMSAccessDenied` for an AWS service on a topic with AWS's own key
 */
export const publishAccess = (host: Host, topicArn: string, principal: Principal): Access[] => {
  const key = tablesOf(host).topics.get(topicArn)?.kmsKeyArn;
  const access: Access[] = [{ action: 'sns:Publish', resource: topicArn }];
  if (key === undefined) return access;
  if (key === AWS_MANAGED_KEY) {
    if (isAwsService(principal))
      throw new AwsError(
        'KMSAccessDenied',
        `${topicArn} is encrypted with ${AWS_MANAGED_KEY}, whose policy lets no AWS service in; use a key of your own.`,
      );
    return access;
  }
  const context = { 'kms:ViaService': `sns.${host.region}.amazonaws.com` };
  return [
    ...access,
    { action: 'kms:GenerateDataKey', resource: key, context },
    { action: 'kms:Decrypt', resource: key, context },
  ];
};

const isAwsService = (principal: Principal) =>
  principal.kind === 'service' ||
  (principal.kind === 'role' && principal.roleArn.includes(':role/aws-service-role/'));

const LONGEST_MESSAGE_BYTES = 262_144;

/**
 * Checks what a publisher gave, in SNS's words (T49).
 * @throws AwsError `InvalidParameter`
 */
export const checkMessage = (message: string | undefined, subject: string | undefined): void => {
  const invalid = (what: string) => new AwsError('InvalidParameter', `Invalid parameter: ${what}`);
  if (!message) throw invalid('Empty message');
  if (Buffer.byteLength(message) > LONGEST_MESSAGE_BYTES) throw invalid('Message too long');
  if (subject !== undefined && !/^[\x21-\x7e][\x20-\x7e]{0,98}$/.test(subject)) throw invalid('Subject');
};

/** Message attributes as a filter policy sees them: numbers as numbers, `String.Array` as lists. */
export const filterableAttributes = (
  attributes: Readonly<Record<string, MessageAttributeValue>>,
): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, { DataType = '', StringValue = '' }]) => {
      if (DataType.startsWith('Number')) return [name, Number(StringValue)];
      if (DataType === 'String.Array') return [name, parseJson(StringValue)];
      return [name, StringValue];
    }),
  );

/** The value of a JSON text; `undefined` when it is none. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};
