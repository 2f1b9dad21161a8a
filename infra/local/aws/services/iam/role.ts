import type {
  PolicyDocument,
  ResourceContext,
  ResourceProperties,
  ResourceProvider,
  ResourceState,
} from '../../host.ts';
import { type Directory, type RoleRecord, uniqueId } from '../../iam/directory.ts';
import { awsManagedPolicy, isAwsManaged } from '../../iam/managed-policies.ts';
import { readPolicy } from '../../iam/policy.ts';
import type { Account } from '../../iam/principals.ts';
import { type PropertyReader, propertyReader } from './properties.ts';

const TYPE = 'AWS::IAM::Role';

/** What a template says of a role; names of its own inline policies are remembered so that an update removes no other's. */
interface RoleTemplate {
  readonly roleName: string;
  readonly path: string;
  readonly description: string | undefined;
  readonly maxSessionDuration: number;
  readonly trustPolicy: PolicyDocument;
  readonly inlinePolicies: Readonly<Record<string, PolicyDocument>>;
  readonly managedPolicyArns: readonly string[];
  readonly permissionsBoundary: string | undefined;
  readonly tags: RoleRecord['tags'];
}

/** What the iam service's providers share. */
export interface IamContext extends Account {
  readonly directory: Directory;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Provider of `AWS::IAM::Role`. A new name or path replaces the role; everything else changes in place. */
export const roleProvider = (iam: IamContext): ResourceProvider => {
  const { directory } = iam;

  const put = (template: RoleTemplate, own: RoleTemplate | undefined): ResourceState => {
    const before = directory.roles.get(template.roleName);
    const arn = `arn:${iam.partition}:iam::${iam.accountId}:role${template.path}${template.roleName}`;
    const { description, permissionsBoundary, ...rest } = template;
    const record: RoleRecord = {
      ...rest,
      arn,
      roleId: uniqueId('AROA', arn),
      createdAt: before?.createdAt ?? iam.now(),
      inlinePolicies: {
        ...without(before?.inlinePolicies ?? {}, Object.keys(own?.inlinePolicies ?? {})),
        ...template.inlinePolicies,
      },
      managedPolicyArns: [
        ...new Set([
          ...(before?.managedPolicyArns ?? []).filter((one) => !own?.managedPolicyArns.includes(one)),
          ...template.managedPolicyArns,
        ]),
      ],
      ...(description !== undefined && { description }),
      ...(permissionsBoundary !== undefined && { permissionsBoundary }),
    };
    directory.roles.put(record.roleName, record);
    return { physicalId: record.roleName, attributes: { Arn: arn, RoleId: record.roleId } };
  };

  return {
    create: (properties, context) => {
      const template = readTemplate(directory, properties, context);
      return put(template, template);
    },
    update: (properties, context, before) =>
      put(readTemplate(directory, properties, context), readTemplate(directory, before.properties, context)),
    delete: (state) => directory.roles.delete(state.physicalId),
  };
};

const without = <Value>(record: Readonly<Record<string, Value>>, keys: readonly string[]) =>
  Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)));

const readTemplate = (
  directory: Directory,
  properties: ResourceProperties,
  context: ResourceContext,
): RoleTemplate => {
  const read = propertyReader(TYPE, context, properties);
  read.only(
    'AssumeRolePolicyDocument',
    'Description',
    'ManagedPolicyArns',
    'MaxSessionDuration',
    'Path',
    'PermissionsBoundary',
    'Policies',
    'RoleName',
    'Tags',
  );
  return {
    roleName: read.text('RoleName') ?? context.generatedName(64),
    path: read.text('Path') ?? '/',
    description: read.text('Description'),
    maxSessionDuration: read.number('MaxSessionDuration') ?? 3600,
    trustPolicy: read.document('AssumeRolePolicyDocument'),
    inlinePolicies: readInlinePolicies(read, properties.Policies ?? [], context.logicalId),
    managedPolicyArns: read
      .texts('ManagedPolicyArns')
      .map((arn) => checkManagedPolicy(directory, read, 'ManagedPolicyArns', arn)),
    permissionsBoundary: optional(read.text('PermissionsBoundary'), (arn) =>
      checkManagedPolicy(directory, read, 'PermissionsBoundary', arn),
    ),
    tags: read.tags(),
  };
};

const optional = <Value, Result>(value: Value | undefined, map: (value: Value) => Result) =>
  value === undefined ? undefined : map(value);

const readInlinePolicies = (
  read: PropertyReader,
  value: unknown,
  logicalId: string,
): Readonly<Record<string, PolicyDocument>> => {
  if (!Array.isArray(value)) return read.fail('Policies', 'must be a list.');
  return Object.fromEntries(
    (value as { PolicyName?: unknown; PolicyDocument?: unknown }[]).map((policy) => {
      if (typeof policy?.PolicyName !== 'string' || typeof policy.PolicyDocument !== 'object') {
        return read.fail(
          'Policies',
          `has an entry without PolicyName or PolicyDocument: ${JSON.stringify(policy)}.`,
        );
      }
      const document = policy.PolicyDocument as PolicyDocument;
      readPolicy(document, `${logicalId}.${policy.PolicyName}`);
      return [policy.PolicyName, document];
    }),
  );
};

/** Fails for a managed policy that does not exist, or whose document is not known here. */
const checkManagedPolicy = (
  directory: Directory,
  read: PropertyReader,
  property: string,
  arn: string,
): string => {
  if (isAwsManaged(arn)) awsManagedPolicy(arn);
  else if (!directory.managedPolicies.has(arn)) read.fail(property, `names ${arn}, which does not exist.`);
  return arn;
};
