import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import fc from 'fast-check';
import { approvalNotice, asciiSubject, failureNotice } from '../../tasks/notices.ts';
import { createSnsNotices } from '../../tasks/sns-notices.ts';
import { anApproval, aPromotion, COMMIT } from './doubles/samples.ts';
import { double, offline, on } from './doubles/sdk.ts';

const SITE = 'https://approvals.example.com';

describe('mails', () => {
  it('ask a role with what, who, until when, and one link', () => {
    expect(approvalNotice(anApproval(), aPromotion(), SITE)).toEqual({
      role: 'qc',
      application: 'shop',
      subject: 'QC approval: shop 8f0c9c1f Show the cart',
      message: [
        'shop waits for QC to approve or refuse its promotion to production.',
        '',
        `Commit:         ${COMMIT} (Show the cart)`,
        'Author:         Dana',
        'Branch:         main',
        'Pushed by:      arn:aws:iam::000000000000:user/dana',
        'QAT image:      ami-0123456789abcdef0',
        'QAT deployment: d-QAT000001',
        'Decide until:   2026-11-29 10:10 UTC',
        '',
        `${SITE}/approvals/qc-request-1`,
        '',
        'Opening the page decides nothing: sign in, look, then approve or refuse.',
      ].join('\n'),
    });
  });

  it('tell operators where a promotion failed, why, and how it goes on', () => {
    const failure = { state: 'Deploy to QAT', error: 'DeploymentFailed', cause: 'start.sh exited with 1' };
    const { role, subject, message } = failureNotice(aPromotion({ redrives: 1 }), failure, SITE);
    expect([role, subject]).toEqual(['operator', 'Failed: shop 8f0c9c1f at Deploy to QAT']);
    expect(message).toContain('failed at the state "Deploy to QAT": DeploymentFailed');
    expect(message).toContain('start.sh exited with 1');
    expect(message).toContain(`${SITE}/promotions/${aPromotion().promotionId}`);
  });

  it('have a subject that SNS takes, whatever the commit says (T49)', () => {
    expect(asciiSubject('Café\r\nBcc: x → done')).toBe('Cafe Bcc: x ? done');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(asciiSubject(`QC approval: ${text}`)).toMatch(/^[\x20-\x7e]{1,99}$/);
      }),
    );
  });

  it('have lines below 998 characters, whatever the cause says (T49)', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1500, maxLength: 30_000 }), (cause) => {
        const { message } = failureNotice(aPromotion(), { state: undefined, error: 'E', cause }, SITE);
        expect(message.split('\n').every((line) => line.length < 998)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('go through the topic with role and application as attributes', async () => {
    const { client, sent } = double(
      new SNSClient(offline),
      on(PublishCommand, () => ({ MessageId: 'm-1' })),
    );
    const notice = { role: 'qc', application: 'shop', subject: 'Subject', message: 'Message' } as const;
    await createSnsNotices('arn:aws:sns:us-east-1:000000000000:promotions', client).send(notice);
    expect(sent.map(({ input }) => input)).toEqual([
      {
        TopicArn: 'arn:aws:sns:us-east-1:000000000000:promotions',
        Subject: 'Subject',
        Message: 'Message',
        MessageAttributes: {
          role: { DataType: 'String', StringValue: 'qc' },
          application: { DataType: 'String', StringValue: 'shop' },
        },
      },
    ]);
  });
});
