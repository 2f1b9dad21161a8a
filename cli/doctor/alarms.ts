import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { beginningOf } from '../../tasks/truncate-text.ts';
import { type Finding, fault } from './finding.ts';
import { deployedAs, type Place } from './place.ts';

/** An alarm that is on. */
export interface RaisedAlarm {
  readonly name: string;
  /** What it means, and where the runbook says what to do. */
  readonly description: string;
  readonly reason: string;
}

/** In characters. */
const LONGEST_REASON = 100;

/** Alarms that are on: each description says what it means and links the runbook. */
export const alarmFindings = (alarms: readonly RaisedAlarm[]): readonly Finding[] =>
  alarms.map(({ name, description, reason }) =>
    fault(`The alarm ${name} is on`, beginningOf(reason, LONGEST_REASON), description),
  );

/** DescribeAlarms takes at most so many names. */
const MOST_NAMES = 100;

/** Looks at the alarms of the stacks. Those on dead letters are left to the check of the queues, which says what is in them. */
export const checkAlarms = async (place: Place): Promise<readonly Finding[]> => {
  const names = deployedAs(place, 'AWS::CloudWatch::Alarm')
    .filter(({ properties }) => properties.Namespace !== 'AWS/SQS')
    .map(({ physicalId }) => physicalId);
  const raised: RaisedAlarm[] = [];
  for (let start = 0; start < names.length; start += MOST_NAMES) {
    const { MetricAlarms = [] } = await place.clients.cloudWatch.send(
      new DescribeAlarmsCommand({
        AlarmNames: names.slice(start, start + MOST_NAMES),
        StateValue: 'ALARM',
        MaxRecords: MOST_NAMES,
      }),
    );
    for (const {
      AlarmName: name = '',
      AlarmDescription: description = '',
      StateReason: reason = '',
    } of MetricAlarms)
      raised.push({ name, description, reason });
  }
  return alarmFindings(raised);
};
