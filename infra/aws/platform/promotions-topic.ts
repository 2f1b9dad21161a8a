import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnSubscription, type Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { FunctionName } from '../../../tasks/functions.ts';
import type { ApplicationConfig } from '../../config.ts';
import { encryptedTopic, PUBLISH_KEY_ACTIONS } from '../encrypted-topic.ts';
import type { LockstepFunction } from '../lockstep-function.ts';
import { subscriptions } from './subscriptions.ts';

interface PromotionsTopicProps {
  readonly key: IKey;
  readonly applications: readonly ApplicationConfig[];
}

/** Mail to approvers, operators and developers: each hears what concerns their role, or their own change. */
export class PromotionsTopic extends Construct {
  readonly topic: Topic;
  private readonly key: IKey;

  constructor(scope: Construct, id: string, { key, applications }: PromotionsTopicProps) {
    super(scope, id);
    this.key = key;
    this.topic = encryptedTopic(this, 'Topic', 'Lockstep promotions', key);
    for (const { address, filterPolicy } of subscriptions(applications))
      new CfnSubscription(this, `To ${address}`, {
        topicArn: this.topic.topicArn,
        protocol: 'email',
        endpoint: address,
        filterPolicy,
      });
  }

  /** Lets functions send mail. */
  allowPublish(...functions: readonly LockstepFunction<FunctionName>[]): void {
    for (const one of functions)
      one.allow(['sns:Publish'], [this.topic.topicArn]).allow(PUBLISH_KEY_ACTIONS, [this.key.keyArn]);
  }
}
