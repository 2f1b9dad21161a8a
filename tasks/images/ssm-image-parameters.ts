import {
  DeleteParameterCommand,
  GetParameterCommand,
  ParameterAlreadyExists,
  ParameterNotFound,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
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
      try {
        return (await client.send(new GetParameterCommand({ Name }))).Parameter?.Value;
      } catch (error) {
        if (error instanceof ParameterNotFound) return undefined;
        throw error;
      }
    },
    add: async (name, imageId) => {
      try {
        await put(name, imageId, false);
      } catch (error) {
        if (!(error instanceof ParameterAlreadyExists)) throw error;
      }
    },
    write: async (name, imageId) => {
      await put(name, imageId, true);
    },
    remove: async (Name) => {
      try {
        await client.send(new DeleteParameterCommand({ Name }));
      } catch (error) {
        if (!(error instanceof ParameterNotFound)) throw error;
      }
    },
  };
}
