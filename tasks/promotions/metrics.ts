import { jobErrors } from '../jobs/job-errors.ts';
import type { Job, Promotion, PromotionStatus } from '../ledger/items.ts';

/** A state that an execution was in. */
export interface StateVisit {
  readonly name: string;
  readonly enteredAt: Date;
  readonly exitedAt: Date;
}

/** One measured value. */
export interface Metric {
  readonly name:
    | 'Promotions'
    | 'TimeInState'
    | 'LeadTime'
    | 'ProdDeployments'
    | 'FailedProdDeployments'
    | 'TimeToRestore';
  readonly unit: 'Count' | 'Seconds';
  readonly value: number;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** Namespace of all metrics in CloudWatch. */
export const METRIC_NAMESPACE = 'Lockstep';

/** What a promotion's end is measured by. */
interface EndedPromotion {
  readonly promotion: Promotion;
  readonly status: PromotionStatus;
  /** Start of the execution, or of its last redrive: what was before has been measured. */
  readonly since: Date;
  readonly endedAt: Date;
  readonly visits: readonly StateVisit[];
  readonly jobs: readonly Job[];
  /** When a Prod deployment of the application first failed since the last promotion that succeeded. */
  readonly brokenSince: Date | undefined;
}

const seconds = (from: Date, to: Date): number => Math.max(0, (to.getTime() - from.getTime()) / 1000);

/** Attempts to deploy to Prod. */
export const prodDeployments = (jobs: readonly Job[]): readonly Job[] =>
  jobs.filter(({ kind, parameters }) => kind === 'pipeline-run' && parameters.environment === 'prod');

/**
 * How a promotion, or the part of it since its last redrive, went: its outcome, how long each state took, and what DORA's four
 * key metrics are made of. Frequency: promotions that succeeded; lead time: from push to Prod; change failure rate:
 * failed among all Prod deployments; time to restore: from the first that failed to the next promotion that succeeded.
 */
export function promotionMetrics(ended: EndedPromotion): readonly Metric[] {
  const { promotion, status, since, endedAt, visits, jobs, brokenSince } = ended;
  const Application = promotion.application;
  const deployments = prodDeployments(jobs).filter(
    // One that did not begin because an alarm was on is none.
    (job) =>
      job.error !== jobErrors.alarmOn &&
      job.endedAt !== undefined &&
      Date.parse(job.endedAt) >= since.getTime(),
  );
  const failed = deployments.filter((job) => job.status === 'FAILED').length;
  const metrics: Metric[] = [
    { name: 'Promotions', unit: 'Count', value: 1, dimensions: { Application, Outcome: status } },
    ...visits
      .filter(({ exitedAt }) => exitedAt >= since)
      .map(
        ({ name, enteredAt, exitedAt }): Metric => ({
          name: 'TimeInState',
          unit: 'Seconds',
          value: seconds(enteredAt > since ? enteredAt : since, exitedAt),
          dimensions: { Application, State: name },
        }),
      ),
  ];
  const add = (name: Metric['name'], unit: Metric['unit'], value: number) =>
    metrics.push({ name, unit, value, dimensions: { Application } });
  if (deployments.length > 0) {
    add('ProdDeployments', 'Count', deployments.length);
    add('FailedProdDeployments', 'Count', failed);
  }
  if (status === 'SUCCEEDED') {
    // A go-back brings no change to Prod.
    if (promotion.goBack === undefined)
      add('LeadTime', 'Seconds', seconds(new Date(promotion.startedAt), endedAt));
    if (brokenSince) add('TimeToRestore', 'Seconds', seconds(brokenSince, endedAt));
  }
  return metrics;
}

/**
 * A log line that CloudWatch makes a metric of.
 * Source: CloudWatch user guide, "Specification: Embedded metric format".
 */
export const metricLine = ({ name, unit, value, dimensions }: Metric, at: Date): string =>
  JSON.stringify({
    _aws: {
      Timestamp: at.getTime(),
      CloudWatchMetrics: [
        {
          Namespace: METRIC_NAMESPACE,
          Dimensions: [Object.keys(dimensions)],
          Metrics: [{ Name: name, Unit: unit }],
        },
      ],
    },
    ...dimensions,
    [name]: value,
  });
