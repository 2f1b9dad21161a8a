import { requestApproval } from '../../../tasks/approvals/request-approval.ts';
import type { JobKinds } from '../../../tasks/jobs/kind.ts';
import { reconcileJobs } from '../../../tasks/jobs/reconcile-jobs.ts';
import type { Ledger } from '../../../tasks/ledger/ledger.ts';
import type { Notice } from '../../../tasks/notices.ts';
import type { RequestApprovalRequest } from '../../../tasks/payloads.ts';
import { createDeciding } from '../doubles/deciding.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aDossier, anApproval, aPerson, aPromotion, PROMOTION_ID } from '../doubles/samples.ts';
import { createTokens } from '../doubles/tokens.ts';

const WEEK = 7 * 24 * 3600;
let ledger: Ledger;
let sent: Notice[];
let tokens: ReturnType<typeof createTokens>;
let now: Date;
let ids: number;
beforeEach(async () => {
  ledger = createMemoryLedger();
  await ledger.addPromotion(aPromotion());
  sent = [];
  tokens = createTokens('token-1', 'token-2');
  now = new Date('2026-11-22T10:10:00.000Z');
  ids = 0;
});

const request = (taskToken: string): RequestApprovalRequest => ({
  promotionId: PROMOTION_ID,
  state: 'QC approval',
  taskToken,
  tryNumber: Number(/\d+$/.exec(taskToken)),
  role: 'qc',
  expiresInSeconds: WEEK,
  subject: anApproval().subject,
});
const dependencies = () => ({
  ledger,
  notices: {
    send: async (notice: Notice) => {
      sent.push(notice);
    },
  },
  now: () => now,
  newApprovalId: () => {
    ids += 1;
    return `request-${ids}`;
  },
  collect: async () => aDossier(),
  siteUrl: 'https://approvals.example.com',
});
const ask = (taskToken: string) => requestApproval(dependencies())(request(taskToken));
const pass = (seconds: number) => {
  now = new Date(now.getTime() + seconds * 1000);
};

describe('requesting an approval', () => {
  it('records the request and mails the role one link', async () => {
    expect(await ask('token-1')).toEqual({ approvalId: 'request-1', attempt: 1 });
    expect(await ledger.latestApproval(PROMOTION_ID, 'qc')).toEqual(
      anApproval({
        approvalId: 'request-1',
        taskToken: 'token-1',
        tryNumber: 1,
        mailedAt: now.toISOString(),
      }),
    );
    expect(sent).toHaveLength(1);
    expect(sent[0]?.role).toBe('qc');
    expect(sent[0]?.message.match(/https?:\/\/\S+/g)).toEqual([
      'https://approvals.example.com/approvals/request-1',
    ]);
  });

  it('attaches a later try to the open request, with the time that this try has, and mails no second time', async () => {
    await ask('token-1');
    pass(3600);
    expect(await ask('token-2')).toEqual({ approvalId: 'request-1', attempt: 1 });
    await ask('token-2');
    expect(sent).toHaveLength(1);
    expect(await ledger.latestApproval(PROMOTION_ID, 'qc')).toMatchObject({
      taskToken: 'token-2',
      expiresAt: '2026-11-29T11:10:00.000Z',
    });
  });

  it('asks anew, with another mail, after a request expired', async () => {
    await ask('token-1');
    pass(WEEK);
    expect(await ask('token-2')).toMatchObject({ attempt: 2 });
    expect(sent).toHaveLength(2);
    expect((await ledger.approvals(PROMOTION_ID)).map(({ status }) => status)).toEqual([
      'EXPIRED',
      'PENDING',
    ]);
  });

  it('mails after a try that crashed before it could', async () => {
    const broken = requestApproval({
      ...dependencies(),
      notices: { send: () => Promise.reject(new Error('unreachable')) },
    });
    await expect(broken(request('token-1'))).rejects.toThrow('unreachable');
    await ask('token-2');
    expect(sent.map(({ message }) => message)).toEqual([expect.stringContaining('/approvals/')]);
    expect(await ledger.approvals(PROMOTION_ID)).toHaveLength(1);
  });

  it('leaves a decision that an earlier try got to be told to the new token, and asks nobody again', async () => {
    const { approvalId } = await ask('token-1');
    tokens.close('token-1');
    const decide = createDeciding({ ledger, tasks: tokens.tasks, now: () => now });
    await decide({ approvalId, decision: 'approve', comment: '', person: aPerson('quinn') });
    expect(await ledger.openApprovals('qc')).toEqual([]);
    pass(WEEK);
    expect(await ask('token-2')).toEqual({ approvalId, attempt: 1 });
    expect(sent).toHaveLength(1);
    const reconcile = reconcileJobs({
      ledger,
      tasks: tokens.tasks,
      kinds: {} as JobKinds,
      now: () => now,
      application: 'shop',
      notices: dependencies().notices,
      siteUrl: dependencies().siteUrl,
      isRunning: async () => true,
      configurationVersion: aDossier().configurationVersion,
      reminderHours: 24,
      newApprovalId: dependencies().newApprovalId,
    });
    await reconcile();
    expect(tokens.told).toMatchObject([
      { token: 'token-2', output: { decision: 'approve', decidedBy: 'quinn' } },
    ]);
  });

  it('notes the mail even if the decision is quicker', async () => {
    const decide = createDeciding({ ledger, tasks: tokens.tasks, now: () => now });
    const quick = requestApproval({
      ...dependencies(),
      notices: {
        send: async () => {
          await decide({
            approvalId: 'request-1',
            decision: 'refuse',
            comment: '',
            person: aPerson('quinn'),
          });
        },
      },
    });
    await quick(request('token-1'));
    expect(await ledger.latestApproval(PROMOTION_ID, 'qc')).toMatchObject({
      status: 'REFUSED',
      mailedAt: now.toISOString(),
    });
  });

  it('makes one request of two tries at once', async () => {
    await Promise.all([ask('token-1'), ask('token-2')]);
    expect(await ledger.approvals(PROMOTION_ID)).toHaveLength(1);
  });
});
