import { type Summary, valueOfBucket } from '../shared/metrics.ts';

const PERCENTILE = /^p(\d{1,2}(?:\.\d{1,10})?|100)$/;

const simple: Readonly<Record<string, (summary: Summary) => number>> = {
  Average: ({ sum, count }) => sum / count,
  Maximum: ({ max }) => max,
  Minimum: ({ min }) => min,
  SampleCount: ({ count }) => count,
  Sum: ({ sum }) => sum,
};

/** Whether `statisticOf` knows a statistic. */
export const isStatistic = (name: string): boolean => name in simple || PERCENTILE.test(name);

/** The least value that so many percent of the values do not exceed, to about 2 percent. */
const percentile = ({ count, min, max, buckets }: Summary, percent: number): number => {
  const wanted = Math.max(1, Math.ceil((count * percent) / 100));
  let seen = 0;
  for (const [bucket, inBucket] of [...buckets].sort(([a], [b]) => a - b)) {
    seen += inBucket;
    if (seen >= wanted) return Math.min(max, Math.max(min, valueOfBucket(bucket)));
  }
  return max;
};

/**
 * A statistic of some values: Sum, Average, Minimum, Maximum, SampleCount or a percentile such as p95.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
 */
export const statisticOf = (summary: Summary, name: string): number => {
  const percent = PERCENTILE.exec(name)?.[1];
  if (percent !== undefined) return percentile(summary, Number(percent));
  const read = simple[name];
  if (read) return read(summary);
  throw new RangeError(`The emulator knows ${Object.keys(simple).join(', ')} and pNN; received ${name}.`);
};
