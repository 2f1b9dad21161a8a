import type { Execution } from '../executions/execution.ts';
import { progressOf } from '../executions/progress.ts';
import type { Job } from '../ledger/items.ts';
import type { JobKind } from '../payloads.ts';
import { assumed } from './assumed.ts';
import { type CostLine, ROOT_VOLUME_GIB } from './cost-line.ts';
import { instancePrice, type PriceList } from './price-list.ts';

/** What neither the ledger nor the history has. */
export interface Sizes {
  /** Of image builds, QAT and Prod. */
  readonly instanceType: string;
  /** Instances of Prod. */
  readonly instances: number;
  /** Minutes that the Test stages took together; 0 without one. */
  readonly testMinutes: number;
}

/** What one promotion cost. */
export interface PromotionCost {
  readonly lines: readonly CostLine[];
  readonly assumptions: readonly string[];
}

type DatedJob = Pick<
  Job,
  'kind' | 'status' | 'startedAt' | 'runningSince' | 'endedAt' | 'parameters' | 'state' | 'imageChoice'
>;

/** Hours that a job ran until now, or until it ended; none if it never started. */
const hoursOf = ({ startedAt, runningSince = startedAt, endedAt }: DatedJob, now: Date): number =>
  Math.max(0, (endedAt === undefined ? now.getTime() : Date.parse(endedAt)) - Date.parse(runningSince)) /
  3_600_000;

/**
 * What a promotion cost by its own durations: every attempt of every job, each state that was passed, and a month of its images.
 * @param execution absent if Step Functions has forgotten it
 * @throws RangeError for an instance type that the list does not have
 */
export function promotionCost(
  jobs: readonly DatedJob[],
  execution: Pick<Execution, 'events'> | undefined,
  sizes: Sizes,
  list: PriceList,
  now: Date,
): PromotionCost {
  const { prices } = list;
  const instanceHour = instancePrice(list, sizes.instanceType);
  const of = (kind: JobKind) => jobs.filter((job) => job.kind === kind);
  const hours = (some: readonly DatedJob[]) => some.reduce((total, job) => total + hoursOf(job, now), 0);
  // An image that is used again was paid for before.
  const builds = of('image-build').filter(({ imageChoice }) => imageChoice?.choice !== 'reuse');
  const kept = builds.filter(({ status }) => status === 'SUCCEEDED');
  const runs = of('pipeline-run');
  const toProd = runs.filter(({ state }) => state.endsWith('Prod'));
  const attempts = execution ? progressOf(execution.events).attempts.length : 0;
  const revisionBuilds = of('code-build');
  const lines: CostLine[] = [
    {
      item: `Builds of the commit (${revisionBuilds.length})`,
      quantity: hours(revisionBuilds) * 60,
      unit: 'minutes',
      price: prices.buildMinute,
    },
    {
      item: `Image builds (${builds.length}) on ${sizes.instanceType}`,
      quantity: hours(builds) * 60,
      unit: 'minutes',
      price: instanceHour / 60,
    },
    {
      item: 'What the image builds fetched through the NAT gateway',
      quantity: builds.length * assumed.imageBuildGb,
      unit: 'GB',
      price: prices.natGatewayGb,
    },
    {
      item: `QAT's new instance while it was refreshed (${of('instance-refresh').length})`,
      quantity: hours(of('instance-refresh')) * 60,
      unit: 'minutes',
      price: instanceHour / 60,
    },
    {
      item: `Green beside blue: ${sizes.instances} × ${sizes.instanceType}`,
      quantity: hours(toProd) * 60 * sizes.instances,
      unit: 'minutes',
      price: instanceHour / 60,
    },
    {
      item: `Actions of the pipelines' runs (${runs.length})`,
      quantity: hours(runs) * 60,
      unit: 'minutes',
      price: prices.pipelineActionMinute,
    },
    {
      item: "The application's tests",
      quantity: sizes.testMinutes,
      unit: 'minutes',
      price: prices.buildMinute,
    },
    {
      item: 'States of the state machine',
      quantity: attempts,
      unit: 'transitions',
      price: prices.stateTransition,
    },
    {
      item: 'Invocations of functions',
      quantity: assumed.invocations,
      unit: 'invocations',
      price: prices.functionRequest,
    },
    {
      item: 'Functions',
      quantity: assumed.functionSeconds * assumed.functionGb,
      unit: 'GB-seconds',
      price: prices.functionGbSecond,
    },
    { item: 'X-Ray traces', quantity: assumed.invocations, unit: 'traces', price: prices.traceRecorded },
    {
      item: `Snapshots of ${kept.length} images, kept for a month`,
      quantity: kept.length * ROOT_VOLUME_GIB,
      unit: 'GB-months',
      price: prices.snapshotGbMonth,
    },
  ];
  return {
    lines: lines.filter(({ quantity }) => quantity > 0),
    assumptions: [
      `All instances are ${sizes.instanceType}, and Prod has ${sizes.instances}: give others with --instance-type and --instances.`,
      'Both fleets and all actions of a pipeline cost for as long as its run took, which is the most that they can.',
      sizes.testMinutes > 0
        ? `The Test stages took ${sizes.testMinutes} minutes of CodeBuild.`
        : 'There is no Test stage: give the minutes that it took with --test-minutes.',
      `An image build fetches ${assumed.imageBuildGb} GB, an image has ${ROOT_VOLUME_GIB} GB, and functions run for ${assumed.functionSeconds} s in ${assumed.invocations} invocations.`,
      ...(revisionBuilds.length > 0
        ? [
            "Builds ran on CodeBuild's smallest machine; a medium one costs twice as much, a large one four times.",
          ]
        : []),
      ...(execution
        ? []
        : ['Step Functions no longer has the execution (90 days): its states are not counted.']),
      ...(jobs.some(({ endedAt }) => endedAt === undefined)
        ? ['A job still runs: it counts until now.']
        : []),
      'Traffic, logs, mails, storage of revisions and taxes come on top.',
    ],
  };
}
