import fs from 'node:fs';
import path from 'node:path';
import { findAsset } from '../../assembly/assets.ts';
import { deployAssembly } from '../../assembly/deploy-assembly.ts';
import { loadAssembly } from '../../assembly/load-assembly.ts';
import { startHost, temporaryFolders } from './assembly-host.ts';

const newFolder = temporaryFolders();

const assembly = (artifacts: object, files: Record<string, object> = {}) => {
  const folder = newFolder();
  for (const [name, content] of Object.entries({ 'manifest.json': { artifacts }, ...files }))
    fs.writeFileSync(path.join(folder, name), JSON.stringify(content));
  return folder;
};

const stackArtifact = (name: string, ...dependencies: string[]) => ({
  [name]: {
    type: 'aws:cloudformation:stack',
    properties: { templateFile: `${name}.json` },
    dependencies,
  },
});

describe('loadAssembly', () => {
  it('gives the stacks in order of dependency, and where their assets are', async () => {
    const folder = assembly(
      {
        ...stackArtifact('App', 'Platform', 'App.assets'),
        ...stackArtifact('Platform'),
        'App.assets': { type: 'cdk:asset-manifest', properties: { file: 'App.assets.json' } },
        Tree: { type: 'cdk:tree' },
      },
      {
        'App.json': { Resources: {} },
        'Platform.json': { Resources: {} },
        'App.assets.json': {
          files: {
            abc: {
              source: { path: 'asset.abc', packaging: 'zip' },
              destinations: {
                here: { bucketName: `assets-\${AWS::AccountId}-\${AWS::Region}`, objectKey: 'abc.zip' },
              },
            },
          },
        },
      },
    );
    const loaded = loadAssembly(folder);
    expect(loaded.stacks.map(({ stackName }) => stackName)).toEqual(['Platform', 'App']);

    const running = await startHost(newFolder(), []);
    await deployAssembly(running.host, loaded);
    expect(findAsset(running.store, 'assets-000000000000-us-east-1', 'abc.zip')).toEqual({
      path: path.join(folder, 'asset.abc'),
      packaging: 'zip',
    });
    await running.stop();
  });

  it.each<[string, () => string, string]>([
    ['what is no assembly', newFolder, 'Synthesize the application first.'],
    ['an assembly without a stack', () => assembly({}), 'holds no stack'],
    [
      'an unknown artifact',
      () => assembly({ Stage: { type: 'cdk:cloud-assembly' } }),
      'the artifact Stage of type cdk:cloud-assembly',
    ],
    [
      'stacks that depend on each other',
      () => assembly({ ...stackArtifact('A', 'B'), ...stackArtifact('B', 'A') }),
      'The stacks depend on each other in a circle: A → B → A.',
    ],
    [
      'container images',
      () =>
        assembly(
          { 'A.assets': { type: 'cdk:asset-manifest', properties: { file: 'A.assets.json' } } },
          { 'A.assets.json': { dockerImages: { img: {} } } },
        ),
      'asks for container images (img)',
    ],
  ])('fails on %s', (_name, make, message) => expect(() => loadAssembly(make())).toThrow(message));
});
