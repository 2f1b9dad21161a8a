import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { LockstepConfig } from '../../config.ts';
import { rotatingKey } from '../encrypted-topic.ts';
import { ApprovalsSite } from './approvals-site.ts';
import { Ledger } from './ledger.ts';
import { createNetwork } from './network.ts';
import { PromotionsTopic } from './promotions-topic.ts';

export interface PlatformStackProps extends StackProps {
  readonly config: LockstepConfig;
  /** Directory of the functions' bundles. */
  readonly bundles: string;
}

/** What all applications share: network, ledger, mail, sign-in and the approvals site. */
export class PlatformStack extends Stack {
  readonly vpc: IVpc;
  readonly ledger: Ledger;
  readonly promotions: PromotionsTopic;
  readonly siteUrl: string;

  constructor(scope: Construct, id: string, { config, bundles, ...props }: PlatformStackProps) {
    super(scope, id, props);
    this.vpc = createNetwork(this, 'Network');
    this.ledger = new Ledger(this, 'Ledger');
    this.promotions = new PromotionsTopic(this, 'Promotions', {
      key: rotatingKey(this, 'MailKey', 'Lockstep: mail to approvers and operators'),
      applications: config.applications,
    });
    const site = new ApprovalsSite(this, 'Approvals', {
      bundles,
      ledger: this.ledger,
      applications: config.applications,
    });
    this.siteUrl = site.url;

    new CfnOutput(this, 'ApprovalsUrl', { value: site.url, description: 'The approvals site' });
    new CfnOutput(this, 'UserPoolId', {
      value: site.signIn.userPool.userPoolId,
      description: 'User pool: add approvers and operators, and put them into their groups',
    });
    new CfnOutput(this, 'UserPoolClientId', { value: site.signIn.client.userPoolClientId });
    new CfnOutput(this, 'LedgerTableName', { value: this.ledger.table.tableName });
    new CfnOutput(this, 'PromotionsTopicArn', { value: this.promotions.topic.topicArn });
  }
}
