import { readProperties } from '../../assembly/properties.ts';
import {
  AwsError,
  type Host,
  type ResourceContext,
  type ResourceProperties,
  type ResourceProvider,
} from '../../host.ts';
import { checkParameter, IMAGE_TYPE, type Parameter, parametersOf } from './parameters.ts';

/** The CloudFormation types of Systems Manager. */
export const createSsmResources = (host: Host): Record<string, ResourceProvider> => {
  const parameters = parametersOf(host);

  const readParameter = (properties: ResourceProperties, context: ResourceContext) => {
    const read = readProperties('AWS::SSM::Parameter', context, properties);
    read.only(
      'Name',
      'Type',
      'Value',
      'DataType',
      'Description',
      'AllowedPattern',
      'Policies',
      'Tags',
      'Tier',
    );
    const name = read.optionalString('Name') ?? context.generatedName(128);
    const type = read.string('Type');
    if (type !== 'String' && type !== 'StringList')
      throw read.error('Type', 'must be String or StringList: CloudFormation makes no SecureString');
    const dataType = read.optionalString('DataType') ?? 'text';
    if (dataType !== 'text' && dataType !== IMAGE_TYPE)
      throw read.error('DataType', `must be text or ${IMAGE_TYPE}`);
    const value = read.string('Value');
    if (dataType === IMAGE_TYPE && !/^ami-[0-9a-f]{8,17}$/.test(value))
      throw read.error('Value', `must be an image's id for the data type ${IMAGE_TYPE}`);
    checkParameter(name, value);
    const description = read.optionalString('Description');
    const parameter: Omit<Parameter, 'version' | 'modifiedAt'> = {
      name,
      type,
      dataType,
      value,
      ...(description !== undefined && { description }),
      tags: read.stringMap('Tags'),
      owner: `${context.stackName}/${context.logicalId}`,
    };
    return parameter;
  };
  const stateOf = ({ name, type, value }: Pick<Parameter, 'name' | 'type' | 'value'>) => ({
    physicalId: name,
    attributes: { Type: type, Value: value },
  });
  const create: ResourceProvider['create'] = (properties, context) => {
    const parameter = readParameter(properties, context);
    const known = parameters.get(parameter.name);
    if (known && known.owner !== parameter.owner)
      throw new AwsError('ParameterAlreadyExists', `${parameter.name} already exists.`);
    if (!known) parameters.put(parameter.name, { ...parameter, version: 1, modifiedAt: host.clock.now() });
    return stateOf(parameter);
  };

  return {
    'AWS::SSM::Parameter': {
      create,
      update: (properties, context, before) => {
        const parameter = readParameter(properties, context);
        const known = parameters.get(parameter.name);
        if (parameter.name !== before.state.physicalId || !known) return create(properties, context);
        // Only a changed template value is written: what somebody has written since stays otherwise (T11).
        const isReset = properties.Value !== before.properties.Value;
        parameters.put(parameter.name, {
          ...parameter,
          value: isReset ? parameter.value : known.value,
          version: known.version + (isReset ? 1 : 0),
          modifiedAt: isReset ? host.clock.now() : known.modifiedAt,
        });
        return stateOf(parameter);
      },
      delete: ({ physicalId }) => parameters.delete(physicalId),
    },
  };
};
