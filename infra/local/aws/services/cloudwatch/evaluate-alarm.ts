/** States of an alarm. */
export type StateValue = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

const comparisons = {
  GreaterThanOrEqualToThreshold: (value: number, threshold: number) => value >= threshold,
  GreaterThanThreshold: (value: number, threshold: number) => value > threshold,
  LessThanThreshold: (value: number, threshold: number) => value < threshold,
  LessThanOrEqualToThreshold: (value: number, threshold: number) => value <= threshold,
} as const;

const words: Readonly<Record<Comparison, string>> = {
  GreaterThanOrEqualToThreshold: 'greater than or equal to',
  GreaterThanThreshold: 'greater than',
  LessThanThreshold: 'less than',
  LessThanOrEqualToThreshold: 'less than or equal to',
};

/** How a datapoint is compared with the threshold. */
export type Comparison = keyof typeof comparisons;
/** Every comparison. */
export const comparisonOperators = Object.keys(comparisons) as readonly Comparison[];

/** What stands for a missing datapoint. */
export type MissingData = 'breaching' | 'notBreaching' | 'ignore' | 'missing';
/** Every treatment of missing data. */
export const missingDataTreatments: readonly MissingData[] = [
  'breaching',
  'notBreaching',
  'ignore',
  'missing',
];

/** What an alarm compares. */
export interface AlarmCondition {
  readonly threshold: number;
  readonly comparison: Comparison;
  /** N: datapoints that are looked at. */
  readonly evaluationPeriods: number;
  /** M: how many of them must be breaching. */
  readonly datapointsToAlarm: number;
  readonly treatMissingData: MissingData;
}

/** What an alarm is found to be, and why. */
interface Evaluation {
  readonly state: StateValue;
  readonly reason: string;
}

/** A datapoint, or nothing if it is missing. */
export type Datapoint = number | undefined;

/** The guide's example retrieves five datapoints for three evaluation periods; how many others get, it does not say. */
const EXTRA_DATAPOINTS = 2;

/** How many periods back an alarm looks for datapoints. */
export const evaluationRange = ({ evaluationPeriods }: AlarmCondition): number =>
  evaluationPeriods + EXTRA_DATAPOINTS;

const plural = (count: number): string => `${count} datapoint${count === 1 ? '' : 's'}`;
const past = { breaching: 'Breaching', notBreaching: 'NonBreaching' } as const;

/**
 * The state of an alarm by its newest datapoints. If there are as many as it evaluates, wherever in the range, the newest count;
 * else missing ones are filled in as seldom as possible.
 * @param range datapoints of `evaluationRange` periods, oldest first
 * @param current its state before, which `ignore` keeps
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export const evaluateAlarm = (
  alarm: AlarmCondition,
  range: readonly Datapoint[],
  current: StateValue,
): Evaluation => {
  const { threshold, comparison, evaluationPeriods, datapointsToAlarm, treatMissingData } = alarm;
  const isBreaching = (value: number) => comparisons[comparison](value, threshold);
  const present = range.filter((value) => value !== undefined).slice(-evaluationPeriods);
  const breaching = present.filter(isBreaching).length;
  const filled = evaluationPeriods - present.length;
  const fill =
    treatMissingData === 'breaching' || treatMissingData === 'notBreaching' ? treatMissingData : undefined;

  const crossed = (state: StateValue): Evaluation => {
    const missing =
      fill && filled > 0 ? `, and ${plural(filled)} that were missing were treated as [${past[fill]}]` : '';
    const list = present.map((value) => Number(value.toPrecision(6))).join(', ');
    return {
      state,
      reason: `Threshold Crossed: ${breaching} out of the last ${plural(present.length)} [${list}] were ${words[comparison]} the threshold (${threshold})${missing} (minimum ${plural(datapointsToAlarm)} for ALARM).`,
    };
  };

  if (breaching + (fill === 'breaching' ? filled : 0) >= datapointsToAlarm) return crossed('ALARM');
  if (filled === 0 || fill !== undefined || breaching < present.length) return crossed('OK');
  // Some are missing, and all that are there are breaching, but too few. As old as M, they count for those that came later.
  const unchanged = { state: current, reason: 'Unchecked: missing data keeps the state.' };
  if (treatMissingData === 'ignore') return unchanged;
  const oldest = range.findIndex((value) => value !== undefined);
  if (oldest >= 0 && range.length - oldest >= datapointsToAlarm) return crossed('ALARM');
  return {
    state: 'INSUFFICIENT_DATA',
    reason: `Insufficient Data: ${plural(evaluationPeriods - present.length)} were unknown.`,
  };
};
