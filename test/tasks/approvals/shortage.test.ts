import {
  CognitoIdentityProviderClient,
  ListUsersInGroupCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { createRoleMembers } from '../../../tasks/approvals/role-members.ts';
import { shortageOf, shortageText } from '../../../tasks/approvals/shortage.ts';
import type { Approval, Person } from '../../../tasks/ledger/items.ts';
import { shortageNotice } from '../../../tasks/notices.ts';
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

  it('is told to operators, by name and commit', () => {
    const asked = request();
    const shortage = shortageOf(asked, [quinn, sam], [], aPolicy);
    if (shortage === undefined) throw new Error('enough may decide');
    const notice = shortageNotice(asked, shortage, aPromotion(), 'https://site');
    expect(notice).toMatchObject({
      role: 'operator',
      subject: expect.stringContaining('Nobody left to decide as QC'),
    });
    expect(notice.message).toContain('Nobody in QC may decide about this change.');
    expect(notice.message).toContain('- quinn: quinn wrote or committed this change.');
    expect(notice.message).toContain(asked.candidate.commitId);
    expect(notice.message).toContain(asked.candidate.pushedBy);
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
