import { requestApproval } from '../../../tasks/approvals/request-approval.ts';
import type { JobKinds } from '../../../tasks/jobs/job-actions.ts';
import { reconcileJobs } from '../../../tasks/jobs/reconcile-jobs.ts';
import type { Ledger } from '../../../tasks/ledger/ledger.ts';
import type { Notice } from '../../../tasks/notices/notice.ts';
import { tellMakers } from '../../../tasks/notices/tell-makers.ts';
import type { RequestApprovalRequest } from '../../../tasks/payloads.ts';
import { createDeciding } from '../doubles/deciding.ts';
import { anImageRequest } from '../doubles/image-approval.ts';
import { contended, createMemoryLedger } from '../doubles/memory-ledger.ts';
import {
  aGoBack,
  anApproval,
  aPerson,
  aPromotion,
  approvedBy,
  aReview,
  ONE_EACH,
  PROMOTION_ID,
} from '../doubles/samples.ts';
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
  mailboxes = {};
  tokens = createTokens('token-1', 'token-2');
  now = new Date('2026-11-22T10:10:00.000Z');
  ids = 0;
});

const request = (taskToken: string): RequestApprovalRequest => ({
  promotionId: PROMOTION_ID,
  redrives: 0,
  state: 'QC approval',
  taskToken,
  stateAttempt: Number(/\d+$/.exec(taskToken)),
  role: 'qc',
  expiresInSeconds: WEEK,
  candidate: anApproval().candidate,
});
const notices = {
  send: async (notice: Notice) => {
    sent.push(notice);
  },
};
let mailboxes: Readonly<Record<string, string>>;
const dependencies = () => ({
  ledger,
  notices,
  now: () => now,
  newApprovalId: () => {
    ids += 1;
    return `request-${ids}`;
  },
  collect: async () => aReview(),
  counts: ONE_EACH,
  shortage: async () => undefined,
  tellMakers: tellMakers(notices, (makers) => makers.flatMap(({ name }) => mailboxes[name] ?? [])),
  siteUrl: 'https://approvals.example.com',
  ensureLock: async () => undefined,
  newerThan: async () => undefined,
  wakeLocks: async () => undefined,
});
const ask = (taskToken: string) => requestApproval(dependencies())(request(taskToken));
const pass = (seconds: number) => {
  now = new Date(now.getTime() + seconds * 1000);
};

describe('requesting an approval', () => {
  it.each([
    [undefined, ['qat']],
    [aGoBack(), []],
  ])('of QC wants the QAT lock, but not about a go-back: %#', async (goBack, locked) => {
    ledger = createMemoryLedger();
    await ledger.addPromotion(aPromotion({ ...(goBack && { goBack }) }));
    const ensured: string[] = [];
    await requestApproval({
      ...dependencies(),
      ensureLock: async ({ environment }) => {
        ensured.push(environment);
      },
    })(request('token-1'));
    expect(ensured).toEqual(locked);
  });

  it.each(['qc', 'pmo'] as const)(
    'of %s about a Prod image wants the Prod lock, not to be superseded at QAT, and answers nothing with what was decided before',
    async (role) => {
      const ensured: string[] = [];
      const asks = requestApproval({
        ...dependencies(),
        ensureLock: async ({ environment }) => {
          ensured.push(environment);
        },
        newerThan: async (_, __, environment) => {
          ensured.push(`newer for ${environment}`);
          return undefined;
        },
      });
      await ledger.addApproval(
        anApproval({ role, approvalId: 'of-change', ...approvedBy(aPerson('quinn')), stateAttempt: 3 }),
      );
      const ofChange = { ...request('token-1'), role, stateAttempt: 2 };
      const ofImage = { ...ofChange, ...anImageRequest({ role }), taskToken: 'token-2', stateAttempt: 0 };
      expect(await asks(ofImage)).toEqual({ approvalId: 'request-1', attempt: 2 });
      expect(ensured).toEqual(['prod', 'newer for prod', 'newer for prod']);
      expect(sent).toMatchObject([
        {
          role,
          subject: expect.stringMatching(/^(QC|PMO) image approval: shop/),
          message: expect.stringMatching(
            /You are asked again: the Prod image ami-0fedcba9876543210 .* QAT image ami-0123456789abcdef0\.\n {2}The package jq went down from 1\.7\.1 to 1\.7\.0\.\n.*newer promotions wait/,
          ),
        },
      ]);

      // A straggler about the change asks nobody, and acquires no lock.
      ensured.length = 0;
      expect(await asks({ ...ofChange, stateAttempt: 300 })).toEqual({ approvalId: 'request-1', attempt: 2 });
      expect(ensured).toEqual([]);
      expect(sent).toHaveLength(1);
      expect(await ledger.latestApproval(PROMOTION_ID, role)).toMatchObject({ taskToken: 'token-2' });

      // After it expired, a redrive asks again.
      pass(WEEK + 1);
      expect(await asks({ ...ofImage, taskToken: 'token-3', stateAttempt: 100 })).toMatchObject({
        attempt: 3,
      });
      expect(sent).toHaveLength(2);
    },
  );

  it('records the request and mails the role one link', async () => {
    expect(await ask('token-1')).toEqual({ approvalId: 'request-1', attempt: 1 });
    expect(await ledger.latestApproval(PROMOTION_ID, 'qc')).toEqual(
      anApproval({
        approvalId: 'request-1',
        taskToken: 'token-1',
        stateAttempt: 1,
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

  it('tells operators and the pusher at once when nobody of the role may decide, and asks all the same', async () => {
    mailboxes = { dana: 'dana@example.com', Dana: 'author@example.com' };
    const shortage = { needed: 1, able: [], unable: [{ name: 'quinn', why: 'quinn pushed this change.' }] };
    await requestApproval({ ...dependencies(), shortage: async () => shortage })(request('token-1'));
    expect(sent.map(({ role, subject }) => [role, subject.split(':')[0]])).toEqual([
      ['developer', 'Your change needs other approvers'],
      ['operator', 'Nobody left to decide as QC'],
      ['qc', 'QC approval'],
    ]);
    expect(sent[0]).toMatchObject({ recipients: ['dana@example.com'] });
    expect(sent[1]?.message).toContain('The pusher gets a mail, too.');
    expect(await ledger.latestApproval(PROMOTION_ID, 'qc')).toMatchObject({ status: 'PENDING', shortage });
  });

  it('tells operators when the pusher has no address', async () => {
    const shortage = { needed: 1, able: [], unable: [] };
    await requestApproval({ ...dependencies(), shortage: async () => shortage })(request('token-1'));
    expect(sent.map(({ role }) => role)).toEqual(['operator', 'qc']);
    expect(sent[0]?.message).toContain('The pusher could not be told');
  });

  it('asks although the group cannot be read: that is a warning only', async () => {
    const shortage = () => Promise.reject(new Error('throttled'));
    await requestApproval({ ...dependencies(), shortage })(request('token-1'));
    expect(sent).toHaveLength(1);
  });

  it('fails when the request was changed each time that it was read', async () => {
    const gaveUp = { name: 'LedgerContended' };
    const over = { ...dependencies(), ledger: contended(ledger) };
    // It is asked, and the mail cannot be noted.
    await expect(requestApproval(over)(request('token-1'))).rejects.toMatchObject(gaveUp);
    expect(sent).toHaveLength(1);
    await expect(requestApproval(over)(request('token-2'))).rejects.toMatchObject(gaveUp);
  });

  it('asks again, with another mail, after a request expired', async () => {
    await ask('token-1');
    pass(WEEK);
    expect(await ask('token-2')).toMatchObject({ attempt: 2 });
    expect(sent).toHaveLength(2);
    expect((await ledger.approvals(PROMOTION_ID)).map(({ status }) => status)).toEqual([
      'EXPIRED',
      'PENDING',
    ]);
  });

  it('mails after an attempt that crashed before it could', async () => {
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
      configurationVersion: aReview().configurationVersion,
      counts: ONE_EACH,
      names: { people: [], dotsIgnoredIn: [] },
      reminderHours: 24,
      newApprovalId: dependencies().newApprovalId,
      watchSubscriptions: async () => {},
    });
    await reconcile();
    expect(tokens.completion).toMatchObject([
      { token: 'token-2', output: { decision: 'approve', decidedBy: 'quinn' } },
    ]);
  });

  describe('when a newer promotion has come', () => {
    const newer = { promotionId: 'newer', commitId: 'b'.repeat(40) };
    const superseded = { name: 'Superseded', message: expect.stringContaining('bbbbbbbb (promotion newer)') };

    it('fails with Superseded, and asks nobody', async () => {
      const asking = requestApproval({ ...dependencies(), newerThan: async () => newer });
      await expect(asking(request('token-1'))).rejects.toMatchObject(superseded);
      expect(await ledger.approvals(PROMOTION_ID)).toEqual([]);
      expect(sent).toEqual([]);
    });

    it('at the same moment, withdraws what was just asked, of which nobody hears', async () => {
      const late = [undefined, newer];
      const asking = requestApproval({ ...dependencies(), newerThan: async () => late.shift() });
      await expect(asking(request('token-1'))).rejects.toMatchObject(superseded);
      expect(await ledger.latestApproval(PROMOTION_ID, 'qc')).toMatchObject({
        status: 'WITHDRAWN',
        supersededBy: newer,
        announcedAt: now.toISOString(),
      });
      expect(sent).toEqual([]);
      // Tried again after a crash, the state ends the same.
      await expect(ask('token-2')).rejects.toMatchObject(superseded);
    });

    it('leaves a decision of the same moment as it is', async () => {
      const decide = createDeciding({ ledger, tasks: tokens.tasks, now: () => now });
      let asked = 0;
      const asking = requestApproval({
        ...dependencies(),
        newerThan: async () => {
          asked += 1;
          if (asked === 1) return undefined;
          await decide({ approvalId: 'request-1', decision: 'approve', person: aPerson('quinn') });
          return newer;
        },
      });
      await asking(request('token-1'));
      expect(await ledger.latestApproval(PROMOTION_ID, 'qc')).toMatchObject({ status: 'APPROVED' });
      expect(tokens.completion).toHaveLength(1);
    });
  });

  it('asks QC only while the promotion holds the QAT lock, which PMO does not need', async () => {
    const ensured: unknown[] = [];
    let woken = 0;
    const asking = requestApproval({
      ...dependencies(),
      ensureLock: async (...lock) => {
        ensured.push(lock);
        throw new Error('taken');
      },
      wakeLocks: async () => {
        woken += 1;
        throw new Error('throttled');
      },
    });
    await expect(asking(request('token-1'))).rejects.toThrow('taken');
    expect(ensured).toEqual([
      [{ promotionId: PROMOTION_ID, application: 'shop', environment: 'qat', redrives: 0 }, 'follows'],
    ]);
    expect(woken).toBe(0);
    await asking({ ...request('token-2'), role: 'pmo', state: 'PMO approval' });
    expect(ensured).toHaveLength(1);
    expect(woken).toBe(1);
  });

  it('notes the mail even if the decision is quicker', async () => {
    const decide = createDeciding({ ledger, tasks: tokens.tasks, now: () => now });
    const quick = requestApproval({
      ...dependencies(),
      notices: {
        send: async () => {
          await decide({
            approvalId: 'request-1',
            decision: 'reject',
            comment: '',
            person: aPerson('quinn'),
          });
        },
      },
    });
    await quick(request('token-1'));
    expect(await ledger.latestApproval(PROMOTION_ID, 'qc')).toMatchObject({
      status: 'REJECTED',
      mailedAt: now.toISOString(),
    });
  });

  it('makes one request of two tries at once', async () => {
    await Promise.all([ask('token-1'), ask('token-2')]);
    expect(await ledger.approvals(PROMOTION_ID)).toHaveLength(1);
  });
});
