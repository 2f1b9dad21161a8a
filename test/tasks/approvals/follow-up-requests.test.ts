import { candidateDigest, requestedCandidate } from '../../../tasks/approvals/candidate.ts';
import { partInChange } from '../../../tasks/approvals/decision-rules.ts';
import { followUpFor, followUpRequest } from '../../../tasks/approvals/follow-up-requests.ts';
import type { NameRules } from '../../../tasks/approvals/same-maker.ts';
import type { Approval } from '../../../tasks/ledger/items.ts';
import type { Ledger } from '../../../tasks/ledger/ledger.ts';
import { aTending, createDeciding, createMails } from '../doubles/deciding.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import {
  aDecision,
  aMaker,
  anApproval,
  aPerson,
  aPromotion,
  approvedBy,
  aReview,
  PROMOTION_ID,
} from '../doubles/samples.ts';
import { createTokens } from '../doubles/tokens.ts';

const asked = anApproval({ mailedAt: '2026-11-22T10:10:00.000Z' });
let ledger: Ledger;
let mails: ReturnType<typeof createMails>;
beforeEach(async () => {
  ledger = createMemoryLedger();
  mails = createMails();
  await ledger.addPromotion(aPromotion());
  await ledger.addApproval(asked);
});

const tend = async (at: string, change: Partial<Parameters<typeof followUpRequest>[0]> = {}) => {
  for (const approval of await ledger.openApprovals('qc'))
    await followUpRequest({
      ledger,
      tasks: createTokens().tasks,
      now: () => new Date(at),
      ...aTending(),
      notices: mails.notices,
      ...change,
    })(approval);
};
const latest = () => ledger.latestApproval(PROMOTION_ID, 'qc');
const subjects = () => mails.sent.map(({ subject }) => subject);

describe('looking after a request', () => {
  it('reminds every 24 hours until it is decided, once each time', async () => {
    for (const at of ['23T10:09', '23T10:10', '23T10:15', '24T10:09', '24T10:10', '24T10:15'])
      await tend(`2026-11-${at}:00.000Z`);
    expect(subjects()).toEqual([
      'Reminder, QC approval: shop 8f0c9c1f Show the cart',
      'Reminder, QC approval: shop 8f0c9c1f Show the cart',
    ]);
    await createDeciding({
      ledger,
      tasks: createTokens('qc-token-1').tasks,
      now: () => new Date('2026-11-25T00:00:00.000Z'),
      notices: mails.notices,
    })({ approvalId: 'qc-request-1', decision: 'approve', person: aPerson('quinn') });
    await tend('2026-11-26T10:10:00.000Z');
    expect(subjects().slice(2)).toEqual(['QC approved: shop 8f0c9c1f Show the cart']);
  });

  it('tells everybody who was asked that nobody decided in time', async () => {
    const isRunning = async () => false;
    await tend('2026-11-29T10:10:00.000Z', { isRunning });
    expect(await latest()).toMatchObject({ status: 'EXPIRED' });
    expect(subjects()).toEqual(['QC did not decide: shop 8f0c9c1f Show the cart']);
    await tend('2026-11-29T10:15:00.000Z', { isRunning });
    expect(subjects()).toHaveLength(1);
  });

  it('takes no request away while Step Functions waits for it, however far ahead the clock has jumped', async () => {
    await tend('2026-12-24T00:00:00.000Z');
    expect(await latest()).toEqual(asked);
    expect(subjects()).toEqual([]);
  });

  it('tells, mails and reminds on time when the clock has been set back since', async () => {
    const decidedAt = (at: string) => approvedBy(aPerson('quinn'), { at });
    const now = new Date('2026-11-22T11:00:00.000Z');
    const followUp = (change: Partial<Approval>) =>
      followUpFor(anApproval(change), {
        isRunning: true,
        configurationVersion: aReview().configurationVersion,
        reminderHours: 24,
        now,
      });
    expect(followUp(decidedAt('2026-11-22T13:00:00.000Z'))).toBe('complete');
    expect(followUp({ requestedAt: '2026-11-22T13:00:00.000Z' })).toBe('mail');
    expect(followUp({ mailedAt: '2026-11-23T11:00:00.000Z' })).toBe('remind');
    // Clocks of two functions differ a little: the function that decided is still completing the state.
    expect(followUp(decidedAt('2026-11-22T11:00:02.000Z'))).toBe('nothing');
  });

  it('withdraws it when the promotion was stopped, and not because the ledger is late', async () => {
    await ledger.updatePromotion(PROMOTION_ID, { status: 'ABORTED' });
    await tend('2026-11-22T11:00:00.000Z');
    expect(await latest()).toMatchObject({ status: 'PENDING' });
    await tend('2026-11-22T11:00:00.000Z', { isRunning: async () => false });
    expect(await latest()).toMatchObject({ status: 'WITHDRAWN' });
    expect(subjects()).toEqual(['QC request withdrawn: shop 8f0c9c1f Show the cart']);
  });

  it('asks again when the configuration has changed, with another link and another mail', async () => {
    const configurationVersion = 'c0ffee000002';
    await tend('2026-11-22T11:00:00.000Z', { configurationVersion });
    await tend('2026-11-22T11:05:00.000Z', { configurationVersion });
    const [before, after] = await ledger.approvals(PROMOTION_ID);
    expect(before).toMatchObject({ approvalId: 'qc-request-1', status: 'WITHDRAWN' });
    expect(after).toEqual(
      anApproval({
        approvalId: 'asked-again-1',
        attempt: 2,
        review: aReview({ configurationVersion }),
        requestedAt: '2026-11-22T11:00:00.000Z',
        mailedAt: '2026-11-22T11:05:00.000Z',
      }),
    );
    expect(after?.digest).not.toBe(before?.digest);
    expect(subjects()).toEqual([
      'QC request withdrawn: shop 8f0c9c1f Show the cart',
      'QC approval: shop 8f0c9c1f Show the cart',
    ]);
  });

  it('says in a reminder who approved and how many more must', async () => {
    const once = { ...asked, count: 2, decisions: [aDecision(aPerson('quinn'))] };
    await ledger.replaceApproval(asked, once);
    await tend('2026-11-23T10:10:00.000Z');
    expect(mails.sent[0]?.message).toContain(
      'Approvals:      1 of 2 approved: quinn; 1 more person must approve, one rejection ends it',
    );
  });

  it('asks for as many people as the new configuration wants, and keeps no approval of the old one', async () => {
    await ledger.replaceApproval(asked, { ...asked, count: 3, decisions: [aDecision(aPerson('quinn'))] });
    await tend('2026-11-22T11:00:00.000Z', {
      configurationVersion: 'c0ffee000002',
      counts: { qc: 2, pmo: 1 },
    });
    const after = await latest();
    expect(after).toMatchObject({ attempt: 2, status: 'PENDING', count: 2, decisions: [] });
    expect(after?.digest).toBe(after && candidateDigest(requestedCandidate(after)));
  });

  it.each<[string, Partial<NameRules>]>([
    [
      'further name',
      { people: [{ email: 'quinn@example.com', pusherNames: [], commitAddresses: ['dana@example.com'] }] },
    ],
    ['domain without dots', { dotsIgnoredIn: ['example.com'] }],
  ])('asks again with the makers that a new %s of the configuration finds', async (_, names) => {
    const dotted = anApproval({
      review: aReview({ makers: [aMaker('dana@example.com'), aMaker('qui.nn@example.com')] }),
    });
    const request = names.people ? anApproval() : dotted;
    await ledger.replaceApproval(asked, request);
    expect(partInChange(aPerson('quinn'), request)).toBeUndefined();
    await tend('2026-11-22T11:00:00.000Z', {
      configurationVersion: 'c0ffee000002',
      names: { people: [], dotsIgnoredIn: [], ...names },
    });
    const after = await latest();
    expect(after && partInChange(aPerson('quinn'), after)).toBe('wrote or committed');
    await tend('2026-11-22T11:05:00.000Z', { configurationVersion: 'c0ffee000003' });
    const again = await latest();
    expect(again?.review).toEqual({ ...request.review, configurationVersion: 'c0ffee000003' });
  });

  it('completes asking again after an interruption', async () => {
    const configurationVersion = 'c0ffee000002';
    const broken: Ledger = { ...ledger, replaceApproval: () => Promise.reject(new Error('killed')) };
    await expect(tend('2026-11-22T11:00:00.000Z', { configurationVersion, ledger: broken })).rejects.toThrow(
      'killed',
    );
    await tend('2026-11-22T11:05:00.000Z', { configurationVersion });
    expect((await ledger.approvals(PROMOTION_ID)).map(({ status }) => status)).toEqual([
      'WITHDRAWN',
      'PENDING',
    ]);
  });

  it('tells the state of a withdrawal for a newer promotion that was cut short, and then the others', async () => {
    const tokens = createTokens('qc-token-1');
    const by = { promotionId: 'newer', commitId: 'b'.repeat(40), at: '2026-11-22T11:00:00.000Z' };
    await ledger.replaceApproval(asked, { ...asked, status: 'WITHDRAWN', supersededBy: by });
    await tend('2026-11-22T11:00:30.000Z', { tasks: tokens.tasks });
    expect(tokens.completion).toEqual([]);
    for (const minute of ['05', '10']) await tend(`2026-11-22T11:${minute}:00.000Z`, { tasks: tokens.tasks });
    expect(tokens.completion).toMatchObject([
      { token: 'qc-token-1', error: 'Superseded', cause: expect.stringContaining('promotion newer') },
    ]);
    expect(subjects()).toEqual(['QC request withdrawn: shop 8f0c9c1f Show the cart']);
    expect(await ledger.openApprovals('qc')).toEqual([]);
  });

  it.each<[string, Partial<Approval>, string]>([
    ['nothing while its mail may still be sent', { requestedAt: '2026-11-22T10:59:30.000Z' }, 'nothing'],
    ['the mail that was cut short', {}, 'mail'],
    ['nothing once everything is told', { status: 'EXPIRED', announcedAt: 'x' }, 'nothing'],
    ['telling the others', { status: 'WITHDRAWN' }, 'announce'],
  ])('owes it %s', (_, change, followUp) => {
    expect(
      followUpFor(anApproval(change), {
        isRunning: true,
        configurationVersion: aReview().configurationVersion,
        reminderHours: 24,
        now: new Date('2026-11-22T11:00:00.000Z'),
      }),
    ).toBe(followUp);
  });
});
