import {
  type AlarmCondition,
  type Datapoint,
  evaluateAlarm,
  evaluationRange,
  missingDataTreatments,
  type StateValue,
} from '../../../services/cloudwatch/evaluate-alarm.ts';

const condition = (change: Partial<AlarmCondition> = {}): AlarmCondition => ({
  threshold: 1,
  comparison: 'GreaterThanOrEqualToThreshold',
  evaluationPeriods: 3,
  datapointsToAlarm: 3,
  treatMissingData: 'missing',
  ...change,
});

/** `0 - X`: within the threshold, missing, breaching; the newest last, as the guide has it. */
const points = (text: string): Datapoint[] =>
  text.split(' ').map((one) => ({ '0': 0, X: 1, '-': undefined })[one]);

const RETAIN = 'retain';
type Row = [points: string, ...states: (StateValue | typeof RETAIN)[]];
const columns = ['missing', 'ignore', 'breaching', 'notBreaching'] as const;

const expectRow = ([text, ...states]: Row, change: Partial<AlarmCondition>) => {
  for (const [index, treatMissingData] of columns.entries())
    for (const current of ['OK', 'ALARM', 'INSUFFICIENT_DATA'] as const) {
      const { state } = evaluateAlarm(condition({ ...change, treatMissingData }), points(text), current);
      const wanted = states[index] === RETAIN ? current : states[index];
      expect([text, treatMissingData, current, state]).toEqual([text, treatMissingData, current, wanted]);
    }
};

// Both tables: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
describe('an alarm with missing data, as the guide has it', () => {
  it.each<Row>([
    ['0 - X - X', 'OK', 'OK', 'OK', 'OK'],
    ['- - - - 0', 'OK', 'OK', 'OK', 'OK'],
    ['0 - - - -', 'OK', 'OK', 'OK', 'OK'],
    ['- - - - -', 'INSUFFICIENT_DATA', RETAIN, 'ALARM', 'OK'],
    ['0 X X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['- - X - -', 'ALARM', RETAIN, 'ALARM', 'OK'],
    ['X - - - -', 'ALARM', RETAIN, 'ALARM', 'OK'],
    ['- - - - X', 'INSUFFICIENT_DATA', RETAIN, 'ALARM', 'OK'],
  ])('three out of three: %s', (...row) => {
    expectRow(row, { datapointsToAlarm: 3 });
  });

  it.each<Row>([
    ['0 - X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['0 0 X 0 X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['0 - X - -', 'OK', 'OK', 'ALARM', 'OK'],
    ['- - - - 0', 'OK', 'OK', 'ALARM', 'OK'],
    ['- - - X -', 'ALARM', RETAIN, 'ALARM', 'OK'],
    ['- - - - X', 'INSUFFICIENT_DATA', RETAIN, 'ALARM', 'OK'],
  ])('two out of three: %s', (...row) => {
    expectRow(row, { datapointsToAlarm: 2 });
  });
});

it('looks back two periods further than it evaluates, as the guide’s example does', () => {
  expect(evaluationRange(condition())).toBe(5);
});

it.each([
  ['GreaterThanOrEqualToThreshold', 'OK', 'ALARM', 'ALARM'],
  ['GreaterThanThreshold', 'OK', 'OK', 'ALARM'],
  ['LessThanThreshold', 'ALARM', 'OK', 'OK'],
  ['LessThanOrEqualToThreshold', 'ALARM', 'ALARM', 'OK'],
] as const)('compares 9, 10 and 11 with 10 by %s', (comparison, ...expected) => {
  for (const treatMissingData of missingDataTreatments) {
    const one = { evaluationPeriods: 1, datapointsToAlarm: 1 };
    const alarm = condition({ comparison, treatMissingData, threshold: 10, ...one });
    const states = [9, 10, 11].map(
      (value) => evaluateAlarm(alarm, [undefined, undefined, value], 'OK').state,
    );
    expect(states).toEqual(expected);
  }
});

it('says what it saw: the datapoints, the threshold, and what stood for missing ones', () => {
  const alarm = condition({ comparison: 'LessThanThreshold', treatMissingData: 'breaching' });
  expect(evaluateAlarm(alarm, points('- - - - 0'), 'OK').reason).toBe(
    'Threshold Crossed: 1 out of the last 1 datapoint [0] were less than the threshold (1), and 2 datapoints that were missing were treated as [Breaching] (minimum 3 datapoints for ALARM).',
  );
});
