import { AlarmRuleError, holds, parseAlarmRule } from '../../../services/cloudwatch/alarm-rule.ts';
import type { StateValue } from '../../../services/cloudwatch/evaluate-alarm.ts';

const states: Readonly<Record<string, StateValue>> = {
  high: 'ALARM',
  low: 'OK',
  'two words': 'ALARM',
  new: 'INSUFFICIENT_DATA',
};
const holdsNow = (text: string) => holds(parseAlarmRule(text), (alarm) => states[alarm]);

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html, AlarmRule
it.each([
  ['ALARM(high)', true],
  ['ALARM(low)', false],
  ['OK(low)', true],
  ['INSUFFICIENT_DATA(new)', true],
  ['ALARM("two words")', true],
  ['ALARM(arn:aws:cloudwatch:us-east-1:000000000000:alarm:high)', true],
  ['ALARM("arn:aws:cloudwatch:us-east-1:000000000000:alarm:two words")', true],
  ['TRUE', true],
  ['FALSE', false],
  ['NOT FALSE', true],
  ['ALARM(high) AND NOT ALARM(low)', true],
  ['ALARM(high) AND ALARM(low)', false],
  ['ALARM(low) OR ALARM(high)', true],
  ['(ALARM(low) OR ALARM(high)) AND OK(high)', false],
  ['NOT (ALARM(low) OR ALARM(new))', true],
  // An alarm that does not exist is in no state.
  ['ALARM(gone) OR OK(gone) OR INSUFFICIENT_DATA(gone)', false],
])('%s is %s', (text, expected) => {
  expect(holdsNow(text)).toBe(expected);
});

it('binds AND closer than OR, and NOT closest', () => {
  expect(holdsNow('TRUE OR FALSE AND FALSE')).toBe(true);
  expect(holdsNow('(TRUE OR FALSE) AND FALSE')).toBe(false);
  expect(holdsNow('NOT TRUE OR TRUE')).toBe(true);
});

it.each(['', 'ALARM(high) ALARM(low)', 'ALARM()', 'ALARM(high) AND', '(TRUE', 'BROKEN(high)', 'TRUE)'])(
  'fails for the rule "%s"',
  (text) => {
    expect(() => parseAlarmRule(text)).toThrow(AlarmRuleError);
  },
);
