import type { ResourceContext, ResourceProperties, ResourceProvider, ResourceState } from '../../host.ts';
import { serviceLinkedRole, uniqueId } from '../../iam/directory.ts';
import { propertyReader } from './properties.ts';
import type { IamContext } from './role.ts';

/** Provider of `AWS::IAM::InstanceProfile`. A new name or path replaces it. */
export const instanceProfileProvider = (iam: IamContext): ResourceProvider => {
  const put = (properties: ResourceProperties, context: ResourceContext): ResourceState => {
    const read = propertyReader('AWS::IAM::InstanceProfile', context, properties);
    read.only('InstanceProfileName', 'Path', 'Roles');
    const roleNames = read.texts('Roles');
    if (roleNames.length !== 1) read.fail('Roles', `must name one role, but names ${roleNames.length}.`);
    for (const roleName of roleNames) {
      if (!iam.directory.roles.has(roleName)) read.fail('Roles', `names ${roleName}, which does not exist.`);
    }
    const name = read.text('InstanceProfileName') ?? context.generatedName(128);
    const path = read.text('Path') ?? '/';
    const arn = `arn:${iam.partition}:iam::${iam.accountId}:instance-profile${path}${name}`;
    iam.directory.instanceProfiles.put(name, {
      arn,
      path,
      roleNames,
      instanceProfileName: name,
      instanceProfileId: uniqueId('AIPA', arn),
      createdAt: iam.directory.instanceProfiles.get(name)?.createdAt ?? iam.now(),
    });
    return { physicalId: name, attributes: { Arn: arn } };
  };
  return {
    create: put,
    update: put,
    delete: ({ physicalId }) => iam.directory.instanceProfiles.delete(physicalId),
  };
};

/** What AWS calls the roles that its services make for themselves. Source: IAM user guide, service-linked roles. */
const serviceLinkedRoleNames: Readonly<Record<string, string>> = {
  'imagebuilder.amazonaws.com': 'AWSServiceRoleForImageBuilder',
  'autoscaling.amazonaws.com': 'AWSServiceRoleForAutoScaling',
  'elasticloadbalancing.amazonaws.com': 'AWSServiceRoleForElasticLoadBalancing',
};

/** Provider of `AWS::IAM::ServiceLinkedRole`. */
export const serviceLinkedRoleProvider = (iam: IamContext): ResourceProvider => {
  const put = (properties: ResourceProperties, context: ResourceContext): ResourceState => {
    const read = propertyReader('AWS::IAM::ServiceLinkedRole', context, properties);
    read.only('AWSServiceName', 'CustomSuffix', 'Description');
    const service = read.requiredText('AWSServiceName');
    const suffix = read.text('CustomSuffix');
    const base = serviceLinkedRoleNames[service];
    if (!base) {
      return read.fail(
        'AWSServiceName',
        `is ${service}; known are ${Object.keys(serviceLinkedRoleNames).join(', ')}.`,
      );
    }
    const roleName = suffix === undefined ? base : `${base}_${suffix}`;
    const path = `/aws-service-role/${service}/`;
    const arn = `arn:${iam.partition}:iam::${iam.accountId}:role${path}${roleName}`;
    const createdAt = iam.directory.roles.get(roleName)?.createdAt ?? iam.now();
    iam.directory.roles.put(roleName, serviceLinkedRole(arn, path, createdAt));
    return { physicalId: roleName, attributes: { RoleName: roleName } };
  };
  return { create: put, update: put, delete: ({ physicalId }) => iam.directory.roles.delete(physicalId) };
};
