import { type PropertyReader, readProperties } from '../../assembly/properties.ts';
import {
  AwsError,
  type Host,
  type ResourceContext,
  type ResourceProperties,
  type ResourceProvider,
} from '../../host.ts';
import type { Table } from '../../store.ts';
import {
  type Distribution,
  type ImagePipeline,
  type Infrastructure,
  imageBuilderArn,
  slug,
  tablesOf,
} from './records.ts';
import { componentProvider, recipeProvider } from './versioned-resources.ts';

/** The CloudFormation types of Image Builder. */
export const createImageBuilderResources = (host: Host): Record<string, ResourceProvider> => ({
  'AWS::ImageBuilder::Component': componentProvider(host),
  'AWS::ImageBuilder::ImageRecipe': recipeProvider(host),
  'AWS::ImageBuilder::InfrastructureConfiguration': infrastructureProvider(host),
  'AWS::ImageBuilder::DistributionConfiguration': distributionProvider(host),
  'AWS::ImageBuilder::ImagePipeline': pipelineProvider(host),
});

interface Named {
  readonly arn: string;
  readonly name: string;
  readonly description: string;
  readonly createdAt: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly owner: string;
}

/** What is changed in place and replaced when its name changes. */
const namedProvider = <Value extends Named>(
  host: Host,
  type: string,
  kind: string,
  table: Table<Value>,
  read: (reader: PropertyReader, base: Named) => Value,
): ResourceProvider => {
  const put = (properties: ResourceProperties, context: ResourceContext) => {
    const reader = readProperties(type, context, properties);
    const name = reader.string('Name');
    const arn = imageBuilderArn(host, `${kind}/${slug(name)}`);
    const owner = `${context.stackName}/${context.logicalId}`;
    const known = table.get(arn);
    if (known && known.owner !== owner)
      throw new AwsError('ResourceAlreadyExistsException', `${type}: '${name}' already exists.`);
    const record = read(reader, {
      arn,
      name,
      description: reader.optionalString('Description') ?? '',
      createdAt: known?.createdAt ?? host.clock.now(),
      tags: reader.stringMap('Tags'),
      owner,
    });
    table.put(arn, record);
    return { physicalId: arn, attributes: { Arn: arn, Name: name } };
  };
  return { create: put, update: put, delete: ({ physicalId }) => table.delete(physicalId) };
};

const infrastructureProvider = (host: Host) =>
  namedProvider<Infrastructure>(
    host,
    'AWS::ImageBuilder::InfrastructureConfiguration',
    'infrastructure-configuration',
    tablesOf(host).infrastructures,
    (read, base) => {
      read.only(
        'Name',
        'Description',
        'InstanceProfileName',
        'InstanceTypes',
        'InstanceMetadataOptions',
        'KeyPair',
        'Logging',
        'Placement',
        'ResourceTags',
        'SecurityGroupIds',
        'SnsTopicArn',
        'SubnetId',
        'Tags',
        'TerminateInstanceOnFailure',
      );
      const subnetId = read.optionalString('SubnetId');
      const snsTopicArn = read.optionalString('SnsTopicArn');
      const logs = read.optionalAt('Logging')?.optionalAt('S3Logs');
      const bucket = logs?.optionalString('S3BucketName');
      return {
        ...base,
        instanceProfileName: read.string('InstanceProfileName'),
        instanceTypes: read.strings('InstanceTypes'),
        securityGroupIds: read.strings('SecurityGroupIds'),
        ...(subnetId !== undefined && { subnetId }),
        ...(snsTopicArn !== undefined && { snsTopicArn }),
        ...(bucket !== undefined && { log: { bucket, prefix: logs?.optionalString('S3KeyPrefix') ?? '' } }),
        terminatesOnFailure: read.optionalBoolean('TerminateInstanceOnFailure') ?? true,
      };
    },
  );

const distributionProvider = (host: Host) =>
  namedProvider<Distribution>(
    host,
    'AWS::ImageBuilder::DistributionConfiguration',
    'distribution-configuration',
    tablesOf(host).distributions,
    (read, base) => {
      read.only('Name', 'Description', 'Distributions', 'Tags');
      const [item] = read.each('Distributions');
      item?.only(
        'Region',
        'AmiDistributionConfiguration',
        'LaunchTemplateConfigurations',
        'LicenseConfigurationArns',
      );
      if (item && item.string('Region') !== host.region)
        throw item.error('Region', `must be ${host.region}: the emulator has one region`);
      const launchTemplates = item?.each('LaunchTemplateConfigurations').map((one) => {
        one.only('AccountId', 'LaunchTemplateId', 'SetDefaultVersion');
        const account = one.optionalString('AccountId') ?? host.accountId;
        if (account !== host.accountId)
          throw one.error('AccountId', `must be ${host.accountId}: the emulator has one account`);
        return {
          id: one.string('LaunchTemplateId'),
          setsDefault: one.optionalBoolean('SetDefaultVersion') ?? true,
        };
      });
      const here = item?.optionalAt('AmiDistributionConfiguration');
      here?.only(
        'Name',
        'Description',
        'AmiTags',
        'KmsKeyId',
        'LaunchPermissionConfiguration',
        'TargetAccountIds',
      );
      const amiName = here?.optionalString('Name');
      const amiDescription = here?.optionalString('Description');
      return {
        ...base,
        ...(amiName !== undefined && { amiName }),
        ...(amiDescription !== undefined && { amiDescription }),
        amiTags: here?.stringMap('AmiTags') ?? {},
        ...(launchTemplates && launchTemplates.length > 0 && { launchTemplates }),
      };
    },
  );

const pipelineProvider = (host: Host) => {
  const { pipelines, recipes, infrastructures, distributions } = tablesOf(host);
  return namedProvider<ImagePipeline>(
    host,
    'AWS::ImageBuilder::ImagePipeline',
    'image-pipeline',
    pipelines,
    (read, base) => {
      read.only(
        'Name',
        'Description',
        'DistributionConfigurationArn',
        'EnhancedImageMetadataEnabled',
        'ExecutionRole',
        'ImageRecipeArn',
        'ImageScanningConfiguration',
        'ImageTestsConfiguration',
        'InfrastructureConfigurationArn',
        'Schedule',
        'Status',
        'Tags',
        'Workflows',
      );
      // Builds on a schedule only test the recipe, which is simulated here: none is started.
      read.optionalAt('Schedule')?.string('ScheduleExpression');
      const refer = (name: string, table: Pick<Table<unknown>, 'has'>) => {
        const arn = read.string(name);
        if (!table.has(arn)) throw read.error(name, 'must be the ARN of one that exists');
        return arn;
      };
      return {
        ...base,
        recipeArn: refer('ImageRecipeArn', recipes),
        infrastructureArn: refer('InfrastructureConfigurationArn', infrastructures),
        ...(read.has('DistributionConfigurationArn') && {
          distributionArn: refer('DistributionConfigurationArn', distributions),
        }),
        hasTests: read.optionalAt('ImageTestsConfiguration')?.optionalBoolean('ImageTestsEnabled') ?? true,
        isScanned:
          read.optionalAt('ImageScanningConfiguration')?.optionalBoolean('ImageScanningEnabled') ?? false,
        isEnabled: (read.optionalString('Status') ?? 'ENABLED') === 'ENABLED',
      };
    },
  );
};
