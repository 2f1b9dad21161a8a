import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import { readProperties } from '../../assembly/properties.ts';
import {
  AwsError,
  type Host,
  type ResourceContext,
  type ResourceProperties,
  type ResourceProvider,
} from '../../host.ts';
import { arnOf } from '../shared/arns.ts';
import { stableUuid } from '../shared/ids.ts';
import { prepareRepository, repositoriesOf, repositoryPath } from './repositories.ts';

/** The CloudFormation types of CodeCommit. */
export const createCodeCommitResources = (host: Host): Record<string, ResourceProvider> => {
  const repositories = repositoriesOf(host);

  const read = (properties: ResourceProperties, context: ResourceContext) => {
    const reader = readProperties('AWS::CodeCommit::Repository', context, properties);
    reader.only('RepositoryName', 'RepositoryDescription', 'KmsKeyId', 'Triggers', 'Tags');
    const name = reader.string('RepositoryName');
    if (!/^[A-Za-z0-9_][\w.-]{0,99}$/.test(name) || name.endsWith('.git'))
      throw reader.error(
        'RepositoryName',
        'must be up to 100 letters, digits and ._-, must not begin with a dot or end with .git',
      );
    if (reader.each('Triggers').length > 0)
      throw reader.error('Triggers', 'must be left out: use a rule on the push event');
    return { name, description: reader.optionalString('RepositoryDescription') ?? '' };
  };

  const put = async (
    properties: ResourceProperties,
    context: ResourceContext,
    id: string,
    oldName?: string,
  ) => {
    const { name, description } = read(properties, context);
    const arn = arnOf(host, 'codecommit', name);
    const known = repositories.get(name);
    if (known && known.id !== id)
      throw new AwsError('RepositoryNameExistsException', `Repository named ${name} already exists`);
    const isRenamed = oldName !== undefined && oldName !== name;
    if (isRenamed && fs.existsSync(repositoryPath(host, oldName)))
      fs.renameSync(repositoryPath(host, oldName), repositoryPath(host, name));
    await prepareRepository(host, name);
    if (isRenamed) {
      const announced = host.store.table('codecommit.announced');
      const state = announced.get(oldName);
      if (state !== undefined) announced.put(name, state);
      announced.delete(oldName);
    }
    const createdAt = (known ?? repositories.get(oldName ?? name))?.createdAt ?? host.clock.now();
    repositories.put(name, { id, name, arn, description, createdAt });
    if (isRenamed) repositories.delete(oldName);
    const url = pathToFileURL(repositoryPath(host, name)).href;
    return { physicalId: id, attributes: { Arn: arn, Name: name, CloneUrlHttp: url, CloneUrlSsh: url } };
  };

  return {
    'AWS::CodeCommit::Repository': {
      create: (properties, context) =>
        put(properties, context, stableUuid('codecommit', context.stackName, context.logicalId)),
      update: (properties, context, before) =>
        put(properties, context, before.state.physicalId, String(before.state.attributes.Name)),
      delete: ({ attributes }) => {
        const name = String(attributes.Name);
        repositories.delete(name);
        host.store.table('codecommit.announced').delete(name);
        fs.rmSync(repositoryPath(host, name), { recursive: true, force: true });
      },
    },
  };
};
