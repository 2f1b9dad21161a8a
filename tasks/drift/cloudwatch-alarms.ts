import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { beginningOf } from '../truncate-text.ts';
import type { AlarmStatus } from './environment-status.ts';

/** An alarm, on or off. */
export interface ReadAlarm extends AlarmStatus {
  readonly isOn: boolean;
}

/** Reads alarms by name. One that does not exist is left out. */
export type ReadAlarms = (names: readonly string[]) => Promise<readonly ReadAlarm[]>;

/** DescribeAlarms takes at most so many names. */
const MOST_NAMES = 100;
/** In characters. */
const LONGEST_MEANING = 300;

/** Alarms of CloudWatch. */
export const createReadAlarms =
  (client = new CloudWatchClient({})): ReadAlarms =>
  async (names) => {
    const found: ReadAlarm[] = [];
    for (let from = 0; from < names.length; from += MOST_NAMES) {
      const { MetricAlarms = [], CompositeAlarms = [] } = await client.send(
        new DescribeAlarmsCommand({
          AlarmNames: names.slice(from, from + MOST_NAMES),
          AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
          MaxRecords: MOST_NAMES,
        }),
      );
      for (const one of [...MetricAlarms, ...CompositeAlarms])
        found.push({
          name: one.AlarmName ?? '',
          isOn: one.StateValue === 'ALARM',
          since: (one.StateTransitionedTimestamp ?? one.StateUpdatedTimestamp ?? new Date(0)).toISOString(),
          meaning: beginningOf(one.AlarmDescription ?? '', LONGEST_MEANING),
        });
    }
    return found;
  };
