import { type PropertyReader, readProperties } from '../../assembly/properties.ts';
import type { Host, ResourceContext, ResourceProperties, ResourceProvider } from '../../host.ts';
import { type Project, type ProjectOutput, type ProjectSource, projectArn, tablesOf } from './records.ts';

const TYPE = 'AWS::CodeBuild::Project';

/** Providers that a project reaches through a connection. */
const connectedTypes = ['BITBUCKET', 'GITHUB', 'GITHUB_ENTERPRISE', 'GITLAB', 'GITLAB_SELF_MANAGED'];

const sourceOf = (source: PropertyReader): ProjectSource => {
  const type = source.string('Type');
  if (type === 'CODEPIPELINE') return { type };
  const location = source.string('Location');
  if (type === 'CODECOMMIT') return { type, location };
  if (type === 'S3') {
    const [bucket = '', ...key] = location.split('/');
    return { type, bucket, key: key.join('/') };
  }
  if (!connectedTypes.includes(type))
    throw source.error('Type', `must be CODEPIPELINE, CODECOMMIT, S3, ${connectedTypes.join(', ')}`);
  const auth = source.at('Auth');
  if (auth.string('Type') !== 'CODECONNECTIONS') throw auth.error('Type', 'must be CODECONNECTIONS');
  return { type: 'CONNECTION', provider: type, location, connectionArn: auth.string('Resource') };
};

const outputOf = (artifacts: PropertyReader): ProjectOutput | undefined => {
  const type = artifacts.string('Type');
  if (type === 'CODEPIPELINE' || type === 'NO_ARTIFACTS') return undefined;
  if (type !== 'S3') throw artifacts.error('Type', 'must be CODEPIPELINE, S3 or NO_ARTIFACTS');
  if (artifacts.optionalString('Packaging') !== 'ZIP') throw artifacts.error('Packaging', 'must be ZIP');
  return {
    bucket: artifacts.string('Location'),
    path: artifacts.optionalString('Path') ?? '',
    isBelowBuildId: artifacts.optionalString('NamespaceType') === 'BUILD_ID',
    name: artifacts.string('Name'),
  };
};

const variablesOf = (environment: PropertyReader): Project['variables'] =>
  environment.each('EnvironmentVariables').map((variable) => {
    const type = variable.optionalString('Type') ?? 'PLAINTEXT';
    if (type !== 'PLAINTEXT' && type !== 'PARAMETER_STORE' && type !== 'SECRETS_MANAGER')
      throw variable.error('Type', 'must be PLAINTEXT, PARAMETER_STORE or SECRETS_MANAGER');
    return { name: variable.string('Name'), type, value: variable.string('Value') };
  });

/** `AWS::CodeBuild::Project`. A changed name replaces it. */
export const projectProvider = (host: Host): ResourceProvider => {
  const { projects } = tablesOf(host);
  const put = (properties: ResourceProperties, context: ResourceContext) => {
    const read = readProperties(TYPE, context, properties);
    read.only(
      'Name',
      'Description',
      'ServiceRole',
      'Source',
      'Artifacts',
      'Environment',
      'Cache',
      'EncryptionKey',
      'LogsConfig',
      'TimeoutInMinutes',
      'QueuedTimeoutInMinutes',
      'VpcConfig',
      'Tags',
      'Visibility',
    );
    const source = sourceOf(read.at('Source'));
    const output = outputOf(read.at('Artifacts'));
    const logs = read.optionalAt('LogsConfig');
    const logGroup = logs?.optionalAt('CloudWatchLogs')?.optionalString('GroupName');
    const s3Logs = logs?.optionalAt('S3Logs')?.optionalString('Location');
    const encryptionKey = read.optionalString('EncryptionKey');
    const name = read.optionalString('Name') ?? context.generatedName(150);
    projects.put(name, {
      name,
      serviceRole: read.string('ServiceRole'),
      source,
      ...(output && { output }),
      buildspec: read.at('Source').optionalString('BuildSpec') ?? 'buildspec.yml',
      variables: variablesOf(read.at('Environment')),
      ...(encryptionKey !== undefined && { encryptionKey }),
      ...(logGroup !== undefined && { logGroup }),
      ...(s3Logs !== undefined && { s3Logs }),
      timeoutMinutes: read.optionalNumber('TimeoutInMinutes') ?? 60,
    });
    return { physicalId: name, attributes: { Arn: projectArn(host, name) } };
  };
  return { create: put, update: put, delete: ({ physicalId }) => projects.delete(physicalId) };
};
