import { readProperties } from '../../assembly/properties.ts';
import type { Host, ResourceContext, ResourceProperties, ResourceProvider } from '../../host.ts';
import { projectArn, tablesOf } from './records.ts';

const TYPE = 'AWS::CodeBuild::Project';

/** `AWS::CodeBuild::Project` whose source is a pipeline. A changed name replaces it. */
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
    const source = read.at('Source');
    if (source.string('Type') !== 'CODEPIPELINE') throw source.error('Type', 'must be CODEPIPELINE');
    if (read.at('Artifacts').string('Type') !== 'CODEPIPELINE')
      throw read.at('Artifacts').error('Type', 'must be CODEPIPELINE');
    const environment = read.at('Environment');
    const logGroup = read.optionalAt('LogsConfig')?.optionalAt('CloudWatchLogs')?.optionalString('GroupName');
    const name = read.optionalString('Name') ?? context.generatedName(150);
    projects.put(name, {
      name,
      serviceRole: read.string('ServiceRole'),
      buildspec: source.optionalString('BuildSpec') ?? 'buildspec.yml',
      variables: environment.each('EnvironmentVariables').map((variable) => {
        const type = variable.optionalString('Type') ?? 'PLAINTEXT';
        if (type !== 'PLAINTEXT' && type !== 'PARAMETER_STORE')
          throw variable.error('Type', 'must be PLAINTEXT or PARAMETER_STORE');
        return { name: variable.string('Name'), type, value: variable.string('Value') };
      }),
      ...(logGroup !== undefined && { logGroup }),
      timeoutMinutes: read.optionalNumber('TimeoutInMinutes') ?? 60,
    });
    return { physicalId: name, attributes: { Arn: projectArn(host, name) } };
  };
  return { create: put, update: put, delete: ({ physicalId }) => projects.delete(physicalId) };
};
