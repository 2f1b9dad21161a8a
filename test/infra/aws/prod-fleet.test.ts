import { listOf, text } from '../../../scripts/templates.ts';
import {
  grantsOfRole,
  launchTemplateOf,
  ofType,
  only,
  stackOf,
  statementsOf,
  templates,
} from './support/templates.ts';

const orders = stackOf(templates(), 'Lockstep-orders');
const fleet = only(orders, 'Custom::LockstepProdFleet')[1];

describe('Prod fleet', () => {
  it("T01: the blue/green deployment group is a custom resource, not CloudFormation's", () => {
    expect(
      ofType(orders, 'AWS::CodeDeploy::DeploymentGroup').map(([, { Properties }]) => Properties),
    ).toMatchObject([{ DeploymentStyle: { DeploymentType: 'IN_PLACE' } }]);
    expect(fleet.Properties.ServiceToken).toBeDefined();
  });

  it("T03: the fleet's function may make the group, and hand the service role to CodeDeploy", () => {
    const grants = grantsOfRole(orders, 'ProdFleetIsComplete');
    for (const action of ['Create', 'Update', 'Get', 'Delete'])
      expect(grants).toContainEqual(
        expect.stringMatching(
          `^codedeploy:${action}DeploymentGroup on .*:deploymentgroup:<ProdCodeDeploy\\w+>/prod$`,
        ),
      );
    expect(grants).toContainEqual(expect.stringMatching(/^iam:PassRole on <ProdCodeDeployRole\w+\.Arn>$/));
  });

  it("T03: the fleet's function may bring Auto Scaling's own role into being, and no other", () => {
    const [role] = only(orders, 'AWS::IAM::Role', 'ProdFleetIsComplete');
    const statements = statementsOf(orders, role).filter(({ Action }) =>
      listOf(Action).includes('iam:CreateServiceLinkedRole'),
    );
    expect(statements).toMatchObject([
      { Condition: { StringEquals: { 'iam:AWSServiceName': 'autoscaling.amazonaws.com' } } },
    ]);
    expect(text(statements[0]?.Resource)).toMatch(
      /:role\/aws-service-role\/autoscaling\.amazonaws\.com\/AWSServiceRoleForAutoScaling$/,
    );
  });

  it("T04: what runs the fleet's instances outlives it", () => {
    const needed = [
      /^ProdInstanceRole\w+$/,
      /^ProdInstanceRoleDefaultPolicy/,
      /^ProdInstanceProfile/,
      /^ProdCodeDeployRoleDefaultPolicy/,
      /^ProdLoadBalancerListener/,
      /^ProdSecurityGroup/,
      /^ImageParametersProd/,
    ];
    for (const id of needed) expect(fleet.DependsOn).toContainEqual(expect.stringMatching(id));
    const properties = JSON.stringify(fleet.Properties);
    for (const id of [
      'ProdLaunchTemplate',
      'ProdSeedLaunchTemplate',
      'ProdLoadBalancerTargets',
      'ProdCodeDeploy',
    ])
      expect(properties).toMatch(new RegExp(`"${id}\\w+"`));
  });

  it("T05: Prod has no Auto Scaling group of the stack's, and its groups are found by tag", () => {
    expect(ofType(orders, 'AWS::AutoScaling::AutoScalingGroup').map(([id]) => id)).toEqual([
      expect.stringMatching(/^QatGroup/),
    ]);
    const changing = ofType(orders, 'AWS::IAM::Policy').flatMap(([, { Properties }]) =>
      (Properties.PolicyDocument as { Statement: Record<string, unknown>[] }).Statement.filter((statement) =>
        /autoscaling:(Create|Delete|Update|Attach)/.test(JSON.stringify(statement.Action)),
      ),
    );
    expect(changing).toHaveLength(5);
    for (const { Condition } of changing)
      expect(JSON.stringify(Condition)).toMatch(
        /^\{"StringEquals":\{"aws:Re(source|quest)Tag\/lockstep:fleet":.*ProdCodeDeploy.*"\/prod"/,
      );
  });

  it('T06: CodeDeploy may start the green fleet from a launch template whose image is a parameter', () => {
    const [, { Properties }] = only(orders, 'AWS::IAM::Role', 'ProdCodeDeployRole');
    expect(text((Properties.ManagedPolicyArns as unknown[])[0])).toContain('service-role/AWSCodeDeployRole');
    const grants = grantsOfRole(orders, 'ProdCodeDeployRole');
    expect(grants).toContainEqual(
      expect.stringMatching(/^ec2:RunInstances on .*:launch-template\/<ProdLaunchTemplate\w+>$/),
    );
    expect(grants).toContainEqual(expect.stringMatching(/^ec2:RunInstances on .*::image\/\*$/));
    expect(grants).toContainEqual(expect.stringMatching(/^ec2:CreateTags on .*:instance\/\*$/));
    expect(grants).toContainEqual(expect.stringMatching(/^iam:PassRole on <ProdInstanceRole\w+\.Arn>$/));
    expect(grants).toContainEqual(
      expect.stringMatching(/^ssm:GetParameters on .*:parameter\/lockstep\/orders\/prod\/image$/),
    );
  });

  it('T07: the first instances start from a public image, with an agent and a stub that responds', () => {
    const { ImageId, UserData } = launchTemplateOf(orders, 'ProdSeedLaunchTemplate');
    expect(ImageId).toMatch(/^resolve:ssm:\/aws\/service\/ami-amazon-linux-latest\/al2023-/);
    const script = String((UserData as { 'Fn::Base64': string })['Fn::Base64']);
    expect(script).toContain('ThreadingHTTPServer(("", 8080)');
    // T51: started last.
    expect(script.trim().split('\n').at(-1)).toBe('systemctl enable --now codedeploy-agent');
    expect(Number(fleet.Properties.desiredCapacity)).toBeGreaterThanOrEqual(1);
  });

  it('T08: the old fleet goes after minutes', () => {
    expect(fleet.Properties.soakMinutes).toBe(5);
  });

  it('T09: instances are replaced one at a time, and leave the load balancer quickly', () => {
    expect(fleet.Properties.deploymentConfigName).toBe('CodeDeployDefault.OneAtATime');
    const [, { Properties }] = only(orders, 'AWS::ElasticLoadBalancingV2::TargetGroup');
    expect(Properties.TargetGroupAttributes).toContainEqual({
      Key: 'deregistration_delay.timeout_seconds',
      Value: '30',
    });
  });

  it('T10: start-job may delete what a failed deployment left behind', () => {
    expect(grantsOfRole(orders, 'FunctionsStartJob')).toContainEqual(
      expect.stringMatching(/^autoscaling:DeleteAutoScalingGroup on /),
    );
    expect(grantsOfRole(orders, 'FunctionsStartJob')).toContainEqual(
      expect.stringMatching(/^codedeploy:GetDeploymentGroup on /),
    );
  });

  it('T51: the load balancer knows the target group before the first deployment', () => {
    expect(fleet.DependsOn).toContainEqual(expect.stringMatching(/^ProdLoadBalancerListener/));
    expect(text(fleet.Properties.targetGroupArn)).toMatch(/^<ProdLoadBalancerTargets\w+>$/);
  });
});
