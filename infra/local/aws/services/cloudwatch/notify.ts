import type { Host } from '../../host.ts';
import { type AlarmRecord, describeMetricAlarm } from './alarms.ts';
import type { StateValue } from './evaluate-alarm.ts';

/** SNS's limit of a subject. */
const LONGEST_SUBJECT = 100;

/** CloudWatch's subject, and its words for mail beside the JSON for programs. */
const messageOf = (host: Host, alarm: AlarmRecord, before: StateValue) => {
  const { name, description = '', arn, state } = alarm;
  const time = new Date(state.since).toISOString();
  const text = [
    `You are receiving this email because your Amazon CloudWatch Alarm "${name}" in the ${host.region} region has entered the ${state.value} state, because "${state.reason}" at "${time}".`,
    '',
    'Alarm Details:',
    `- Name: ${name}`,
    `- Description: ${description}`,
    `- State Change: ${before} -> ${state.value}`,
    `- Reason for State Change: ${state.reason}`,
    `- Timestamp: ${time}`,
    `- AWS Account: ${host.accountId}`,
    `- Alarm Arn: ${arn}`,
  ].join('\n');
  return {
    Subject: `${state.value}: "${name}" in ${host.region}`.slice(0, LONGEST_SUBJECT),
    MessageStructure: 'json',
    Message: JSON.stringify({
      email: text,
      default: JSON.stringify({
        AlarmName: name,
        AlarmDescription: description,
        AWSAccountId: host.accountId,
        NewStateValue: state.value,
        OldStateValue: before,
        NewStateReason: state.reason,
        StateChangeTime: time,
        Region: host.region,
        AlarmArn: arn,
        ...(alarm.kind === 'metric' && { Trigger: describeMetricAlarm(alarm) }),
      }),
    }),
  };
};

/** Publishes a change of state to the topics that the alarm names for it. A topic that lets CloudWatch not in gets nothing. */
export const notify = async (host: Host, alarm: AlarmRecord, before: StateValue): Promise<void> => {
  if (!alarm.actionsEnabled) return;
  const principal = { kind: 'service', service: 'cloudwatch.amazonaws.com', sourceArn: alarm.arn } as const;
  for (const TopicArn of alarm.actions[alarm.state.value]) {
    try {
      await host.call(principal, 'sns', 'Publish', { TopicArn, ...messageOf(host, alarm, before) });
    } catch (error) {
      host.log('cloudwatch', `The action of ${alarm.name} failed: ${(error as Error).message}`, { TopicArn });
    }
  }
};
