import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { addChecks } from '../../../infra/aws/nag-checks.ts';
import { text } from '../../../scripts/templates.ts';
import { synthesize } from './support/synthesize.ts';
import {
  definitionOf,
  grantsOfRole,
  ofType,
  only,
  stackOf,
  type Template,
  templates,
} from './support/templates.ts';

const folder = resolve(import.meta.dirname, '../../../examples');
const exampleFiles = readdirSync(folder).filter((file) => file.endsWith('.json'));
const synthesized = new Map<string, Readonly<Record<string, Template>>>();
/** Templates of an example, by stack; CloudFormation's rules are checked, every finding an error. */
const example = (name: string): Readonly<Record<string, Template>> => {
  const stacks =
    synthesized.get(name) ??
    synthesize(JSON.parse(readFileSync(resolve(folder, `${name}.json`), 'utf8')), addChecks);
  synthesized.set(name, stacks);
  return stacks;
};
const orders = (name: string): Template => stackOf(example(name), 'Lockstep-orders');

it.each(exampleFiles)(
  "%s synthesizes without credentials, by CloudFormation's rules and below 400 resources a stack",
  (file) => {
    const stacks = example(file.replace(/\.json$/, ''));
    for (const [name, { Resources }] of Object.entries(stacks))
      expect([name, Object.keys(Resources).length < 400]).toEqual([name, true]);
  },
);

it('are all in the README', () => {
  const readme = readFileSync(resolve(folder, '../README.md'), 'utf8');
  const named = [...readme.matchAll(/\(examples\/([\w-]+\.json)\)/g)].map(([, file]) => file);
  expect(named.sort()).toEqual([...exampleFiles].sort());
});

describe('deployment settings', () => {
  const template = orders('deployment-settings');
  const fleet = only(template, 'Custom::LockstepProdFleet')[1].Properties;

  it('make a CodeDeploy configuration for a percentage', () => {
    const [id, { Properties }] = only(template, 'AWS::CodeDeploy::DeploymentConfig');
    expect(Properties).toEqual({
      ComputePlatform: 'Server',
      MinimumHealthyHosts: { Type: 'FLEET_PERCENT', Value: 75 },
    });
    expect(fleet.deploymentConfigName).toEqual({ Ref: id });
    expect(grantsOfRole(template, 'ProdPipelineRole')).toContainEqual(
      expect.stringMatching(`^codedeploy:GetDeploymentConfig on .*:deploymentconfig:<${id}>$`),
    );
  });

  it('reach the fleet: rollback on alarms, termination wait, instance types, sizes', () => {
    expect(fleet).toMatchObject({
      alarmNames: [...Array(3).fill({ Ref: expect.any(String) }), 'orders-5xx', 'orders-latency'],
      soakMinutes: 15,
      minSize: 4,
      maxSize: 8,
    });
    const types = ofType(template, 'AWS::EC2::LaunchTemplate').map(([id, { Properties }]) => [
      id.replace(/LaunchTemplate\w*$/, ''),
      (Properties.LaunchTemplateData as { InstanceType: string }).InstanceType,
    ]);
    expect(types).toEqual([
      ['Qat', 't3.small'],
      ['Prod', 'm7i.large'],
      ['ProdSeed', 'm7i.large'],
    ]);
    for (const [, { Properties }] of ofType(template, 'AWS::ImageBuilder::InfrastructureConfiguration'))
      expect(Properties.InstanceTypes).toEqual(['t3.medium']);
  });

  it('check the recipe on a schedule, for QAT alone', () => {
    const schedules = ofType(template, 'AWS::ImageBuilder::ImagePipeline').map(
      ([, { Properties }]) => Properties.Schedule,
    );
    expect(schedules).toEqual([
      {
        ScheduleExpression: 'cron(0 3 ? * sun *)',
        Timezone: 'Europe/Berlin',
        PipelineExecutionStartCondition: 'EXPRESSION_MATCH_AND_DEPENDENCY_UPDATES_AVAILABLE',
      },
      undefined,
    ]);
  });

  it('let approvals expire after three days', () => {
    expect(JSON.stringify(template)).toContain('\\"expiresInSeconds\\":259200');
  });
});

describe('HTTPS', () => {
  const stacks = example('https');
  const platform = stackOf(stacks, 'Lockstep-Platform');
  const application = stackOf(stacks, 'Lockstep-orders');

  it('serves Prod with the certificate, and sends HTTP there', () => {
    const listeners = ofType(application, 'AWS::ElasticLoadBalancingV2::Listener').map(
      ([, { Properties }]) => Properties,
    );
    expect(listeners).toMatchObject([
      {
        Port: 80,
        DefaultActions: [{ Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', Port: '443' } }],
      },
      {
        Port: 443,
        Certificates: [{ CertificateArn: expect.stringContaining(':certificate/11111111-') }],
        SslPolicy: expect.stringMatching(/TLS13/),
        DefaultActions: [{ Type: 'forward' }],
      },
    ]);
    expect(application.Outputs.ProdUrl?.Value).toBe('https://orders.example.com');
    expect(only(application, 'AWS::Route53::RecordSet')[1].Properties.Name).toBe('orders.example.com.');
  });

  it('T51: the fleet waits for the listener that forwards to it', () => {
    expect(only(application, 'Custom::LockstepProdFleet')[1].DependsOn).toContainEqual(
      expect.stringMatching(/^ProdLoadBalancerHttpsListener/),
    );
  });

  it('serves the approvals site at its domain name only, and signs in there', () => {
    expect(only(platform, 'AWS::ApiGatewayV2::Api')[1].Properties.DisableExecuteApiEndpoint).toBe(true);
    expect(only(platform, 'AWS::ApiGatewayV2::DomainName')[1].Properties).toMatchObject({
      DomainName: 'approvals.example.com',
      DomainNameConfigurations: [{ CertificateArn: expect.stringContaining(':certificate/66666666-') }],
    });
    const site = 'https://approvals.example.com';
    expect(only(platform, 'AWS::Cognito::UserPoolClient')[1].Properties).toMatchObject({
      CallbackURLs: [`${site}/signed-in`],
      LogoutURLs: [`${site}/`],
    });
    expect(JSON.stringify(application)).toContain(`"SITE_URL":"${site}"`);
    expect(Object.keys(platform.Outputs)).toContainEqual(expect.stringMatching(/DomainTarget/));
  });
});

describe('network', () => {
  it('is the existing VPC, and nothing is made in it but security groups', () => {
    const stacks = example('existing-vpc');
    const made = Object.values(stacks)
      .flatMap(({ Resources }) => Object.values(Resources))
      .map(({ Type }) => Type)
      .filter((type) => type.startsWith('AWS::EC2::'));
    expect(new Set(made)).toEqual(
      new Set([
        'AWS::EC2::SecurityGroup',
        'AWS::EC2::SecurityGroupEgress',
        'AWS::EC2::SecurityGroupIngress',
        'AWS::EC2::LaunchTemplate',
      ]),
    );
    const template = stackOf(stacks, 'Lockstep-orders');
    expect(only(template, 'Custom::LockstepProdFleet')[1].Properties.subnetIds).toHaveLength(3);
    expect(only(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer')[1].Properties.Subnets).toEqual([
      'subnet-00000000000000001',
      'subnet-00000000000000002',
    ]);
  });

  it('T50: has one NAT gateway by default', () => {
    const platform = stackOf(templates(), 'Lockstep-Platform');
    expect(ofType(platform, 'AWS::EC2::NatGateway')).toHaveLength(1);
    expect(ofType(platform, 'AWS::EC2::VPCEndpoint')).toEqual([]);
  });

  it('T50: without the internet, has the endpoints that agents need, and agents that use them', () => {
    const stacks = example('no-internet');
    const platform = stackOf(stacks, 'Lockstep-Platform');
    const template = stackOf(stacks, 'Lockstep-orders');
    expect(ofType(platform, 'AWS::EC2::NatGateway')).toEqual([]);
    const services = ofType(platform, 'AWS::EC2::VPCEndpoint').map(([, { Properties }]) =>
      text(Properties.ServiceName).replace(/^.*<AWS::Region>\./, ''),
    );
    expect(services.sort()).toEqual([
      'codedeploy',
      'codedeploy-commands-secure',
      'ec2messages',
      'imagebuilder',
      'kms',
      'logs',
      's3',
      'ssm',
      'ssmmessages',
    ]);
    for (const prefix of ['QatInstanceRole', 'ProdInstanceRole'])
      expect(grantsOfRole(template, prefix)).toContain('codedeploy-commands-secure:PollHostCommand on *');
    const components = only(template, 'AWS::ImageBuilder::ImageRecipe')[1].Properties.Components as unknown[];
    expect(JSON.stringify(components)).toContain('RecipeAgentByEndpoint');
    expect(JSON.stringify(template.Resources)).toContain("echo ':enable_auth_policy: true' >>");
  });
});

describe('the Test stage', () => {
  const template = orders('tests');
  const project = only(template, 'AWS::CodeBuild::Project')[1].Properties;

  it('stands before the deployment to QAT, and nowhere else', () => {
    const stages = ofType(template, 'AWS::CodePipeline::Pipeline').map(([, { Properties }]) =>
      (Properties.Stages as { Name: string }[]).map(({ Name }) => Name),
    );
    expect(stages).toEqual([
      ['Source', 'Test', 'Deploy'],
      ['Source', 'Deploy'],
    ]);
  });

  it("runs the application's buildspec, with variables, cache, log, time limit and the VPC's private subnets", () => {
    expect(project).toMatchObject({
      Source: { Type: 'CODEPIPELINE', BuildSpec: 'buildspec.yml' },
      Environment: {
        Type: 'LINUX_CONTAINER',
        ComputeType: 'BUILD_GENERAL1_SMALL',
        EnvironmentVariables: [
          { Name: 'DATABASE_URL', Type: 'PARAMETER_STORE', Value: '/orders/test/database-url' },
          { Name: 'CI', Type: 'PLAINTEXT', Value: 'true' },
        ],
      },
      Cache: { Type: 'S3' },
      LogsConfig: { CloudWatchLogs: { Status: 'ENABLED' } },
      TimeoutInMinutes: 20,
    });
    expect((project.VpcConfig as { Subnets: unknown[] }).Subnets).toHaveLength(2);
  });

  it('may read its parameters and no others, and is started by the QAT pipeline alone', () => {
    const grants = grantsOfRole(template, 'TestRole');
    expect(grants.filter((grant) => grant.startsWith('ssm:'))).toEqual([
      expect.stringMatching(/^ssm:GetParameters on .*:parameter\/orders\/test\/database-url$/),
    ]);
    expect(grants.filter((grant) => grant.endsWith(' on *'))).toEqual(
      ['DhcpOptions', 'NetworkInterfaces', 'SecurityGroups', 'Subnets', 'Vpcs'].map(
        (what) => `ec2:Describe${what} on *`,
      ),
    );
    const starts = expect.stringMatching(/^codebuild:StartBuild on .*:project\/lockstep-orders-test$/);
    expect(grantsOfRole(template, 'QatPipelineRole')).toContainEqual(starts);
    expect(grantsOfRole(template, 'ProdPipelineRole')).not.toContainEqual(starts);
  });

  it('lengthens what the state may take, and its report reaches the approvals', () => {
    const { States } = definitionOf(template);
    expect(States['Deploy to QAT']).toMatchObject({
      TimeoutSeconds: (120 + 60 + 20) * 60,
      Assign: { qatTests: '{% $states.result.testsUrl %}' },
    });
    for (const name of ['QC approval', 'PMO approval'])
      expect(States[name]).toMatchObject({
        Arguments: { Payload: { candidate: { qatTestsUrl: '{% $qatTests %}' } } },
      });
  });
});

describe('the load test', () => {
  const template = orders('load-test');
  const project = only(template, 'AWS::CodeBuild::Project')[1].Properties;
  const securityGroupOf = (part: string) => only(template, 'AWS::EC2::SecurityGroup', part)[0];

  it('stands behind the deployment to QAT, and nowhere else, and gets the address from the run', () => {
    const [qat, prod] = ofType(template, 'AWS::CodePipeline::Pipeline').map(
      ([, { Properties }]) => Properties,
    );
    const names = (stages: unknown) => (stages as { Name: string }[]).map(({ Name }) => Name);
    expect(names(qat?.Stages)).toEqual(['Source', 'Deploy', 'LoadTest']);
    expect(names(prod?.Stages)).toEqual(['Source', 'Deploy']);
    expect(qat?.Variables).toMatchObject([
      { Name: 'PROMOTION_ID' },
      { Name: 'QAT_URL', DefaultValue: 'none' },
    ]);
    expect(JSON.stringify(prod?.Variables)).not.toContain('QAT_URL');
    const stages = qat?.Stages as readonly {
      readonly Actions: readonly { readonly Configuration: unknown }[];
    }[];
    expect(stages[2]?.Actions[0]?.Configuration).toEqual({
      ProjectName: 'lockstep-orders-load-test',
      EnvironmentVariables: '[{"name":"QAT_URL","value":"#{variables.QAT_URL}","type":"PLAINTEXT"}]',
    });
  });

  it("runs in the VPC, whose QAT instance lets it in at the application's port, and nobody else", () => {
    expect(project).toMatchObject({ Source: { BuildSpec: 'loadtest.yml' }, TimeoutInMinutes: 10 });
    expect((project.VpcConfig as { Subnets: unknown[] }).Subnets).toHaveLength(2);
    const ingress = ofType(template, 'AWS::EC2::SecurityGroupIngress')
      .map(([, { Properties }]) => Properties)
      .filter(({ GroupId }) => JSON.stringify(GroupId).includes(securityGroupOf('QatSecurityGroup')));
    expect(ingress).toEqual([
      expect.objectContaining({
        IpProtocol: 'tcp',
        FromPort: 8080,
        ToPort: 8080,
        SourceSecurityGroupId: { 'Fn::GetAtt': [securityGroupOf('LoadTestSecurityGroup'), 'GroupId'] },
      }),
    ]);
    const starts = expect.stringMatching(/^codebuild:StartBuild on .*:project\/lockstep-orders-load-test$/);
    expect(grantsOfRole(template, 'QatPipelineRole')).toContainEqual(starts);
    expect(grantsOfRole(template, 'ProdPipelineRole')).not.toContainEqual(starts);
  });

  it('lengthens what the state may take, which knows where QAT is, and its report reaches the approvals', () => {
    const { States } = definitionOf(template);
    expect(States['Deploy to QAT']).toMatchObject({
      TimeoutSeconds: (120 + 60 + 10) * 60,
      Assign: { qatLoadTest: '{% $states.result.loadTestUrl %}' },
      Arguments: { Payload: { parameters: { qatPort: '8080', qatUrl: expect.anything() } } },
    });
    expect(States['Deploy to Prod']).not.toMatchObject({
      Arguments: { Payload: { parameters: { qatPort: '8080' } } },
    });
    expect(States['PMO approval']).toMatchObject({
      Arguments: { Payload: { candidate: { qatLoadTestUrl: '{% $qatLoadTest %}' } } },
    });
  });
});
