import { listOf, text } from '../../../scripts/templates.ts';
import {
  ofType,
  only,
  type Resource,
  type Statement,
  stackOf,
  statementsOf,
  type Template,
  templates,
} from './support/templates.ts';
import { placed, THEIRS, templateOf } from './support/two-accounts.ts';

const orders = stackOf(templates(), 'Lockstep-orders');

/** Every stack of an installation in one account and of one in two, and with tests whose cache is kept. */
const everywhere: readonly (readonly [string, Template])[] = [
  ...Object.entries(templates()),
  ...Object.entries(placed).map(([name, { template }]) => [name, template] as const),
];
const every = (type: string): readonly (readonly [string, Resource])[] =>
  everywhere.flatMap(([stack, template]) =>
    ofType(template, type).map(([id, resource]) => [`${stack} ${id}`, resource] as const),
  );

interface Rule {
  readonly Prefix?: string;
  readonly ExpirationInDays?: number;
  readonly NoncurrentVersionExpiration?: { readonly NoncurrentDays: number };
}
const rulesOf = ({ Properties }: Resource): readonly Rule[] =>
  (Properties.LifecycleConfiguration as { Rules: Rule[] } | undefined)?.Rules ?? [];
/** Buckets whose revisions `delete-unused-images` deletes. */
const isOfRevisions = (name: string): boolean => / Artifacts[0-9A-F]{8}$/.test(name);

describe('nothing grows for ever', () => {
  it('every log group has a retention', () => {
    const groups = every('AWS::Logs::LogGroup');
    expect(groups.length).toBeGreaterThan(40);
    expect(groups.filter(([, { Properties }]) => typeof Properties.RetentionInDays !== 'number')).toEqual([]);
  });

  it('Image Builder’s own log groups are made with a retention before it makes them without one', () => {
    const named = ofType(orders, 'AWS::Logs::LogGroup').map(([, { Properties }]) => Properties.LogGroupName);
    const pipelines = ofType(orders, 'AWS::ImageBuilder::ImagePipeline').map(
      ([, { Properties }]) => `/aws/imagebuilder/pipeline/${Properties.Name}`,
    );
    const [, recipe] = only(orders, 'AWS::ImageBuilder::ImageRecipe');
    expect(named).toEqual(
      expect.arrayContaining([`/aws/imagebuilder/${recipe.Properties.Name}`, ...pipelines]),
    );
  });

  it('every function writes into a log group of the template', () => {
    const functions = every('AWS::Lambda::Function');
    expect(functions.length).toBeGreaterThan(20);
    for (const [name, { Properties }] of functions)
      expect([name, (Properties.LoggingConfig as { LogGroup?: unknown } | undefined)?.LogGroup]).toEqual([
        name,
        { Ref: expect.any(String) },
      ]);
  });

  it('every bucket has an end for what it holds, but those of revisions, which a function deletes', () => {
    const buckets = every('AWS::S3::Bucket');
    const revisions = buckets.filter(([name]) => isOfRevisions(name));
    expect(buckets.length).toBeGreaterThan(6);
    expect(revisions.length).toBe(3);
    for (const [name, bucket] of buckets) {
      const rules = rulesOf(bucket);
      const whole = rules.filter(({ Prefix }) => Prefix === undefined);
      const days = whole.flatMap(
        ({ ExpirationInDays, NoncurrentVersionExpiration }) =>
          ExpirationInDays ?? NoncurrentVersionExpiration?.NoncurrentDays ?? [],
      );
      expect([name, days.length > 0]).toEqual([name, !isOfRevisions(name)]);
    }
  });

  it('T55: no rule expires a revision by its age; logs of builds and caches have an end', () => {
    for (const [name, bucket] of every('AWS::S3::Bucket').filter(([one]) => isOfRevisions(one))) {
      const ends = rulesOf(bucket).filter(
        ({ ExpirationInDays, NoncurrentVersionExpiration }) =>
          ExpirationInDays !== undefined || NoncurrentVersionExpiration !== undefined,
      );
      // CodePipeline's keys begin with the pipeline's name, `lockstep-…`.
      expect(ends.filter(({ Prefix }) => Prefix === undefined || 'lockstep-'.startsWith(Prefix))).toEqual([]);
      expect([name, ends.map(({ Prefix, ExpirationInDays }) => [Prefix, ExpirationInDays])]).toEqual([
        name,
        [
          ['image-builds/', 180],
          ['image-scans/', 180],
          ['codebuild-logs/', 180],
          ['build-cache/', 30],
          ['test-cache/', 30],
          ['load-test-cache/', 30],
        ],
      ]);
      expect(bucket.Properties.VersioningConfiguration).toEqual({ Status: 'Enabled' });
    }
  });
});

describe('delete-unused-images', () => {
  const functionOf = (template: Template): Resource => {
    const [, found] = only(template, 'AWS::Lambda::Function', 'KeepingDeleteUnusedImages');
    return found;
  };
  const roleIn = (template: Template, prefix: string): readonly Statement[] =>
    statementsOf(template, only(template, 'AWS::IAM::Role', prefix)[0]);
  const statementFor = (statements: readonly Statement[], action: string): Statement[] =>
    statements.filter(({ Action }) => listOf(Action).includes(action));

  it('T61: deregisters only AMIs with the tag of its application, and deletes only snapshots of Image Builder', () => {
    const theirs = Object.keys(placed).filter((name) => /-(Qat|Prod)$/.test(name));
    expect(theirs).toHaveLength(2);
    for (const statements of [
      roleIn(orders, 'KeepingDeleteUnusedImages'),
      ...theirs.map((name) => roleIn(templateOf(name), 'Reachdeleteunusedimages')),
    ]) {
      const [deregister, ...others] = statementFor(statements, 'ec2:DeregisterImage');
      expect(others).toEqual([]);
      expect(deregister?.Condition).toEqual({
        StringEquals: { 'aws:ResourceTag/lockstep:application': 'orders' },
      });
      expect(text(deregister?.Resource)).toMatch(/:ec2:[^/]+::image\/\*$/);
      const [snapshots] = statementFor(statements, 'ec2:DeleteSnapshot');
      expect(snapshots?.Condition).toEqual({
        StringEquals: { 'aws:ResourceTag/CreatedBy': 'EC2 Image Builder' },
      });
    }
  });

  it('T61: tags AMIs where they are built and where they are used', () => {
    const tagged = { 'lockstep:application': 'orders' };
    expect(only(orders, 'AWS::ImageBuilder::ImageRecipe')[1].Properties.AmiTags).toEqual(tagged);
    const distributions = ofType(orders, 'AWS::ImageBuilder::DistributionConfiguration');
    expect(distributions).toHaveLength(2);
    for (const [, { Properties }] of distributions)
      expect(Properties.Distributions).toMatchObject([{ AmiDistributionConfiguration: { AmiTags: tagged } }]);
  });

  it('deletes nothing of a bucket but versions of revisions, and writes nothing into it', () => {
    const statements = roleIn(orders, 'KeepingDeleteUnusedImages');
    const onS3 = statements.flatMap(({ Action, Resource: on }) =>
      listOf(Action)
        .filter((action) => action.startsWith('s3:'))
        .map((action) => `${action} ${text(on)}`),
    );
    expect(onS3).toEqual([
      expect.stringMatching(/^s3:ListBucketVersions <Artifacts\w+\.Arn>$/),
      expect.stringMatching(/^s3:DeleteObjectVersion <Artifacts\w+\.Arn>\/lockstep-\*$/),
    ]);
  });

  it('T52: reaches both environments elsewhere, and the revisions of each region', () => {
    const own = templateOf('Lockstep-orders');
    const { Environment, Timeout } = functionOf(own).Properties as {
      Environment: { Variables: Record<string, unknown> };
      Timeout: number;
    };
    expect(Environment.Variables).toMatchObject({
      QAT_ROLE_ARN: expect.anything(),
      QAT_REGION: 'us-east-1',
      PROD_ROLE_ARN: expect.anything(),
      PROD_REGION: 'eu-west-1',
    });
    expect(text(Environment.Variables.PROD_ROLE_ARN)).toContain(`:${THEIRS}:`);
    const buckets = JSON.parse(text(Environment.Variables.REVISION_BUCKETS)) as { region: string }[];
    expect(buckets.map(({ region }) => region)).toEqual(['us-east-1', 'eu-west-1']);
    expect(Timeout).toBe(600);
    const listed = statementFor(roleIn(own, 'KeepingDeleteUnusedImages'), 's3:ListBucketVersions');
    expect(text(listed[0]?.Resource)).toContain('artifacts');
  });

  it('T63: runs once a day at any time of four hours, and after each promotion', () => {
    const [, { Properties: daily }] = only(
      orders,
      'AWS::Scheduler::Schedule',
      'TriggersSchedulesDeleteUnusedImages',
    );
    expect(daily).toMatchObject({
      ScheduleExpression: 'rate(1 day)',
      FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 240 },
    });
    expect(text((daily.Target as { Arn: unknown }).Arn)).toMatch(/KeepingDeleteUnusedImages/);
    const [, { Properties: ended }] = only(orders, 'AWS::Events::Rule', 'Keeping');
    expect(ended.EventPattern).toMatchObject({
      detail: { status: ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'] },
    });
  });

  it('writes into the ledger only what it notes about the application: no promotion and no decision', () => {
    const writes = statementFor(roleIn(orders, 'KeepingDeleteUnusedImages'), 'dynamodb:PutItem');
    expect(writes.map(({ Condition }) => Condition)).toEqual([
      {
        'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['APPLICATION#orders'] },
        Null: { 'dynamodb:LeadingKeys': 'false' },
      },
    ]);
  });

  it('keeps as many releases as is configured', () => {
    expect((functionOf(orders).Properties.Environment as { Variables: object }).Variables).toMatchObject({
      KEEP_RELEASES: '10',
    });
  });
});
