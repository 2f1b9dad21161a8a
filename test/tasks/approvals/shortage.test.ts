import {
  CognitoIdentityProviderClient,
  ListUsersInGroupCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { createRoleMembers } from '../../../tasks/approvals/role-members.ts';
import { shortageOf, shortageText } from '../../../tasks/approvals/shortage.ts';
import type { Approval, Person } from '../../../tasks/ledger/items.ts';
import { pusherShortageNotice } from '../../../tasks/notices/developer-notices.ts';
import { shortageNotice } from '../../../tasks/notices/operator-notices.ts';
import { aDecision, aMaker, anApproval, aPerson, aPolicy, aPromotion, aReview } from '../doubles/samples.ts';
import { double, offline, on } from '../doubles/sdk.ts';

const request = (change: Partial<Approval> = {}) =>
  anApproval({
    review: aReview({ makers: [aMaker('quinn@example.com'), aMaker('sam@example.com')] }),
    ...change,
  });
const approvedAs = (role: 'qc' | 'pmo', name: string) =>
  anApproval({ role, status: 'APPROVED', decisions: [aDecision(aPerson(name))] });
const [quinn, sam, carol] = [aPerson('quinn'), aPerson('sam'), aPerson('carol')];

describe('a role of which too few may decide', () => {
  it.each<[string, Person[], Approval[], Partial<Approval>, string[] | undefined]>([
    ['all are makers', [quinn, sam], [], {}, []],
    ['nobody is in the group', [], [], {}, []],
    ['one is not a maker', [quinn, carol], [], {}, undefined],
    [
      'the only other one approved in the other role',
      [quinn, carol],
      [approvedAs('qc', 'carol')],
      { role: 'pmo' },
      [],
    ],
    [
      'the only other one has no verified address',
      [quinn, aPerson('carol', { verifiedEmail: '' })],
      [],
      {},
      [],
    ],
    ['two must approve and one may', [quinn, carol], [], { count: 2 }, ['carol']],
    [
      'two must approve and one has two accounts',
      [carol, aPerson('caroline', { verifiedEmail: 'carol@example.com' })],
      [],
      { count: 2 },
      ['carol'],
    ],
    ['two must approve and two may', [carol, aPerson('dave')], [], { count: 2 }, undefined],
  ])('is known when %s', (_, members, approvals, change, able) => {
    expect(shortageOf(request(change), members, approvals, aPolicy)?.able).toEqual(able);
  });

  it('is none where makers may decide', () => {
    expect(shortageOf(request(), [quinn], [], { makersMayDecide: true })).toBeUndefined();
  });

  it('is told to operators and to the pusher, by name and commit', () => {
    const asked = request();
    const shortage = shortageOf(asked, [quinn, sam], [], aPolicy);
    if (shortage === undefined) throw new Error('enough may decide');
    const toOperators = (isPusherTold: boolean) =>
      shortageNotice(asked, shortage, aPromotion(), 'https://site', isPusherTold);
    expect(toOperators(true)).toMatchObject({
      role: 'operator',
      subject: expect.stringContaining('Nobody left to decide as QC'),
    });
    expect(toOperators(true).message).toContain(asked.candidate.pushedBy);
    expect(toOperators(true).message).toContain('The pusher gets a mail, too.');
    expect(toOperators(false).message).toContain('The pusher could not be told');
    expect(toOperators(false).message).toContain('under developers');
    const toPusher = pusherShortageNotice(asked, shortage, aPromotion(), 'https://site');
    expect(toPusher.subject).toContain('Your change needs other approvers: shop 8f0c9c1f');
    for (const { message } of [toOperators(true), toPusher]) {
      expect(message).toContain('Nobody in QC may decide about this change.');
      expect(message).toContain('- quinn: quinn wrote or committed this change.');
      expect(message).toContain(asked.candidate.commitId);
    }
  });

  it('says how many are missing', () => {
    const shortage = { needed: 2, able: ['carol'], unable: [] };
    expect(shortageText('qc', shortage)).toBe('2 people of QC must approve this change, and only carol may.');
  });
});

it('the members of a role are read from the pool, without those who cannot sign in', async () => {
  const attributes = (email: string, verified: string) => [
    { Name: 'sub', Value: `sub of ${email}` },
    { Name: 'email', Value: email },
    { Name: 'email_verified', Value: verified },
  ];
  const cognito = double(
    new CognitoIdentityProviderClient(offline),
    on(ListUsersInGroupCommand, () => ({
      Users: [
        { Username: 'quinn', Enabled: true, Attributes: attributes('Quinn@example.com', 'true') },
        { Username: 'carol', Enabled: true, Attributes: attributes('carol@example.com', 'false') },
        { Username: 'gone', Enabled: false, Attributes: attributes('gone@example.com', 'true') },
      ],
    })),
  );
  expect(await createRoleMembers('pool', cognito.client)('qc')).toEqual([
    {
      subject: 'sub of Quinn@example.com',
      name: 'quinn',
      verifiedEmail: 'quinn@example.com',
      groups: ['qc'],
    },
    { subject: 'sub of carol@example.com', name: 'carol', verifiedEmail: '', groups: ['qc'] },
  ]);
  expect(cognito.sent[0]?.input).toMatchObject({ UserPoolId: 'pool', GroupName: 'qc' });
});
