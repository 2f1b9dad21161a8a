import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  SFNClient,
} from '@aws-sdk/client-sfn';
import type { Ledger } from '../../../tasks/ledger/ledger.ts';
import { unmarkBad } from '../../../tasks/marks/mark-bad.ts';
import type { Notice } from '../../../tasks/notices/notice.ts';
import type { MakersMail } from '../../../tasks/notices/tell-makers.ts';
import type { Metric } from '../../../tasks/promotions/metrics.ts';
import { createExecutions } from '../../../tasks/promotions/promotion-executions.ts';
import { trackPromotion } from '../../../tasks/promotions/track-promotion.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aGoBack, aJob, anApproval, aPromotion, COMMIT, PROMOTION_ID } from '../doubles/samples.ts';
import { double, offline, on } from '../doubles/sdk.ts';

const { executionArn } = aPromotion();
const stopDate = new Date('2026-11-22T11:00:00.000Z');
const execution = (change: Partial<DescribeExecutionOutput>): DescribeExecutionOutput => ({
  executionArn,
  stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:shop',
  name: PROMOTION_ID,
  status: 'RUNNING',
  startDate: new Date('2026-11-22T10:00:00.000Z'),
  input: JSON.stringify({
    application: 'shop',
    commitId: COMMIT,
    branch: 'main',
    pushedBy: 'dana',
    eventId: 'e',
  }),
  redriveCount: 0,
  ...change,
});
const failed = {
  status: 'FAILED',
  error: 'DeploymentFailed',
  cause: 'start.sh exited with 1',
  stopDate,
} as const;
// Newest first, over two pages; the failed state was entered before the events of its redrive.
const history: HistoryEvent[][] = [
  [
    { id: 20, type: 'ExecutionFailed', timestamp: stopDate },
    { id: 19, type: 'TaskFailed', timestamp: stopDate },
  ],
  [
    {
      id: 10,
      type: 'TaskStateEntered',
      timestamp: stopDate,
      stateEnteredEventDetails: { name: 'Deploy to QAT' },
    },
    {
      id: 5,
      type: 'TaskStateEntered',
      timestamp: stopDate,
      stateEnteredEventDetails: { name: 'Build QAT image' },
    },
  ],
];

let ledger: Ledger;
let sent: Notice[];
let told: ({ readonly to: readonly string[] } & MakersMail)[];
let sealed: string[];
let woken: number;
let measured: Metric[];
beforeEach(async () => {
  ledger = createMemoryLedger();
  sent = [];
  told = [];
  sealed = [];
  woken = 0;
  measured = [];
});
const track = (detail: object, ...described: DescribeExecutionOutput[]) => {
  let asked = 0;
  const { client } = double(
    new SFNClient(offline),
    on(DescribeExecutionCommand, () => {
      asked += 1;
      return described[Math.min(asked, described.length) - 1] ?? execution({});
    }),
    on(GetExecutionHistoryCommand, ({ nextToken }) =>
      nextToken === undefined ? { events: history[0], nextToken: '1' } : { events: history[1] },
    ),
  );
  const notices = {
    send: async (notice: Notice) => {
      sent.push(notice);
    },
  };
  return trackPromotion({
    application: 'shop',
    ledger,
    executions: createExecutions(client),
    notices,
    tellMakers: async (makers, mail) => {
      told.push({ to: makers.map(({ name }) => name), ...mail });
      return true;
    },
    siteUrl: 'https://approvals.example.com',
    now: () => new Date('2026-11-22T12:00:00.000Z'),
    sealEvidence: async (promotionId) => {
      sealed.push(promotionId);
    },
    wakeLocks: async () => {
      woken += 1;
    },
    measure: (metrics) => measured.push(...metrics),
  })({ detail: { executionArn, ...detail } });
};

describe('tracking a promotion', () => {
  it('keeps error and cause, and tells operators the state', async () => {
    await ledger.addPromotion(aPromotion());
    await track({ status: 'FAILED' }, execution(failed));
    expect(await ledger.promotion(PROMOTION_ID)).toEqual(
      aPromotion({
        status: 'FAILED',
        error: 'DeploymentFailed',
        cause: 'start.sh exited with 1',
        endedAt: stopDate.toISOString(),
      }),
    );
    expect(sent.map(({ role, subject }) => [role, subject])).toEqual([
      ['operator', 'Failed: shop 8f0c9c1f at Deploy to QAT'],
    ]);
    expect(sent[0]?.message).toContain(`executions/details/${executionArn}`);
  });

  it.each([
    ['Rejected', 'REJECTED', []],
    ['Superseded', 'SUPERSEDED', []],
    ['Stale', 'STALE', ['qc', 'pmo']],
    ['Recalled', 'RECALLED', ['qc']],
  ])('takes the error %s for %s, no failure that operators hear of', async (error, status, completion) => {
    await ledger.addPromotion(aPromotion());
    // Of those whose request was recalled only who had approved.
    await ledger.addApproval(anApproval({ status: 'APPROVED' }));
    const cause = 'Prod runs the newer commit bbbbbbbb';
    await track({ status: 'FAILED' }, execution({ ...failed, error, cause }));
    expect(await ledger.promotion(PROMOTION_ID)).toMatchObject({ status, error, cause });
    expect(sent.map(({ role }) => role)).toEqual(completion);
    for (const { message } of sent) expect(message).toContain(cause);
  });

  it('has locks advanced when an execution ends, before its evidence is sealed, and not when it starts', async () => {
    await ledger.addPromotion(aPromotion());
    await track({ status: 'RUNNING' }, execution({ status: 'RUNNING' }));
    expect(woken).toBe(0);
    await track({ status: 'FAILED' }, execution(failed));
    expect(woken).toBe(1);
  });

  it('tells operators once for a doubled event, and again when a redrive fails', async () => {
    await ledger.addPromotion(aPromotion());
    await track({ status: 'FAILED' }, execution(failed));
    await track({ status: 'FAILED' }, execution(failed));
    expect(sent).toHaveLength(1);
    await track({ status: 'FAILED' }, execution({ ...failed, redriveCount: 1 }));
    expect(sent).toHaveLength(2);
    expect((await ledger.promotion(PROMOTION_ID))?.redrives).toBe(1);
  });

  it.each([
    ['Promoted', { status: 'SUCCEEDED', stopDate }],
    ['Rejected', { ...failed, error: 'Rejected' }],
    ['Superseded', { ...failed, error: 'Superseded' }],
    ['Stale', { ...failed, error: 'Stale' }],
    ['Recalled', { ...failed, error: 'Recalled' }],
    ['Failed', failed],
    ['Failed', { status: 'TIMED_OUT', stopDate }],
    ['Stopped', { status: 'ABORTED', stopDate }],
  ] as const)('tells pusher and author once of the end: %s, %j', async (subject, end) => {
    await ledger.addPromotion(aPromotion({ commitAuthor: 'Erin' }));
    await track({ status: 'RUNNING' }, execution({}));
    expect(told).toEqual([]);
    await track({ status: end.status }, execution(end));
    await track({ status: end.status }, execution(end));
    expect(told).toMatchObject([
      { to: ['dana', 'Erin'], subject: expect.stringMatching(`^${subject}: shop 8f0c9c1f`) },
    ]);
  });

  it.each([
    ['what it left', 'f'.repeat(40), 1],
    ['nothing if it went back to another image of the same commit', COMMIT, 0],
  ])(
    'a go-back that succeeds marks %s, once, also after somebody unmarked it',
    async (_, commitId, marked) => {
      await ledger.addPromotion(aPromotion({ promotionId: 'release-b', commitId }));
      await ledger.addPromotion(aPromotion({ goBack: aGoBack() }));
      const end = { status: 'SUCCEEDED', stopDate } as const;
      await track({ status: end.status }, execution(end));
      const mark = await ledger.mark('shop', commitId);
      expect(mark?.markings ?? []).toMatchObject(
        marked === 0 ? [] : [{ by: { name: 'olga' }, reason: 'The cart is empty', goBack: PROMOTION_ID }],
      );
      if (mark === undefined) return;
      const quinn = {
        type: 'person',
        subject: 'q',
        name: 'quinn',
        verifiedEmail: 'quinn@example.com',
      } as const;
      await unmarkBad(ledger, mark, { by: quinn, at: '2026-11-23T12:00:00.000Z', reason: 'it was the disk' });
      // As after a crash before the end was noted.
      await ledger.updatePromotion(PROMOTION_ID, { status: 'RUNNING', endedAt: undefined });
      await track({ status: end.status }, execution(end));
      expect((await ledger.mark('shop', commitId))?.markings).toHaveLength(1);
    },
  );

  it('tells makers where it failed and why', async () => {
    await ledger.addPromotion(aPromotion());
    await track({ status: 'FAILED' }, execution(failed));
    expect(told[0]?.message).toContain('State:  Deploy to QAT');
    expect(told[0]?.message).toContain('start[.]sh exited with 1');
  });

  it('tells a rejection from a failure, and mails nobody', async () => {
    await ledger.addPromotion(aPromotion());
    await track({ status: 'FAILED' }, execution({ ...failed, error: 'Rejected', cause: 'QC refused' }));
    expect((await ledger.promotion(PROMOTION_ID))?.status).toBe('REJECTED');
    expect(sent).toEqual([]);
  });

  it('keeps SUCCEEDED, and mails nobody', async () => {
    await ledger.addPromotion(aPromotion());
    await track({ status: 'SUCCEEDED' }, execution({ status: 'SUCCEEDED', stopDate }));
    expect((await ledger.promotion(PROMOTION_ID))?.status).toBe('SUCCEEDED');
    expect(sent).toEqual([]);
  });

  it.each([
    [
      'by an operator, with who and why',
      JSON.stringify({ message: 'olga stopped this promotion: wrong branch', code: 'StoppedByOperator' }),
      'olga stopped this promotion: wrong branch',
    ],
    ['in AWS, without saying who', undefined, 'CloudTrail names who called StopExecution.'],
  ])('tells operators once of a stop %s', async (_, cause, told) => {
    await ledger.addPromotion(aPromotion());
    const stopped = execution({ status: 'ABORTED', stopDate, ...(cause && { error: 'Stopped', cause }) });
    await track({ status: 'ABORTED' }, stopped);
    await track({ status: 'ABORTED' }, stopped);
    expect(await ledger.promotion(PROMOTION_ID)).toMatchObject({
      status: 'ABORTED',
      ...(cause && { cause: told }),
    });
    expect(sent).toMatchObject([{ role: 'operator', subject: expect.stringMatching(/^Stopped: shop/) }]);
    expect(sent[0]?.message).toContain(told);
  });

  it('tells operators of a promotion that ran out of time', async () => {
    await ledger.addPromotion(aPromotion());
    await track({ status: 'TIMED_OUT' }, execution({ status: 'TIMED_OUT', stopDate }));
    expect((await ledger.promotion(PROMOTION_ID))?.status).toBe('TIMED_OUT');
    expect(sent).toHaveLength(1);
  });

  it('runs again after a redrive, without the failure', async () => {
    await ledger.addPromotion(
      aPromotion({ status: 'FAILED', error: 'E', cause: 'c', endedAt: stopDate.toISOString() }),
    );
    await track({ status: 'RUNNING', redriveCount: 1 }, execution({ redriveCount: 1 }));
    expect(await ledger.promotion(PROMOTION_ID)).toEqual(aPromotion({ redrives: 1 }));
  });

  it('believes Step Functions, not a late event of the failure before', async () => {
    await ledger.addPromotion(aPromotion());
    await track({ status: 'FAILED', redriveCount: 0 }, execution({ redriveCount: 1 }));
    expect(await ledger.promotion(PROMOTION_ID)).toMatchObject({ status: 'RUNNING', redrives: 1 });
    expect(sent).toEqual([]);
  });

  it('looks again after writing: the execution may have ended meanwhile', async () => {
    await ledger.addPromotion(aPromotion({ status: 'FAILED' }));
    await track(
      { status: 'RUNNING', redriveCount: 1 },
      execution({ redriveCount: 1 }),
      execution({ status: 'SUCCEEDED', redriveCount: 1, stopDate }),
    );
    expect((await ledger.promotion(PROMOTION_ID))?.status).toBe('SUCCEEDED');
  });

  it('fails with ExecutionNotEnded, to be tried again, while Step Functions describes what was before', async () => {
    await ledger.addPromotion(aPromotion());
    await expect(track({ status: 'SUCCEEDED' }, execution({}))).rejects.toMatchObject({
      name: 'ExecutionNotEnded',
    });
  });

  it('seals the evidence once it is noted that the promotion has ended, also when that was cut short before', async () => {
    await ledger.addPromotion(aPromotion());
    await track({ status: 'FAILED' }, execution(failed));
    expect(sealed).toEqual([PROMOTION_ID]);
    await track({ status: 'FAILED' }, execution(failed));
    expect(sealed).toEqual([PROMOTION_ID, PROMOTION_ID]);
  });

  it('seals nothing of a promotion that runs', async () => {
    await ledger.addPromotion(aPromotion());
    await track({ status: 'RUNNING' }, execution({}));
    await track({ status: 'RUNNING', redriveCount: 1 }, execution({ redriveCount: 1 }));
    expect(sealed).toEqual([]);
  });

  it("does not add an execution whose name is no id of the application's promotions", async () => {
    await track({ status: 'RUNNING' }, execution({ name: `billing-8f0c9c1f3a5d-${'0'.repeat(36)}` }));
    expect((await ledger.promotions()).items).toEqual([]);
  });

  it('adds a promotion whose execution was started by hand', async () => {
    await track({ status: 'RUNNING' }, execution({}));
    expect(await ledger.promotion(PROMOTION_ID)).toEqual(
      aPromotion({
        pushedBy: 'dana',
        commitMessage: '',
        commitAuthor: '',
        commitAuthorEmail: '',
        startedByHand: true,
      }),
    );
  });

  it('leaves alone one that was started by hand in the name of another application', async () => {
    const input = JSON.parse(execution({}).input ?? '');
    await track(
      { status: 'RUNNING' },
      execution({ input: JSON.stringify({ ...input, application: 'blog' }) }),
    );
    expect((await ledger.promotions()).items).toEqual([]);
  });

  it.each(['', '[]', '{"application":"shop"}', 'null'])(
    'leaves alone an execution with the input %p',
    async (input) => {
      await track({ status: 'RUNNING' }, execution({ input }));
      expect((await ledger.promotions()).items).toEqual([]);
    },
  );
});

describe('measuring a promotion', () => {
  const prodJob = (promotionId: string, attempt: number, status: 'SUCCEEDED' | 'FAILED', endedAt: string) =>
    aJob({
      promotionId,
      state: 'Deploy to Prod',
      kind: 'pipeline-run',
      parameters: { pipelineName: 'shop-prod', environment: 'prod' },
      attempt,
      status,
      startedAt: '2026-11-22T10:30:00.000Z',
      endedAt,
    });
  const values = (name: Metric['name']) =>
    measured.filter((metric) => metric.name === name).map(({ value }) => value);

  it('counts each end once, however often it is told', async () => {
    await ledger.addPromotion(aPromotion());
    await track({ status: 'FAILED' }, execution(failed));
    await track({ status: 'FAILED' }, execution(failed));
    expect(measured).toEqual([
      {
        name: 'Promotions',
        unit: 'Count',
        value: 1,
        dimensions: { Application: 'shop', Outcome: 'FAILED' },
      },
    ]);
  });

  it('measures the lead time from push to Prod, and nothing while it runs', async () => {
    await ledger.addPromotion(aPromotion());
    await track({ status: 'RUNNING' }, execution({}));
    expect(measured).toEqual([]);
    await track({ status: 'SUCCEEDED' }, execution({ status: 'SUCCEEDED', stopDate }));
    expect(values('LeadTime')).toEqual([3600]);
    expect(values('TimeToRestore')).toEqual([]);
  });

  it('counts the deployments to Prod of this run of the execution alone', async () => {
    await ledger.addPromotion(aPromotion());
    await ledger.addJob(prodJob(PROMOTION_ID, 1, 'FAILED', '2026-11-22T10:40:00.000Z'));
    await ledger.addJob(prodJob(PROMOTION_ID, 2, 'SUCCEEDED', '2026-11-22T10:58:00.000Z'));
    const redriveDate = new Date('2026-11-22T10:50:00.000Z');
    await track(
      { status: 'SUCCEEDED' },
      execution({ status: 'SUCCEEDED', stopDate, redriveDate, redriveCount: 1 }),
    );
    expect([values('ProdDeployments'), values('FailedProdDeployments')]).toEqual([[1], [0]]);
    expect(values('TimeToRestore')).toEqual([1200]);
  });

  it('measures the time to restore from the first failure since the last that succeeded, regardless of others since', async () => {
    const earlier = (promotionId: string, startedAt: string, status: 'SUCCEEDED' | 'FAILED') =>
      ledger.addPromotion(aPromotion({ promotionId, startedAt, status }));
    await earlier('good', '2026-11-22T07:00:00.000Z', 'SUCCEEDED');
    await earlier('bad', '2026-11-22T08:00:00.000Z', 'FAILED');
    await earlier('worse', '2026-11-22T09:00:00.000Z', 'FAILED');
    await ledger.addPromotion(aPromotion());
    await ledger.addJob(prodJob('good', 1, 'FAILED', '2026-11-22T07:30:00.000Z'));
    await ledger.addJob(prodJob('bad', 1, 'FAILED', '2026-11-22T08:30:00.000Z'));
    await ledger.addJob(prodJob('worse', 1, 'FAILED', '2026-11-22T09:30:00.000Z'));
    for (let index = 0; index < 250; index++)
      await ledger.addPromotion(
        aPromotion({
          promotionId: `orders-${index}`,
          application: 'orders',
          startedAt: '2026-11-22T09:50:00.000Z',
        }),
      );
    await track({ status: 'SUCCEEDED' }, execution({ status: 'SUCCEEDED', stopDate }));
    expect(values('TimeToRestore')).toEqual([2.5 * 3600]);
  });
});
