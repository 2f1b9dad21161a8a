import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { listOf, text } from '../../../scripts/templates.ts';
import { manifestKeysFrom } from '../../../tasks/source/manifest.ts';
import { synthesize } from './support/synthesize.ts';
import {
  definitionOf,
  grantsOfRole,
  ofType,
  only,
  patternOf,
  type Resource,
  stackOf,
} from './support/templates.ts';

const example = (name: string): { readonly applications: readonly object[] } =>
  JSON.parse(readFileSync(resolve(import.meta.dirname, `../../../examples/${name}.json`), 'utf8'));
const orders = (name: string) => stackOf(synthesize(example(name)), 'Lockstep-orders');
interface Action {
  readonly Name: string;
  readonly ActionTypeId: { readonly Provider: string };
  readonly Configuration: Readonly<Record<string, unknown>>;
}
const stagesOf = ({ Properties }: Resource) =>
  Properties.Stages as readonly { readonly Name: string; readonly Actions: readonly Action[] }[];
const sourceOf = (pipeline: Resource) => stagesOf(pipeline)[0]?.Actions[0];
const providers = (pipeline: Resource) =>
  stagesOf(pipeline).flatMap(({ Actions }) => Actions.map(({ ActionTypeId }) => ActionTypeId.Provider));

describe('a connection to GitHub and others', () => {
  const template = orders('github');
  const pipelines = ofType(template, 'AWS::CodePipeline::Pipeline').map(([, pipeline]) => pipeline);
  const deploying = pipelines.filter((pipeline) => providers(pipeline).includes('CodeDeploy'));
  const [push, ...others] = pipelines.filter((pipeline) => !deploying.includes(pipeline));
  const ARN =
    'arn:aws:codeconnections:us-east-1:123456789012:connection/11111111-2222-3333-4444-555555555555';

  it('T22: starts no pipeline that deploys', () => {
    expect(deploying).toHaveLength(2);
    for (const pipeline of deploying) {
      expect(pipeline.Properties).not.toHaveProperty('Triggers');
      expect(sourceOf(pipeline)?.Configuration).toMatchObject({
        ConnectionArn: ARN,
        FullRepositoryId: 'example/orders',
        BranchName: 'main',
        DetectChanges: false,
      });
    }
  });

  it('wakes start-promotion by a pipeline that deploys nothing, on pushes to the branch', () => {
    expect(others).toEqual([]);
    expect(push && providers(push)).toEqual(['CodeStarSourceConnection', 'Lambda']);
    expect(push?.Properties).toMatchObject({
      Name: 'lockstep-orders-push',
      PipelineType: 'V2',
      ExecutionMode: 'QUEUED',
      Triggers: [
        {
          ProviderType: 'CodeStarSourceConnection',
          GitConfiguration: {
            SourceActionName: 'Source',
            Push: [{ Branches: { Includes: ['main'] } }],
          },
        },
      ],
    });
    const action = push && stagesOf(push)[1]?.Actions[0];
    expect(text(action?.Configuration.FunctionName)).toMatch(/^<FunctionsStartPromotion/);
    expect(JSON.parse(String(action?.Configuration.UserParameters))).toEqual({
      pipelineName: 'lockstep-orders-push',
      pipelineExecutionId: '#{codepipeline.PipelineExecutionId}',
    });
    expect(ofType(template, 'AWS::Events::Rule').map(([id]) => id)).not.toContainEqual(
      expect.stringMatching(/^TriggersPush/),
    );
  });

  it('may be used by the pipelines alone, and start-promotion may ask about pushed runs alone', () => {
    for (const prefix of ['QatPipelineRole', 'ProdPipelineRole', 'PushPipelineRole'])
      expect(grantsOfRole(template, prefix)).toContain(`codeconnections:UseConnection on ${ARN}`);
    expect(
      grantsOfRole(template, 'FunctionsStartPromotion')
        .filter((grant) => grant.startsWith('code'))
        .sort(),
    ).toEqual([
      expect.stringMatching(/^codepipeline:GetPipelineExecution on .*:lockstep-orders-push$/),
      'codepipeline:PutJobFailureResult on *',
      'codepipeline:PutJobSuccessResult on *',
    ]);
    const starting = ofType(template, 'AWS::IAM::Policy').filter(([, policy]) =>
      JSON.stringify(policy).includes('codepipeline:StartPipelineExecution'),
    );
    expect(starting.map(([id]) => id)).toEqual([expect.stringMatching(/^FunctionsStartJob/)]);
  });

  it.each([
    ['github', 'https://api.github.com'],
    ['gitlab', 'https://gitlab.com/api/v4'],
  ])('is read with a token, by the functions that need it: %s', (provider, url) => {
    const template = orders(provider);
    const SECRET = `arn:aws:secretsmanager:us-east-1:123456789012:secret:lockstep/${provider}-a1B2c3`;
    expect(template).toMatchObject({ Parameters: { SourceApiUrl: { Default: url } } });
    const readers = ofType(template, 'AWS::IAM::Policy').filter(([, policy]) =>
      JSON.stringify(policy).includes('secretsmanager:'),
    );
    expect(readers.map(([id]) => id)).toEqual([
      expect.stringMatching(/^FunctionsStartPromotion/),
      expect.stringMatching(/^FunctionsCheckRelease/),
      expect.stringMatching(/^FunctionsRequestApproval/),
    ]);
    for (const prefix of ['FunctionsStartPromotion', 'FunctionsRequestApproval']) {
      expect(grantsOfRole(template, prefix)).toContain(`secretsmanager:GetSecretValue on ${SECRET}`);
      expect(only(template, 'AWS::Lambda::Function', prefix)[1].Properties).toMatchObject({
        Environment: {
          Variables: {
            SOURCE_PROVIDER: provider,
            SOURCE_API_URL: { Ref: 'SourceApiUrl' },
            SOURCE_TOKEN_SECRET_ARN: SECRET,
          },
        },
      });
    }
  });

  it('T21: pins the commit', () => {
    expect(JSON.stringify(definitionOf(template))).not.toContain('revisionType');
    expect(JSON.stringify(deploying)).toContain('#{SourceVariables.CommitId}');
  });
});

describe('an object in S3', () => {
  const template = orders('s3-source');
  const [bucketId, bucket] = only(template, 'AWS::S3::Bucket', 'SourceBucket');

  it('lies in a bucket with versions that sends EventBridge their events, without a custom resource', () => {
    expect(bucket.Properties).toMatchObject({
      VersioningConfiguration: { Status: 'Enabled' },
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
    });
    expect(bucket.DeletionPolicy).toBe('Retain');
    expect(ofType(template, 'Custom::S3BucketNotifications')).toEqual([]);
  });

  it('starts a promotion with each new version', () => {
    expect(patternOf(template, 'TriggersPush')).toEqual({
      source: ['aws.s3'],
      'detail-type': ['Object Created'],
      resources: [{ 'Fn::GetAtt': [bucketId, 'Arn'] }],
      detail: { bucket: { name: [{ Ref: bucketId }] }, object: { key: ['releases/orders.zip'] } },
    });
  });

  it('T21, T22: pins the version, and starts no pipeline', () => {
    const pipelines = ofType(template, 'AWS::CodePipeline::Pipeline').map(([, pipeline]) => pipeline);
    expect(pipelines).toHaveLength(2);
    for (const pipeline of pipelines) {
      expect(sourceOf(pipeline)).toMatchObject({
        ActionTypeId: { Provider: 'S3' },
        Configuration: { S3ObjectKey: 'releases/orders.zip', PollForSourceChanges: false },
      });
      expect(JSON.stringify(pipeline)).toContain('#{SourceVariables.VersionId}');
    }
    const { States } = definitionOf(template);
    for (const name of ['Deploy to QAT', 'Deploy to Prod'])
      expect(States[name]).toMatchObject({
        Arguments: { Payload: { parameters: { revisionType: 'S3_OBJECT_VERSION_ID' } } },
      });
  });

  /** Policies that name the bucket. */
  const readersIn = (one: typeof template): readonly string[] =>
    ofType(one, 'AWS::IAM::Policy')
      .filter(([, { Properties }]) =>
        listOf((Properties.PolicyDocument as { Statement: { Resource: unknown }[] }).Statement).some(
          ({ Resource }) => JSON.stringify(Resource).includes(bucketId),
        ),
      )
      .map(([id]) => id);
  // Whether a release can be deployed again.
  const checkRelease = expect.stringMatching(/^FunctionsCheckRelease/);
  const pipelineRoles = [
    expect.stringMatching(/^QatPipelineRole/),
    expect.stringMatching(/^ProdPipelineRole/),
  ];

  it('is read by the pipelines, by check-release, and by request-approval for its signed manifest: versions of this object alone', () => {
    expect(readersIn(template)).toEqual([
      checkRelease,
      expect.stringMatching(/^FunctionsRequestApproval/),
      ...pipelineRoles,
    ]);
    const [keyId] = only(template, 'AWS::KMS::Key', 'SourceKey');
    const grants = grantsOfRole(template, 'FunctionsRequestApproval').filter((grant) =>
      [bucketId, keyId].some((id) => grant.includes(id)),
    );
    expect(grants.sort()).toEqual([
      `kms:Decrypt on <${keyId}.Arn>`,
      `s3:GetObjectVersion on <${bucketId}.Arn>/releases/orders.zip`,
    ]);
    const { Environment } = only(template, 'AWS::Lambda::Function', 'FunctionsRequestApproval')[1].Properties;
    const keys = (Environment as { Variables: Record<string, string> }).Variables.SOURCE_MANIFEST_KEYS;
    expect(manifestKeysFrom(JSON.parse(keys ?? ''))).toHaveLength(1);
  });

  it('is read by the pipelines and check-release alone if it has no manifest', () => {
    const { applications, ...rest } = example('s3-source');
    const unsigned = applications.map((one) => ({
      ...one,
      source: { objectKey: 'releases/orders.zip' },
      makersMayDecide: true,
    }));
    const without = stackOf(synthesize({ ...rest, applications: unsigned }), 'Lockstep-orders');
    expect(readersIn(without)).toEqual([checkRelease, ...pipelineRoles]);
    expect(only(without, 'AWS::Lambda::Function', 'FunctionsRequestApproval')[1].Properties).toMatchObject({
      Environment: { Variables: { SOURCE_MANIFEST_KEYS: 'none' } },
    });
  });
});

describe('a scan for secrets', () => {
  const scanned = (name: string) => {
    const { applications, ...others } = example(name);
    const lockstep = { ...others, applications: applications.map((one) => ({ ...one, secretScan: 'warn' })) };
    return stackOf(synthesize(lockstep), 'Lockstep-orders');
  };
  const reads = (template: ReturnType<typeof orders>) =>
    grantsOfRole(template, 'FunctionsScanCommitRole').filter((grant) =>
      /^(codecommit|secretsmanager|s3|codeconnections):/.test(grant),
    );

  it('has a state and a function only where it is configured', () => {
    expect(JSON.stringify(orders('tests'))).not.toMatch(/ScanCommit|Scan commit/);
    expect(Object.keys(definitionOf(scanned('tests')).States)).toContain('Scan commit');
  });

  it('may read the files of the repository, or the secret with the token', () => {
    expect(reads(scanned('tests'))).toEqual([
      expect.stringMatching(/^codecommit:GetDifferences on <Repository[^>]*\.Arn>$/),
      expect.stringMatching(/^codecommit:GetFile on <Repository[^>]*\.Arn>$/),
    ]);
    expect(reads(scanned('gitlab'))).toEqual([
      expect.stringMatching(/^secretsmanager:GetSecretValue on arn:.*gitlab/),
    ]);
  });
});

describe('mails about a repository', () => {
  const mailing = (repositoryMails: readonly string[]) => {
    const { applications, ...others } = example('tests');
    const change = { repositoryMails, developers: ['dana@example.com'] };
    const lockstep = { ...others, applications: applications.map((one) => ({ ...one, ...change })) };
    return stackOf(synthesize(lockstep), 'Lockstep-orders');
  };
  const rules = (template: ReturnType<typeof orders>) =>
    ofType(template, 'AWS::Events::Rule').filter(([id]) => id.startsWith('TriggersNews'));

  it('have a rule for each kind of news and one function, only where they are configured', () => {
    expect(JSON.stringify(orders('tests'))).not.toContain('TellRepository');
    const template = mailing(['deleted-branches', 'comments', 'comments']);
    expect(rules(template).map(([, { Properties }]) => Properties.EventPattern)).toEqual([
      {
        source: ['aws.codecommit'],
        'detail-type': ['CodeCommit Repository State Change'],
        resources: [expect.anything()],
        detail: { event: ['referenceDeleted'], referenceType: ['branch'] },
      },
      {
        source: ['aws.codecommit'],
        'detail-type': ['CodeCommit Comment on Commit', 'CodeCommit Comment on Pull Request'],
        resources: [expect.anything()],
      },
    ]);
    for (const [, { Properties }] of rules(template))
      expect(JSON.stringify(Properties.Targets)).toMatch(/FunctionsTellRepositoryFunction.*DeadLetterConfig/);
  });

  it('let the function publish, and nothing else', () => {
    const grants = grantsOfRole(mailing(['pull-requests']), 'FunctionsTellRepositoryRole');
    expect([...new Set(grants.map((grant) => grant.split(' ')[0]))].sort()).toEqual([
      'kms:Decrypt',
      'kms:GenerateDataKey',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'sns:Publish',
      'sqs:SendMessage',
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ]);
  });
});
