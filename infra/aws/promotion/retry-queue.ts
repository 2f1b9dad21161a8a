import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { FunctionName } from '../../../tasks/functions.ts';
import { deadLettersOf, type LockstepFunction } from '../lockstep-function.ts';

/** AWS asks for at least six times the function's timeout, so that a message is not received again while it is worked on. */
const VISIBILITY = Duration.minutes(6);

/**
 * Through which operators hand dead letters back to a function: SQS moves messages out of a dead-letter queue only if another queue names
 * it. What fails again three times is a dead letter again.
 */
export class RetryQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, one: LockstepFunction<FunctionName>) {
    super(scope, id);
    this.deadLetters = deadLettersOf(one);
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      visibilityTimeout: VISIBILITY,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: 3 },
    });
    one.allow(['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'], [this.queue.queueArn]);
    const mapping = new EventSourceMapping(this, 'Source', {
      target: one.function,
      eventSourceArn: this.queue.queueArn,
      batchSize: 1,
    });
    // Lambda checks what the role may do when the mapping is made.
    mapping.node.addDependency(one.role);
  }
}
