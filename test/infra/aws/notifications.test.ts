import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { toldByDefault } from '../../../tasks/events/event-types.ts';
import { config } from '../config-samples.ts';
import { synthesize } from './support/synthesize.ts';
import { grantsOfRole, ofType, only, stackOf } from './support/templates.ts';

const file = resolve(import.meta.dirname, '../../../examples/notifications.json');
const platformOf = (lockstep: unknown) => stackOf(synthesize(lockstep), 'Lockstep-Platform');
const platform = platformOf(JSON.parse(readFileSync(file, 'utf8')));
const secret = (name: string) =>
  `arn:aws:secretsmanager:us-east-1:111122223333:secret:lockstep/${name}-a1B2c3`;

interface Target {
  readonly Arn: unknown;
  readonly DeadLetterConfig?: unknown;
  readonly RetryPolicy?: unknown;
  readonly InputTransformer: { readonly InputTemplate: string };
}
const rules = ofType(platform, 'AWS::Events::Rule').map(([, { Properties }]) => ({
  bus: Properties.EventBusName,
  pattern: Properties.EventPattern as Readonly<Record<string, unknown>>,
  targets: Properties.Targets as readonly Target[],
}));

describe('the ledger', () => {
  it('has a stream of new images, and Lambda hands added entries of evidence on, partly failed batches included', () => {
    expect(only(platform, 'AWS::DynamoDB::Table')[1].Properties.StreamSpecification).toEqual({
      StreamViewType: 'NEW_IMAGE',
    });
    const [, mapping] = ofType(platform, 'AWS::Lambda::EventSourceMapping').find(([id]) =>
      id.startsWith('EventsSource'),
    ) ?? ['', { Properties: {} }];
    expect(mapping.Properties).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 10,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumRecordAgeInSeconds: 86_400,
      FilterCriteria: {
        Filters: [
          { Pattern: '{"eventName":["INSERT"],"dynamodb":{"Keys":{"sk":{"S":[{"prefix":"EVIDENCE#"}]}}}}' },
        ],
      },
      DestinationConfig: { OnFailure: { Destination: expect.anything() } },
    });
  });
});

describe('notifications', () => {
  it('are one rule on the bus for each place, with its applications and events', () => {
    const told = rules.map(({ pattern, targets }) => [
      (pattern.detail as { application: string[] }).application,
      pattern['detail-type'],
      /"to":"(\w+)"/.exec(targets[0]?.InputTransformer.InputTemplate ?? '')?.[1],
    ]);
    expect(told.sort()).toEqual(
      [
        [['orders'], ['Promotion Started', 'Promotion Ended'], 'webhook'],
        [['orders'], toldByDefault, 'slack'],
        [['stock'], toldByDefault, 'teams'],
        [['stock'], toldByDefault, 'amazonQ'],
      ].sort(),
    );
    for (const { bus, pattern } of rules) {
      expect(bus).toEqual({ Ref: expect.stringMatching(/^EventsBus/) });
      expect(pattern.source).toEqual(['lockstep']);
    }
  });

  it('wait in a queue that is tried for an hour, and what is given up has a place', () => {
    for (const { targets } of rules) {
      expect(targets).toHaveLength(1);
      expect(targets[0]).toMatchObject({
        Arn: { 'Fn::GetAtt': [expect.stringMatching(/^NotificationsQueue/), 'Arn'] },
        DeadLetterConfig: {
          Arn: { 'Fn::GetAtt': [expect.stringMatching(/^NotificationsDeadLetters/), 'Arn'] },
        },
        RetryPolicy: { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86_400 },
      });
    }
    const queue = ofType(platform, 'AWS::SQS::Queue').find(([id]) =>
      id.startsWith('NotificationsQueue'),
    )?.[1];
    const { RedrivePolicy, VisibilityTimeout } = queue?.Properties ?? {};
    const { maxReceiveCount } = RedrivePolicy as { maxReceiveCount: number };
    expect(maxReceiveCount * Number(VisibilityTimeout)).toBe(3_600);
  });

  it('are sent by a function that reads these secrets, publishes to this topic, and can do nothing else in the account', () => {
    const grants = grantsOfRole(platform, 'NotificationsSendRole').filter(
      (grant) => !/^(logs|xray|sqs):/.test(grant),
    );
    expect(grants.sort()).toEqual(
      [
        `secretsmanager:GetSecretValue on ${secret('slack')}`,
        `secretsmanager:GetSecretValue on ${secret('teams')}`,
        `secretsmanager:GetSecretValue on ${secret('webhook')}`,
        'sns:Publish on arn:aws:sns:us-east-1:111122223333:releases',
      ].sort(),
    );
  });

  it('raise an alarm when one was given up, which leads to the runbook', () => {
    const descriptions = ofType(platform, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) =>
      String(Properties.AlarmDescription),
    );
    expect(descriptions).toContainEqual(expect.stringContaining('RUNBOOK.md#a-notification-was-given-up'));
  });

  it('share a rule where several applications are told at the same place', () => {
    const slack = [{ slack: { secretArn: secret('slack') } }];
    const shared = platformOf(
      config(
        {},
        {
          notifications: slack,
          applications: ['orders', 'stock'].map((name) => ({ name, runtime: 'nodejs' })),
        },
      ),
    );
    const [, { Properties }] = only(shared, 'AWS::Events::Rule');
    expect(Properties.EventPattern).toMatchObject({ detail: { application: ['orders', 'stock'] } });
  });

  it('need no queue, rule or function where nobody is told', () => {
    const none = platformOf(
      config({ notifications: [] }, { notifications: [{ slack: { secretArn: secret('slack') } }] }),
    );
    expect(ofType(none, 'AWS::Events::Rule')).toEqual([]);
    expect(JSON.stringify(none)).not.toContain('send-notification');
  });
});
