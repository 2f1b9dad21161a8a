import type * as sdk from '@aws-sdk/client-imagebuilder';
import type { Host } from '../../host.ts';
import type { Distribution, Image, ImagePipeline, ImageRecipe, Infrastructure } from './records.ts';
import { tablesOf } from './records.ts';

const time = (ms: number) => new Date(ms).toISOString();

/** A recipe as the API gives it. */
export const describeRecipe = (host: Host, recipe: ImageRecipe): sdk.ImageRecipe => ({
  arn: recipe.arn,
  type: 'AMI',
  name: recipe.name,
  description: recipe.description,
  platform: 'Linux',
  owner: host.accountId,
  version: recipe.version,
  components: recipe.componentArns.map((componentArn) => {
    const parameters = Object.entries(recipe.parameters?.[componentArn] ?? {});
    return {
      componentArn,
      ...(parameters.length > 0 && {
        parameters: parameters.map(([name, value]) => ({ name, value: [value] })),
      }),
    };
  }),
  parentImage: recipe.parentImage,
  blockDeviceMappings: [],
  dateCreated: time(recipe.createdAt),
  tags: { ...recipe.tags },
  ...(recipe.workingDirectory !== undefined && { workingDirectory: recipe.workingDirectory }),
});

/** An infrastructure configuration as the API gives it. */
const describeInfrastructure = (one: Infrastructure): sdk.InfrastructureConfiguration => ({
  arn: one.arn,
  name: one.name,
  description: one.description,
  instanceTypes: [...one.instanceTypes],
  instanceProfileName: one.instanceProfileName,
  securityGroupIds: [...one.securityGroupIds],
  ...(one.subnetId !== undefined && { subnetId: one.subnetId }),
  ...(one.log && { logging: { s3Logs: { s3BucketName: one.log.bucket, s3KeyPrefix: one.log.prefix } } }),
  terminateInstanceOnFailure: one.terminatesOnFailure,
  ...(one.snsTopicArn !== undefined && { snsTopicArn: one.snsTopicArn }),
  dateCreated: time(one.createdAt),
  tags: { ...one.tags },
});

/** A distribution configuration as the API gives it. */
const describeDistribution = (host: Host, one: Distribution): sdk.DistributionConfiguration => ({
  arn: one.arn,
  name: one.name,
  description: one.description,
  distributions: [
    {
      region: host.region,
      amiDistributionConfiguration: {
        ...(one.amiName !== undefined && { name: one.amiName }),
        ...(one.amiDescription !== undefined && { description: one.amiDescription }),
        amiTags: { ...one.amiTags },
      },
      ...(one.launchTemplates && {
        launchTemplateConfigurations: one.launchTemplates.map(({ id, setsDefault }) => ({
          launchTemplateId: id,
          accountId: host.accountId,
          setDefaultVersion: setsDefault,
        })),
      }),
    },
  ],
  timeoutMinutes: 360,
  dateCreated: time(one.createdAt),
  tags: { ...one.tags },
});

/** A pipeline as the API gives it. */
export const describePipeline = (one: ImagePipeline): sdk.ImagePipeline => ({
  arn: one.arn,
  name: one.name,
  description: one.description,
  platform: 'Linux',
  imageRecipeArn: one.recipeArn,
  infrastructureConfigurationArn: one.infrastructureArn,
  ...(one.distributionArn !== undefined && { distributionConfigurationArn: one.distributionArn }),
  imageTestsConfiguration: { imageTestsEnabled: one.hasTests },
  status: one.isEnabled ? 'ENABLED' : 'DISABLED',
  dateCreated: time(one.createdAt),
  tags: { ...one.tags },
});

/** What a build has put out; empty until it is available. */
const outputResources = (host: Host, { ami, status }: Image): sdk.OutputResources => ({
  amis:
    ami && status === 'AVAILABLE'
      ? [
          {
            region: host.region,
            image: ami.imageId,
            name: ami.name,
            accountId: host.accountId,
            state: { status: 'AVAILABLE' },
          },
        ]
      : [],
});

/** A build with everything it was made of. */
export const describeImage = (host: Host, image: Image): sdk.Image => {
  const { recipes, infrastructures, distributions, pipelines, scans } = tablesOf(host);
  const scan = scans.get(image.arn);
  const recipe = recipes.get(image.recipeArn);
  const infrastructure = infrastructures.get(image.infrastructureArn);
  const distribution = distributions.get(image.distributionArn ?? '');
  const pipeline = pipelines.get(image.pipelineArn);
  return {
    arn: image.arn,
    type: 'AMI',
    name: image.name,
    version: `${image.version}/${image.build}`,
    platform: 'Linux',
    state: { status: image.status, ...(image.reason !== undefined && { reason: image.reason }) },
    ...(recipe && { imageRecipe: describeRecipe(host, recipe) }),
    ...(pipeline && { sourcePipelineName: pipeline.name }),
    sourcePipelineArn: image.pipelineArn,
    ...(infrastructure && { infrastructureConfiguration: describeInfrastructure(infrastructure) }),
    ...(distribution && { distributionConfiguration: describeDistribution(host, distribution) }),
    dateCreated: time(image.createdAt),
    outputResources: outputResources(host, image),
    ...(scan && { scanState: { status: scan.status, reason: scan.reason } }),
    tags: { ...image.tags },
    buildType: 'USER_INITIATED',
  };
};

/** A build as a list gives it. */
export const summarizeImage = (host: Host, image: Image): sdk.ImageSummary => {
  const { arn, name, type, version, platform, state, dateCreated, outputResources, tags, buildType } =
    describeImage(host, image);
  return {
    arn,
    name,
    type,
    version,
    platform,
    state,
    owner: host.accountId,
    dateCreated,
    outputResources,
    tags,
    buildType,
  };
};

/** Image Builder's one number for a version: 30 bits each, the build last. It exceeds what a JavaScript number holds (T14). */
const semanticVersionNumber = (version: string, build: number): bigint =>
  version.split('.').reduce((sum, part) => (sum << 30n) + BigInt(part), 0n) * 2n ** 30n + BigInt(build);

/** The message for the SNS topic: the image as JSON text (T14). */
export const imageMessage = (host: Host, image: Image): string => {
  const { type, version: _version, ...described } = describeImage(host, image);
  const rest = JSON.stringify({
    versionlessArn: image.arn.split('/').slice(0, 2).join('/'),
    type,
    version: image.version,
    buildVersion: image.build,
    ...described,
  });
  return `{"semver":${semanticVersionNumber(image.version, image.build)},${rest.slice(1)}`;
};
