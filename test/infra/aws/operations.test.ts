import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { listOf, text } from '../../../scripts/templates.ts';
import { stateNames } from '../../../workflows/state-names.ts';
import { ofType, only, stackOf, templates } from './support/templates.ts';

const stacks = templates();
const platform = stackOf(stacks, 'Lockstep-Platform');
const orders = stackOf(stacks, 'Lockstep-orders');
const alarms = [platform, orders].flatMap((template) => ofType(template, 'AWS::CloudWatch::Alarm'));
const runbook = readFileSync(resolve(import.meta.dirname, '../../../RUNBOOK.md'), 'utf8');
/** Anchor and text of each section. */
const sections = runbook
  .split(/^## /m)
  .slice(1)
  .map((section) => {
    const [heading = ''] = section.split('\n');
    return [heading.toLowerCase().replaceAll(' ', '-'), section] as const;
  });
const linkOf = (description: unknown) => / See RUNBOOK\.md#(\S+)$/.exec(String(description))?.[1];

/** Only where the configuration has notifications; test/infra/aws/notifications.test.ts looks there. */
const OF_NOTIFICATIONS = ['a-notification-was-given-up'];
/** Only where an application has a build; test/infra/aws/build.test.ts looks there. */
const OF_BUILDS = ['a-build-failed'];

describe('alarms', () => {
  it('lead to a section of the runbook that says what to do', () => {
    for (const [id, { Properties }] of alarms) {
      const section = sections.find(([anchor]) => anchor === linkOf(Properties.AlarmDescription))?.[1];
      expect([id, section]).toEqual([id, expect.stringMatching(/\*\*Alarm.*\*\*Resolution\.\*\*/s)]);
    }
  });

  it('stand behind each section that says so', () => {
    const linked = new Set(alarms.map(([, { Properties }]) => linkOf(Properties.AlarmDescription)));
    const announced = sections.filter(([, section]) => /^\*\*Alarm/m.test(section)).map(([anchor]) => anchor);
    expect([...linked, ...OF_NOTIFICATIONS, ...OF_BUILDS].sort()).toEqual(announced.sort());
  });

  it('mail operators when they go on and off', () => {
    for (const [id, { Properties }] of alarms)
      for (const actions of [Properties.AlarmActions, Properties.OKActions])
        expect([id, (actions as unknown[]).map(text)]).toEqual([
          id,
          [expect.stringMatching(/AlarmsTopic\w+/)],
        ]);
  });

  it('may be published by CloudWatch of this account alone, encrypted', () => {
    const [topic, { Properties }] = only(platform, 'AWS::SNS::Topic', 'AlarmsTopic');
    const key = text(Properties.KmsMasterKeyId).slice(1, -'.Arn>'.length);
    const policies = JSON.stringify([
      platform.Resources[key]?.Properties.KeyPolicy,
      ofType(platform, 'AWS::SNS::TopicPolicy').find(([, policy]) =>
        JSON.stringify(policy.Properties.Topics).includes(topic),
      ),
    ]);
    const condition =
      '"Condition":{"StringEquals":{"aws:SourceAccount":{"Ref":"AWS::AccountId"}},"ArnLike":{"aws:SourceArn":';
    expect(policies.split(condition)).toHaveLength(3);
    expect(policies.match(/"Service":"cloudwatch.amazonaws.com"/g)).toHaveLength(2);
  });

  it('take the absence of the reconciler and of instances for a failure, and of anything else for silence', () => {
    const breaching = alarms.filter(([, { Properties }]) => Properties.TreatMissingData === 'breaching');
    expect(breaching.map(([, { Properties }]) => linkOf(Properties.AlarmDescription)).sort()).toEqual([
      'prod-has-no-healthy-instance',
      'prod-has-too-few-instances',
      'the-reconciler-has-stopped',
    ]);
    expect(alarms.every(([, { Properties }]) => Properties.TreatMissingData !== undefined)).toBe(true);
  });
});

it("the dashboard shows outcomes, time per state, waiting for approvals and DORA's four", () => {
  const [, { Properties }] = only(orders, 'AWS::CloudWatch::Dashboard');
  const { widgets } = JSON.parse(text(Properties.DashboardBody)) as {
    widgets: { properties: { title?: string; metrics?: unknown[] } }[];
  };
  expect(widgets.flatMap(({ properties }) => properties.title ?? [])).toEqual([
    'Deployment frequency',
    'Lead time for changes',
    'Change failure rate',
    'Time to restore',
    'Promotions by outcome, per day',
    'Time per state, average per day',
    'Waiting for each approval, longest per day',
  ]);
  const shown = JSON.stringify(widgets);
  for (const metric of [
    'Promotions',
    'TimeInState',
    'LeadTime',
    'ProdDeployments',
    'FailedProdDeployments',
    'TimeToRestore',
  ])
    expect(shown).toContain(`["Lockstep","${metric}","Application","orders"`);
  for (const state of [stateNames.qcApproval, stateNames.pmoApproval, stateNames.deployToProd])
    expect(shown).toContain(`"State","${state}"`);
});

it('functions are traced, and write their logs as JSON', () => {
  const lambdas = [platform, orders]
    .flatMap((template) => ofType(template, 'AWS::Lambda::Function'))
    .filter(([id]) => !id.includes('Providerframework'));
  for (const [id, { Properties }] of lambdas)
    expect([
      id,
      Properties.TracingConfig,
      (Properties.LoggingConfig as { LogFormat: string }).LogFormat,
    ]).toEqual([id, { Mode: 'Active' }, 'JSON']);
  expect(
    listOf(only(orders, 'AWS::StepFunctions::StateMachine', 'Promotion')[1].Properties.TracingConfiguration),
  ).toEqual([{ Enabled: true }]);
});

describe("Prod's alarms", () => {
  /** Of one metric. */
  const about = (metric: string) =>
    alarms
      .filter(([, { Properties }]) => Properties.MetricName === metric)
      .map(([id, one]) => [id, one] as const);
  const sum = {
    Statistic: 'Sum',
    Period: 300,
    EvaluationPeriods: 1,
    Threshold: 10,
    TreatMissingData: 'notBreaching',
  };

  it('go off at 10 answers with errors, from instances or for them, within 5 minutes', () => {
    for (const metric of ['HTTPCode_Target_5XX_Count', 'HTTPCode_ELB_502_Count', 'HTTPCode_ELB_503_Count'])
      expect(about(metric).map(([, { Properties }]) => Properties)).toMatchObject([
        { ...sum, ComparisonOperator: 'GreaterThanOrEqualToThreshold' },
      ]);
  });

  it('go off when more than one answer in twenty is slow, soon enough to take a deployment back', () => {
    expect(about('TargetResponseTime').map(([, { Properties }]) => Properties)).toMatchObject([
      {
        ExtendedStatistic: 'p95',
        Threshold: 5,
        Period: 60,
        EvaluationPeriods: 3,
        DatapointsToAlarm: 2,
        ComparisonOperator: 'GreaterThanThreshold',
      },
    ]);
  });

  it('T56: go off when no target is registered, of which no metric tells, and when too few are healthy for 15 minutes', () => {
    const healthy = { Statistic: 'Minimum', Period: 60, TreatMissingData: 'breaching' };
    expect(about('HealthyHostCount').map(([, { Properties }]) => Properties)).toMatchObject(
      [
        { Threshold: 1, EvaluationPeriods: 3 },
        { Threshold: 2, EvaluationPeriods: 15 },
      ].map((one) => ({ ...healthy, ...one, ComparisonOperator: 'LessThanThreshold' })),
    );
    expect(about('HTTPCode_ELB_503_Count')).toHaveLength(1);
  });

  it('T56: about missing instances begin after the fleet is there, and stop no deployment: it brings instances', () => {
    const [fleetId, fleet] = only(orders, 'Custom::LockstepProdFleet');
    const watched = (fleet.Properties.alarmNames as readonly { Ref: string }[]).map(({ Ref }) => Ref);
    const ids = (...metrics: string[]) => metrics.flatMap(about).map(([id]) => id);
    expect(watched).toEqual(ids('HTTPCode_Target_5XX_Count', 'HTTPCode_ELB_502_Count', 'TargetResponseTime'));
    for (const [, alarm] of [...about('HealthyHostCount'), ...about('HTTPCode_ELB_503_Count')])
      expect(alarm.DependsOn).toContain(fleetId);
  });
});
