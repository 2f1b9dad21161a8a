import { readFileSync } from 'node:fs';
import { text } from '../../../scripts/templates.ts';
import { platformParameters } from '../../../tasks/platform-parameters.ts';
import { cdkContext, synthesize } from './support/synthesize.ts';
import { ofType, only, type Statement, stackOf, templates } from './support/templates.ts';

const stacks = templates();
const platform = stackOf(stacks, 'Lockstep-Platform');
const orders = stackOf(stacks, 'Lockstep-orders');
const fleet = only(orders, 'Custom::LockstepProdFleet')[1];

/** Indexes of the release before. A release may add or delete one of them; then it becomes this list. */
const releasedIndexes = [
  'approvalById',
  'jobByExternalId',
  'openApprovals',
  'openJobs',
  'openPromotions',
  'promotions',
];

it('T64: an update makes or deletes one index of the ledger at most', () => {
  const [, { Properties }] = only(platform, 'AWS::DynamoDB::Table');
  const now = (Properties.GlobalSecondaryIndexes as { IndexName: string }[]).map(
    ({ IndexName }) => IndexName,
  );
  const changed = [
    ...now.filter((name) => !releasedIndexes.includes(name)),
    ...releasedIndexes.filter((name) => !now.includes(name)),
  ];
  expect(changed.length).toBeLessThanOrEqual(1);
});

describe('approvals', () => {
  it("T46: the site's API is throttled for all together, far above what its people send", () => {
    const [, { Properties }] = only(platform, 'AWS::ApiGatewayV2::Stage');
    expect(Properties.DefaultRouteSettings).toEqual({ ThrottlingRateLimit: 200, ThrottlingBurstLimit: 400 });
  });

  it('sessions are deleted by DynamoDB once they have expired', () => {
    const [, { Properties }] = only(platform, 'AWS::DynamoDB::Table');
    expect(Properties.TimeToLiveSpecification).toEqual({ AttributeName: 'deleteAfter', Enabled: true });
  });

  it('T48: nobody signs up by himself, and the client is public with the code flow alone', () => {
    const [, pool] = only(platform, 'AWS::Cognito::UserPool');
    expect(pool.Properties).toMatchObject({
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      DeletionProtection: 'ACTIVE',
    });
    const [, client] = only(platform, 'AWS::Cognito::UserPoolClient');
    expect(client.Properties).toMatchObject({
      GenerateSecret: false,
      AllowedOAuthFlows: ['code'],
      AllowedOAuthScopes: ['openid', 'email', 'profile'],
    });
    expect((client.Properties.CallbackURLs as unknown[]).map(text)).toEqual([
      expect.stringMatching(/^<ApprovalsApi\w+\.ApiEndpoint>\/signed-in$/),
    ]);
    expect((client.Properties.LogoutURLs as unknown[]).map(text)).toEqual([
      expect.stringMatching(/^<ApprovalsApi\w+\.ApiEndpoint>\/$/),
    ]);
  });

  it('T48: nobody signs in past the pages, whose token may not change the e-mail address that rules compare', () => {
    const [, { Properties }] = only(platform, 'AWS::Cognito::UserPoolClient');
    expect(Properties.ExplicitAuthFlows).toEqual(['ALLOW_REFRESH_TOKEN_AUTH']);
    expect(Properties.AllowedOAuthScopes).not.toContain('aws.cognito.signin.user.admin');
    expect(ofType(platform, 'AWS::Cognito::UserPoolClient')).toHaveLength(1);
  });

  it('T48: the pages are those that heed prompt=login, and have a branding', () => {
    const [, domain] = only(platform, 'AWS::Cognito::UserPoolDomain');
    expect(domain.Properties.ManagedLoginVersion).toBe(2);
    const [client] = only(platform, 'AWS::Cognito::UserPoolClient');
    const [, branding] = only(platform, 'AWS::Cognito::ManagedLoginBranding');
    expect(branding.Properties).toMatchObject({ ClientId: { Ref: client }, UseCognitoProvidedValues: true });
  });

  it('lets makers decide about an application only by its own setting', () => {
    const [orders, stock] = ['orders', 'stock'].map((name) => ({ name, runtime: 'nodejs' }));
    const stacks = synthesize({
      applications: [{ ...orders, makersMayDecide: true }, stock],
      approvers: { qc: ['qc@example.com'], pmo: ['pmo@example.com'] },
      operators: ['operators@example.com'],
    });
    const variable = (stack: string, id: string) => {
      const [, { Properties }] = only(stackOf(stacks, stack), 'AWS::Lambda::Function', id);
      return (Properties.Environment as { Variables: Record<string, string> }).Variables.MAKERS_MAY_DECIDE;
    };
    expect(variable('Lockstep-Platform', 'ApprovalsSite')).toBe('["orders"]');
    expect(variable('Lockstep-orders', 'FunctionsConfirmApprovers')).toBe('yes');
    expect(variable('Lockstep-stock', 'FunctionsConfirmApprovers')).toBe('no');
  });

  it("T49: mail goes to each role's addresses only, and to developers by name", () => {
    const mail = ofType(platform, 'AWS::SNS::Subscription').map(([, { Properties }]) => [
      Properties.Protocol,
      Properties.Endpoint,
      Properties.FilterPolicy,
    ]);
    expect(mail).toEqual([
      ['email', 'dana@example.com', { recipients: ['dana@example.com'] }],
      ['email', 'operators@example.com', { role: ['operator'] }],
      ['email', 'pmo@example.com', { role: ['pmo'] }],
      ['email', 'qc@example.com', { role: ['qc'] }],
      // Alarms, which have no attributes to choose by.
      ['email', 'operators@example.com', undefined],
    ]);
  });
});

describe('evidence', () => {
  it('is signed by a key on the curve P-256 that only signs', () => {
    const [, key] = only(platform, 'AWS::KMS::Key', 'EvidenceSigningKey');
    expect(key).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
    });
  });

  it('is locked in every version for seven years, and deleted some weeks later', () => {
    const [, bucket] = only(platform, 'AWS::S3::Bucket', 'EvidenceBucket');
    expect(bucket.DeletionPolicy).toBe('Retain');
    expect(bucket.Properties).toMatchObject({
      VersioningConfiguration: { Status: 'Enabled' },
      ObjectLockEnabled: true,
      ObjectLockConfiguration: {
        ObjectLockEnabled: 'Enabled',
        Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 2557 } },
      },
      LifecycleConfiguration: {
        Rules: [
          {
            ExpirationInDays: 2587,
            NoncurrentVersionExpiration: { NoncurrentDays: 2587 },
            Status: 'Enabled',
          },
        ],
      },
    });
  });

  it('cannot be deleted, written over or unlocked by anybody, with any permission', () => {
    const [, policy] = only(platform, 'AWS::S3::BucketPolicy', 'EvidenceBucket');
    const { Statement: all } = policy.Properties.PolicyDocument as {
      Statement: (Statement & { readonly Sid?: string })[];
    };
    const denied = (sid: string) => {
      const { Effect, Principal, Action, Condition } = all.find(({ Sid }) => Sid === sid) ?? {};
      return { Effect, Principal, Action, Condition };
    };
    const everybody = { Effect: 'Deny', Principal: { AWS: '*' } };
    expect(denied('KeepRecords')).toEqual({
      ...everybody,
      Action: [
        's3:BypassGovernanceRetention',
        's3:DeleteObject',
        's3:DeleteObjectVersion',
        's3:PutObjectRetention',
      ],
    });
    expect(denied('KeepLock')).toEqual({
      ...everybody,
      Action: expect.arrayContaining([
        's3:DeleteBucketPolicy',
        's3:PutBucketObjectLockConfiguration',
        's3:PutBucketPolicy',
        's3:PutLifecycleConfiguration',
      ]),
    });
    expect(denied('WriteOnce')).toEqual({
      ...everybody,
      Action: 's3:PutObject',
      Condition: { Null: { 's3:if-none-match': 'true' } },
    });
    expect(policy.DeletionPolicy).toBe('Retain');
  });

  it('is found by the command line through parameters', () => {
    const parameters = ofType(platform, 'AWS::SSM::Parameter').map(([, { Properties }]) => Properties.Name);
    expect(parameters.sort()).toEqual(Object.values(platformParameters).sort());
  });
});

it('T50: instances reach the internet through one NAT gateway', () => {
  expect(ofType(platform, 'AWS::EC2::NatGateway')).toHaveLength(1);
  const subnets = JSON.stringify(fleet.Properties.subnetIds);
  expect(subnets.match(/PrivateSubnet\d/g)).toHaveLength(2);
  expect(subnets).not.toContain('PublicSubnet');
});

it("T42: the CDK command is pinned to the version that reads this library's output", () => {
  const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  expect(devDependencies['aws-cdk']).toBe('2.1148.1');
});

describe('the trail', () => {
  const [, trail] = only(platform, 'AWS::CloudTrail::Trail');
  const [bucketId, bucket] = only(platform, 'AWS::S3::Bucket', 'Trail');
  const [ledger] = only(platform, 'AWS::DynamoDB::Table');

  it('keeps management events of all regions, writes to the ledger and every access to sealed records', () => {
    expect(trail.Properties).toMatchObject({
      IsLogging: true,
      IsMultiRegionTrail: true,
      IncludeGlobalServiceEvents: true,
      EnableLogFileValidation: true,
      S3BucketName: { Ref: bucketId },
      KMSKeyId: { 'Fn::GetAtt': [expect.stringMatching(/^TrailKey/), 'Arn'] },
    });
    const selectors = (
      trail.Properties.AdvancedEventSelectors as {
        FieldSelectors: { Field: string; Equals?: unknown[]; StartsWith?: unknown[] }[];
      }[]
    ).map(({ FieldSelectors }) =>
      FieldSelectors.map(
        ({ Field, Equals = [], StartsWith = [] }) => `${Field} ${[...Equals, ...StartsWith].map(text)}`,
      ),
    );
    expect(selectors).toEqual([
      ['eventCategory Management'],
      [
        'eventCategory Data',
        'resources.type AWS::DynamoDB::Table',
        `resources.ARN <${ledger}.Arn>`,
        'readOnly false',
      ],
      [
        'eventCategory Data',
        'resources.type AWS::S3::Object',
        expect.stringMatching(/^resources.ARN <EvidenceBucket\w+\.Arn>\/$/),
      ],
    ]);
  });

  it('goes to a bucket of its own, which outlives the stack and into which only this trail writes', () => {
    expect(bucket).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: {
        LifecycleConfiguration: { Rules: [{ ExpirationInDays: 400, Status: 'Enabled' }] },
        VersioningConfiguration: { Status: 'Enabled' },
      },
    });
    const [, policy] = only(platform, 'AWS::S3::BucketPolicy', 'TrailBucket');
    const { Statement } = policy.Properties.PolicyDocument as { Statement: Statement[] };
    const allowed = Statement.filter(({ Effect }) => Effect === 'Allow');
    expect(allowed.map(({ Action }) => Action)).toEqual(['s3:GetBucketAcl', 's3:PutObject']);
    for (const { Principal, Condition } of allowed) {
      expect(Principal).toEqual({ Service: 'cloudtrail.amazonaws.com' });
      expect(text(Condition?.StringEquals?.['aws:SourceArn'])).toMatch(/:trail\/lockstep$/);
    }
  });

  it('is left out where an organization has one', () => {
    const { lockstep } = cdkContext() as { lockstep: object };
    const without = stackOf(synthesize({ ...lockstep, trail: false }), 'Lockstep-Platform');
    expect(ofType(without, 'AWS::CloudTrail::Trail')).toEqual([]);
    expect(ofType(without, 'AWS::S3::Bucket').filter(([id]) => id.startsWith('Trail'))).toEqual([]);
  });
});
