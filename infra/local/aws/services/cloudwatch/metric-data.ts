import type { GetMetricDataInput, GetMetricDataOutput, MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { AwsError, type Host, type Operation } from '../../host.ts';
import { metricsOf, minuteOf } from '../shared/metrics.ts';
import { isStatistic, statisticOf } from './statistics.ts';

const MINUTE_MS = 60_000;
/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
const MOST_QUERIES = 500;

const invalid = (message: string) => new AwsError('ValidationError', message);

/**
 * GetMetricData of metrics that the emulator's services publish, in whole periods, newest first unless asked otherwise. Periods
 * without a value are left out, as on AWS.
 */
export const getMetricData = (host: Host): Operation<GetMetricDataInput, GetMetricDataOutput> => {
  const metrics = metricsOf(host);
  const read = ({ Id, Label, MetricStat, Expression }: MetricDataQuery, from: number, to: number) => {
    const {
      Metric: { Namespace = '', MetricName = '', Dimensions = [] } = {},
      Period = 0,
      Stat = '',
    } = MetricStat ?? {};
    if (!MetricStat || Expression !== undefined)
      throw invalid(`The emulator answers queries with a MetricStat; ${Id} has none.`);
    if (Period < 60 || Period % 60 !== 0)
      throw invalid(`Period must be a multiple of 60 in the emulator; ${Id} has ${Period}.`);
    if (!isStatistic(Stat)) throw invalid(`The emulator does not know the statistic ${Stat} of ${Id}.`);
    const metric = {
      namespace: Namespace,
      name: MetricName,
      dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name ?? '', Value ?? ''])),
    };
    const period = Period / 60;
    const points: { at: Date; value: number }[] = [];
    // CloudWatch begins periods at whole multiples of them.
    for (let at = Math.floor(minuteOf(from) / period) * period; at * MINUTE_MS < to; at += period) {
      const summary = metrics.summary(metric, at, at + period);
      if (summary) points.push({ at: new Date(at * MINUTE_MS), value: statisticOf(summary, Stat) });
    }
    return { id: Id, label: Label ?? MetricName, points };
  };

  return {
    // The Service Authorization Reference has no resource type for it.
    requires: () => ({ action: 'cloudwatch:GetMetricData', resource: '*' }),
    run: ({ MetricDataQueries = [], StartTime, EndTime, ScanBy = 'TimestampDescending' }) => {
      const [from, to] = [StartTime?.getTime() ?? 0, EndTime?.getTime() ?? 0];
      if (from >= to) throw invalid('StartTime must be before EndTime.');
      if (MetricDataQueries.length > MOST_QUERIES)
        throw invalid(`At most ${MOST_QUERIES} queries; received ${MetricDataQueries.length}.`);
      return {
        MetricDataResults: MetricDataQueries.filter(({ ReturnData }) => ReturnData !== false).map((query) => {
          const { id, label, points } = read(query, from, to);
          const ordered = ScanBy === 'TimestampAscending' ? points : points.reverse();
          return {
            Id: id,
            Label: label,
            Timestamps: ordered.map(({ at }) => at),
            Values: ordered.map(({ value }) => value),
            StatusCode: 'Complete' as const,
          };
        }),
      };
    },
  };
};
