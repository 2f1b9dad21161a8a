import fs from 'node:fs';
import path from 'node:path';
import { AssemblyError } from './assembly-errors.ts';
import type { LocalAsset } from './assets.ts';

/** A resource as a template declares it. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly Condition?: string;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly [other: string]: unknown;
}

/** A template's parameter. */
interface TemplateParameter {
  readonly Type: string;
  readonly Default?: string | number;
}

/** A template's output. */
interface TemplateOutput {
  readonly Value: unknown;
  readonly Export?: { readonly Name: unknown };
  readonly Condition?: string;
}

/** A CloudFormation template. */
export interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Parameters?: Readonly<Record<string, TemplateParameter>>;
  readonly Outputs?: Readonly<Record<string, TemplateOutput>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Mappings?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly Rules?: Readonly<Record<string, unknown>>;
  readonly [other: string]: unknown;
}

/** One stack of the assembly. */
export interface AssemblyStack {
  readonly stackName: string;
  readonly template: Template;
  /** Values for the template's parameters that synthesis has chosen. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** An asset and where the templates look for it; bucket and key may hold `${AWS::…}` placeholders. */
interface AssemblyAsset extends LocalAsset {
  readonly bucket: string;
  readonly key: string;
}

/** What CDK has synthesized. */
export interface Assembly {
  readonly directory: string;
  /** Each after the stacks that it depends on. */
  readonly stacks: readonly AssemblyStack[];
  readonly assets: readonly AssemblyAsset[];
}

interface Artifact {
  readonly type: string;
  readonly properties?: {
    readonly templateFile?: string;
    readonly stackName?: string;
    readonly parameters?: Readonly<Record<string, string>>;
    readonly file?: string;
  };
  readonly dependencies?: readonly string[];
}

interface AssetManifest {
  readonly files?: Readonly<
    Record<
      string,
      {
        readonly source: { readonly path: string; readonly packaging: string };
        readonly destinations: Readonly<
          Record<string, { readonly bucketName: string; readonly objectKey: string }>
        >;
      }
    >
  >;
  readonly dockerImages?: Readonly<Record<string, unknown>>;
}

/** Artifacts that say nothing about what is to be built. */
const informativeArtifacts = new Set(['cdk:tree', 'cdk:feature-flag-report', 'cdk:validation-report']);

/**
 * Reads a cloud assembly (`cdk.out`).
 * @throws AssemblyError if it is not one, or holds what cannot be built locally (stages, container images)
 */
export const loadAssembly = (directory: string): Assembly => {
  const root = path.resolve(directory);
  const manifest = readJson<{ artifacts?: Record<string, Artifact> }>(path.join(root, 'manifest.json'));
  const artifacts = manifest.artifacts ?? {};
  const stacks: AssemblyStack[] = [];
  const assets: AssemblyAsset[] = [];
  for (const id of inDependencyOrder(artifacts)) {
    const artifact = artifacts[id] as Artifact;
    if (artifact.type === 'aws:cloudformation:stack') stacks.push(readStack(root, id, artifact));
    else if (artifact.type === 'cdk:asset-manifest') assets.push(...readAssets(root, artifact));
    else if (!informativeArtifacts.has(artifact.type)) {
      throw new AssemblyError(
        `The assembly ${root} holds the artifact ${id} of type ${artifact.type}, which the emulator does not ` +
          'build. It takes stacks and file assets that belong to the application itself (no stages).',
      );
    }
  }
  if (stacks.length === 0)
    throw new AssemblyError(`The assembly ${root} holds no stack. Synthesize the application into it.`);
  return { directory: root, stacks, assets };
};

const readJson = <Value>(file: string): Value => {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as Value;
  } catch (error) {
    throw new AssemblyError(
      `Cannot read ${file} (${(error as Error).message}). Synthesize the application first.`,
    );
  }
};

const inDependencyOrder = (artifacts: Readonly<Record<string, Artifact>>): string[] => {
  const order = new Set<string>();
  const visit = (id: string, path: readonly string[]) => {
    if (order.has(id) || !artifacts[id]) return;
    if (path.includes(id))
      throw new AssemblyError(`The stacks depend on each other in a circle: ${[...path, id].join(' → ')}.`);
    for (const dependency of artifacts[id].dependencies ?? []) visit(dependency, [...path, id]);
    order.add(id);
  };
  for (const id of Object.keys(artifacts)) visit(id, []);
  return [...order];
};

const readStack = (root: string, id: string, { properties }: Artifact): AssemblyStack => ({
  stackName: properties?.stackName ?? id,
  template: readJson<Template>(path.join(root, properties?.templateFile ?? `${id}.template.json`)),
  parameters: properties?.parameters ?? {},
});

const readAssets = (root: string, { properties }: Artifact): AssemblyAsset[] => {
  const file = path.join(root, properties?.file ?? '');
  const manifest = readJson<AssetManifest>(file);
  const images = Object.keys(manifest.dockerImages ?? {});
  if (images.length > 0)
    throw new AssemblyError(
      `${file} asks for container images (${images.join(', ')}); none can be built locally.`,
    );
  return Object.values(manifest.files ?? {}).flatMap(({ source, destinations }) => {
    if (source.packaging !== 'zip' && source.packaging !== 'file')
      throw new AssemblyError(`${file}: packaging ${source.packaging} of ${source.path} is not zip or file.`);
    const asset: LocalAsset = { path: path.resolve(root, source.path), packaging: source.packaging };
    return Object.values(destinations).map(({ bucketName, objectKey }) => ({
      ...asset,
      bucket: bucketName,
      key: objectKey,
    }));
  });
};
