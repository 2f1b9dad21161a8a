import type {
  PolicyDocument,
  ResourceContext,
  ResourceProperties,
  ResourceProvider,
  ResourceState,
} from '../../host.ts';
import { type Directory, type ManagedPolicyRecord, type RoleRecord, uniqueId } from '../../iam/directory.ts';
import { propertyReader } from './properties.ts';
import type { IamContext } from './role.ts';

const changeRole = (
  directory: Directory,
  roleName: string,
  change: (role: RoleRecord) => Partial<RoleRecord>,
): boolean => {
  const role = directory.roles.get(roleName);
  if (role) directory.roles.put(roleName, { ...role, ...change(role) });
  return role !== undefined;
};

/** Provider of `AWS::IAM::Policy`: an inline policy of one or several roles. It changes in place. */
export const policyProvider = ({ directory }: IamContext): ResourceProvider => {
  const read = (properties: ResourceProperties, context: ResourceContext) => {
    const reader = propertyReader('AWS::IAM::Policy', context, properties);
    reader.only('PolicyDocument', 'PolicyName', 'Roles');
    const name = reader.requiredText('PolicyName');
    const roles = reader.texts('Roles');
    if (roles.length === 0)
      reader.fail('Roles', 'must name at least one role: users and groups are not served.');
    return { name, roles, document: reader.document('PolicyDocument'), reader };
  };

  const attach = (properties: ResourceProperties, context: ResourceContext): void => {
    const { name, roles, document, reader } = read(properties, context);
    for (const roleName of roles) {
      const done = changeRole(directory, roleName, ({ inlinePolicies }) => ({
        inlinePolicies: { ...inlinePolicies, [name]: document },
      }));
      if (!done) reader.fail('Roles', `names ${roleName}, which does not exist.`);
    }
  };

  const detach = (properties: ResourceProperties): void => {
    const { PolicyName, Roles } = properties as { PolicyName: string; Roles?: readonly string[] };
    for (const roleName of Roles ?? []) {
      changeRole(directory, roleName, ({ inlinePolicies }) => {
        const { [PolicyName]: _removed, ...others } = inlinePolicies;
        return { inlinePolicies: others };
      });
    }
  };

  const state = (physicalId: string): ResourceState => ({ physicalId, attributes: { Id: physicalId } });

  return {
    create: (properties, context) => {
      attach(properties, context);
      return state(context.generatedName(128));
    },
    update: (properties, context, before) => {
      read(properties, context);
      detach(before.properties);
      attach(properties, context);
      return before.state;
    },
    delete: (_state, _context, properties) => detach(properties),
  };
};

interface ManagedPolicyTemplate {
  readonly record: Omit<ManagedPolicyRecord, 'createdAt'>;
  readonly roles: readonly string[];
  readonly missingRole: (roleName: string) => never;
}

/** Provider of `AWS::IAM::ManagedPolicy`. A new name, path or description replaces it. */
export const managedPolicyProvider = (iam: IamContext): ResourceProvider => {
  const { directory } = iam;

  const put = ({ record, roles, missingRole }: ManagedPolicyTemplate): ResourceState => {
    const { arn } = record;
    const createdAt = directory.managedPolicies.get(arn)?.createdAt ?? iam.now();
    directory.managedPolicies.put(arn, { ...record, createdAt });
    for (const roleName of roles) {
      const done = changeRole(directory, roleName, ({ managedPolicyArns }) => ({
        managedPolicyArns: [...new Set([...managedPolicyArns, arn])],
      }));
      if (!done) missingRole(roleName);
    }
    return { physicalId: arn, attributes: { PolicyArn: arn, PolicyId: record.policyId } };
  };

  const detach = (arn: string, roles: readonly string[]): void => {
    for (const roleName of roles) {
      changeRole(directory, roleName, ({ managedPolicyArns }) => ({
        managedPolicyArns: managedPolicyArns.filter((other) => other !== arn),
      }));
    }
  };

  const rolesIn = (properties: ResourceProperties) => (properties.Roles ?? []) as readonly string[];

  return {
    create: (properties, context) => put(readManagedPolicy(iam, properties, context)),
    update: (properties, context, before) => {
      const template = readManagedPolicy(iam, properties, context);
      const dropped = rolesIn(before.properties).filter((role) => !template.roles.includes(role));
      detach(before.state.physicalId, dropped);
      return put(template);
    },
    delete: ({ physicalId }, _context, properties) => {
      detach(physicalId, rolesIn(properties));
      directory.managedPolicies.delete(physicalId);
    },
  };
};

const readManagedPolicy = (
  { accountId, partition }: IamContext,
  properties: ResourceProperties,
  context: ResourceContext,
): ManagedPolicyTemplate => {
  const reader = propertyReader('AWS::IAM::ManagedPolicy', context, properties);
  reader.only('Description', 'ManagedPolicyName', 'Path', 'PolicyDocument', 'Roles');
  const description = reader.text('Description');
  const policyName = reader.text('ManagedPolicyName') ?? context.generatedName(128);
  const path = reader.text('Path') ?? '/';
  const arn = `arn:${partition}:iam::${accountId}:policy${path}${policyName}`;
  const document: PolicyDocument = reader.document('PolicyDocument');
  return {
    roles: reader.texts('Roles'),
    missingRole: (roleName) => reader.fail('Roles', `names ${roleName}, which does not exist.`),
    record: {
      arn,
      policyName,
      policyId: uniqueId('ANPA', arn),
      path,
      document,
      ...(description !== undefined && { description }),
    },
  };
};
