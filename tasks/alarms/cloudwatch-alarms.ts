import {
  CloudWatchClient,
  type ComparisonOperator,
  type CompositeAlarm,
  GetMetricDataCommand,
  type MetricAlarm,
  paginateDescribeAlarms,
} from '@aws-sdk/client-cloudwatch';
import {
  type AlarmGraph,
  type AlarmStanding,
  type Alarms,
  graphWindow,
  MOST_POINTS,
  meaningOf,
} from './alarms.ts';

/** Comparisons of a value with a threshold; others are with bands that a model learns, which have no number. */
const comparisons: Readonly<Partial<Record<ComparisonOperator, AlarmGraph['comparison']>>> = {
  GreaterThanThreshold: '>',
  GreaterThanOrEqualToThreshold: '≥',
  LessThanThreshold: '<',
  LessThanOrEqualToThreshold: '≤',
};

const standingOf = ({
  AlarmName = '',
  StateValue = 'INSUFFICIENT_DATA',
  StateUpdatedTimestamp,
  // Only of an alarm that has changed its state.
  StateTransitionedTimestamp: since = StateUpdatedTimestamp,
  AlarmDescription,
}: MetricAlarm | CompositeAlarm): AlarmStanding => ({
  name: AlarmName,
  state: StateValue as AlarmStanding['state'],
  ...(since && { since: since.toISOString() }),
  meaning: meaningOf(AlarmDescription),
});

/** Alarms in CloudWatch. */
export function createAlarms(client = new CloudWatchClient({})): Alarms {
  const described = async (
    names: readonly string[],
  ): Promise<{ readonly MetricAlarms: MetricAlarm[]; readonly CompositeAlarms: CompositeAlarm[] }> => {
    const MetricAlarms: MetricAlarm[] = [];
    const CompositeAlarms: CompositeAlarm[] = [];
    // Without names it would describe every alarm of the account.
    if (names.length === 0) return { MetricAlarms, CompositeAlarms };
    const pages = paginateDescribeAlarms(
      { client },
      { AlarmNames: [...names], AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] },
    );
    for await (const page of pages) {
      MetricAlarms.push(...(page.MetricAlarms ?? []));
      CompositeAlarms.push(...(page.CompositeAlarms ?? []));
    }
    return { MetricAlarms, CompositeAlarms };
  };

  const graphOf = async (alarm: MetricAlarm, from: Date, to: Date): Promise<AlarmGraph | undefined> => {
    const { Namespace, MetricName, Dimensions, Period, Threshold, ComparisonOperator } = alarm;
    const Stat = alarm.Statistic ?? alarm.ExtendedStatistic;
    const comparison = ComparisonOperator && comparisons[ComparisonOperator];
    // An alarm about an expression has no metric.
    if (!Namespace || !MetricName || !Period || !Stat || !comparison || Threshold === undefined)
      return undefined;
    const { start, end } = graphWindow(Period, from, to);
    const { MetricDataResults = [] } = await client.send(
      new GetMetricDataCommand({
        StartTime: start,
        EndTime: end,
        ScanBy: 'TimestampAscending',
        MetricDataQueries: [
          { Id: 'm', MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period, Stat } },
        ],
      }),
    );
    const [{ Timestamps = [], Values = [] } = {}] = MetricDataResults;
    const points = Timestamps.flatMap((at, index) => {
      const value = Values[index];
      return value === undefined ? [] : [{ at: at.toISOString(), value }];
    });
    return {
      metric: MetricName,
      statistic: Stat,
      periodSeconds: Period,
      threshold: Threshold,
      comparison,
      points: points.slice(-MOST_POINTS),
    };
  };

  return {
    standings: async (names) => {
      const { MetricAlarms, CompositeAlarms } = await described(names);
      return [...MetricAlarms, ...CompositeAlarms].map(standingOf);
    },
    fired: async (names, from, to) => {
      const { MetricAlarms, CompositeAlarms } = await described(names);
      const ofMetrics = await Promise.all(
        MetricAlarms.map(async (alarm) => {
          const { name, since, meaning } = standingOf(alarm);
          const graph = await graphOf(alarm, from, to);
          return { name, meaning, ...(since && { since }), ...(graph && { graph }) };
        }),
      );
      return [
        ...ofMetrics,
        ...CompositeAlarms.map(standingOf).map(({ name, since, meaning }) => ({
          name,
          meaning,
          ...(since && { since }),
        })),
      ];
    },
  };
}
