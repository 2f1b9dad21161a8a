import type { Host, Principal } from '../../host.ts';
import { bury } from '../shared/dead-letters.ts';
import { stableUuid } from '../shared/ids.ts';
import type { InputSettings } from './target-input.ts';

/** A rule's target, as the store keeps it. */
export interface Target {
  readonly id: string;
  readonly arn: string;
  readonly roleArn?: string;
  readonly settings: InputSettings;
  readonly mostAttempts?: number;
  readonly lifeMs?: number;
  /** Queue for events that could not be delivered. */
  readonly deadLetterArn?: string;
}

/** One target's share of one event. */
export interface TargetDelivery {
  readonly ruleArn: string;
  readonly target: Target;
  readonly eventId: string;
  /** What the target receives: JSON text. */
  readonly text: string;
  /** Empty, or what tells a repeated delivery of the same event from the first. */
  readonly repetition: string;
}

type Deliver = (host: Host, delivery: TargetDelivery) => Promise<unknown>;

const EVENTS = 'events.amazonaws.com';

/** Whether a rule's ARN is that of a schedule of EventBridge Scheduler. */
export const isSchedule = (ruleArn: string): boolean => ruleArn.split(':')[2] === 'scheduler';

const asService = ({ ruleArn }: TargetDelivery): Principal => ({
  kind: 'service',
  service: EVENTS,
  sourceArn: ruleArn,
});

/**
 * Scheduler names the group of the schedule as the source, not the schedule.
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
 */
const asRole = (host: Host, { target, ruleArn }: TargetDelivery): Principal =>
  isSchedule(ruleArn)
    ? host.assumeRole(
        target.roleArn ?? '',
        'scheduler.amazonaws.com',
        ruleArn.replace(/:schedule\/([^/]+)\/.*$/, ':schedule-group/$1'),
      )
    : host.assumeRole(target.roleArn ?? '', EVENTS, ruleArn);

/** Rules reach functions, topics and queues by their policies; schedules reach everything under their role. */
const asCaller = (host: Host, delivery: TargetDelivery): Principal =>
  isSchedule(delivery.ruleArn) ? asRole(host, delivery) : asService(delivery);

/** Stable over repeated attempts, so that a crash between the call and its record starts nothing twice. */
const startId = ({ eventId, ruleArn, target, repetition }: TargetDelivery) =>
  stableUuid(eventId, ruleArn, target.id, repetition);

/** By the service in the target's ARN. */
const deliverers: Readonly<Record<string, { readonly needsRole: boolean; readonly deliver: Deliver }>> = {
  lambda: {
    needsRole: false,
    deliver: (host, delivery) =>
      host.call(asCaller(host, delivery), 'lambda', 'Invoke', {
        FunctionName: delivery.target.arn,
        InvocationType: 'Event',
        Payload: new Uint8Array(Buffer.from(delivery.text)),
      }),
  },
  sns: {
    needsRole: false,
    deliver: (host, delivery) =>
      host.call(asCaller(host, delivery), 'sns', 'Publish', {
        TopicArn: delivery.target.arn,
        Message: withoutQuotes(delivery.text),
      }),
  },
  sqs: {
    needsRole: false,
    deliver: (host, delivery) =>
      host.call(asCaller(host, delivery), 'sqs', 'SendMessage', {
        QueueUrl: `${host.endpointUrl}/${host.accountId}/${delivery.target.arn.split(':').at(-1)}`,
        MessageBody: delivery.text,
      }),
  },
  states: {
    needsRole: true,
    deliver: (host, delivery) =>
      host.call(asRole(host, delivery), 'states', 'StartExecution', {
        stateMachineArn: delivery.target.arn,
        name: `${delivery.eventId}_${startId(delivery)}`,
        input: delivery.text,
      }),
  },
  codepipeline: {
    needsRole: true,
    deliver: (host, delivery) =>
      host.call(asRole(host, delivery), 'codepipeline', 'StartPipelineExecution', {
        name: delivery.target.arn.split(':').at(-1),
        clientRequestToken: startId(delivery),
      }),
  },
};

/** A JSON string (from a transformer or a path) is published as its content. */
const withoutQuotes = (text: string): string => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : text;
  } catch {
    return text;
  }
};

const serviceOf = (arn: string) => arn.split(':')[2] ?? '';

/** What is wrong with a target, if anything. */
export const checkTarget = (target: Pick<Target, 'arn' | 'roleArn'>): string | undefined => {
  const deliverer = deliverers[serviceOf(target.arn)];
  if (!deliverer) return `is not supported as a target; supported are ${Object.keys(deliverers).join(', ')}`;
  if (deliverer.needsRole && !target.roleArn)
    return 'needs a RoleArn that EventBridge can assume for this kind of target';
  return undefined;
};

/**
 * Hands an event to its target, under the rule's name or the target's role.
 * @throws AwsError as the target's service does
 */
export const deliverToTarget = async (host: Host, delivery: TargetDelivery): Promise<void> => {
  await deliverers[serviceOf(delivery.target.arn)]?.deliver(host, delivery);
};

/** Puts an event that could not be delivered into its target's queue, with the attributes that EventBridge gives it. */
export const buryEvent = async (host: Host, delivery: TargetDelivery, error: unknown): Promise<void> => {
  const { target, ruleArn, text } = delivery;
  if (target.deadLetterArn === undefined) return;
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  await bury(host, asCaller(host, delivery), {
    queueArn: target.deadLetterArn,
    body: text,
    attributes: { RULE_ARN: ruleArn, TARGET_ARN: target.arn, ERROR_CODE: name, ERROR_MESSAGE: message },
  });
};
