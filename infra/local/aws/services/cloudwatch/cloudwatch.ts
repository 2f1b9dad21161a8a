import type {
  DescribeAlarmsInput,
  DescribeAlarmsOutput,
  SetAlarmStateInput,
} from '@aws-sdk/client-cloudwatch';
import type { Host, Operation, Service } from '../../host.ts';
import { createLifetime } from '../../instances/lifetime.ts';
import { page } from '../shared/paging.ts';
import { createAlarmDriver } from './alarm-driver.ts';
import {
  type AlarmRecord,
  alarmArn,
  alarmsOf,
  describeCompositeAlarm,
  describeMetricAlarm,
  findAlarm,
} from './alarms.ts';
import type { StateValue } from './evaluate-alarm.ts';
import { getMetricData } from './metric-data.ts';
import { alarmProviders } from './resources.ts';

/** Most alarms in one answer. */
const LARGEST_PAGE = 100;

/** CloudWatch: alarms about what the emulator's services measure. Its endpoint and signing name is `monitoring`. */
export const createCloudWatchService = (host: Host): Service => {
  const lifetime = createLifetime(host.clock, (error) =>
    host.log('cloudwatch', 'Work failed', { error: String(error) }),
  );
  const driver = createAlarmDriver(host, lifetime);

  const describeAlarms: Operation<DescribeAlarmsInput, DescribeAlarmsOutput> = {
    requires: ({ AlarmNames }) =>
      (AlarmNames?.length ? AlarmNames : ['*']).map((name) => ({
        action: 'cloudwatch:DescribeAlarms',
        resource: alarmArn(host, name),
      })),
    run: ({ AlarmNames, AlarmNamePrefix = '', AlarmTypes, StateValue: state, MaxRecords, NextToken }) => {
      // Only alarms about metrics, unless others are asked for.
      const types = AlarmTypes?.length ? AlarmTypes : ['MetricAlarm'];
      const isWanted = ({ kind, name, state: { value } }: AlarmRecord) =>
        types.includes(kind === 'metric' ? 'MetricAlarm' : 'CompositeAlarm') &&
        (!AlarmNames?.length || AlarmNames.includes(name)) &&
        name.startsWith(AlarmNamePrefix) &&
        (state === undefined || value === state);
      const found = alarmsOf(host).values().filter(isWanted);
      const { items, nextToken } = page(found, NextToken, MaxRecords, {
        fallback: LARGEST_PAGE,
        errorName: 'InvalidNextToken',
      });
      return {
        MetricAlarms: items.flatMap((one) => (one.kind === 'metric' ? [describeMetricAlarm(one)] : [])),
        CompositeAlarms: items.flatMap((one) =>
          one.kind === 'composite' ? [describeCompositeAlarm(one)] : [],
        ),
        ...(nextToken && { NextToken: nextToken }),
      };
    },
  };
  const setAlarmState: Operation<SetAlarmStateInput, object> = {
    requires: ({ AlarmName = '' }) => ({
      action: 'cloudwatch:SetAlarmState',
      resource: alarmArn(host, AlarmName),
    }),
    run: ({ AlarmName, StateValue: value, StateReason = '' }) => {
      const { name } = findAlarm(host, AlarmName);
      driver.enter(name, value as StateValue, StateReason);
      return {};
    },
  };

  return {
    name: 'monitoring',
    operations: {
      DescribeAlarms: describeAlarms,
      GetMetricData: getMetricData(host),
      SetAlarmState: setAlarmState,
    },
    resources: alarmProviders(host, driver),
    start: driver.start,
    stop: async () => {
      driver.stop();
      await lifetime.end();
    },
  };
};
