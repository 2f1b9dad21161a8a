import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import fc from 'fast-check';
import type { Approval } from '../../../tasks/ledger/items.ts';
import { asciiSubject } from '../../../tasks/mail-text.ts';
import * as toApprovers from '../../../tasks/notices/approver-notices.ts';
import * as toDevelopers from '../../../tasks/notices/developer-notices.ts';
import type { Notice } from '../../../tasks/notices/notice.ts';
import * as toOperators from '../../../tasks/notices/operator-notices.ts';
import { createSnsNotices } from '../../../tasks/notices/sns-notices.ts';
import {
  aDecision,
  aMarking,
  anApproval,
  aPerson,
  aPromotion,
  approvedBy,
  aReview,
  COMMIT,
  rejectedBy,
} from '../doubles/samples.ts';
import { double, offline, on } from '../doubles/sdk.ts';

const SITE = 'https://approvals.example.com';
const notices = { ...toApprovers, ...toDevelopers, ...toOperators };
const { approvalNotice, failureNotice, outcomeNotices } = notices;

describe('mails', () => {
  it('ask a role with what, who, until when, and one link', () => {
    expect(approvalNotice(anApproval(), aPromotion(), SITE)).toEqual({
      role: 'qc',
      application: 'shop',
      subject: 'QC approval: shop 8f0c9c1f Show the cart',
      message: [
        'The promotion of shop to production waits for QC to approve or reject it.',
        '',
        `Commit:         ${COMMIT} (Show the cart)`,
        'Author:         Dana',
        'Branch:         main',
        'Pushed by:      arn:aws:iam::000000000000:user/dana',
        'Against Prod:   1 commit(s), files: 1 added, 1 changed, 0 removed',
        'QAT image:      ami-0123456789abcdef0',
        'QAT deployment: d-QAT000001',
        'Decide until:   29 Nov 2026, 10:10 UTC',
        '',
        `${SITE}/approvals/qc-request-1`,
        '',
        'Opening the page decides nothing. Sign in, review the change, then approve or reject it.',
      ].join('\n'),
    });
  });

  it('show operators where a promotion failed, why, and how it goes on', () => {
    const failure = { state: 'Deploy to QAT', error: 'DeploymentFailed', cause: 'start.sh exited with 1' };
    const { role, subject, message } = failureNotice(aPromotion({ redrives: 1 }), failure, SITE);
    expect([role, subject]).toEqual(['operator', 'Failed: shop 8f0c9c1f at Deploy to QAT']);
    expect(message).toContain('failed at the state "Deploy to QAT": DeploymentFailed');
    expect(message).toContain('start[.]sh exited with 1');
    expect(message).toContain(`${SITE}/promotions/${aPromotion().promotionId}`);
  });

  it.each([
    ['DeploymentFailed', 'then redrive the promotion. It resumes at this state'],
    ['QatChanged', 'A redrive would fail again. Push the commit again.'],
  ])('show operators whether a redrive helps after %s', (error, words) => {
    const failure = { state: 'Deploy to QAT', error, cause: '' };
    expect(failureNotice(aPromotion(), failure, SITE).message).toContain(words);
  });

  it.each([
    [{}, {}, undefined],
    [
      { prod: 'ami-new' },
      {},
      /earlier instances continue to serve.*A redrive points Prod at ami-new again and starts a new deployment of 8f0c9c1f/s,
    ],
    [
      { prod: 'ami-new' },
      { prod: 'd-1' },
      /deployment d-1 succeeded.*later ones start from ami-new.*Nothing is rolled back/s,
    ],
  ])(
    'show operators what a failure means for Prod: images %j, deployments %j',
    (images, deployments, words) => {
      const failure = { state: 'Any', error: 'Any', cause: '' };
      const { message } = failureNotice(aPromotion({ images, deployments }), failure, SITE);
      if (words === undefined) expect(message).not.toMatch(/Prod/);
      else expect(message).toMatch(words);
    },
  );

  it.each([
    ['SUCCEEDED', undefined, 'Promoted: shop 8f0c9c1f Show the cart', 'Prod runs this commit'],
    ['REJECTED', undefined, 'Rejected: shop 8f0c9c1f Show the cart', 'push a new commit'],
    ['SUPERSEDED', undefined, 'Superseded: shop 8f0c9c1f Show the cart', 'a newer promotion'],
    ['STALE', undefined, 'Stale: shop 8f0c9c1f Show the cart', 'Prod runs a newer commit'],
    ['RECALLED', undefined, 'Recalled: shop 8f0c9c1f Show the cart', 'the commit is marked bad'],
    ['FAILED', 'Deploy to QAT', 'Failed: shop 8f0c9c1f Show the cart', 'State:  Deploy to QAT'],
    ['TIMED_OUT', 'QC approval', 'Failed: shop 8f0c9c1f Show the cart', 'ran out of time'],
    ['ABORTED', undefined, 'Stopped: shop 8f0c9c1f Show the cart', 'If they redrive it'],
  ] as const)('tell makers how a promotion ended: %s', (status, state, subject, words) => {
    const cause = 'the cause of it';
    const mail = notices.endNotice(aPromotion(), { status, state, cause }, SITE);
    expect(mail).toMatchObject({ application: 'shop', subject });
    expect(mail.message).toContain(words);
    expect(mail.message).toContain(cause);
    expect(mail.message).toContain(COMMIT);
    expect(mail.message.match(/https?:\/\/\S+/g)).toEqual([`${SITE}/promotions/${aPromotion().promotionId}`]);
  });

  it('have a subject that SNS accepts, for any commit message (T49)', () => {
    expect(asciiSubject('Café\r\nBcc: x → done')).toBe('Cafe Bcc: x ? done');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(asciiSubject(`QC approval: ${text}`)).toMatch(/^[\x20-\x7e]{1,99}$/);
      }),
    );
  });

  it('have lines below 998 characters, for any cause (T49)', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1500, maxLength: 30_000 }), (cause) => {
        const { message } = failureNotice(aPromotion(), { state: undefined, error: 'E', cause }, SITE);
        expect(message.split('\n').every((line) => line.length < 998)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it.each<[Partial<Approval>, string, string[]]>([
    [approvedBy(aPerson('quinn')), 'QC approved: shop 8f0c9c1f Show the cart', ['qc']],
    [{ status: 'EXPIRED' }, 'QC did not decide: shop 8f0c9c1f Show the cart', ['qc']],
    [
      { role: 'pmo', ...rejectedBy(aPerson('parker')) },
      'PMO rejected: shop 8f0c9c1f Show the cart',
      ['pmo', 'qc'],
    ],
    [
      { role: 'pmo', status: 'WITHDRAWN' },
      'PMO request withdrawn: shop 8f0c9c1f Show the cart',
      ['pmo', 'qc'],
    ],
    [{ status: 'PENDING' }, '', []],
  ])('give the outcome of a request: %j', (change, subject, roles) => {
    const approval = anApproval(change);
    const notices = outcomeNotices(approval, aPromotion(), SITE);
    expect(notices.map((notice) => notice.role)).toEqual(roles);
    for (const notice of notices) {
      expect(notice.subject).toBe(subject);
      expect(notice.message.match(/https?:\/\/\S+/g)).toEqual([`${SITE}/approvals/qc-request-1`]);
    }
  });

  it('keep the limits for any commit, people and comment (T49)', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 3000 }),
      fc.string({ unit: 'binary', minLength: 1200, maxLength: 3000 }),
    );
    fc.assert(
      fc.property(texts, texts, (commitMessage, comment) => {
        const promotion = aPromotion({ commitMessage, commitAuthor: comment, branch: commitMessage });
        const approval = anApproval({
          role: 'pmo',
          count: 3,
          status: 'REJECTED',
          decisions: [
            aDecision(aPerson('quinn'), { comment }),
            aDecision(aPerson(comment), { decision: 'reject', comment }),
          ],
        });
        const notices = [
          approvalNotice(approval, promotion, SITE),
          approvalNotice(approval, promotion, SITE, 'reminder'),
          ...outcomeNotices(approval, promotion, SITE),
        ];
        for (const { subject, message } of notices) {
          expect(subject).toMatch(/^[A-Za-z0-9][\x20-\x7e]{1,98}$/);
          expect(message.isWellFormed()).toBe(true);
          const lines = message.split(/\r\n|[\r\n\u2028\u2029]/);
          expect(lines.every((line) => Buffer.byteLength(line) < 998)).toBe(true);
          expect(lines.filter((line) => line === `${SITE}/approvals/qc-request-1`)).toHaveLength(1);
        }
      }),
      { numRuns: 50 },
    );
  });

  describe('carry no link but ours, and nothing that hides or reorders,', () => {
    const LINKS = [
      'http://evil.example/x',
      'HTTPS://EVIL.EXAMPLE',
      'ftp://203.0.113.7/x',
      'www.evil.example',
      'evil.com',
      'evil。com',
      'someone@evil.example',
      'mailto:someone@evil',
      'tel:+15550100',
      '\\\\evil\\share',
    ];
    const evil = `Fix ${LINKS.join(' ')} \u202eevil`;
    const promotion = aPromotion({
      commitMessage: evil,
      commitAuthor: evil,
      branch: evil,
      pushedBy: `arn:aws:iam::000000000000:user/${evil}`,
      images: { qat: 'ami-1', prod: 'ami-2' },
      executionArn: 'arn:aws:states:us-east-1:111122223333:execution:lockstep-shop:shop-1',
    });
    const asked = anApproval();
    const approval = (change: Partial<Approval> = {}) =>
      anApproval({ candidate: { ...asked.candidate, branch: evil, pushedBy: evil }, ...change });
    const evilPerson = { ...aPerson('quinn'), name: evil };
    const once = { count: 2, decisions: [aDecision(evilPerson, { comment: evil })] };
    const shortage = { needed: 2, able: [evil], unable: [{ name: evil, why: evil }] };
    const fleet = { autoScalingGroupName: 'g', imageId: 'ami-2', instanceIds: ['i-1'], strayIds: ['i-2'] };
    const all: Readonly<Record<string, readonly Pick<Notice, 'subject' | 'message'>[]>> = {
      approvalNotice: (['request', 'reminder'] as const).map((kind) =>
        notices.approvalNotice(approval(once), promotion, SITE, kind),
      ),
      outcomeNotices: [
        approval(approvedBy(evilPerson, { comment: evil })),
        approval(rejectedBy(evilPerson, { comment: evil })),
        approval({ status: 'EXPIRED', ...once }),
        approval({ status: 'EXPIRED' }),
        approval({ status: 'WITHDRAWN', withdrawnBecause: evil }),
        approval({
          status: 'WITHDRAWN',
          withdrawnBecause: evil,
          recalled: { cause: evil, at: aMarking().at },
        }),
        approval({
          status: 'EXPIRED',
          review: aReview({ bad: [{ commitId: evil, ...aMarking({ reason: evil }) }] }),
        }),
      ].flatMap((one) => notices.outcomeNotices(one, promotion, SITE)),
      failureNotice: [
        notices.failureNotice(
          promotion,
          { state: 'Deploy to QAT', error: 'States.Timeout', cause: evil },
          SITE,
        ),
      ],
      stoppedNotice: [
        notices.stoppedNotice(promotion, evil, SITE),
        notices.stoppedNotice(promotion, '', SITE),
      ],
      prodRestoredNotice: [notices.prodRestoredNotice(promotion, fleet, '/lockstep/shop/prod/image', SITE)],
      staleNotices: notices.staleNotices(promotion, evil, SITE),
      recalledNotices: notices.recalledNotices(['qc', 'pmo'], promotion, evil, SITE),
      notStartedNotice: [notices.notStartedNotice(promotion, evil, SITE)],
      notStartedOperatorNotice: [notices.notStartedOperatorNotice(promotion, evil, SITE)],
      waitingNotice: [notices.waitingNotice(approval(), promotion, SITE)],
      shortageNotice: [true, false].map((isPusherTold) =>
        notices.shortageNotice(approval(), shortage, promotion, SITE, isPusherTold),
      ),
      pusherShortageNotice: [notices.pusherShortageNotice(approval(), shortage, promotion, SITE)],
      endNotice: [
        notices.endNotice(promotion, { status: 'FAILED', state: 'Deploy to QAT', cause: evil }, SITE),
        notices.endNotice(promotion, { status: 'SUCCEEDED', cause: '' }, SITE),
      ],
    };
    // What mail programs make links of: schemes, www, addresses, shares, and names with a top-level domain.
    const LINK =
      /\w+:\/\/\S+|\bwww\.\S+|\S+@\S+\.\w+|\b(?:mailto|tel):\S+|\\\\\\\\\w+|[\p{L}\p{N}-]+[.。．｡]\p{L}{2,}/giu;

    it('and every notice is tried', () => {
      expect(Object.keys(all).sort()).toEqual(
        Object.entries(notices)
          .filter(([, value]) => typeof value === 'function')
          .map(([name]) => name)
          .sort(),
      );
    });

    it.each(Object.entries(all))('%s', (_, sent) => {
      expect(sent.length).toBeGreaterThan(0);
      for (const { subject, message } of sent) {
        expect(subject.match(LINK) ?? []).toEqual([]);
        for (const link of message.match(LINK) ?? [])
          expect(link).toMatch(
            /^(https:\/\/approvals\.example\.com\/((approvals|promotions)\/|search\?q=)[\w-]+|https:\/\/us-east-1\.console\.aws\.amazon\.com\/states\/\S+|States\.Timeout)$/,
          );
        expect(message).toContain(SITE);
        expect(message).not.toMatch(/\u202e/);
        if (message.includes('evil')) expect(message).toContain('evil[.]com');
      }
    });
  });

  it.each<[string, { readonly role: Notice['role']; readonly recipients?: string[] }, object]>([
    ['role and application', { role: 'qc' }, {}],
    [
      'recipients, too, where it is to developers',
      { role: 'developer', recipients: ['dana@example.com', 'erin@example.com'] },
      {
        recipients: { DataType: 'String.Array', StringValue: '["dana@example.com","erin@example.com"]' },
      },
    ],
  ])('T49: go through the topic with attributes that subscriptions filter by: %s', async (_, to, more) => {
    const { client, sent } = double(
      new SNSClient(offline),
      on(PublishCommand, () => ({ MessageId: 'm-1' })),
    );
    const notice = { application: 'shop', subject: 'Subject', message: 'Message', ...to } as Notice;
    await createSnsNotices('arn:aws:sns:us-east-1:000000000000:promotions', client).send(notice);
    expect(sent.map(({ input }) => input)).toEqual([
      {
        TopicArn: 'arn:aws:sns:us-east-1:000000000000:promotions',
        Subject: 'Subject',
        Message: 'Message',
        MessageAttributes: {
          role: { DataType: 'String', StringValue: to.role },
          application: { DataType: 'String', StringValue: 'shop' },
          ...more,
        },
      },
    ]);
  });
});
