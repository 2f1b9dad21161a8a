import { announce } from '../../../tasks/approvals/announce.ts';
import { completeApproval, type DecideInput } from '../../../tasks/approvals/decide.ts';
import { completeWithdrawn } from '../../../tasks/environment-locks/supersede.ts';
import type { Person } from '../../../tasks/ledger/items.ts';
import type { Ledger } from '../../../tasks/ledger/ledger.ts';
import type { Decision } from '../../../tasks/payloads.ts';
import { createDeciding, createMails } from '../doubles/deciding.ts';
import { anImageRequest, aProdBuild } from '../doubles/image-approval.ts';
import { contended, createMemoryLedger } from '../doubles/memory-ledger.ts';
import {
  aDecision,
  anApproval,
  aPerson,
  aPolicy,
  aPromotion,
  approvedBy,
  PROMOTION_ID,
} from '../doubles/samples.ts';
import { createTokens } from '../doubles/tokens.ts';

const NOW = '2026-11-23T08:00:00.000Z';
let ledger: Ledger;
let mails: ReturnType<typeof createMails>;
let tokens: ReturnType<typeof createTokens>;
beforeEach(async () => {
  ledger = createMemoryLedger();
  mails = createMails();
  tokens = createTokens('qc-token-1', 'pmo-token-1');
  await ledger.addApproval(anApproval());
});

const decide = (
  person: Person,
  decision: Decision,
  approvalId = 'qc-request-1',
  over: Ledger = ledger,
  input: Partial<DecideInput> = {},
) =>
  createDeciding({ ledger: over, tasks: tokens.tasks, now: () => new Date(NOW), notices: mails.notices })({
    approvalId,
    decision,
    comment: 'Looks right',
    person,
    ...input,
  });

it('about a Prod image keeps no time before which nobody deploys: Prod is locked by then; about the change it does', async () => {
  const asked = anImageRequest({ approvalId: 'image', taskToken: 'pmo-token-1' });
  await ledger.addApproval(asked);
  await ledger.addJob(aProdBuild());
  const notBefore = '2026-12-01T00:00:00.000Z';
  const kept = async (approvalId: string, shownDigest: string) => {
    const outcome = await decide(aPerson('quinn'), 'approve', approvalId, ledger, { notBefore, shownDigest });
    expect(outcome.kind).toBe('decided');
    return outcome.approval?.decisions[0]?.notBefore;
  };
  expect(await kept('qc-request-1', anApproval().digest)).toBe(notBefore);
  expect(await kept('image', asked.digest)).toBeUndefined();
});

describe('deciding', () => {
  it.each(['approve', 'reject'] as const)('records %s and tells the waiting state', async (decision) => {
    const outcome = await decide(aPerson('quinn'), decision);
    expect(outcome).toEqual({
      kind: 'decided',
      approval: anApproval({
        status: decision === 'approve' ? 'APPROVED' : 'REJECTED',
        decisions: [
          aDecision(aPerson('quinn'), { decision, at: NOW, signedInAt: NOW, comment: 'Looks right' }),
        ],
        completedToken: 'qc-token-1',
        announcedAt: NOW,
      }),
    });
    expect(tokens.completion).toEqual([
      {
        token: 'qc-token-1',
        output: { decision, approvalId: 'qc-request-1', decidedBy: 'quinn', decidedAt: NOW },
      },
    ]);
    expect(await ledger.openApprovals('qc')).toEqual([]);
    expect(await ledger.denials(PROMOTION_ID)).toEqual([]);
  });

  it("lets makers decide by the application's own rules only", async () => {
    const mayInShop = (shop: boolean) =>
      createDeciding({
        ledger,
        tasks: tokens.tasks,
        now: () => new Date(NOW),
        policyOf: (application) => ({ ...aPolicy, makersMayDecide: (application === 'shop') === shop }),
      });
    const attempt = { approvalId: 'qc-request-1', decision: 'approve', person: aPerson('dana') } as const;
    expect(await mayInShop(false)(attempt)).toMatchObject({ kind: 'denied', reason: 'MadeTheChange' });
    expect(await mayInShop(true)(attempt)).toMatchObject({ kind: 'decided' });
  });

  it('counts exactly one of two who decide at once', async () => {
    const outcomes = await Promise.all([
      decide(aPerson('quinn'), 'approve'),
      decide(aPerson('sam'), 'reject'),
    ]);
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['decided', 'denied']);
    expect(outcomes).toContainEqual(expect.objectContaining({ kind: 'denied', reason: 'AlreadyDecided' }));
    expect(tokens.completion).toHaveLength(1);
    expect((await ledger.denials(PROMOTION_ID)).map(({ reason }) => reason)).toEqual(['AlreadyDecided']);
  });

  it('fails when the request was changed each time that it was read, and tells nobody', async () => {
    await expect(
      decide(aPerson('quinn'), 'approve', 'qc-request-1', contended(ledger)),
    ).rejects.toMatchObject({ name: 'LedgerContended', message: expect.stringContaining('qc-request-1') });
    expect(tokens.completion).toEqual([]);
  });

  it('fails when it cannot note what it told or announced, and leaves it to reconciling', async () => {
    const decided = anApproval(approvedBy(aPerson('quinn'), { at: NOW }));
    await ledger.replaceApproval(anApproval(), decided);
    const gaveUp = expect.objectContaining({ name: 'LedgerContended' });
    await expect(
      completeApproval({ ledger: contended(ledger), tasks: tokens.tasks }, decided),
    ).rejects.toEqual(gaveUp);
    const announcing = { notices: mails.notices, siteUrl: 'https://x', now: () => new Date(NOW) };
    await expect(announce({ ledger: contended(ledger), ...announcing }, decided)).rejects.toEqual(gaveUp);
    const superseded = anApproval({
      status: 'WITHDRAWN',
      supersededBy: { promotionId: 'newer', commitId: 'c', at: NOW },
    });
    await ledger.replaceApproval(decided, superseded);
    await expect(
      completeWithdrawn({ ledger: contended(ledger), tasks: tokens.tasks }, superseded),
    ).rejects.toEqual(gaveUp);
  });

  it('counts one of two that the same person sends at once, and tells of the other', async () => {
    const outcomes = await Promise.all([
      decide(aPerson('quinn'), 'approve'),
      decide(aPerson('quinn'), 'approve'),
    ]);
    outcomes.push(await decide(aPerson('quinn'), 'approve'));
    expect(
      outcomes.map((outcome) => (outcome.kind === 'denied' ? outcome.reason : 'decided')).sort(),
    ).toEqual(['AlreadyDecided', 'AlreadyDecided', 'decided']);
    expect(tokens.completion).toHaveLength(1);
  });

  it('tells the others, of PMO also QC', async () => {
    await decide(aPerson('quinn'), 'approve');
    await ledger.addApproval(
      anApproval({ role: 'pmo', approvalId: 'pmo-request-1', taskToken: 'pmo-token-1' }),
    );
    await decide(aPerson('parker'), 'reject', 'pmo-request-1');
    expect(mails.sent.map(({ role, subject }) => [role, subject])).toEqual([
      ['qc', 'QC approved: shop 8f0c9c1f'],
      ['pmo', 'PMO rejected: shop 8f0c9c1f'],
      ['qc', 'PMO rejected: shop 8f0c9c1f'],
    ]);
  });

  it('counts although the mail cannot be sent, which is left to reconciling', async () => {
    mails.notices.send = () => Promise.reject(new Error('unreachable'));
    expect((await decide(aPerson('quinn'), 'approve')).kind).toBe('decided');
    expect(await ledger.openApprovals('qc')).toMatchObject([{ status: 'APPROVED' }]);
  });

  it('denies what was not shown, tells what changed, and changes nothing', async () => {
    await ledger.addPromotion(aPromotion({ images: { qat: 'ami-2' } }));
    expect(await decide(aPerson('quinn'), 'approve')).toMatchObject({
      kind: 'denied',
      reason: 'CandidateChanged',
      changes: [{ what: 'QAT image', before: 'ami-0123456789abcdef0', now: 'ami-2' }],
    });
    expect(await ledger.approvals(PROMOTION_ID)).toEqual([anApproval()]);
    expect(await ledger.denials(PROMOTION_ID)).toMatchObject([{ reason: 'CandidateChanged' }]);
  });

  it('records who was denied and why, and leaves the request open', async () => {
    await decide(aPerson('sam'), 'approve');
    const request = anApproval({ role: 'pmo', approvalId: 'pmo-request-1', taskToken: 'pmo-token-1' });
    await ledger.addApproval(request);
    expect(await decide(aPerson('sam'), 'approve', 'pmo-request-1')).toEqual({
      kind: 'denied',
      reason: 'ApproversMustDiffer',
      message: 'sam approved as QC. Another member of PMO must decide.',
      approval: request,
    });
    expect(await ledger.denials(PROMOTION_ID)).toEqual([
      {
        promotionId: PROMOTION_ID,
        approvalId: 'pmo-request-1',
        role: 'pmo',
        person: { subject: 'sub-of-sam', name: 'sam', verifiedEmail: 'sam@example.com' },
        reason: 'ApproversMustDiffer',
        at: NOW,
        lastAt: NOW,
        count: 1,
      },
    ]);
    expect(tokens.completion).toHaveLength(1);
    expect((await decide(aPerson('parker'), 'approve', 'pmo-request-1')).kind).toBe('decided');
  });

  it('says that a request does not exist', async () => {
    expect(await decide(aPerson('quinn'), 'approve', 'guessed')).toEqual({
      kind: 'denied',
      reason: 'NoLongerOpen',
      message: expect.stringContaining('There is no such request'),
    });
  });

  it('says that nobody waits any more, and closes the request (T36)', async () => {
    tokens.close('qc-token-1');
    const outcome = await decide(aPerson('quinn'), 'approve');
    expect(outcome).toMatchObject({ kind: 'denied', reason: 'NoLongerOpen' });
    expect(await ledger.openApprovals('qc')).toEqual([]);
    expect(await ledger.latestApproval(PROMOTION_ID, 'qc')).toMatchObject({ status: 'APPROVED' });
    expect((await ledger.denials(PROMOTION_ID)).map(({ reason }) => reason)).toEqual(['NoLongerOpen']);
  });

  it('tells the token of a later try that took the request over meanwhile', async () => {
    tokens.open('qc-token-2');
    const racing: Ledger = {
      ...ledger,
      replaceApproval: async (before, after) => {
        // The state is tried again between the decision and its telling.
        if (
          before.completedToken === undefined &&
          after.completedToken !== undefined &&
          before.taskToken === 'qc-token-1'
        )
          await ledger.replaceApproval(before, { ...before, taskToken: 'qc-token-2' });
        return ledger.replaceApproval(before, after);
      },
    };
    const outcome = await decide(aPerson('quinn'), 'approve', 'qc-request-1', racing);
    expect(outcome.kind).toBe('decided');
    expect(tokens.completion.map(({ token }) => token)).toEqual(['qc-token-1', 'qc-token-2']);
  });

  it('fails on what is no conflict', async () => {
    const broken: Ledger = { ...ledger, replaceApproval: () => Promise.reject(new Error('throttled')) };
    await expect(decide(aPerson('quinn'), 'approve', 'qc-request-1', broken)).rejects.toThrow('throttled');
  });
});

describe('a denied attempt', () => {
  it('fails when it cannot be recorded: nobody is denied without a record', async () => {
    const over: Ledger = { ...ledger, addDenial: () => Promise.reject(new Error('the table is gone')) };
    await expect(decide(aPerson('dana', { groups: [] }), 'approve', 'qc-request-1', over)).rejects.toThrow(
      'the table is gone',
    );
  });
});
