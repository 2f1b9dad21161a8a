import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { faultsOf } from '../../../infra/aws/image/component-schema.ts';
import { ConfigError } from '../../../infra/config.ts';
import { parseComponentDocument } from '../../../infra/local/aws/services/imagebuilder/component-document.ts';
import { text } from '../../../scripts/templates.ts';
import { stateNames } from '../../../workflows/state-names.ts';
import { synthesize } from './support/synthesize.ts';
import { definitionOf, launchTemplateOf, ofType, only, type Template } from './support/templates.ts';

const root = resolve(import.meta.dirname, '../../..');
const written = JSON.parse(readFileSync(join(root, 'examples/own-image.json'), 'utf8'));
const withImage = (image: object): Template => {
  const [application] = written.applications;
  const templates = synthesize({
    ...written,
    applications: [{ ...application, image: { ...application.image, ...image } }],
  });
  return templates['Lockstep-orders'] as Template;
};
const recipeOf = (template: Template) => only(template, 'AWS::ImageBuilder::ImageRecipe')[1].Properties;
const componentsOf = (template: Template): readonly string[] =>
  (recipeOf(template).Components as { ComponentArn: unknown }[]).map(({ ComponentArn }) =>
    text(ComponentArn).replace(/^<Recipe|Component[0-9A-F]{8}\.Arn>$/g, ''),
  );

it.each([
  ['fail', false],
  ['ask', true],
])(
  'with onDrift %s has states that ask about a Prod image, and shows how long they wait: %s',
  (onDrift, asks) => {
    const template = withImage({ onDrift });
    const shown = text(only(template, 'AWS::CloudWatch::Dashboard')[1].Properties.DashboardBody);
    for (const state of [stateNames.qcImageApproval, stateNames.pmoImageApproval]) {
      expect(definitionOf(template).States[state] !== undefined).toBe(asks);
      expect(shown.includes(`"State","${state}"`)).toBe(asks);
    }
  },
);

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(root, 'examples/image/test-'));
});
afterEach(() => rmSync(directory, { recursive: true }));
const documentFile = (data: string): string => {
  writeFileSync(join(directory, 'mine.yaml'), data);
  return relative(root, join(directory, 'mine.yaml'));
};

const step = "{ name: s, action: ExecuteBash, inputs: { commands: ['true'] } }";
const documentOf = (phases: string): string => `schemaVersion: 1.0\nphases:\n${phases}`;

describe('an own image', () => {
  const template = withImage({});

  it('starts from its parent, and adds components, packages and tests in order', () => {
    expect(recipeOf(template).ParentImage).toBe('ssm:/imagebuilder/golden-al2023');
    expect(componentsOf(template)).toEqual(
      [
        'SecurityUpdates',
        'CodeDeployAgent',
        'packages',
        'ownhardening',
        'arn:aws:imagebuilder:us-east-1:aws:component/amazon-cloudwatch-agent-linux/x.x.x',
        'ownsmoke',
      ].map((name) => expect.stringMatching(new RegExp(`^${name}`, 'i'))),
    );
    const data = ofType(template, 'AWS::ImageBuilder::Component').map(([, { Properties }]) => Properties);
    expect(data.find(({ Name }) => Name === 'lockstep-orders-own-hardening')?.Data).toBe(
      readFileSync(join(root, 'examples/image/hardening.yaml'), 'utf8'),
    );
    expect(data.find(({ Name }) => Name === 'lockstep-orders-packages')?.Data).toContain(
      'dnf -y install --releasever=latest nginx nodejs24;',
    );
  });

  it('gives images and instances its volume', () => {
    const volume = { VolumeSize: 20, VolumeType: 'gp3', Encrypted: true };
    expect(recipeOf(template).BlockDeviceMappings).toEqual([
      expect.objectContaining({ Ebs: expect.objectContaining(volume) }),
    ]);
    for (const id of ['QatLaunchTemplate', 'ProdLaunchTemplate'])
      expect(launchTemplateOf(template, id).BlockDeviceMappings).toEqual([
        expect.objectContaining({ Ebs: expect.objectContaining(volume) }),
      ]);
  });

  it("becomes the default version of the team's own launch template, where that is asked for", () => {
    const distributions = (template: Template) =>
      ofType(template, 'AWS::ImageBuilder::DistributionConfiguration').map(
        ([, { Properties }]) =>
          (Properties.Distributions as { LaunchTemplateConfigurations?: unknown }[])[0]
            ?.LaunchTemplateConfigurations,
      );
    expect(distributions(template)).toEqual([undefined, undefined]);
    const launchTemplateDefault = { qat: 'lt-0123456789abcdef0' };
    expect(distributions(withImage({ launchTemplateDefault }))).toEqual([
      [
        {
          LaunchTemplateId: 'lt-0123456789abcdef0',
          AccountId: expect.anything(),
          SetDefaultVersion: true,
        },
      ],
      undefined,
    ]);
  });

  it.each([
    ['ami-0123456789abcdef0', 'ami-0123456789abcdef0'],
    [
      '/aws/service/ami-amazon-linux-latest/al2023-ami-minimal-kernel-default-x86_64',
      expect.stringMatching(/^ssm:\/aws/),
    ],
    [
      'arn:aws:imagebuilder:us-east-1:123456789012:image/golden/x.x.x',
      'arn:aws:imagebuilder:us-east-1:123456789012:image/golden/x.x.x',
    ],
  ])('takes the parent image %s', (parent, expected) => {
    expect(recipeOf(withImage({ parent })).ParentImage).toEqual(expected);
  });

  it.each([
    ['parent', { parent: 'ami-0123456789abcdef0' }],
    ['packages', { packages: ['nginx'] }],
    ['volume', { volume: { gibibytes: 21 } }],
    ['components', { components: [] }],
    ['order of components', { components: [...written.applications[0].image.components].reverse() }],
    ['tests', { tests: [] }],
  ])('has another version of the recipe for another %s (T12)', (_, image) => {
    expect(recipeOf(withImage(image)).Version).not.toBe(recipeOf(template).Version);
    expect(recipeOf(withImage({})).Version).toBe(recipeOf(template).Version);
  });

  it('has another version for another content of a document', () => {
    const versionOf = (command: string) =>
      recipeOf(
        withImage({
          components: [
            documentFile(
              documentOf(
                `  - name: build\n    steps:\n      - { name: s, action: ExecuteBash, inputs: { commands: ['${command}'] } }`,
              ),
            ),
          ],
        }),
      ).Version;
    const first = versionOf('echo 1');
    expect(versionOf('echo 2')).not.toBe(first);
    expect(versionOf('echo 1')).toBe(first);
  });

  it('fails for a document that is not there, is wrong, or tests nothing, and names the key', () => {
    const messageOf = (image: object): string => {
      try {
        withImage(image);
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
        return (error as Error).message;
      }
      throw new Error('it was accepted');
    };
    expect(messageOf({ components: ['no/such.yaml'] })).toMatch(
      /image\.components\[0\]: received "no\/such\.yaml", but ENOENT.* Give the path/,
    );
    const wrong = documentFile(
      documentOf('  - name: build\n    steps:\n      - { name: s, action: ExecuteBsh }'),
    );
    expect(messageOf({ components: [wrong] })).toMatch(/phases\.0\.steps\.0\.action/);
    const untested = documentFile(documentOf(`  - name: build\n    steps:\n      - ${step}`));
    expect(messageOf({ tests: [untested] })).toContain('it has no phase test');
  });
});

describe('component documents', () => {
  const build = (steps: string) => documentOf(`  - name: build\n    steps:\n${steps}`);
  it.each([
    ['one step', build(`      - ${step}`), true],
    ['a reboot without inputs', build('      - { name: s, action: Reboot }'), true],
    ['schemaVersion as text', build(`      - ${step}`).replace('1.0', "'1.0'"), true],
    ['no phases', 'schemaVersion: 1.0', false],
    ['another version of the schema', build(`      - ${step}`).replace('1.0', '2.0'), false],
    ['an unknown key', `${build(`      - ${step}`)}\nowner: me`, false],
    ['an unknown phase', build(`      - ${step}`).replace('build', 'bake'), false],
    ['an unknown action', build('      - { name: s, action: Bash, inputs: {} }'), false],
    ['no steps', documentOf('  - name: build\n    steps: []'), false],
    ['two steps of one name', build(`      - ${step}\n      - ${step}`), false],
    [
      'a phase twice',
      documentOf(
        `  - name: build\n    steps:\n      - ${step}\n  - name: build\n    steps:\n      - ${step}`,
      ),
      false,
    ],
    ['no commands', build('      - { name: s, action: ExecuteBash, inputs: {} }'), false],
    ['an unknown onFailure', build('      - { name: s, action: Reboot, onFailure: Retry }'), false],
    ['no YAML', 'phases: [', false],
  ])('with %s: told as Image Builder would', (_, data, isAccepted) => {
    expect(faultsOf(data).length === 0).toBe(isAccepted);
    const parse = () => parseComponentDocument(data);
    if (isAccepted) expect(parse).not.toThrow();
    else expect(parse).toThrow();
  });

  it('fails above the characters that the API takes', () => {
    expect(faultsOf(`${build(`      - ${step}`)}\n${'#'.repeat(16_000)}`)[0]).toMatch(/16000/);
  });
});
