import { ListSubscriptionsByTopicCommand } from '@aws-sdk/client-sns';
import { checkSubscriptions } from '../../../cli/doctor/subscriptions.ts';
import { unsubscribed } from '../../../tasks/subscriptions/compare-subscriptions.ts';
import { on } from '../../tasks/doubles/sdk.ts';
import { aPlace } from './support.ts';

const TOPIC = 'arn:aws:sns:eu-west-1:111111111111:promotions';
const subscription = (endpoint: string, subscriptionArn = `${TOPIC}:1`, protocol = 'email') => ({
  endpoint,
  subscriptionArn,
  protocol,
});

describe('who is not subscribed (T59)', () => {
  const states = (...listed: ReturnType<typeof subscription>[]) => unsubscribed(['pmo@example.com'], listed);

  it('is nobody who confirmed, written in any case', () => {
    expect(states(subscription('PMO@example.com'))).toEqual([]);
  });

  it.each([
    ['waits for the confirmation', [subscription('pmo@example.com', 'PendingConfirmation')], 'pending'],
    ['was deleted by SNS', [], 'missing'],
    ['has unsubscribed', [subscription('pmo@example.com', 'Deleted')], 'missing'],
    ['is subscribed by another protocol', [subscription('pmo@example.com', undefined, 'sqs')], 'missing'],
    ['is somebody else', [subscription('qc@example.com')], 'missing'],
  ])('is who %s', (_, listed, state) => {
    expect(states(...listed)).toEqual([{ address: 'pmo@example.com', state }]);
  });

  it('is nobody who confirmed one of two subscriptions', () => {
    expect(
      states(subscription('pmo@example.com', 'PendingConfirmation'), subscription('pmo@example.com')),
    ).toEqual([]);
  });
});

describe('the check of subscriptions', () => {
  const findings = (...endpoints: string[]) =>
    checkSubscriptions(
      aPlace(
        {
          Topic: ['AWS::SNS::Topic', TOPIC, { DisplayName: 'Lockstep promotions' }],
          Function: ['AWS::SNS::Topic', `${TOPIC}2`],
          Pmo: [
            'AWS::SNS::Subscription',
            `${TOPIC}:1`,
            {
              Protocol: 'email',
              Endpoint: 'pmo@example.com',
              TopicArn: { Ref: 'Topic' },
              FilterPolicy: { role: ['pmo'] },
            },
          ],
          Job: [
            'AWS::SNS::Subscription',
            `${TOPIC}2:1`,
            { Protocol: 'lambda', Endpoint: 'f', TopicArn: { Ref: 'Function' } },
          ],
        },
        {
          sns: [
            on(ListSubscriptionsByTopicCommand, ({ TopicArn }) => {
              expect(TopicArn).toBe(TOPIC);
              return {
                Subscriptions: endpoints.map((Endpoint) => ({
                  Protocol: 'email',
                  Endpoint,
                  SubscriptionArn: `${TOPIC}:x`,
                })),
              };
            }),
          ],
        },
      ),
    );

  it('finds nothing if everybody is subscribed', async () => {
    expect(await findings('pmo@example.com', 'more@example.com')).toEqual([]);
  });

  it('names who is not, and how to subscribe them again to the same mail (T59)', async () => {
    expect(await findings()).toEqual([
      {
        kind: 'fault',
        what: 'pmo@example.com gets no mail of "Lockstep promotions"',
        value: 'not subscribed',
        remedy:
          `aws sns subscribe --topic-arn ${TOPIC} --protocol email --notification-endpoint pmo@example.com ` +
          `--attributes '{"FilterPolicy":"{\\"role\\":[\\"pmo\\"]}"}' --region eu-west-1, then confirm with the mail from AWS within 48 hours.`,
      },
    ]);
  });
});
