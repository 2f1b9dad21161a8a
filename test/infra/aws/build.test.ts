import fs from 'node:fs';
import path from 'node:path';
import { text } from '../../../scripts/templates.ts';
import { gitHub } from '../config-samples.ts';
import { synthesize } from './support/synthesize.ts';
import { definitionOf, grantsOfRole, ofType, only, stackOf, type Template } from './support/templates.ts';

const example = JSON.parse(
  fs.readFileSync(path.resolve(import.meta.dirname, '../../../examples/build.json'), 'utf8'),
) as { applications: object[] };
const SECRET = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:registry-a1B2c3';
const withApplication = (change: object): Template =>
  stackOf(
    synthesize({ ...example, applications: [{ ...example.applications[0], ...change }] }),
    'Lockstep-orders',
  );
const orders = withApplication({});
const projectOf = (template: Template) => only(template, 'AWS::CodeBuild::Project')[1].Properties;

describe('a build', () => {
  it('reads the commit itself, and writes one archive under a key of its own', () => {
    expect(projectOf(orders)).toMatchObject({
      Name: 'lockstep-orders-build',
      Source: { Type: 'CODECOMMIT', BuildSpec: 'buildspec.yml', GitCloneDepth: 1 },
      Artifacts: {
        Type: 'S3',
        Path: 'lockstep-builds',
        NamespaceType: 'BUILD_ID',
        Name: 'revision.zip',
        Packaging: 'ZIP',
      },
      Environment: {
        ComputeType: 'BUILD_GENERAL1_MEDIUM',
        Image: expect.stringMatching(/^aws\/codebuild\//),
      },
      LogsConfig: { CloudWatchLogs: { Status: 'ENABLED' }, S3Logs: { Status: 'ENABLED' } },
      Cache: { Type: 'NO_CACHE' },
      TimeoutInMinutes: 30,
    });
    const grants = grantsOfRole(orders, 'BuildRole');
    expect(grants).toContainEqual(expect.stringMatching(/^codecommit:GitPull on /));
    const written = grants.filter((grant) => grant.startsWith('s3:PutObject'));
    expect(written.map((grant) => grant.split('/').slice(1).join('/')).sort()).toEqual([
      'codebuild-logs/*',
      'lockstep-builds/*',
    ]);
  });

  it('is what both pipelines deploy: by key and version that a run is started with, as the guard compares them', () => {
    const pipelines = ofType(orders, 'AWS::CodePipeline::Pipeline');
    expect(pipelines).toHaveLength(2);
    for (const [, { Properties }] of pipelines) {
      const [source, deploy] = Properties.Stages as {
        Actions: { ActionTypeId: { Provider: string }; Configuration: Record<string, unknown> }[];
      }[];
      expect(source?.Actions[0]).toMatchObject({
        ActionTypeId: { Provider: 'S3' },
        Configuration: {
          S3ObjectKey: 'lockstep-builds/none',
          AllowOverrideForS3ObjectKey: true,
          PollForSourceChanges: false,
        },
      });
      const parameters = text(deploy?.Actions[0]?.Configuration.UserParameters);
      expect(parameters).toContain('"builtKey":"#{SourceVariables.ObjectKey}"');
      expect(parameters).toContain('"builtVersion":"#{SourceVariables.VersionId}"');
      expect(parameters).not.toContain('commitId');
    }
    expect(Object.keys(definitionOf(orders).States)).toContain('Build revision');
  });

  it('is started by start-job alone, and its end wakes complete-job', () => {
    const starts = expect.stringMatching(/^codebuild:StartBuild on .*:project\/lockstep-orders-build$/);
    expect(grantsOfRole(orders, 'FunctionsStartJobRole')).toContainEqual(starts);
    for (const role of ['QatPipelineRole', 'ProdPipelineRole', 'FunctionsCompleteJobRole'])
      expect([role, grantsOfRole(orders, role)]).not.toEqual([role, expect.arrayContaining([starts])]);
    const rules = ofType(orders, 'AWS::Events::Rule').map(([, { Properties }]) => Properties.EventPattern);
    expect(rules).toContainEqual({
      source: ['aws.codebuild'],
      'detail-type': ['CodeBuild Build State Change'],
      detail: {
        'project-name': ['lockstep-orders-build'],
        'build-status': ['SUCCEEDED', 'FAILED', 'FAULT', 'TIMED_OUT', 'STOPPED'],
      },
    });
  });

  it('is signed by the function that signs images, which alone looks at the archive; three others read its statement', () => {
    const rolesWith = (grant: RegExp) =>
      ofType(orders, 'AWS::IAM::Role')
        .map(([id]) => id.replace(/Role\w*$/, ''))
        .filter((id) => grantsOfRole(orders, `${id}Role`).some((one) => grant.test(one)))
        .filter((id) => id.startsWith('Functions'))
        .sort();
    expect(rolesWith(/^s3:PutObject on .*EvidenceBucket.*\/orders\/builds\/\*$/)).toEqual([
      'FunctionsInspectImage',
    ]);
    expect(rolesWith(/^s3:GetObject on .*EvidenceBucket.*\/orders\/builds\/\*$/)).toEqual([
      'FunctionsGuard',
      'FunctionsInspectImage',
      'FunctionsPointAtImage',
      'FunctionsVerifyProd',
    ]);
    expect(rolesWith(/^s3:GetObject(Version)? on .*\/lockstep-builds\/\*$/)).toEqual([
      'FunctionsCheckRelease',
      'FunctionsInspectImage',
    ]);
  });

  it('sets off an alarm when it fails', () => {
    const alarms = ofType(orders, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties);
    expect(alarms).toContainEqual(
      expect.objectContaining({
        Namespace: 'AWS/CodeBuild',
        MetricName: 'FailedBuilds',
        Dimensions: [{ Name: 'ProjectName', Value: 'lockstep-orders-build' }],
        AlarmDescription: expect.stringContaining('RUNBOOK.md#a-build-failed'),
      }),
    );
  });

  it('takes secrets, an image of ECR and the VPC, and may read nothing else', () => {
    const template = withApplication({
      build: {
        image: '111122223333.dkr.ecr.eu-west-1.amazonaws.com/builders/go:1.24',
        environment: {
          PASSWORD: { secret: SECRET, key: 'password' },
          WHOLE: { secret: SECRET },
          A: { parameter: '/a' },
        },
        vpc: true,
        cache: true,
      },
    });
    const project = projectOf(template);
    expect(project.Environment).toMatchObject({
      Image: '111122223333.dkr.ecr.eu-west-1.amazonaws.com/builders/go:1.24',
      ImagePullCredentialsType: 'SERVICE_ROLE',
      EnvironmentVariables: [
        { Name: 'PASSWORD', Type: 'SECRETS_MANAGER', Value: `${SECRET}:password` },
        { Name: 'WHOLE', Type: 'SECRETS_MANAGER', Value: SECRET },
        { Name: 'A', Type: 'PARAMETER_STORE', Value: '/a' },
      ],
    });
    expect((project.VpcConfig as { Subnets: unknown[] }).Subnets).toHaveLength(2);
    expect(project.Cache).toMatchObject({ Type: 'S3' });
    const grants = grantsOfRole(template, 'BuildRole');
    expect(grants.filter((grant) => /^(secretsmanager|ecr|ssm):/.test(grant)).sort()).toEqual([
      ...['BatchCheckLayerAvailability', 'BatchGetImage'].map((name) =>
        expect.stringMatching(`^ecr:${name} on arn:.*:ecr:eu-west-1:111122223333:repository/builders/go$`),
      ),
      'ecr:GetAuthorizationToken on *',
      expect.stringMatching('^ecr:GetDownloadUrlForLayer on '),
      `secretsmanager:GetSecretValue on ${SECRET}`,
      expect.stringMatching('^ssm:GetParameters on .*:parameter/a$'),
    ]);
  });

  it.each<[string, object, object]>([
    [
      'GitHub',
      gitHub,
      {
        Type: 'GITHUB',
        Location: 'https://github.com/example/orders.git',
        Auth: { Type: 'CODECONNECTIONS', Resource: gitHub.connectionArn },
      },
    ],
    [
      'a GitHub Enterprise Server',
      { ...gitHub, apiUrl: 'https://git.example.com/api/v3' },
      { Type: 'GITHUB_ENTERPRISE', Location: 'https://git.example.com/example/orders.git' },
    ],
    [
      'GitLab',
      { ...gitHub, provider: 'gitlab' },
      { Type: 'GITLAB', Location: 'https://gitlab.com/example/orders.git' },
    ],
    [
      'a GitLab of one’s own',
      { ...gitHub, provider: 'gitlab', apiUrl: 'https://git.example.com/api/v4' },
      { Type: 'GITLAB_SELF_MANAGED', Location: 'https://git.example.com/example/orders.git' },
    ],
    [
      'Bitbucket',
      {
        connectionArn: gitHub.connectionArn,
        repository: 'example/orders',
        cloneUrl: 'https://bitbucket.org/example/orders.git',
      },
      { Type: 'BITBUCKET', Location: 'https://bitbucket.org/example/orders.git' },
    ],
    ['an archive in S3', { objectKey: 'orders.zip' }, { Type: 'S3' }],
  ])('reads %s', (_, source, expected) => {
    const template = withApplication({ source, makersMayDecide: true });
    expect(projectOf(template).Source).toMatchObject(expected);
    if ('Location' in expected)
      expect(grantsOfRole(template, 'BuildRole')).toContainEqual(
        `codeconnections:GetConnectionToken on ${gitHub.connectionArn}`,
      );
  });
});
