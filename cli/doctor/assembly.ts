import { CommandError } from '../system.ts';

/** A resource of a synthesized template. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** A stack as it was synthesized. */
export interface SynthesizedStack {
  readonly name: string;
  /** Absent: where the credentials lead. */
  readonly account?: string;
  readonly region?: string;
  /** Which version of CDK's bootstrap stack it needs, and the SSM parameter that says which one is there. */
  readonly bootstrapVersion: number;
  readonly bootstrapParameter: string;
  /** The role by which CDK looks into the account; the partition may be a placeholder. */
  readonly lookupRoleArn?: string;
  readonly resources: Readonly<Record<string, TemplateResource>>;
}

/** What the cloud assembly's manifest says of a stack. */
interface ManifestArtifact {
  readonly type: string;
  readonly environment?: string;
  readonly properties?: {
    readonly stackName?: string;
    readonly templateFile?: string;
    readonly requiresBootstrapStackVersion?: number;
    readonly bootstrapStackVersionSsmParameter?: string;
    readonly lookupRole?: { readonly arn?: string };
  };
}

/** Account or region of a stack that names none (`aws://unknown-account/unknown-region`). */
const known = (part: string | undefined): string | undefined =>
  part === undefined || part.startsWith('unknown-') ? undefined : part;

/**
 * Reads the stacks of a cloud assembly, which `cdk synth` writes: exactly what a deployment would deploy (D-117).
 * @param read a file of the assembly's directory
 * @throws CommandError unless it is one
 */
export function readAssembly(directory: string, read: (file: string) => string): readonly SynthesizedStack[] {
  let artifacts: Readonly<Record<string, ManifestArtifact>>;
  try {
    ({ artifacts } = JSON.parse(read('manifest.json')) as { artifacts: typeof artifacts });
  } catch (error) {
    throw new CommandError(
      `${directory} has no templates (${(error as Error).message}). Write them with "npx cdk synth --quiet", or give their directory with --assembly.`,
    );
  }
  return Object.entries(artifacts).flatMap(([id, { type, environment = '', properties = {} }]) => {
    const { templateFile } = properties;
    if (type !== 'aws:cloudformation:stack' || templateFile === undefined) return [];
    const [account, region] = environment.replace('aws://', '').split('/').map(known);
    const { Resources } = JSON.parse(read(templateFile)) as { Resources: SynthesizedStack['resources'] };
    const lookupRoleArn = properties.lookupRole?.arn;
    return [
      {
        name: properties.stackName ?? id,
        ...(account !== undefined && { account }),
        ...(region !== undefined && { region }),
        bootstrapVersion: properties.requiresBootstrapStackVersion ?? 0,
        bootstrapParameter:
          properties.bootstrapStackVersionSsmParameter ?? '/cdk-bootstrap/hnb659fds/version',
        ...(lookupRoleArn !== undefined && { lookupRoleArn }),
        resources: Resources,
      },
    ];
  });
}

/** A resource with its properties, its logical id and the stack that declares it. */
export interface DeclaredResource {
  readonly stack: string;
  readonly id: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Resources of a type in several stacks. */
export const declared = (stacks: readonly SynthesizedStack[], type: string): readonly DeclaredResource[] =>
  stacks.flatMap(({ name, resources }) =>
    Object.entries(resources).flatMap(([id, { Type, Properties = {} }]) =>
      Type === type ? [{ stack: name, id, properties: Properties }] : [],
    ),
  );

/** The logical id that `Ref` or `Fn::GetAtt` names; undefined for anything else. */
export const referredId = (value: unknown): string | undefined => {
  const { Ref, 'Fn::GetAtt': attribute } = (value ?? {}) as { Ref?: unknown; 'Fn::GetAtt'?: unknown };
  if (typeof Ref === 'string') return Ref;
  return Array.isArray(attribute) ? String(attribute[0]) : undefined;
};

/** Every value below a key of that name, however deep. */
export const valuesOf = (value: unknown, key: string): readonly unknown[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) =>
    name === key ? [each, ...valuesOf(each, key)] : valuesOf(each, key),
  );
};
