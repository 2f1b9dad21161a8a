import { isDeepStrictEqual } from 'node:util';
import type {
  DescribeLaunchTemplatesRequest,
  DescribeLaunchTemplatesResult,
  DescribeLaunchTemplateVersionsRequest,
  DescribeLaunchTemplateVersionsResult,
  LaunchTemplate,
  RequestLaunchTemplateData,
  ResponseLaunchTemplateData,
  TagSpecification,
} from '@aws-sdk/client-ec2';
import { readProperties } from '../../assembly/properties.ts';
import {
  AwsError,
  type Host,
  type Operation,
  type ResourceContext,
  type ResourceProperties,
  type ResourceProvider,
  type ResourceState,
} from '../../host.ts';
import { resourceId } from '../../instances/instances.ts';
import type { Ec2Tables, LaunchTemplateRecord, LaunchTemplateVersionRecord } from './records.ts';
import { passes, tagList, tagsFor } from './tags.ts';

/** How a launch template is named in requests. */
interface LaunchTemplateReference {
  readonly LaunchTemplateId?: string | undefined;
  readonly LaunchTemplateName?: string | undefined;
  readonly Version?: string | undefined;
}

/**
 * Finds a launch template's version. `$Latest`, `$Default` and numbers name one; none means the default.
 * @throws AwsError `InvalidLaunchTemplateId.NotFound`, `InvalidLaunchTemplateName.NotFoundException`,
 * `InvalidLaunchTemplateId.VersionNotFound`
 */
export const findLaunchTemplate = (
  tables: Ec2Tables,
  { LaunchTemplateId, LaunchTemplateName, Version }: LaunchTemplateReference,
): { template: LaunchTemplateRecord; number: number; version: LaunchTemplateVersionRecord } => {
  const template = tables.launchTemplates
    .values()
    .find(({ id, name }) => (LaunchTemplateId ? id === LaunchTemplateId : name === LaunchTemplateName));
  if (!template) {
    throw LaunchTemplateId
      ? new AwsError(
          'InvalidLaunchTemplateId.NotFound',
          `The specified launch template, with template ID ${LaunchTemplateId}, does not exist.`,
        )
      : new AwsError(
          'InvalidLaunchTemplateName.NotFoundException',
          `The specified launch template, with template name ${LaunchTemplateName}, does not exist.`,
        );
  }
  const number = versionNumber(template, Version);
  const version = template.versions[number - 1];
  if (!version) {
    throw new AwsError(
      'InvalidLaunchTemplateId.VersionNotFound',
      `Could not find launch template version ${Version} for template with ID ${template.id}; it has versions 1 to ${template.versions.length}.`,
    );
  }
  return { template, number, version };
};

const versionNumber = (template: LaunchTemplateRecord, version = '$Default'): number =>
  version === '$Default'
    ? template.defaultVersion
    : version === '$Latest'
      ? template.versions.length
      : Number(version);

/** A launch template as the API gives it. */
export const describeLaunchTemplate = (
  tables: Ec2Tables,
  template: LaunchTemplateRecord,
): LaunchTemplate => ({
  LaunchTemplateId: template.id,
  LaunchTemplateName: template.name,
  CreateTime: new Date(template.createdAt),
  DefaultVersionNumber: template.defaultVersion,
  LatestVersionNumber: template.versions.length,
  Tags: tagList(tables.tags.get(template.id)),
});

/** DescribeLaunchTemplates, DescribeLaunchTemplateVersions. */
export const launchTemplateOperations = (tables: Ec2Tables): Record<string, Operation> => {
  const describe = (template: LaunchTemplateRecord) => describeLaunchTemplate(tables, template);
  const describeVersions: Operation<
    DescribeLaunchTemplateVersionsRequest,
    DescribeLaunchTemplateVersionsResult
  > = {
    requires: () => ({ action: 'ec2:DescribeLaunchTemplateVersions', resource: '*' }),
    run: ({ LaunchTemplateId, LaunchTemplateName, Versions = ['$Latest'] }) => ({
      LaunchTemplateVersions: Versions.map((Version) => {
        const { template, number, version } = findLaunchTemplate(tables, {
          LaunchTemplateId,
          LaunchTemplateName,
          Version,
        });
        return {
          LaunchTemplateId: template.id,
          LaunchTemplateName: template.name,
          VersionNumber: number,
          DefaultVersion: number === template.defaultVersion,
          CreateTime: new Date(version.createdAt),
          ...(version.description !== undefined && { VersionDescription: version.description }),
          LaunchTemplateData: version.data as ResponseLaunchTemplateData,
        };
      }),
    }),
  };

  const describeTemplates: Operation<DescribeLaunchTemplatesRequest, DescribeLaunchTemplatesResult> = {
    requires: () => ({ action: 'ec2:DescribeLaunchTemplates', resource: '*' }),
    run: ({ LaunchTemplateIds, LaunchTemplateNames, Filters }) => {
      const named = [
        ...(LaunchTemplateIds ?? []).map((LaunchTemplateId) => ({ LaunchTemplateId })),
        ...(LaunchTemplateNames ?? []).map((LaunchTemplateName) => ({ LaunchTemplateName })),
      ];
      const templates = named.length
        ? named.map((reference) => findLaunchTemplate(tables, reference).template)
        : tables.launchTemplates.values();
      return {
        LaunchTemplates: templates
          .filter(({ id, name }) =>
            passes(Filters, tables.tags.get(id), ['launch-template-name'], () => name),
          )
          .map(describe),
      };
    },
  };
  return {
    DescribeLaunchTemplates: describeTemplates,
    DescribeLaunchTemplateVersions: describeVersions,
  };
};

/** Properties of LaunchTemplateData that take part, and those that make no difference on one machine. */
const dataProperties = [
  'ImageId',
  'InstanceType',
  'IamInstanceProfile',
  'UserData',
  'TagSpecifications',
  'BlockDeviceMappings',
  'CreditSpecification',
  'DisableApiTermination',
  'EbsOptimized',
  'InstanceInitiatedShutdownBehavior',
  'KeyName',
  'MetadataOptions',
  'Monitoring',
  'NetworkInterfaces',
  'Placement',
  'SecurityGroupIds',
] as const;

/** `AWS::EC2::LaunchTemplate`: changed data adds a version and leaves the default version where it is (T11). */
export const launchTemplateProvider = (host: Host, tables: Ec2Tables): ResourceProvider => {
  const read = (properties: ResourceProperties, context: ResourceContext) => {
    const reader = readProperties('AWS::EC2::LaunchTemplate', context, properties);
    reader.only('LaunchTemplateName', 'LaunchTemplateData', 'TagSpecifications', 'VersionDescription');
    const data = reader.at('LaunchTemplateData');
    data.only(...dataProperties);
    data.optionalString('ImageId');
    const description = reader.optionalString('VersionDescription');
    return {
      name: reader.optionalString('LaunchTemplateName') ?? context.generatedName(128),
      tags: tagsFor('launch-template', properties.TagSpecifications as TagSpecification[] | undefined),
      data: reader.object('LaunchTemplateData') as RequestLaunchTemplateData,
      ...(description === undefined ? {} : { description }),
    };
  };
  const stateOf = ({ id, defaultVersion, versions }: LaunchTemplateRecord): ResourceState => ({
    physicalId: id,
    attributes: {
      LaunchTemplateId: id,
      DefaultVersionNumber: String(defaultVersion),
      LatestVersionNumber: String(versions.length),
    },
  });
  const create: ResourceProvider['create'] = (properties, context) => {
    const { name, tags, ...version } = read(properties, context);
    const id = resourceId('lt', `${host.accountId} ${name}`);
    const existing = tables.launchTemplates.get(id);
    if (existing) return stateOf(existing);
    const createdAt = host.clock.now();
    const record = { id, name, createdAt, defaultVersion: 1, versions: [{ createdAt, ...version }] };
    tables.tags.put(id, tags);
    tables.launchTemplates.put(id, record);
    return stateOf(record);
  };

  return {
    create,
    update: (properties, context, { state }) => {
      const { name, tags, ...version } = read(properties, context);
      const record = tables.launchTemplates.get(state.physicalId);
      if (!record || record.name !== name) return create(properties, context);
      tables.tags.put(record.id, tags);
      const latest = record.versions.at(-1);
      if (isDeepStrictEqual(latest?.data, version.data) && latest?.description === version.description)
        return stateOf(record);
      const changed = {
        ...record,
        versions: [...record.versions, { createdAt: host.clock.now(), ...version }],
      };
      tables.launchTemplates.put(record.id, changed);
      return stateOf(changed);
    },
    delete: ({ physicalId }) => {
      tables.launchTemplates.delete(physicalId);
      tables.tags.delete(physicalId);
    },
  };
};
