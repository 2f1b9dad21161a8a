import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { referredId, type SynthesizedStack, valuesOf } from './assembly.ts';
import { type Finding, fault } from './finding.ts';
import type { Place } from './place.ts';

/** Events that a function or a rule has failed with for good. @param messages how many are in the queue */
export const deadLetterFindings = (queue: string, messages: number): readonly Finding[] =>
  messages === 0
    ? []
    : [
        fault(
          'Events have failed for good',
          `${messages} in ${queue}`,
          'RUNBOOK.md, "An event was given up", says how to look at them and what to do.',
        ),
      ];

/** Logical ids of the queues that a stack's functions and rules leave dead letters in. */
export const deadLetterQueues = ({ resources }: SynthesizedStack): ReadonlySet<string> =>
  new Set(
    [
      ...valuesOf(resources, 'DeadLetterConfig').flatMap((config) => [
        ...valuesOf(config, 'Arn'),
        ...valuesOf(config, 'TargetArn'),
      ]),
      ...valuesOf(resources, 'deadLetterTargetArn'),
    ].flatMap((arn) => referredId(arn) ?? []),
  );

/** Looks into the queues of dead letters. */
export const checkDeadLetters = async (place: Place): Promise<readonly Finding[]> => {
  const queues = place.stacks.flatMap((stack) => {
    const ids = deadLetterQueues(stack);
    return place.deployed
      .filter(({ name }) => name === stack.name)
      .flatMap(({ resources }) => resources)
      .filter(({ id, type }) => type === 'AWS::SQS::Queue' && ids.has(id));
  });
  const findings: Finding[] = [];
  // The physical id of a queue is its URL.
  for (const { physicalId: QueueUrl } of queues) {
    const { Attributes = {} } = await place.clients.sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    const { ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesNotVisible: hidden } =
      Attributes;
    const messages = Number(visible ?? 0) + Number(hidden ?? 0);
    findings.push(...deadLetterFindings(QueueUrl.split('/').at(-1) ?? QueueUrl, messages));
  }
  return findings;
};
