import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { metricLine, promotionMetrics } from '../../../tasks/promotions/metrics.ts';
import { stateVisitsOf } from '../../../tasks/promotions/promotion-executions.ts';
import { aGoBack, aPromotion } from '../doubles/samples.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 22, 10, minute));
const entered = (id: number, minute: number, name: string): HistoryEvent => ({
  id,
  timestamp: at(minute),
  type: 'TaskStateEntered',
  stateEnteredEventDetails: { name },
});
const exited = (id: number, minute: number, name: string): HistoryEvent => ({
  id,
  timestamp: at(minute),
  type: 'TaskStateExited',
  stateExitedEventDetails: { name },
});

it('states are measured from entry to exit, in any order of the history', () => {
  const history = [
    exited(9, 30, 'QC approval'),
    entered(5, 10, 'QC approval'),
    exited(4, 10, 'Build QAT image'),
    entered(2, 0, 'Build QAT image'),
    entered(11, 31, 'PMO approval'),
  ];
  expect(stateVisitsOf(history)).toEqual([
    { name: 'Build QAT image', enteredAt: at(0), exitedAt: at(10) },
    { name: 'QC approval', enteredAt: at(10), exitedAt: at(30) },
  ]);
});

it('a redriven state is measured from the redrive, and what was before it not again', () => {
  const visits = stateVisitsOf([
    entered(2, 0, 'Build QAT image'),
    exited(3, 5, 'Build QAT image'),
    entered(4, 5, 'Deploy to QAT'),
    exited(9, 50, 'Deploy to QAT'),
  ]);
  const metrics = promotionMetrics({
    promotion: aPromotion(),
    status: 'SUCCEEDED',
    since: at(40),
    endedAt: at(50),
    visits,
    jobs: [],
    brokenSince: undefined,
  });
  expect(metrics.filter(({ name }) => name === 'TimeInState')).toEqual([
    {
      name: 'TimeInState',
      unit: 'Seconds',
      value: 600,
      dimensions: { Application: 'shop', State: 'Deploy to QAT' },
    },
  ]);
});

it.each([
  ['a push', undefined, true],
  ['a go-back', aGoBack(), false],
])('the lead time of %s is measured, if it brings a change (%#)', (_, goBack, isMeasured) => {
  const metrics = promotionMetrics({
    promotion: aPromotion({ ...(goBack && { goBack }) }),
    status: 'SUCCEEDED',
    since: at(0),
    endedAt: at(50),
    visits: [],
    jobs: [],
    brokenSince: at(0),
  });
  expect(metrics.some(({ name }) => name === 'LeadTime')).toBe(isMeasured);
  expect(metrics.some(({ name }) => name === 'TimeToRestore')).toBe(true);
});

it("a metric is written in CloudWatch's emulated format", () => {
  const dimensions = { Application: 'shop', Outcome: 'SUCCEEDED' };
  expect(JSON.parse(metricLine({ name: 'Promotions', unit: 'Count', value: 1, dimensions }, at(0)))).toEqual({
    _aws: {
      Timestamp: at(0).getTime(),
      CloudWatchMetrics: [
        {
          Namespace: 'Lockstep',
          Dimensions: [['Application', 'Outcome']],
          Metrics: [{ Name: 'Promotions', Unit: 'Count' }],
        },
      ],
    },
    Application: 'shop',
    Outcome: 'SUCCEEDED',
    Promotions: 1,
  });
});
