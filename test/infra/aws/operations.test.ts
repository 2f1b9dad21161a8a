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
    expect([...linked].sort()).toEqual(announced.sort());
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

  it('take the absence of the reconciler for a failure, and of anything else for silence', () => {
    const breaching = alarms.filter(([, { Properties }]) => Properties.TreatMissingData === 'breaching');
    expect(breaching.map(([, { Properties }]) => linkOf(Properties.AlarmDescription))).toEqual([
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

it('Prod answers with errors: from 10 of status 5xx within 5 minutes', () => {
  const [, { Properties }] = alarms.find(
    ([, alarm]) => linkOf(alarm.Properties.AlarmDescription) === 'prod-answers-with-errors',
  ) as (typeof alarms)[number];
  expect(Properties).toMatchObject({
    MetricName: 'HTTPCode_Target_5XX_Count',
    Statistic: 'Sum',
    Period: 300,
    EvaluationPeriods: 1,
    Threshold: 10,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    TreatMissingData: 'notBreaching',
  });
});
