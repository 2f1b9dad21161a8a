import type { DescribeExecutionOutput } from '@aws-sdk/client-sfn';
import { makersOfPromotion } from '../approvals/developers.ts';
import { readCause } from '../failure-cause.ts';
import { parsedJson } from '../json.ts';
import type { Promotion, PromotionStatus } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { promotionPages } from '../ledger/promotion-pages.ts';
import { markBad } from '../marks/mark-bad.ts';
import { recalledNotices, staleNotices } from '../notices/approver-notices.ts';
import { endNotice } from '../notices/developer-notices.ts';
import type { Notices } from '../notices/notice.ts';
import { failureNotice, stoppedNotice } from '../notices/operator-notices.ts';
import type { TellMakers } from '../notices/tell-makers.ts';
import type { PromotionInput } from '../payloads.ts';
import { approverRoles } from '../words.ts';
import { type Metric, prodDeployments, promotionMetrics, type StateVisit } from './metrics.ts';
import { isPromotionIdOf } from './promotion-from.ts';
import { statusOf } from './status.ts';

/** Step Functions, as far as following an execution needs it. */
export interface Executions {
  readonly describe: (executionArn: string) => Promise<DescribeExecutionOutput>;
  /** The same; undefined if there is none of that name. */
  readonly find: (executionArn: string) => Promise<DescribeExecutionOutput | undefined>;
  /** Name of the state that the execution entered last: where it failed, as states follow one another. */
  readonly lastStateEntered: (executionArn: string) => Promise<string | undefined>;
  /** The states that the execution has left. */
  readonly visits: (executionArn: string) => Promise<readonly StateVisit[]>;
}

/** What tracking needs. */
interface TrackPromotionDependencies {
  /** Whose machine's executions are tracked. */
  readonly application: string;
  readonly ledger: Pick<
    Ledger,
    | 'promotion'
    | 'promotions'
    | 'addPromotion'
    | 'updatePromotion'
    | 'jobs'
    | 'approvals'
    | 'mark'
    | 'replaceMark'
  >;
  readonly now: () => Date;
  readonly executions: Omit<Executions, 'find'>;
  readonly notices: Notices;
  readonly tellMakers: TellMakers;
  readonly siteUrl: string;
  /** Signs and keeps the record of a promotion that has ended. Safe to repeat. */
  readonly sealEvidence: (promotionId: string) => Promise<void>;
  /** Advances the environment locks: an execution that has ended needs none. */
  readonly wakeLocks: () => Promise<void>;
  /** Takes what an ended promotion was measured by. */
  readonly measure: (metrics: readonly Metric[], at: Date) => void;
}

/** Step Functions describes an older status of the execution than the event: describe it again. */
class ExecutionNotEndedError extends Error {
  override readonly name = 'ExecutionNotEnded';
}

/** The part of "Step Functions Execution Status Change" that matters; everything else is asked for. */
export interface ExecutionStatusChange {
  readonly detail: {
    readonly executionArn: string;
    readonly status?: string;
    readonly redriveCount?: number;
  };
}

const isText = (value: unknown): value is string => typeof value === 'string';

/**
 * A promotion whose execution was started by hand, from its input; undefined if that is no promotion's of the application, whose
 * machine ran it.
 */
function promotionOf(execution: DescribeExecutionOutput, ours: string): Promotion | undefined {
  const input = (parsedJson(execution.input) ?? {}) as Partial<PromotionInput>;
  const { application, commitId, branch, pushedBy, pushedAt } = input;
  const { name, executionArn } = execution;
  if (name === undefined || executionArn === undefined) return undefined;
  // The functions may write no items of another name, lest one application writes another's.
  if (!isPromotionIdOf(ours, name)) return undefined;
  if (application !== ours || !isText(commitId) || !isText(branch) || !isText(pushedBy)) return undefined;
  return {
    promotionId: name,
    executionArn,
    application,
    commitId,
    branch,
    pushedBy,
    commitMessage: '',
    commitAuthor: '',
    commitAuthorEmail: '',
    status: 'RUNNING',
    ...(isText(pushedAt) && !Number.isNaN(Date.parse(pushedAt)) && { pushedAt }),
    startedAt: execution.startDate?.toISOString() ?? '',
    startedByHand: true,
    redrives: 0,
    images: {},
    deployments: {},
  };
}

const isStale = (
  { status: completion, redriveCount: recordedRedrives = 0 }: ExecutionStatusChange['detail'],
  execution: DescribeExecutionOutput,
): boolean =>
  completion !== undefined &&
  completion !== 'RUNNING' &&
  execution.status === 'RUNNING' &&
  (execution.redriveCount ?? 0) <= recordedRedrives;

const isFailure = (status: PromotionStatus): boolean => status === 'FAILED' || status === 'TIMED_OUT';

/** Whether the ledger has what Step Functions describes. */
export const isNoted = (promotion: Promotion, execution: DescribeExecutionOutput): boolean =>
  promotion.status === statusOf(execution) &&
  promotion.redrives === (execution.redriveCount ?? 0) &&
  promotion.endedAt === execution.stopDate?.toISOString();

/**
 * An execution's status changed: keeps the promotion as Step Functions describes it, mails operators about a failure and
 * makers about any end, measures it, once, and seals the evidence of what has ended. Events may come doubled, late and in any order.
 * @throws ExecutionNotEndedError while Step Functions still describes what was before the event
 */
export function trackPromotion(dependencies: TrackPromotionDependencies) {
  return async function trackPromotion({ detail }: ExecutionStatusChange): Promise<void> {
    const { application, ledger, executions, notices, tellMakers, siteUrl, sealEvidence, wakeLocks } =
      dependencies;
    const { executionArn } = detail;
    for (;;) {
      const execution = await executions.describe(executionArn);
      if (isStale(detail, execution))
        throw new ExecutionNotEndedError(
          `${executionArn} is described as RUNNING after the event ${detail.status}. Lambda retries this.`,
        );
      const promotionId = execution.name ?? '';
      const known = await ledger.promotion(promotionId);
      const promotion = known ?? promotionOf(execution, application);
      if (promotion === undefined) return;
      const status = statusOf(execution);
      // Also how the loop ends: another event may have written an older status over a newer one.
      if (known !== undefined && isNoted(known, execution)) {
        // Also reached when an earlier invocation was interrupted between recording the end and what follows.
        if (known.endedAt !== undefined) {
          await wakeLocks();
          await sealEvidence(promotionId);
        }
        return;
      }
      if (known === undefined) await ledger.addPromotion(promotion);

      const { error = '' } = execution;
      const { cause, supersededBy } = readCause(execution.cause ?? '');
      const state = isFailure(status) ? await executions.lastStateEntered(executionArn) : undefined;
      if (status === 'STALE')
        for (const notice of staleNotices(promotion, cause, siteUrl)) await notices.send(notice);
      if (status === 'RECALLED') {
        const approved = (await ledger.approvals(promotionId)).filter((one) => one.status === 'APPROVED');
        const roles = approverRoles.filter((role) => approved.some((one) => one.role === role));
        for (const notice of recalledNotices(roles, promotion, cause, siteUrl)) await notices.send(notice);
      }
      if (status === 'SUCCEEDED') await markLeft(dependencies, promotion);
      if (status === 'ABORTED') await notices.send(stoppedNotice(promotion, cause, siteUrl));
      if (isFailure(status)) {
        const redrives = execution.redriveCount ?? 0;
        await notices.send(
          failureNotice(
            { ...promotion, redrives },
            {
              state,
              error,
              cause,
            },
            siteUrl,
          ),
        );
      }
      if (status !== 'RUNNING')
        await tellMakers(
          makersOfPromotion(promotion),
          endNotice(promotion, { status, state, cause }, siteUrl),
        );
      await ledger.updatePromotion(promotionId, {
        status,
        redrives: execution.redriveCount ?? 0,
        endedAt: execution.stopDate?.toISOString(),
        error: execution.error,
        cause: execution.cause === undefined ? undefined : cause,
        supersededBy,
      });
      // Last, so that a repetition after a crash measures nothing twice.
      if (status !== 'RUNNING') await measureEnd(dependencies, promotion, status, execution);
    }
  };
}

/**
 * Marks the commit that a go-back took out of Prod: a later change that contains it says so, and nobody promotes it again. Another release
 * of the same commit may have been at fault for its image alone, so that one is not marked. Repeated, it changes nothing.
 */
const markLeft = async (
  { ledger, now }: Pick<TrackPromotionDependencies, 'ledger' | 'now'>,
  { promotionId, application, commitId, goBack }: Promotion,
): Promise<void> => {
  if (goBack === undefined) return;
  const left = await ledger.promotion(goBack.from);
  if (left === undefined || left.commitId === commitId) return;
  await markBad(
    ledger,
    { application, commitId: left.commitId },
    { by: goBack.askedBy, at: now().toISOString(), reason: goBack.reason, goBack: promotionId },
  );
};

/** The promotions between the last one of the application that succeeded, and a later one. */
const sinceLastGood = async (
  ledger: TrackPromotionDependencies['ledger'],
  { application, promotionId, startedAt }: Promotion,
): Promise<readonly Promotion[]> => {
  const found: Promotion[] = [];
  for await (const page of promotionPages(ledger))
    for (const other of page) {
      if (other.application !== application || other.promotionId === promotionId) continue;
      if (other.startedAt > startedAt) continue;
      if (other.status === 'SUCCEEDED') return found;
      found.push(other);
    }
  return found;
};

/** When a Prod deployment first failed, in this promotion or those since the last one that succeeded. */
const brokenSince = async (
  ledger: TrackPromotionDependencies['ledger'],
  promotion: Promotion,
): Promise<Date | undefined> => {
  const suspects = [promotion, ...(await sinceLastGood(ledger, promotion))];
  const jobs = (await Promise.all(suspects.map(({ promotionId }) => ledger.jobs(promotionId)))).flat();
  const failedAt = prodDeployments(jobs)
    .filter(({ status }) => status === 'FAILED')
    .flatMap(({ endedAt }) => endedAt ?? [])
    .sort();
  return failedAt[0] === undefined ? undefined : new Date(failedAt[0]);
};

const measureEnd = async (
  { ledger, executions, measure }: TrackPromotionDependencies,
  promotion: Promotion,
  status: PromotionStatus,
  execution: DescribeExecutionOutput,
): Promise<void> => {
  const { executionArn = '', startDate = new Date(promotion.startedAt), redriveDate } = execution;
  const endedAt = execution.stopDate ?? startDate;
  const [visits, jobs] = await Promise.all([
    executions.visits(executionArn),
    ledger.jobs(promotion.promotionId),
  ]);
  const broken = status === 'SUCCEEDED' ? await brokenSince(ledger, promotion) : undefined;
  const since = redriveDate ?? startDate;
  measure(
    promotionMetrics({ promotion, status, since, endedAt, visits, jobs, brokenSince: broken }),
    endedAt,
  );
};
