import {
  DeleteParameterCommand,
  GetParameterCommand,
  ParameterAlreadyExists,
  ParameterNotFound,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { ignoring } from '../ignoring.ts';
import type { ImageParameterStore } from './image-parameter.ts';
import type { ImageParameters } from './point-at-image.ts';

/** Image parameters in Systems Manager: text that must be the id of an AMI (T11). */
export function createSsmImageParameters(client = new SSMClient({})): ImageParameterStore & ImageParameters {
  const put = (Name: string, Value: string, Overwrite: boolean) =>
    client.send(
      new PutParameterCommand({ Name, Value, Type: 'String', DataType: 'aws:ec2:image', Overwrite }),
    );
  return {
    read: async (Name) => {
      const found = await client.send(new GetParameterCommand({ Name })).catch(ignoring(ParameterNotFound));
      return found?.Parameter?.Value;
    },
    add: async (name, imageId) => {
      await put(name, imageId, false).catch(ignoring(ParameterAlreadyExists));
    },
    write: async (name, imageId) => {
      await put(name, imageId, true);
    },
    remove: async (Name) => {
      await client.send(new DeleteParameterCommand({ Name })).catch(ignoring(ParameterNotFound));
    },
  };
}
