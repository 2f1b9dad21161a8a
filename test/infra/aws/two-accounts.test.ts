import { idleCosts } from '../../../scripts/costs/idle-costs.ts';
import { listOf, text } from '../../../scripts/templates.ts';
import { environmentAccessVariables } from '../../../tasks/environment-access.ts';
import { synthesize } from './support/synthesize.ts';
import { grantsOf, ofType, only, type Statement, stackOf } from './support/templates.ts';
import {
  actionsOf,
  arnOfRole,
  both,
  environments,
  example,
  functionsOf,
  OF_AN_ENVIRONMENT,
  OWN,
  orders,
  place,
  placed,
  platform,
  roleNamed,
  THEIRS,
  templateOf,
  trustOf,
  trusts,
} from './support/two-accounts.ts';

describe('stacks', () => {
  it('T52: are where their environment is, and deployed before what reaches them', () => {
    const stacks = Object.entries(placed).map(([name, { environment, dependencies }]) => [
      name,
      environment,
      [...dependencies].sort(),
    ]);
    const [workloads, theirWorkloads] = [
      `Lockstep-Workloads-${THEIRS}-us-east-1`,
      `Lockstep-Workloads-${THEIRS}-eu-west-1`,
    ];
    expect(stacks.sort()).toEqual(
      [
        ['Lockstep-Platform', `aws://${OWN}/us-east-1`, []],
        [workloads, `aws://${THEIRS}/us-east-1`, []],
        [theirWorkloads, `aws://${THEIRS}/eu-west-1`, []],
        ['Lockstep-orders-Artifacts-eu-west-1', `aws://${OWN}/eu-west-1`, []],
        ['Lockstep-orders-Qat', `aws://${THEIRS}/us-east-1`, ['Lockstep-Platform', workloads]],
        ['Lockstep-orders-Prod', `aws://${THEIRS}/eu-west-1`, ['Lockstep-Platform', theirWorkloads]],
        [
          'Lockstep-orders',
          `aws://${OWN}/us-east-1`,
          [
            'Lockstep-Platform',
            'Lockstep-orders-Artifacts-eu-west-1',
            'Lockstep-orders-Prod',
            'Lockstep-orders-Qat',
          ],
        ],
      ].sort(),
    );
  });

  it('T52: refer to no value of a stack in another account or region', () => {
    let imports = 0;
    for (const { template, environment } of Object.values(placed)) {
      const written = JSON.stringify(template);
      for (const [, stack = ''] of written.matchAll(/"Fn::ImportValue":"([^":]+):/g)) {
        imports += 1;
        expect(placed[stack]?.environment).toBe(environment);
      }
      expect(written).not.toMatch(/Fn::GetStackOutput|CrossRegionExport/);
    }
    expect(imports).toBeGreaterThan(10);
  });

  it("T52: hold Prod's and QAT's instances in their own account, and none with the state machine", () => {
    for (const type of [
      'AWS::AutoScaling::AutoScalingGroup',
      'Custom::LockstepProdFleet',
      'AWS::EC2::LaunchTemplate',
    ])
      expect([type, ofType(orders, type)]).toEqual([type, []]);
    expect(ofType(environments.qat.template, 'AWS::AutoScaling::AutoScalingGroup')).toHaveLength(1);
    expect(ofType(environments.prod.template, 'Custom::LockstepProdFleet')).toHaveLength(1);
  });
});

describe('functions', () => {
  const reaching = functionsOf(orders).flatMap(({ name, variables, role }) =>
    both.flatMap(([environment, { template }]) => {
      const names = environmentAccessVariables[environment as keyof typeof environmentAccessVariables];
      const arn = variables[names.role];
      return arn === undefined
        ? []
        : [{ name, role, environment, template, arn: String(arn), region: variables[names.region] }];
    }),
  );

  it('T52: are led to the environments that they act in, and to no other', () => {
    const led = reaching.map(({ name, environment }) => `${name} ${environment}`);
    expect(led.sort()).toEqual([
      'CheckRelease prod',
      'CompleteJob prod',
      'CompleteJob qat',
      'LookAtInstances prod',
      'LookAtInstances qat',
      'PointAtImage prod',
      'PointAtImage qat',
      'ReconcileJobs prod',
      'ReconcileJobs qat',
      'RequestApproval qat',
      'RestoreProd prod',
      'SoakProd prod',
      'StartJob prod',
      'StartJob qat',
      'VerifyProd prod',
    ]);
  });

  it('T52: may assume a role in each, whose trust names that function’s role only', () => {
    for (const { role, environment, template, arn, region } of reaching) {
      expect(region).toBe(environments[environment as keyof typeof environments].region);
      expect(trustOf(roleNamed(template, arn, THEIRS)[1])).toEqual(trusts(OWN, arnOfRole(orders, role, OWN)));
    }
    expect(new Set(reaching.map(({ arn }) => arn)).size).toBe(reaching.length);
    for (const { name, role } of functionsOf(orders)) {
      const assumed = grantsOf(orders, role).filter((grant) => grant.startsWith('sts:'));
      const expected = reaching
        .filter((one) => one.name === name)
        .map(({ arn }) => `sts:AssumeRole on ${arn}`);
      expect([name, [...assumed].sort()]).toEqual([name, expected.sort()]);
    }
  });

  it('T52: may do there what they may do in an environment of their own account, and nothing of it here', () => {
    const single = stackOf(synthesize(), 'Lockstep-orders');
    // Who is to get mail, and what an image was built from, is no matter of an environment.
    const ownMatters = [
      'InspectImage ec2:DescribeImages',
      'ReconcileJobs ssm:GetParameter',
      'RequestApproval ec2:DescribeImages',
    ];
    const ofAnEnvironment = (name: string) => (action: string) =>
      OF_AN_ENVIRONMENT.test(action) && !ownMatters.includes(`${name} ${action}`);
    for (const { name, role } of functionsOf(single)) {
      const here = functionsOf(orders).find((one) => one.name === name)?.role ?? '';
      const there = reaching
        .filter((one) => one.name === name)
        .flatMap(({ template, arn }) => actionsOf(template, roleNamed(template, arn, THEIRS)[0]));
      const needed = actionsOf(single, role).filter(ofAnEnvironment(name));
      // Prod's target group is looked up where its address is not known.
      if (name === 'VerifyProd' || name === 'LookAtInstances') needed.push('ssm:GetParameter');
      expect([name, [...new Set(there)].sort()]).toEqual([name, [...new Set(needed)].sort()]);
      expect([name, actionsOf(orders, here).filter(ofAnEnvironment(name))]).toEqual([name, []]);
    }
  });

  // Alarms are resources of that stack. CodeDeploy authorizes stopping and continuing on no deployment group, CloudWatch metric data on nothing
  // (Service Authorization Reference).
  it('T52: act there on what is of that account and region alone', () => {
    for (const { template, arn, region } of reaching)
      for (const grant of grantsOf(template, roleNamed(template, arn, THEIRS)[0]))
        expect(grant).toMatch(
          new RegExp(
            `^(\\S+ on arn:aws:\\w+:${region}:${THEIRS}:|cloudwatch:DescribeAlarms on <ProdAlarms\\w+\\.Arn>$|(\\w+:(Describe|List|BatchGet)\\w+|codedeploy:(Stop|Continue)Deployment|cloudwatch:GetMetricData) on \\*$)`,
          ),
        );
  });

  it('T52: find what they act on by names that both accounts know', () => {
    const { template } = environments.prod;
    const [verify] = functionsOf(orders).filter(({ name }) => name === 'VerifyProd');
    const [, parameter] = only(template, 'AWS::SSM::Parameter');
    expect(verify?.variables).toMatchObject({
      PROD_CODEDEPLOY_APPLICATION: only(template, 'AWS::CodeDeploy::Application')[1].Properties
        .ApplicationName,
      PROD_TARGET_GROUP_ARN: `arn:aws:ssm:eu-west-1:${THEIRS}:parameter${parameter.Properties.Name}`,
    });
    expect(parameter.Properties.Value).toEqual({
      Ref: only(template, 'AWS::ElasticLoadBalancingV2::TargetGroup')[0],
    });
    const group = only(environments.qat.template, 'AWS::AutoScaling::AutoScalingGroup')[1].Properties;
    expect(JSON.stringify(orders)).toContain(`"autoScalingGroupName\\":\\"${group.AutoScalingGroupName}\\"`);
  });
});

it('T52: the approvals site knows the regions that its links lead to', () => {
  const [, site] = only(platform, 'AWS::Lambda::Function', 'ApprovalsSite');
  expect((site.Properties.Environment as { Variables: object }).Variables).toMatchObject({
    ENVIRONMENT_REGIONS: '{"orders":{"qat":"us-east-1","prod":"eu-west-1"}}',
  });
});

it('T52: hold nothing whose price is unknown', () => {
  for (const { template } of Object.values(placed)) expect(() => idleCosts(template.Resources)).not.toThrow();
});

it('T52: applications share the network of an account and region, and have their environments to themselves', () => {
  const stacks = place({
    ...example,
    applications: [...example.applications, { name: 'stock', runtime: 'java' }],
  });
  expect(Object.keys(stacks).filter((name) => name.includes('Workloads'))).toHaveLength(2);
  for (const name of ['Lockstep-stock-Qat', 'Lockstep-stock-Prod'])
    expect(JSON.stringify(templateOf(name, stacks))).not.toContain('orders');
  const policy = only(templateOf('Lockstep-Platform', stacks), 'AWS::Events::EventBusPolicy')[1].Properties
    .Statement as Statement;
  // One role for each environment.
  expect(policy.Condition?.ArnEquals?.['aws:PrincipalArn']).toHaveLength(4);
});

it.each(both)(
  'T52: people may see the deployments to %s in its account, complete no task and point at no image',
  (environment, { template, region }) => {
    const [id, { Properties }] = only(template, 'AWS::IAM::ManagedPolicy', 'Viewers');
    const { Statement } = Properties.PolicyDocument as { Statement: Statement[] };
    expect(Statement).toMatchObject([
      { Effect: 'Allow', Action: 'codedeploy:GetDeployment' },
      {
        Effect: 'Allow',
        Action: ['codedeploy:BatchGetDeploymentTargets', 'codedeploy:ListDeploymentTargets'],
        Resource: '*',
      },
      { Effect: 'Deny', Action: expect.arrayContaining(['states:SendTaskSuccess']), Resource: '*' },
      { Effect: 'Deny', Action: 'ssm:PutParameter' },
    ]);
    expect(text(Statement.at(-1)?.Resource)).toMatch(/:ssm:\*:\*:parameter\/lockstep\/\*$/);
    const group = `lockstep-orders-${environment}/${environment}`;
    expect(text(Statement[0]?.Resource)).toBe(
      `arn:aws:codedeploy:${region}:${THEIRS}:deploymentgroup:${group}`,
    );
    expect(template.Outputs).toMatchObject({ ViewersPolicyArn: { Value: { Ref: id } } });
  },
);

it('T52: policies name each role that they admit from another account', () => {
  let named = 0;
  const look = (value: unknown, account: string): void => {
    if (typeof value !== 'object' || value === null) return;
    const { Principal, Effect, Condition } = value as Statement;
    const principals = listOf((Principal as { AWS?: unknown } | undefined)?.AWS as unknown).map(text);
    if (Effect === 'Allow' && principals.some((one) => /^arn:/.test(one) && !one.includes(`::${account}:`))) {
      named += 1;
      const arns = listOf(Condition?.ArnEquals?.['aws:PrincipalArn'] as string[] | undefined);
      expect(arns.length).toBeGreaterThan(0);
      for (const arn of arns) expect(arn).toMatch(/^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]+$/);
    }
    for (const child of Object.values(value)) look(child, account);
  };
  for (const { template, environment } of Object.values(placed))
    look(template.Resources, environment.split('/')[2] ?? '');
  expect(named).toBeGreaterThan(15);
});
