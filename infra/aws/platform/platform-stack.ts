import { CfnOutput, CfnResource, Duration, Fn, Lazy, Stack, type StackProps } from 'aws-cdk-lib';
import { ComparisonOperator } from 'aws-cdk-lib/aws-cloudwatch';
import type { IUserPool } from 'aws-cdk-lib/aws-cognito';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { platformParameters } from '../../../tasks/platform-parameters.ts';
import type { LockstepConfig } from '../../config.ts';
import { rotatingKey } from '../encrypted-topic.ts';
import { placeText } from '../environments/place-text.ts';
import { logBucket } from '../log-bucket.ts';
import { AlarmsTopic } from '../operations/alarms-topic.ts';
import { ApprovalsSite } from './approvals-site.ts';
import { Evidence } from './evidence.ts';
import { Ledger } from './ledger.ts';
import { createNetwork } from './network.ts';
import { Notifications } from './notifications.ts';
import { PromotionEvents } from './promotion-events.ts';
import { PromotionsTopic } from './promotions-topic.ts';
import { Trail } from './trail.ts';

interface PlatformStackProps extends StackProps {
  readonly config: LockstepConfig;
  /** Directory of the functions' bundles. */
  readonly bundles: string;
}

/** What all applications share: network, ledger, mail, sign-in and the approvals site. */
export class PlatformStack extends Stack {
  readonly vpc: IVpc;
  readonly ledger: Ledger;
  readonly evidence: Evidence;
  readonly promotions: PromotionsTopic;
  readonly alarms: AlarmsTopic;
  readonly siteUrl: string;
  /** Whose groups are the roles; absent where a company's provider gives them at each sign-in. */
  readonly userPool?: IUserPool;
  /** Roles that put events on the bus, by account. */
  private readonly senders = new Map<string, string[]>();

  /** The region's first two zones, asked for when the stack is deployed: a look-up now would take credentials. */
  override get availabilityZones(): string[] {
    return [Fn.select(0, Fn.getAzs()), Fn.select(1, Fn.getAzs())];
  }

  constructor(scope: Construct, id: string, { config, bundles, ...props }: PlatformStackProps) {
    super(scope, id, props);
    const accessLogs = logBucket(this, 'AccessLogs');
    this.vpc = createNetwork(this, 'Network', config.network, accessLogs);
    this.ledger = new Ledger(this, 'Ledger');
    this.evidence = new Evidence(this, 'Evidence', {
      accessLogs,
      breakGlassRole: config.evidence.breakGlassRole,
    });
    if (config.trail) {
      const trail = new Trail(this, 'Trail', { ledger: this.ledger, evidence: this.evidence, accessLogs });
      new CfnOutput(this, 'TrailBucketName', {
        value: trail.bucket.bucketName,
        description: 'What CloudTrail has recorded',
      });
    }
    const key = rotatingKey(this, 'MailKey', 'Lockstep: mail to approvers, operators and developers');
    this.promotions = new PromotionsTopic(this, 'Promotions', { key, applications: config.applications });
    this.alarms = new AlarmsTopic(this, 'Alarms', {
      key,
      operators: [...new Set(config.applications.flatMap(({ operators }) => operators))].sort(),
    });
    const site = new ApprovalsSite(this, 'Approvals', {
      bundles,
      ledger: this.ledger,
      evidence: this.evidence,
      promotions: this.promotions,
      config,
    });
    this.siteUrl = site.url;
    const events = new PromotionEvents(this, 'Events', {
      bundles,
      ledger: this.ledger,
      alarms: this.alarms,
      siteUrl: site.url,
    });
    if (config.applications.some(({ notifications }) => notifications.length > 0))
      new Notifications(this, 'Notifications', {
        bundles,
        bus: events.bus,
        alarms: this.alarms,
        applications: config.applications,
      });
    if (config.signIn.providers.length === 0) this.userPool = site.signIn.userPool;
    this.alarms.add(this, 'SiteAlarm', {
      heading: 'The approvals site fails',
      meaning: 'The approvals site failed to answer a request.',
      metric: site.serverErrors,
      threshold: 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    });
    this.alarms.add(this, 'MailAlarm', {
      heading: 'Mail is not delivered',
      meaning: 'SNS could not deliver a mail to approvers, operators or developers.',
      metric: this.promotions.topic.metricNumberOfNotificationsFailed({ period: Duration.minutes(5) }),
      threshold: 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    });

    new CfnOutput(this, 'ApprovalsUrl', { value: site.url, description: 'The approvals site' });
    new CfnOutput(this, 'UserPoolId', {
      value: site.signIn.userPool.userPoolId,
      description: 'User pool: add approvers and operators, and put them into their groups',
    });
    new CfnOutput(this, 'UserPoolClientId', { value: site.signIn.client.userPoolClientId });
    new CfnOutput(this, 'LedgerTableName', { value: this.ledger.table.tableName });
    new CfnOutput(this, 'PromotionsTopicArn', { value: this.promotions.topic.topicArn });
    new CfnOutput(this, 'EventBusName', {
      value: events.bus.eventBusName,
      description: 'Each change of a promotion is an event on this bus',
    });
    new CfnOutput(this, 'EvidenceBucketName', { value: this.evidence.bucket.bucketName });
    new CfnOutput(this, 'EvidenceKeyArn', {
      value: this.evidence.signingKey.keyArn,
      description: 'Key that signs evidence: auditors compare its fingerprint',
    });
    // A tear-down looks for the stacks of environments elsewhere there.
    const places = config.applications.flatMap(({ environments = {} }) =>
      Object.values(environments).map(placeText),
    );
    if (places.length > 0)
      new CfnOutput(this, 'WorkloadsPlaces', { value: [...new Set(places)].sort().join(',') });
    // The command line finds Lockstep by these.
    const parameters: Readonly<Record<keyof typeof platformParameters, string>> = {
      ledgerTable: this.ledger.table.tableName,
      evidenceBucket: this.evidence.bucket.bucketName,
      evidenceKeyArn: this.evidence.signingKey.keyArn,
      configurationVersions: site.configurationVersions,
    };
    for (const [name, value] of Object.entries(parameters))
      new StringParameter(this, `Parameter-${name}`, {
        parameterName: platformParameters[name as keyof typeof platformParameters],
        stringValue: value,
        description: 'Where the command line of Lockstep looks',
      });
  }

  /**
   * Lets a role of another account or region put events on this account's bus.
   * @returns the bus's ARN
   */
  admitEvents(sender: IRole): string {
    const bus = this.formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' });
    const { account } = Stack.of(sender);
    const known = this.senders.get(account);
    if (known) {
      known.push(sender.roleArn);
      return bus;
    }
    const roles = [sender.roleArn];
    this.senders.set(account, roles);
    // One statement for all of an account: a bus's policy has a size limit of 10 KB.
    const statementId = `lockstep-${account}`;
    // CDK's class warns of properties that nobody sets.
    new CfnResource(this, `EventsOf${account}`, {
      type: 'AWS::Events::EventBusPolicy',
      properties: {
        StatementId: statementId,
        Statement: {
          Sid: statementId,
          Effect: 'Allow',
          Principal: { AWS: `arn:${this.partition}:iam::${account}:root` },
          Action: 'events:PutEvents',
          Resource: bus,
          Condition: { ArnEquals: { 'aws:PrincipalArn': Lazy.list({ produce: () => roles }) } },
        },
      },
    });
    return bus;
  }
}
