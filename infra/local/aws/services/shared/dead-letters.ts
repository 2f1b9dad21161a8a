import type { Host, Principal } from '../../host.ts';

/** What could not be handed over, and why. */
interface DeadLetter {
  readonly queueArn: string;
  /** What was to be delivered. */
  readonly body: string;
  /** Message attributes, as the sender names them. */
  readonly attributes: Readonly<Record<string, string>>;
}

/**
 * Puts what could not be delivered into the queue for it. A sender that the queue does not let in loses it, as on AWS; the operator's
 * log tells.
 */
export const bury = async (
  host: Host,
  principal: Principal,
  { queueArn, body, attributes }: DeadLetter,
): Promise<void> => {
  try {
    await host.call(principal, 'sqs', 'SendMessage', {
      QueueUrl: `${host.endpointUrl}/${host.accountId}/${queueArn.split(':').at(-1)}`,
      MessageBody: body,
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
      ),
    });
  } catch (error) {
    host.log('sqs', `A dead letter is lost: ${(error as Error).message}`, { queueArn });
  }
};
