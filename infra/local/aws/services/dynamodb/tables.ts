import { type PropertyReader, readProperties } from '../../assembly/properties.ts';
import {
  AwsError,
  type Host,
  type ResourceContext,
  type ResourceProperties,
  type ResourceProvider,
  type ResourceState,
} from '../../host.ts';
import { stableUuid } from '../shared/ids.ts';
import type { Database } from './database.ts';
import type { Json } from './engine.ts';
import { streamArn, tableArn, tableRecords } from './table-records.ts';

/** @throws AwsError `ValidationException` if the table is protected against deletion */
export const requireUnprotected = (host: Host, name: string): void => {
  if (!tableRecords(host).get(name)?.isProtected) return;
  throw new AwsError(
    'ValidationException',
    `Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first. (${name})`,
  );
};

/** DynamoDB's CloudFormation types. */
export const tableResources = (
  host: Host,
  database: Database,
): Readonly<Record<string, ResourceProvider>> => ({
  'AWS::DynamoDB::Table': tableProvider(host, database, readTable),
  'AWS::DynamoDB::GlobalTable': tableProvider(host, database, readGlobalTable),
});

interface Declaration {
  readonly definition: Json;
  readonly isProtected: boolean;
  readonly hasStream: boolean;
}

type ReadDeclaration = (host: Host, properties: ResourceProperties, context: ResourceContext) => Declaration;

const definitionNames = [
  ...['AttributeDefinitions', 'KeySchema', 'TableName', 'GlobalSecondaryIndexes', 'LocalSecondaryIndexes'],
  // No difference locally: capacity and its price, encryption at rest. Expired items stay: on AWS, too, they may be seen for
  // days.
  ...['BillingMode', 'SSESpecification', 'StreamSpecification', 'TimeToLiveSpecification', 'WarmThroughput'],
];

const readTable: ReadDeclaration = (_host, properties, context) => {
  const read = readProperties('AWS::DynamoDB::Table', context, properties);
  read.only(
    ...definitionNames,
    'DeletionProtectionEnabled',
    ...['ContributorInsightsSpecification', 'OnDemandThroughput', 'PointInTimeRecoverySpecification'],
    ...['ProvisionedThroughput', 'TableClass', 'Tags'],
  );
  return {
    definition: readDefinition(read, context),
    isProtected: read.optionalBoolean('DeletionProtectionEnabled') ?? false,
    hasStream: readStream(read),
  };
};

const readGlobalTable: ReadDeclaration = (host, properties, context) => {
  const read = readProperties('AWS::DynamoDB::GlobalTable', context, properties);
  read.only(
    ...definitionNames,
    'Replicas',
    ...['WriteOnDemandThroughputSettings', 'WriteProvisionedThroughputSettings'],
  );
  const [replica, ...others] = read.each('Replicas');
  if (!replica || others.length > 0 || replica.string('Region') !== host.region)
    throw read.error('Replicas', `must be one, in ${host.region}`);
  return {
    definition: readDefinition(read, context),
    isProtected: replica.optionalBoolean('DeletionProtectionEnabled') ?? false,
    hasStream: readStream(read),
  };
};

const readStream = (read: PropertyReader): boolean => {
  const stream = read.optionalAt('StreamSpecification');
  if (stream && stream.string('StreamViewType') !== 'NEW_IMAGE')
    throw stream.error('StreamViewType', 'must be NEW_IMAGE, which is all that is emulated');
  return stream !== undefined;
};

/** The input of CreateTable. */
const readDefinition = (read: PropertyReader, context: ResourceContext): Json => {
  const keySchema = (of: PropertyReader) =>
    of.each('KeySchema').map((key) => ({
      AttributeName: key.string('AttributeName'),
      KeyType: key.string('KeyType'),
    }));
  const indexes = (name: string) => {
    const list = read.each(name).map((index) => {
      const projection = index.at('Projection');
      const attributes = projection.strings('NonKeyAttributes');
      return {
        IndexName: index.string('IndexName'),
        KeySchema: keySchema(index),
        Projection: {
          ProjectionType: projection.string('ProjectionType'),
          ...(attributes.length > 0 && { NonKeyAttributes: attributes }),
        },
      };
    });
    return list.length > 0 ? { [name]: list } : {};
  };
  return {
    TableName: read.optionalString('TableName') ?? context.generatedName(255),
    AttributeDefinitions: read.each('AttributeDefinitions').map((attribute) => ({
      AttributeName: attribute.string('AttributeName'),
      AttributeType: attribute.string('AttributeType'),
    })),
    KeySchema: keySchema(read),
    BillingMode: 'PAY_PER_REQUEST',
    ...indexes('GlobalSecondaryIndexes'),
    ...indexes('LocalSecondaryIndexes'),
  };
};

const keyNames = (definition: Json): string[] =>
  (definition.KeySchema as readonly { AttributeName: string }[]).map(({ AttributeName }) => AttributeName);

const tableProvider = (host: Host, database: Database, read: ReadDeclaration): ResourceProvider => {
  const records = tableRecords(host);

  const stateOf = (name: string): ResourceState => ({
    physicalId: name,
    attributes: {
      Arn: tableArn(host, name),
      StreamArn: streamArn(host, name),
      TableId: stableUuid('dynamodb', name),
    },
  });

  const create: ResourceProvider['create'] = async (properties, context) => {
    const { definition, isProtected, hasStream } = read(host, properties, context);
    const name = definition.TableName as string;
    const owner = `${context.stackName}/${context.logicalId}`;
    const known = records.get(name);
    records.put(name, { keys: keyNames(definition), isProtected, hasStream, owner });
    try {
      await database.change('CreateTable', definition);
    } catch (error) {
      const isOurs =
        known?.owner === owner && error instanceof AwsError && error.name === 'ResourceInUseException';
      if (!isOurs) {
        if (known) records.put(name, known);
        else records.delete(name);
        throw error;
      }
    }
    return stateOf(name);
  };

  return {
    create,
    update: async (properties, context, before) => {
      const old = read(host, before.properties, context);
      const { definition, isProtected, hasStream } = read(host, properties, context);
      const name = definition.TableName as string;
      if (name !== before.state.physicalId) return create(properties, context);
      const same = (member: string) =>
        JSON.stringify(definition[member]) === JSON.stringify(old.definition[member]);
      if (!same('KeySchema') || !same('LocalSecondaryIndexes')) {
        throw new AwsError(
          'ValidationException',
          `The keys and local indexes of the table ${name} cannot be changed. Give the new table another TableName.`,
        );
      }
      if (!same('GlobalSecondaryIndexes')) await database.rebuild(definition);
      const owner = `${context.stackName}/${context.logicalId}`;
      records.put(name, { keys: keyNames(definition), isProtected, hasStream, owner });
      return stateOf(name);
    },
    delete: async ({ physicalId }) => {
      requireUnprotected(host, physicalId);
      try {
        await database.change('DeleteTable', { TableName: physicalId });
      } catch (error) {
        if (!(error instanceof AwsError) || error.name !== 'ResourceNotFoundException') throw error;
      }
      records.delete(physicalId);
    },
  };
};
