import { type PropertyReader, readProperties } from '../../assembly/properties.ts';
import {
  AwsError,
  type Host,
  type ResourceContext,
  type ResourceProperties,
  type ResourceProvider,
} from '../../host.ts';
import type { Table } from '../../store.ts';
import { contentHash } from '../shared/ids.ts';
import { parseComponentDocument } from './component-document.ts';
import { type Component, type ImageRecipe, imageBuilderArn, isAwsOwned, slug, tablesOf } from './records.ts';

interface Versioned {
  readonly arn: string;
  readonly name: string;
  readonly version: string;
  readonly content: string;
  readonly owner: string;
}

/** What both immutable kinds have in common: how versions are numbered and when a new one is made (T12). */
const versionedProvider = <Value extends Versioned>(
  host: Host,
  type: string,
  table: Table<Value>,
  arnFor: (name: string, version: string) => string,
  read: (reader: PropertyReader, context: ResourceContext, base: BaseOf) => Value,
): ResourceProvider => {
  const { patches } = tablesOf(host);

  const nextVersion = (reader: PropertyReader, name: string): string => {
    const pattern = reader.string('Version');
    const parts = /^(\d+\.\d+)\.(\d+|x)$/.exec(pattern);
    if (!parts) throw reader.error('Version', 'must be like 1.0.0, or 1.0.x to be counted up');
    if (parts[2] !== 'x') return pattern;
    const series = `${type} ${slug(name)} ${parts[1]}`;
    const taken = table
      .values()
      .filter((one) => slug(one.name) === slug(name) && one.version.startsWith(`${parts[1]}.`))
      .map((one) => Number(one.version.split('.')[2]));
    const patch = Math.max(-1, patches.get(series) ?? -1, ...taken) + 1;
    patches.put(series, patch);
    return `${parts[1]}.${patch}`;
  };

  const create = (properties: ResourceProperties, context: ResourceContext) => {
    const reader = readProperties(type, context, properties);
    const owner = `${context.stackName}/${context.logicalId}`;
    const { Tags: _tags, ...built } = properties;
    const content = contentHash(built);
    const made = table.values().find((one) => one.owner === owner && one.content === content);
    if (made) return stateOf(made);
    const name = reader.string('Name');
    // Read once with the version as it stands, so that a mistake does not use up a number.
    read(reader, context, { arn: '', name, version: '', content, owner, createdAt: 0 });
    const version = nextVersion(reader, name);
    const arn = arnFor(name, version);
    if (table.has(arn))
      throw new AwsError(
        'ResourceAlreadyExistsException',
        `${type} ${context.logicalId}: '${name}' version ${version} already exists with other content, and versions never change. ` +
          'Give it a new Version, or 1.0.x to have versions counted up.',
      );
    const record = read(reader, context, { arn, name, version, content, owner, createdAt: host.clock.now() });
    table.put(arn, record);
    return stateOf(record);
  };

  const stateOf = ({ arn, name, version }: Value) => ({
    physicalId: arn,
    attributes: { Arn: arn, Name: name, Version: version, Type: 'BUILD', Encrypted: 'true' },
  });

  return {
    create,
    update: (properties, context, before) => {
      const { Tags: _old, ...old } = before.properties;
      const { Tags: _new, ...now } = properties;
      return contentHash(old) === contentHash(now) ? before.state : create(properties, context);
    },
    delete: ({ physicalId }) => table.delete(physicalId),
  };
};

interface BaseOf extends Versioned {
  readonly createdAt: number;
}

/** AWS::ImageBuilder::Component: the document is parsed and checked. */
export const componentProvider = (host: Host): ResourceProvider =>
  versionedProvider<Component>(
    host,
    'AWS::ImageBuilder::Component',
    tablesOf(host).components,
    (name, version) => imageBuilderArn(host, `component/${slug(name)}/${version}/1`),
    (read, _context, base) => {
      read.only(
        'Name',
        'Version',
        'Platform',
        'Data',
        'Description',
        'ChangeDescription',
        'KmsKeyId',
        'SupportedOsVersions',
        'Tags',
      );
      const platform = read.string('Platform');
      if (!['Linux', 'Windows', 'macOS'].includes(platform))
        throw read.error('Platform', 'must be Linux, Windows or macOS');
      const data = read.string('Data');
      try {
        parseComponentDocument(data);
      } catch (error) {
        throw read.error('Data', `is not usable: ${error instanceof Error ? error.message : error}`);
      }
      return {
        ...base,
        description: read.optionalString('Description') ?? '',
        tags: read.stringMap('Tags'),
        platform,
        data,
      };
    },
  );

/** AWS::ImageBuilder::ImageRecipe: its components must exist. */
export const recipeProvider = (host: Host): ResourceProvider => {
  const { components, recipes } = tablesOf(host);
  const isKnown = (arn: string) =>
    isAwsOwned(arn) || components.keys().some((known) => known === arn || known.startsWith(`${arn}/`));
  return versionedProvider<ImageRecipe>(
    host,
    'AWS::ImageBuilder::ImageRecipe',
    recipes,
    (name, version) => imageBuilderArn(host, `image-recipe/${slug(name)}/${version}`),
    (read, _context, base) => {
      read.only(
        'Name',
        'Version',
        'Components',
        'ParentImage',
        'BlockDeviceMappings',
        'Description',
        'WorkingDirectory',
        'AdditionalInstanceConfiguration',
        'AmiTags',
        'Tags',
      );
      const parameters: Record<string, Readonly<Record<string, string>>> = {};
      const componentArns = read.each('Components').map((item) => {
        item.only('ComponentArn', 'Parameters');
        const arn = item.string('ComponentArn');
        if (!isKnown(arn)) throw item.error('ComponentArn', 'must be a component that exists');
        const given = item.each('Parameters').map((one) => {
          one.only('Name', 'Value');
          const [value, ...more] = one.strings('Value');
          if (value === undefined || more.length > 0) throw one.error('Value', 'must be a list of one text');
          return [one.string('Name'), value] as const;
        });
        if (given.length > 0) parameters[arn] = Object.fromEntries(given);
        return arn;
      });
      if (componentArns.length === 0) throw read.error('Components', 'must have at least one component');
      const workingDirectory = read.optionalString('WorkingDirectory');
      return {
        ...base,
        description: read.optionalString('Description') ?? '',
        tags: read.stringMap('Tags'),
        componentArns,
        ...(Object.keys(parameters).length > 0 && { parameters }),
        parentImage: read.string('ParentImage'),
        ...(workingDirectory !== undefined && { workingDirectory }),
        amiTags: read.stringMap('AmiTags'),
      };
    },
  );
};
