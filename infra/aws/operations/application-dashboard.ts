import { Duration } from 'aws-cdk-lib';
import {
  Dashboard,
  GraphWidget,
  GraphWidgetView,
  type IMetric,
  MathExpression,
  Metric,
  PeriodOverride,
  SingleValueWidget,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { PromotionStatus } from '../../../tasks/ledger/items.ts';
import { METRIC_NAMESPACE, type Metric as Measured } from '../../../tasks/promotions/metrics.ts';
import { stateNames } from '../../../workflows/state-names.ts';

/** The ways in which a promotion ends, and their colors. */
const outcomes: Readonly<Record<Exclude<PromotionStatus, 'RUNNING'>, string>> = {
  SUCCEEDED: '#2ca02c',
  REJECTED: '#ff7f0e',
  SUPERSEDED: '#17becf',
  STALE: '#bcbd22',
  RECALLED: '#8c564b',
  FAILED: '#d62728',
  TIMED_OUT: '#9467bd',
  ABORTED: '#7f7f7f',
};
const approvals = [stateNames.qcApproval, stateNames.pmoApproval];
const imageApprovals = [stateNames.qcImageApproval, stateNames.pmoImageApproval];
const jobs = [
  stateNames.buildQatImage,
  stateNames.refreshQatInstance,
  stateNames.deployToQat,
  stateNames.buildProdImage,
  stateNames.deployToProd,
];
const DAY = Duration.days(1);
const WEEK = Duration.days(7);

/** An application's promotions at a glance: DORA's four, outcomes, time per state, waiting for people. */
export class ApplicationDashboard extends Construct {
  /** @param props `asksAboutImage`: whether people are asked about a Prod image that differs from what was approved */
  constructor(
    scope: Construct,
    id: string,
    { application, asksAboutImage }: { application: string; asksAboutImage: boolean },
  ) {
    super(scope, id);
    const metric = (
      metricName: Measured['name'],
      statistic: string,
      period: Duration,
      options: {
        readonly label: string;
        readonly dimensions?: Record<string, string>;
        readonly color?: string;
      },
    ): IMetric =>
      new Metric({
        namespace: METRIC_NAMESPACE,
        metricName,
        statistic,
        period,
        label: options.label,
        dimensionsMap: { Application: application, ...options.dimensions },
        ...(options.color && { color: options.color }),
      });
    const timeIn = (states: readonly string[], statistic: string) =>
      states.map((State) => metric('TimeInState', statistic, DAY, { label: State, dimensions: { State } }));
    const value = (title: string, shown: IMetric) =>
      new SingleValueWidget({ title, metrics: [shown], width: 6 });
    const medianSeconds = { label: 'Median, in seconds' };
    const leftYAxis = { label: 'seconds', min: 0, showUnits: false };

    const dashboard = new Dashboard(this, 'Dashboard', {
      defaultInterval: Duration.days(28),
      periodOverride: PeriodOverride.INHERIT,
    });
    dashboard.addWidgets(
      new TextWidget({
        markdown: `# Promotions of ${application}\nDORA's four: how often commits reach Prod, how long they take from push to Prod, how many deployments to Prod fail, and how long it takes to restore service after a failure. All values are of the last seven days.`,
        width: 24,
        height: 3,
      }),
    );
    dashboard.addWidgets(
      value(
        'Deployment frequency',
        metric('Promotions', Stats.SUM, WEEK, {
          label: 'Promotions to Prod',
          dimensions: { Outcome: 'SUCCEEDED' },
        }),
      ),
      value('Lead time for changes', metric('LeadTime', Stats.percentile(50), WEEK, medianSeconds)),
      value(
        'Change failure rate',
        new MathExpression({
          expression: '100 * failed / all',
          label: 'Percent of deployments to Prod',
          period: WEEK,
          usingMetrics: {
            failed: metric('FailedProdDeployments', Stats.SUM, WEEK, { label: 'Failed' }),
            all: metric('ProdDeployments', Stats.SUM, WEEK, { label: 'All' }),
          },
        }),
      ),
      value('Time to restore', metric('TimeToRestore', Stats.percentile(50), WEEK, medianSeconds)),
    );
    dashboard.addWidgets(
      new GraphWidget({
        title: 'Promotions by outcome, per day',
        left: Object.entries(outcomes).map(([Outcome, color]) =>
          metric('Promotions', Stats.SUM, DAY, { label: Outcome, dimensions: { Outcome }, color }),
        ),
        view: GraphWidgetView.BAR,
        stacked: true,
        width: 8,
      }),
      new GraphWidget({
        title: 'Time per state, average per day',
        left: timeIn(jobs, Stats.AVERAGE),
        leftYAxis,
        width: 8,
      }),
      new GraphWidget({
        title: 'Waiting for each approval, longest per day',
        left: timeIn(asksAboutImage ? [...approvals, ...imageApprovals] : approvals, Stats.MAXIMUM),
        leftYAxis,
        width: 8,
      }),
    );
  }
}
