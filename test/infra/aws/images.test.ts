import { resolve } from 'node:path';
import type { Runtime } from '../../../infra/aws/runtimes.ts';
import { readConfigFile } from '../../../infra/config.ts';
import { text } from '../../../scripts/templates.ts';
import { synthesize } from './support/synthesize.ts';
import {
  definitionOf,
  grantsOf,
  grantsOfRole,
  launchTemplateOf,
  ofType,
  only,
  patternOf,
  stackOf,
  type Template,
  templates,
} from './support/templates.ts';

const stacks = templates();
const orders = stackOf(stacks, 'Lockstep-orders');
const everywhere = Object.values(stacks).flatMap(({ Resources }) => Object.values(Resources));

describe('images', () => {
  it('install from the newest release of the distribution, as the check for security updates expects', () => {
    const commands = ofType(orders, 'AWS::ImageBuilder::Component').flatMap(([, { Properties }]) =>
      [...String(Properties.Data).matchAll(/\bdnf .*/g)].map(([command]) => command),
    );
    expect(commands.length).toBeGreaterThan(3);
    expect(
      commands.filter(
        (command) => !command.includes('--releasever=latest') && !command.startsWith('dnf clean metadata;'),
      ),
    ).toEqual([]);
  });

  it.each([
    ['Qat', 'qat'],
    ['Prod', 'prod'],
  ])(
    'T11: %s launches from the parameter that the workflow writes, without user data',
    (prefix, environment) => {
      expect(launchTemplateOf(orders, `${prefix}LaunchTemplate`)).toMatchObject({
        ImageId: `resolve:ssm:/lockstep/orders/${environment}/image`,
        MetadataOptions: { HttpTokens: 'required' },
      });
      expect(launchTemplateOf(orders, `${prefix}LaunchTemplate`)).not.toHaveProperty('UserData');
    },
  );

  it("T11: no parameter with an image is CloudFormation's to reset", () => {
    const declared = ofType(orders, 'AWS::SSM::Parameter').map(([, { Properties }]) => text(Properties.Name));
    expect(declared.filter((name) => name.endsWith('/image'))).toEqual([]);
    const names = ofType(orders, 'Custom::LockstepImageParameter').map(
      ([, { Properties }]) => Properties.ParameterName,
    );
    expect(names.sort()).toEqual(['/lockstep/orders/prod/image', '/lockstep/orders/qat/image']);
    expect(only(orders, 'AWS::AutoScaling::AutoScalingGroup')[1].DependsOn).toContainEqual(
      expect.stringMatching(/^ImageParametersQat/),
    );
  });

  it("T53: a function that writes an image's parameter may also describe images, and read it back", () => {
    for (const prefix of ['FunctionsPointAtImage', 'ImageParametersCreator'])
      expect(grantsOfRole(orders, prefix)).toEqual(
        expect.arrayContaining([
          'ec2:DescribeImages on *',
          expect.stringMatching(/^ssm:PutParameter on .*\/qat\/image$/),
          expect.stringMatching(/^ssm:GetParameter on .*\/prod\/image$/),
        ]),
      );
  });

  it('T12: another content is another version, of component and recipe alike', () => {
    const versions = (runtime: Runtime) => {
      const [{ 'Lockstep-orders': template } = {}] = [
        synthesize({
          applications: [{ name: 'orders', runtime }],
          approvers: { qc: ['q@example.com'], pmo: ['p@example.com'] },
          operators: ['o@example.com'],
        }),
      ];
      return template as Template;
    };
    const [node, java] = [versions('nodejs'), versions('java')];
    const recipe = (template: Template) =>
      only(template, 'AWS::ImageBuilder::ImageRecipe')[1].Properties.Version;
    const agent = (template: Template) =>
      only(template, 'AWS::ImageBuilder::Component', 'RecipeCodeDeployAgent')[1].Properties.Version;
    expect(recipe(node)).not.toBe(recipe(java));
    expect(agent(node)).toBe(agent(java));
    expect(recipe(node)).toBe(recipe(orders));
    for (const version of [recipe(node), recipe(java), agent(node)]) {
      const [major, minor, patch] = String(version).split('.').map(Number);
      expect([major, minor]).toEqual([1, 0]);
      expect(patch).toBeLessThan(2 ** 30);
    }
  });

  it('T69: of every image the packages can be listed: its pipeline has enhanced metadata', () => {
    const pipelines = ofType(orders, 'AWS::ImageBuilder::ImagePipeline');
    expect(pipelines.length).toBeGreaterThan(1);
    for (const [, { Properties }] of pipelines) expect(Properties.EnhancedImageMetadataEnabled).toBe(true);
  });

  it('is scanned only where that is configured, and only then its findings may be read', () => {
    const scanned = synthesize({
      approvers: { qc: ['qc@example.com'], pmo: ['pmo@example.com'] },
      operators: ['olga@example.com'],
      applications: [{ name: 'orders', runtime: 'nodejs', image: { scan: 'inspector' } }],
    })['Lockstep-orders'] as Template;
    const scans = (template: Template) =>
      ofType(template, 'AWS::ImageBuilder::ImagePipeline').map(
        ([, { Properties }]) => Properties.ImageScanningConfiguration,
      );
    expect(scans(orders)).toEqual([undefined, undefined]);
    expect(scans(scanned)).toEqual([{ ImageScanningEnabled: true }, { ImageScanningEnabled: true }]);
    for (const action of [
      'imagebuilder:ListImageScanFindings',
      'inspector2:SearchVulnerabilities',
      'inspector2:ListFindings',
    ]) {
      expect(JSON.stringify(orders)).not.toContain(action);
      expect(JSON.stringify(scanned)).toContain(action);
    }
  });

  describe('that a component of the team scans', () => {
    let scanned: Template;
    beforeAll(() => {
      scanned = synthesize({
        approvers: { qc: ['qc@example.com'], pmo: ['pmo@example.com'] },
        operators: ['olga@example.com'],
        applications: [
          {
            name: 'orders',
            runtime: 'nodejs',
            image: {
              scan: 'component',
              components: ['examples/image/scan-with-trivy.yaml'],
              tests: ['examples/image/smoke.yaml'],
            },
          },
        ],
      })['Lockstep-orders'] as Template;
    });

    it('begin with an empty folder, and end with the upload of what the scanner wrote', () => {
      const [, { Properties }] = only(scanned, 'AWS::ImageBuilder::ImageRecipe');
      const components = Properties.Components as readonly { ComponentArn: unknown; Parameters?: object[] }[];
      const named = components.map(({ ComponentArn }) => text(ComponentArn));
      const at = (name: string) => named.findIndex((one) => one.includes(name));
      expect(at('RecipeScanBegin')).toBeGreaterThanOrEqual(0);
      expect(at('RecipeScanBegin')).toBeLessThan(at('ownscanwithtrivy'));
      expect(at('RecipeScanEnd')).toBe(named.length - 1);
      const [bucketId] = only(scanned, 'AWS::S3::Bucket', 'Artifacts');
      expect(components.map(({ Parameters }) => Parameters).filter(Boolean)).toEqual([
        [{ Name: 'Bucket', Value: [{ Ref: bucketId }] }],
      ]);
    });

    it('upload to their prefix and nowhere else, from where inspect-image alone reads', () => {
      const granted = (template: Template, prefix: string) =>
        grantsOf(template, only(template, 'AWS::IAM::Role', prefix)[0]);
      const reports = expect.stringMatching(/^s3:PutObject on .*Artifacts.*\/image-scans\/\*$/);
      const added = granted(scanned, 'ImageBuildsRole').filter(
        (one) => !granted(orders, 'ImageBuildsRole').includes(one),
      );
      expect(added).toEqual([reports]);
      const reads = granted(scanned, 'FunctionsInspectImageRole').filter(
        (one) => !granted(orders, 'FunctionsInspectImageRole').includes(one),
      );
      expect(reads.filter((one) => !one.startsWith('imagebuilder:GetComponent '))).toEqual([
        expect.stringMatching(/^imagebuilder:ListWorkflowExecutions on .*:image\/lockstep-orders\/\*$/),
        expect.stringMatching(/^imagebuilder:ListWorkflowStepExecutions on .*:workflow-execution\/\*$/),
        expect.stringMatching(/^s3:GetObject on .*Artifacts.*\/image-scans\/\*$/),
        expect.stringMatching(/^kms:Decrypt on .*Key/),
      ]);
      expect(JSON.stringify(orders)).not.toContain('ListWorkflow');
    });

    it('are not scanned by Inspector, and nobody asks it about them', () => {
      for (const [, { Properties }] of ofType(scanned, 'AWS::ImageBuilder::ImagePipeline'))
        expect(Properties).not.toHaveProperty('ImageScanningConfiguration');
      expect(JSON.stringify(scanned)).not.toMatch(/inspector2:|ListImageScanFindings/);
    });
  });

  it("T14: each environment's builds report to a topic of their own, which wakes complete-job", () => {
    const topics = ofType(orders, 'AWS::ImageBuilder::InfrastructureConfiguration').map(
      ([, { Properties }]) => text(Properties.SnsTopicArn),
    );
    expect(new Set(topics).size).toBe(2);
    const subscribed = ofType(orders, 'AWS::SNS::Subscription').map(([, { Properties }]) => [
      text(Properties.TopicArn),
      Properties.Protocol,
      text(Properties.Endpoint),
    ]);
    expect(subscribed.sort()).toEqual(
      topics
        .map((topic) => [topic, 'lambda', expect.stringMatching(/^<FunctionsCompleteJobFunction\w+\.Arn>$/)])
        .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    );
  });

  it('T15: cancelled builds, of which topics say nothing, wake complete-job by event', () => {
    expect(patternOf(orders, 'TriggersImageCancelled')).toMatchObject({
      source: ['aws.imagebuilder'],
      'detail-type': ['EC2 Image Builder Image State Change'],
      detail: { state: { status: ['CANCELLED'] } },
    });
    expect(
      text((patternOf(orders, 'TriggersImageCancelled').resources as { prefix: unknown }[])[0]?.prefix),
    ).toMatch(/:image\/lockstep-orders\/$/);
    expect(grantsOfRole(orders, 'FunctionsCompleteJob')).toContainEqual(
      expect.stringMatching(/^imagebuilder:GetImage on .*:image\/lockstep-orders\/\*$/),
    );
  });

  it("T16: Image Builder's service-linked role may use the topics' key, and the policy names no missing principal", () => {
    const [, { Properties }] = only(orders, 'AWS::KMS::Key');
    const { Statement } = Properties.KeyPolicy as { Statement: Record<string, unknown>[] };
    const [, publishes] = Statement;
    expect(publishes).toMatchObject({
      Effect: 'Allow',
      Principal: { AWS: '*' },
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
    });
    const { ArnLike = {} } = (publishes?.Condition ?? {}) as { ArnLike?: Record<string, unknown> };
    expect(text(ArnLike['aws:PrincipalArn'])).toBe(
      'arn:<AWS::Partition>:iam::<AWS::AccountId>:role/aws-service-role/imagebuilder.amazonaws.com/AWSServiceRoleForImageBuilder',
    );
  });

  it('T17: build instances may be driven, and write their logs', () => {
    const [id, { Properties }] = only(orders, 'AWS::IAM::Role', 'ImageBuildsRole');
    expect((Properties.ManagedPolicyArns as unknown[]).map((arn) => text(arn).split('/').at(-1))).toEqual([
      'EC2InstanceProfileForImageBuilder',
      'AmazonSSMManagedInstanceCore',
    ]);
    expect(grantsOf(orders, id)).toContainEqual(
      expect.stringMatching(/^s3:PutObject on <Artifacts\w+\.Arn>\/image-builds\/\*$/),
    );
  });
});

it('T18: Image Builder is made of plain CloudFormation resources', () => {
  const types = new Set(
    everywhere.map(({ Type }) => Type).filter((type) => type.startsWith('AWS::ImageBuilder::')),
  );
  expect([...types].sort()).toEqual([
    'AWS::ImageBuilder::Component',
    'AWS::ImageBuilder::DistributionConfiguration',
    'AWS::ImageBuilder::ImagePipeline',
    'AWS::ImageBuilder::ImageRecipe',
    'AWS::ImageBuilder::InfrastructureConfiguration',
  ]);
});

describe('images that are used again', () => {
  const reused = stackOf(
    synthesize(readConfigFile(resolve(import.meta.dirname, '../../../examples/image-reuse.json'))),
    'Lockstep-orders',
  );
  const NAME = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';

  it('are asked for by the definition alone, with the parameters that decide', () => {
    expect(JSON.stringify(definitionOf(orders))).not.toContain('reuseDays');
    const definition = JSON.stringify(definitionOf(reused));
    for (const environment of ['qat', 'prod'])
      expect(definition).toContain(
        `"environment":"${environment}","reuseDays":"3","releaseParameter":"${NAME}","parentParameter":"${NAME}"`,
      );
  });

  it('let start-job read what decides, and nothing where each promotion builds', () => {
    const more = grantsOfRole(reused, 'FunctionsStartJobRole').filter(
      (grant) => !grantsOfRole(orders, 'FunctionsStartJobRole').includes(grant),
    );
    expect(more.map((grant) => grant.split(' on ')[0]).sort()).toEqual([
      'imagebuilder:GetImagePipeline',
      'imagebuilder:GetImagePipeline',
      'imagebuilder:ListImagePipelineImages',
      'imagebuilder:ListImagePipelineImages',
      'ssm:GetParameter',
    ]);
    // AWS's parameters are of no account.
    expect(more).toContainEqual(expect.stringMatching(/^ssm:GetParameter on .*::parameter\/aws\/service\//));
  });
});
