import fc from 'fast-check';
import { requestApproval } from '../../../tasks/approvals/request-approval.ts';
import type { HolderStatus } from '../../../tasks/environment-locks/lock-rules.ts';
import type { JobActions } from '../../../tasks/jobs/job-actions.ts';
import { startJob } from '../../../tasks/jobs/start-job.ts';
import type { Approval, Job } from '../../../tasks/ledger/items.ts';
import { redriveAdvice } from '../../../tasks/redrive/redrive-advice.ts';
import { stateNames as names } from '../../../workflows/state-names.ts';
import type { History } from '../../approvals-ui/support/history.ts';
import { untilProd, untilQc } from '../../approvals-ui/support/scene.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import {
  aJob,
  anApproval,
  aPerson,
  aPromotion,
  approvedBy,
  aReview,
  ONE_EACH,
  PROMOTION_ID,
  rejectedBy,
} from '../doubles/samples.ts';
import { createTokens } from '../doubles/tokens.ts';
import { aLock, anExecution, context, DAY, ENDED, pointed } from './redrive-context.ts';

const failedBuild = (history: History) =>
  untilProd(history)
    .enter(names.buildProdImage)
    .schedule()
    .taskFailed('ImageBuildFailed', '')
    .executionFailed('ImageBuildFailed');
const atFail = (history: History) =>
  untilQc(history).enter(names.rejected, 'Fail').executionFailed('Unheard');
const expiredQc = (history: History) => untilQc(history).taskTimedOut().executionFailed('States.Timeout');

/** One of the first in four of five cases: of many conditions, all are to be met often enough. */
const mostly = <Value>(usual: readonly Value[], other: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...usual) }, { weight: 1, arbitrary: other });

describe('advice', () => {
  it('says that it may for what Step Functions takes and is not final, and for nothing else', () => {
    const given = fc.record({
      status: mostly(
        ['FAILED', 'TIMED_OUT', 'ABORTED'],
        fc.constantFrom('RUNNING', 'SUCCEEDED', 'PENDING_REDRIVE'),
      ),
      redrivable: mostly([true], fc.constant(false)),
      endedAfterMs: fc.oneof(fc.integer({ min: 0, max: 20 * DAY }), fc.constantFrom(14 * DAY, 14 * DAY + 1)),
      lastEvent: mostly([100, 24_998], fc.constantFrom(24_999, 25_000)),
      error: mostly(
        ['ImageBuildFailed', 'States.Timeout'],
        fc.constantFrom('Rejected', 'Superseded', 'Stale'),
      ),
      write: mostly([failedBuild, expiredQc], fc.constant(atFail)),
      denied: mostly([false], fc.constant(true)),
      holder: fc.option(
        fc.record({
          promotionId: fc.constantFrom('other', PROMOTION_ID),
          standing: fc.constantFrom<HolderStatus>('working', 'awaiting-decision', 'done', 'ended'),
        }),
      ),
      isWaiting: mostly([false], fc.constant(true)),
      pointedBy: fc.constantFrom(undefined, 'other', PROMOTION_ID),
    });
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(given, ({ holder, isWaiting, pointedBy, ...one }) => {
        const { status, redrivable, endedAfterMs, lastEvent, error, write, denied } = one;
        const execution = anExecution(write, { status, redrivable, error });
        const { mayRedrive, resumesAt, points } = redriveAdvice(
          context(
            {
              ...execution,
              events: [...execution.events, { id: lastEvent, type: 'ExecutionFailed', timestamp: undefined }],
            },
            {
              now: new Date(ENDED + endedAfterMs),
              approvals: denied ? [anApproval(rejectedBy(aPerson('quinn')))] : [],
              locks: (['qat', 'prod'] as const).map((environment) =>
                pointed(aLock(environment, holder ?? undefined, isWaiting ? ['waits'] : []), pointedBy),
              ),
            },
          ),
        );
        const isTaken =
          ['FAILED', 'TIMED_OUT', 'ABORTED'].includes(status) &&
          redrivable &&
          endedAfterMs <= 14 * DAY &&
          lastEvent < 24_999;
        const isFinal = ['Rejected', 'Superseded', 'Stale'].includes(error) || denied || write === atFail;
        const isOwn = holder?.promotionId === PROMOTION_ID;
        // On Prod, what an ended one left is put in order first, and the state tries again until then.
        const isLeft = holder?.standing === 'ended' && write === failedBuild;
        const isKeptBack =
          (pointedBy === 'other' && write === expiredQc) ||
          (!isOwn &&
            (holder?.standing === 'working' ||
              holder?.standing === 'awaiting-decision' ||
              (isWaiting && !isLeft)));
        expect(mayRedrive).toBe(isTaken && !isFinal && !isKeptBack);
        if (mayRedrive) expect([resumesAt?.state, points.length > 3]).toEqual([expect.any(String), true]);
        seen.add(mayRedrive);
      }),
      { numRuns: 200 },
    );
    expect(seen).toEqual(new Set([true, false]));
  });

  it('of a job says what start-job then does', async () => {
    const status = fc.constantFrom<Job['status']>('STARTING', 'RUNNING', 'SUCCEEDED', 'FAILED');
    const completion = fc.boolean();
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(status, { maxLength: 3 }), completion, async (statuses, wasTold) => {
        const jobs = statuses.map((one, index) =>
          aJob({
            state: names.buildProdImage,
            attempt: index + 1,
            clientToken: `client-${index + 1}`,
            taskToken: `token-${index + 1}`,
            status: one,
            ...(one === 'STARTING' ? {} : { externalId: `image/${index + 1}` }),
            ...(one === 'SUCCEEDED' ? { output: { imageId: 'ami-1' } } : {}),
            ...(wasTold ? { completedToken: `token-${index + 1}` } : {}),
          }),
        );
        const { taking } = redriveAdvice(context(anExecution(failedBuild), { jobs }));
        seen.add(taking ?? '');

        const ledger = createMemoryLedger();
        for (const job of jobs) await ledger.addJob(job);
        const tokens = createTokens();
        tokens.open('redrive');
        const started: (readonly [attempt: number, clientToken: string])[] = [];
        const build: JobActions = {
          startError: 'ImageBuildFailed',
          start: async ({ attempt, clientToken }) => {
            started.push([attempt, clientToken]);
            return 'image/new';
          },
          inspect: async () => ({ state: 'running' }),
        };
        await startJob({
          ledger,
          tasks: tokens.tasks,
          kinds: {
            'code-build': build,
            'image-build': build,
            'instance-refresh': build,
            'pipeline-run': build,
          },
          now: () => new Date(ENDED),
          application: 'shop',
          newClientToken: () => 'client-new',
        })({
          promotionId: PROMOTION_ID,
          state: names.buildProdImage,
          taskToken: 'redrive',
          stateAttempt: 100,
          kind: 'image-build',
          parameters: { imagePipelineArn: 'arn:pipeline', environment: 'prod' },
        });
        const last = jobs.length;
        expect({ taking, started, completion: tokens.completion.length }).toEqual(
          {
            starts: { taking: 'starts', started: [[last + 1, 'client-new']], completion: 0 },
            'starts-once': { taking: 'starts-once', started: [[last, `client-${last}`]], completion: 0 },
            attaches: { taking: 'attaches', started: [], completion: 0 },
            reuses: { taking: 'reuses', started: [], completion: 1 },
          }[taking ?? 'starts'],
        );
      }),
      { numRuns: 60 },
    );
    expect(seen).toEqual(new Set(['starts', 'starts-once', 'attaches', 'reuses']));
  });

  it('of a request says what request-approval then does', async () => {
    const status = fc.constantFrom<Approval['status']>('PENDING', 'APPROVED', 'EXPIRED', 'WITHDRAWN');
    const hours = fc.integer({ min: 1, max: 300 });
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(status, { maxLength: 2 }), hours, async (statuses, asked) => {
        const now = new Date(Date.parse('2026-11-22T10:10:00.000Z') + asked * 3_600_000);
        const approvals = statuses.map((one, index) =>
          anApproval({
            approvalId: `asked-${index + 1}`,
            attempt: index + 1,
            status: one,
            mailedAt: '2026-11-22T10:10:01.000Z',
            ...(one === 'APPROVED' ? approvedBy(aPerson('quinn')) : {}),
          }),
        );
        const { taking } = redriveAdvice(
          context(anExecution(expiredQc, { endedAt: now.getTime() }), { approvals, now }),
        );
        seen.add(taking ?? '');

        const ledger = createMemoryLedger();
        await ledger.addPromotion(aPromotion());
        for (const approval of approvals) await ledger.addApproval(approval);
        let mails = 0;
        const { approvalId } = await requestApproval({
          ledger,
          notices: {
            send: async () => {
              mails += 1;
            },
          },
          now: () => now,
          newApprovalId: () => 'asked-again',
          collect: async () => aReview(),
          ensureLock: async () => undefined,
          newerThan: async () => undefined,
          wakeLocks: async () => undefined,
          counts: ONE_EACH,
          tellMakers: async () => false,
          shortage: async () => undefined,
          siteUrl: 'https://approvals.example.com',
        })({
          promotionId: PROMOTION_ID,
          state: names.qcApproval,
          taskToken: 'redrive',
          stateAttempt: 100,
          redrives: 1,
          role: 'qc',
          expiresInSeconds: 604_800,
          candidate: anApproval().candidate,
        });
        expect({ mails, approvalId }).toEqual(
          taking === 'starts'
            ? { mails: 1, approvalId: 'asked-again' }
            : { mails: 0, approvalId: `asked-${approvals.length}` },
        );
        const latest = await ledger.latestApproval(PROMOTION_ID, 'qc');
        expect(latest?.status === 'APPROVED').toBe(taking === 'reuses');
      }),
      { numRuns: 120 },
    );
    expect(seen).toEqual(new Set(['starts', 'attaches', 'reuses']));
  });
});
