import type { Approval, Job } from '../../tasks/ledger/items.ts';
import { totalOf } from '../../tasks/prices/cost-line.ts';
import type { PriceList } from '../../tasks/prices/price-list.ts';
import { promotionCost, type Sizes } from '../../tasks/prices/promotion-cost.ts';
import type { PastPromotion } from './facts.ts';

/** What is expected from what was before. */
export interface Range {
  readonly least: number;
  readonly median: number;
  readonly most: number;
}

/** How long a promotion takes, in minutes. */
export interface ExpectedTime {
  /** Promotions that it is expected from. */
  readonly promotions: number;
  /** In the order of the states. */
  readonly states: readonly ({ readonly state: string } & Range)[];
  /** All jobs together: builds, refreshes, deployments, the soak. */
  readonly jobs: Range;
  /** Until the roles had decided, together. */
  readonly approvals: Range;
}

const MINUTE = 60_000;

/** @param values at least one */
const rangeOf = (values: readonly number[]): Range => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? 0;
  const middle = (sorted.length - 1) / 2;
  return {
    least: at(0),
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    most: at(sorted.length - 1),
  };
};

const minutesBetween = (from: string, to: string): number =>
  Math.max(0, Date.parse(to) - Date.parse(from)) / MINUTE;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Minutes of the attempt of each state that succeeded. */
const durations = (jobs: readonly Job[], left: ReadonlySet<string>): ReadonlyMap<string, number> =>
  new Map(
    jobs.flatMap(({ state, status, startedAt, endedAt }) =>
      status === 'SUCCEEDED' && endedAt !== undefined && !left.has(state)
        ? [[state, minutesBetween(startedAt, endedAt)] as const]
        : [],
    ),
  );

const decided = (approvals: readonly Approval[]): number =>
  sum(
    approvals.flatMap(({ status, requestedAt, decisions }) => {
      const last = decisions.at(-1);
      return status === 'APPROVED' && last !== undefined ? [minutesBetween(requestedAt, last.at)] : [];
    }),
  );

/**
 * How long earlier promotions took, as far as their jobs and requests tell; undefined without any.
 * @param reused states whose job is left out this time
 */
export function expectedTime(
  past: readonly PastPromotion[],
  reused: ReadonlySet<string> = new Set(),
): ExpectedTime | undefined {
  if (past.length === 0) return undefined;
  const each = past.map(({ jobs }) => durations(jobs, reused));
  const states = [...new Set(each.flatMap((one) => [...one.keys()]))];
  return {
    promotions: past.length,
    states: states.map((state) => ({ state, ...rangeOf(each.flatMap((one) => one.get(state) ?? [])) })),
    jobs: rangeOf(each.map((one) => sum([...one.values()]))),
    approvals: rangeOf(past.map(({ approvals }) => decided(approvals))),
  };
}

/** What earlier promotions cost, by the same rule as `cost`; undefined without any. @param reused as of `expectedTime` */
export const expectedCost = (
  past: readonly PastPromotion[],
  sizes: Sizes,
  list: PriceList,
  now: Date,
  reused: ReadonlySet<string> = new Set(),
): Range | undefined =>
  past.length === 0
    ? undefined
    : rangeOf(
        past.map(({ jobs, execution }) =>
          totalOf(
            promotionCost(
              jobs.filter(({ state }) => !reused.has(state)),
              execution,
              sizes,
              list,
              now,
            ).lines,
          ),
        ),
      );
