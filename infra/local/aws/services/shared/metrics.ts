import type { Host } from '../../host.ts';

/** What is measured, as CloudWatch names it. */
export interface MetricId {
  /** For example `AWS/ApplicationELB`. */
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** The values of one metric in some time. */
export interface Summary {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** How many values are in each bucket of `bucketOf`, for percentiles. */
  readonly buckets: ReadonlyMap<number, number>;
}

/** Metrics by minute, in memory: after the end of a run they are missing data. */
export interface Metrics {
  readonly add: (metric: MetricId, value: number) => void;
  /** What has a value at any time, such as the length of a queue, adds it at each `sample`. */
  readonly gauge: (publish: () => void) => void;
  /** Lets each gauge add its value. */
  readonly sample: () => void;
  /** The values from a minute to another, which does not count. @returns nothing if there are none */
  readonly summary: (metric: MetricId, from: number, to: number) => Summary | undefined;
  /** Calls back for each value that is added. */
  readonly onAdd: (listener: (key: string) => void) => void;
}

/** The longest time that alarms look back is a day. */
const KEPT_MINUTES = 24 * 60;
const MINUTE_MS = 60_000;
/** Values in one bucket differ by 2 percent at most. */
const BUCKET_RATIO = 1.02;

/** The minute since the epoch. @param at ms since the epoch */
export const minuteOf = (at: number): number => Math.floor(at / MINUTE_MS);

/** The same for the same metric, in any order of its dimensions. */
export const metricKey = ({ namespace, name, dimensions }: MetricId): string =>
  JSON.stringify([namespace, name, Object.entries(dimensions).sort()]);

const bucketOf = (value: number): number =>
  value <= 0 ? Number.NEGATIVE_INFINITY : Math.round(Math.log(value) / Math.log(BUCKET_RATIO));

/** The value that a bucket stands for. */
export const valueOfBucket = (bucket: number): number => BUCKET_RATIO ** bucket;

const merge = (a: Summary | undefined, b: Summary): Summary => {
  if (!a) return b;
  const buckets = new Map(a.buckets);
  for (const [bucket, count] of b.buckets) buckets.set(bucket, (buckets.get(bucket) ?? 0) + count);
  return {
    count: a.count + b.count,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    buckets,
  };
};

/** A minute's values while they come in. */
interface Minute {
  count: number;
  sum: number;
  min: number;
  max: number;
  readonly buckets: Map<number, number>;
}

const createMetrics = ({ clock }: Host): Metrics => {
  const minutes = new Map<string, Map<number, Minute>>();
  const gauges: (() => void)[] = [];
  const listeners: ((key: string) => void)[] = [];

  const minuteIn = (key: string, minute: number): Minute => {
    let own = minutes.get(key);
    if (!own) {
      own = new Map();
      minutes.set(key, own);
    }
    const known = own.get(minute);
    if (known) return known;
    // Once a minute: minutes stand in the order in which they came.
    for (const old of own.keys()) {
      if (old > minute - KEPT_MINUTES) break;
      own.delete(old);
    }
    const fresh = {
      count: 0,
      sum: 0,
      min: Number.POSITIVE_INFINITY,
      max: Number.NEGATIVE_INFINITY,
      buckets: new Map<number, number>(),
    };
    own.set(minute, fresh);
    return fresh;
  };

  const add: Metrics['add'] = (metric, value) => {
    const key = metricKey(metric);
    const minute = minuteIn(key, minuteOf(clock.now()));
    minute.count++;
    minute.sum += value;
    minute.min = Math.min(minute.min, value);
    minute.max = Math.max(minute.max, value);
    const bucket = bucketOf(value);
    minute.buckets.set(bucket, (minute.buckets.get(bucket) ?? 0) + 1);
    for (const listener of listeners) listener(key);
  };

  return {
    add,
    gauge: (publish) => {
      gauges.push(publish);
    },
    sample: () => {
      for (const publish of gauges) publish();
    },
    summary: (metric, from, to) => {
      const own = minutes.get(metricKey(metric));
      let found: Summary | undefined;
      if (own)
        for (const [minute, values] of own) if (minute >= from && minute < to) found = merge(found, values);
      return found;
    },
    onAdd: (listener) => {
      listeners.push(listener);
    },
  };
};

const known = new WeakMap<Host, Metrics>();

/** The metrics of a host, which its services publish and CloudWatch reads. */
export const metricsOf = (host: Host): Metrics => {
  const existing = known.get(host);
  if (existing) return existing;
  const metrics = createMetrics(host);
  known.set(host, metrics);
  return metrics;
};
