import type { JobActions } from '../../../tasks/jobs/job-actions.ts';
import { reconcileJobs } from '../../../tasks/jobs/reconcile-jobs.ts';
import type { Ledger } from '../../../tasks/ledger/ledger.ts';
import type { Notice } from '../../../tasks/notices/notice.ts';
import { aTending } from '../doubles/deciding.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aJob, anApproval, aPerson, aPromotion, approvedBy, PROMOTION_ID } from '../doubles/samples.ts';
import { createTokens } from '../doubles/tokens.ts';

let ledger: Ledger;
let tokens: ReturnType<typeof createTokens>;
let sent: Notice[];
let watch: () => Promise<void>;
beforeEach(() => {
  ledger = createMemoryLedger();
  sent = [];
  watch = async () => {};
  tokens = createTokens('token-1', 'token-2', 'qc-token-1');
});
const actions: JobActions = {
  startError: 'ImageBuildFailed',
  start: () => Promise.reject(new Error('reconciling starts nothing')),
  inspect: async (externalId) => {
    if (externalId === 'broken') throw new Error('GetImage is down');
    return { state: 'succeeded', output: { imageId: `ami of ${externalId}` } };
  },
};
const reconcile = (now: string, over = ledger) =>
  reconcileJobs({
    ledger: over,
    tasks: tokens.tasks,
    kinds: {
      'code-build': actions,
      'image-build': actions,
      'instance-refresh': actions,
      'pipeline-run': actions,
    },
    now: () => new Date(now),
    application: 'shop',
    ...aTending(),
    watchSubscriptions: () => watch(),
    notices: {
      send: async (notice) => {
        sent.push(notice);
      },
    },
    siteUrl: 'https://approvals.example.com',
  })();
const decided = anApproval(approvedBy(aPerson('quinn'), { at: '2026-11-23T08:00:00.000Z' }));

describe('reconciling', () => {
  it('watches subscriptions', async () => {
    let watched = 0;
    watch = async () => {
      watched += 1;
    };
    await reconcile('2026-11-22T11:00:00.000Z');
    expect(watched).toBe(1);
  });

  it('completes a job whose event was lost (T38)', async () => {
    await ledger.addJob(aJob({ status: 'RUNNING', externalId: 'image/1' }));
    await ledger.addJob(
      aJob({ application: 'other', promotionId: 'other', status: 'RUNNING', externalId: 'broken' }),
    );
    await reconcile('2026-11-22T11:00:00.000Z');
    expect(tokens.completion).toEqual([{ token: 'token-1', output: { imageId: 'ami of image/1' } }]);
  });

  it('leaves alone what may still be starting', async () => {
    await ledger.addJob(aJob());
    await reconcile('2026-11-22T11:00:00.000Z');
    expect(tokens.completion).toEqual([]);
    expect(await ledger.openJobs('shop')).toEqual([aJob()]);
  });

  it('completes a decision that was cut short, not one that is under way', async () => {
    await ledger.addApproval(decided);
    await reconcile('2026-11-23T08:00:30.000Z');
    expect(tokens.completion).toEqual([]);
    await reconcile('2026-11-23T08:05:00.000Z');
    expect(tokens.completion).toMatchObject([
      { token: 'qc-token-1', output: { decision: 'approve', decidedBy: 'quinn' } },
    ]);
    expect(await ledger.openApprovals('qc')).toEqual([]);
  });

  it('mails operators once when half of the time has passed without a decision', async () => {
    const mailed = { mailedAt: '2026-11-22T10:10:00.000Z', remindedAt: '2026-11-25T20:00:00.000Z' };
    await ledger.addPromotion(aPromotion());
    await ledger.addApproval(anApproval(mailed));
    await reconcile('2026-11-25T22:09:59.000Z');
    expect(sent).toEqual([]);
    await reconcile('2026-11-25T22:10:00.000Z');
    await reconcile('2026-11-25T22:15:00.000Z');
    expect(sent.map(({ role, application, subject }) => [role, application, subject])).toEqual([
      ['operator', 'shop', 'Waiting for QC: shop 8f0c9c1f'],
    ]);
    expect(sent[0]?.message).toContain('at the state "QC approval"');
    expect(sent[0]?.message).toContain(`executions/details/${aPromotion().executionArn}`);
    expect(await ledger.latestApproval(PROMOTION_ID, 'qc')).toEqual(
      anApproval({ ...mailed, escalatedAt: '2026-11-25T22:10:00.000Z' }),
    );
  });

  it('leaves alone a decision that comes while operators are mailed', async () => {
    await ledger.addApproval(anApproval());
    const racing: Ledger = {
      ...ledger,
      promotion: async () => {
        await ledger.replaceApproval(anApproval(), decided);
        return undefined;
      },
    };
    await reconcile('2026-11-25T22:10:00.000Z', racing);
    expect(await ledger.latestApproval(PROMOTION_ID, 'qc')).toEqual(decided);
  });

  it('marks a request that nobody answered in time', async () => {
    await ledger.addApproval(anApproval());
    await reconcile('2026-11-29T10:09:59.000Z');
    expect((await ledger.latestApproval(PROMOTION_ID, 'qc'))?.status).toBe('PENDING');
    await reconcile('2026-11-29T10:10:00.000Z');
    expect((await ledger.latestApproval(PROMOTION_ID, 'qc'))?.status).toBe('EXPIRED');
  });

  it('lets a decision win over the expiry at the same instant', async () => {
    await ledger.addApproval(anApproval());
    const racing: Ledger = {
      ...ledger,
      openApprovals: async (role) => {
        const open = await ledger.openApprovals(role);
        if (role === 'qc') await ledger.replaceApproval(anApproval(), decided);
        return open;
      },
    };
    await reconcile('2026-12-01T00:00:00.000Z', racing);
    expect(await ledger.latestApproval(PROMOTION_ID, 'qc')).toEqual(decided);
  });

  it('fails with everything that failed, after doing the rest', async () => {
    await ledger.addJob(aJob({ status: 'RUNNING', externalId: 'broken' }));
    await ledger.addJob(
      aJob({ state: 'Build Prod image', status: 'RUNNING', externalId: 'image/2', taskToken: 'token-2' }),
    );
    await ledger.addApproval(decided);
    watch = async () => {
      throw new Error('SNS is down');
    };
    await expect(reconcile('2026-11-24T00:00:00.000Z')).rejects.toThrow(
      /2 of the open jobs, approvals and subscriptions of shop .*Error: GetImage is down.*Error: SNS is down/s,
    );
    expect(tokens.completion.map(({ token }) => token)).toEqual(['token-2', 'qc-token-1']);
  });
});
