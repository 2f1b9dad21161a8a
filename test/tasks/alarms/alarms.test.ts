import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import fc from 'fast-check';
import { firedAlarmLines, graphText } from '../../../tasks/alarms/alarm-text.ts';
import { type AlarmGraph, graphWindow, MOST_POINTS, meaningOf } from '../../../tasks/alarms/alarms.ts';
import { createAlarms } from '../../../tasks/alarms/cloudwatch-alarms.ts';
import { double, offline, on } from '../doubles/sdk.ts';

const graph: AlarmGraph = {
  metric: 'HTTPCode_Target_5XX_Count',
  statistic: 'Sum',
  periodSeconds: 300,
  threshold: 10,
  comparison: '≥',
  points: [
    { at: '2026-11-29T10:05:00.000Z', value: 2 },
    { at: '2026-11-29T10:10:00.000Z', value: 41.2345 },
    { at: '2026-11-29T10:15:00.000Z', value: 3 },
  ],
};

it.each<[string, AlarmGraph, string]>([
  [
    'the highest value',
    graph,
    'in 5 minutes, alarm at ≥ 10. Highest of 3 values: 41.2, 29 Nov 2026, 10:10 UTC.',
  ],
  [
    'the lowest of one that goes off below',
    { ...graph, comparison: '<', periodSeconds: 60 },
    'in a minute, alarm at < 10. Lowest of 3 values: 2, 29 Nov 2026, 10:05 UTC.',
  ],
  ['that there is none', { ...graph, points: [] }, 'alarm at ≥ 10. CloudWatch had no values.'],
])('a graph in words says %s', (_, given, text) => {
  expect(graphText(given)).toBe(
    `Sum of HTTPCode_Target_5XX_Count ${text.startsWith('alarm') ? `in 5 minutes, ${text}` : text}`,
  );
});

it('an alarm in a cause has its name, when, what it means and what it measured', () => {
  expect(
    firedAlarmLines({ name: 'errors', since: '2026-11-29T10:11:00.000Z', meaning: 'Too many.', graph }),
  ).toEqual(['The alarm errors went off, 29 Nov 2026, 10:11 UTC: Too many.', `  ${graphText(graph)}`]);
  expect(firedAlarmLines({ name: 'both', meaning: '' })).toEqual(['The alarm both went off.']);
});

it.each([
  ['Too many. See https://example.com/RUNBOOK.md#errors', 'Too many.'],
  ['Too many. See RUNBOOK.md#errors', 'Too many.'],
  ['See the wiki', 'See the wiki'],
  [undefined, ''],
])('the meaning of %j is %j', (description, meaning) => {
  expect(meaningOf(description)).toBe(meaning);
});

it('a graph covers whole periods up to the stop, from the beginning if there is room, and never too many', () => {
  const day = Date.parse('2026-11-29T00:00:00Z');
  fc.assert(
    fc.property(
      fc.constantFrom(60, 300, 3600),
      fc.integer({ min: 0, max: 3 * 24 * 3_600_000 }),
      fc.integer({ min: 0, max: 3 * 24 * 3_600_000 }),
      (periodSeconds, began, took) => {
        const [from, to] = [new Date(day + began), new Date(day + began + took)];
        const { start, end } = graphWindow(periodSeconds, from, to);
        const period = periodSeconds * 1000;
        const periods = (end.getTime() - start.getTime()) / period;
        expect(start.getTime() % period).toBe(0);
        expect(end.getTime()).toBeGreaterThan(to.getTime());
        expect(end.getTime() - to.getTime()).toBeLessThanOrEqual(period);
        expect(periods).toBeGreaterThanOrEqual(12);
        expect(periods).toBeLessThanOrEqual(MOST_POINTS);
        if (periods < MOST_POINTS) expect(start.getTime()).toBeLessThanOrEqual(from.getTime());
      },
    ),
  );
});

it('alarms are read by name, composite ones too, with what they mean and since when they are as they are', async () => {
  const since = new Date('2026-11-22T10:00:00.000Z');
  const { client, sent } = double(
    new CloudWatchClient(offline),
    on(DescribeAlarmsCommand, () => ({
      MetricAlarms: [
        {
          AlarmName: 'slow',
          StateValue: 'ALARM' as const,
          AlarmDescription: 'Slow.',
          StateTransitionedTimestamp: since,
        },
      ],
      CompositeAlarms: [{ AlarmName: 'both', StateValue: 'OK' as const, StateUpdatedTimestamp: since }],
    })),
  );
  expect(await createAlarms(client).standings(['slow', 'both'])).toEqual([
    { name: 'slow', state: 'ALARM', since: since.toISOString(), meaning: 'Slow.' },
    { name: 'both', state: 'OK', since: since.toISOString(), meaning: '' },
  ]);
  expect(sent.map(({ input }) => input)).toMatchObject([
    { AlarmNames: ['slow', 'both'], AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] },
  ]);
});
