import type {
  DeleteParameterRequest,
  GetParameterRequest,
  GetParameterResult,
  GetParametersByPathRequest,
  GetParametersByPathResult,
  GetParametersRequest,
  GetParametersResult,
  PutParameterRequest,
  PutParameterResult,
} from '@aws-sdk/client-ssm';
import { AwsError, type Host, type Operation, type Principal, type Service } from '../../host.ts';
import { page } from '../shared/paging.ts';
import {
  checkParameter,
  createImageChecks,
  IMAGE_TYPE,
  type Parameter,
  parameterArn,
  parametersOf,
  presetParameter,
} from './parameters.ts';
import { createSsmResources } from './resources.ts';
import { createSecureStrings, OWN_KEY } from './secure-strings.ts';

/** Creates Parameter Store: texts, secrets and image ids, AWS's public image parameters. */
export const createSsmService = (host: Host): Service => {
  const parameters = parametersOf(host);
  const checks = createImageChecks(host);
  const secureStrings = createSecureStrings(host);
  const pageError = { fallback: 10, errorName: 'InvalidNextToken' };

  /** By name, `name:version` or ARN. */
  const find = (reference = ''): Parameter | undefined => {
    const [name = '', version] = bareName(reference).split(':');
    const found = parameters.get(name) ?? presetParameter(name);
    return version === undefined || found?.version === Number(version) ? found : undefined;
  };
  const bareName = (reference: string) =>
    reference.startsWith('arn:') ? `/${reference.split(':parameter/').at(-1)}` : reference;
  const access = (action: string, reference = '') => ({
    action: `ssm:${action}`,
    resource: parameterArn(host, bareName(reference).split(':')[0] ?? ''),
  });
  const answer = async (parameter: Parameter, isDecrypted: boolean | undefined, principal: Principal) => ({
    Name: parameter.name,
    Type: parameter.type,
    Value:
      parameter.type === 'SecureString' && isDecrypted
        ? await secureStrings.decrypt(parameter, principal)
        : parameter.value,
    Version: parameter.version,
    LastModifiedDate: new Date(parameter.modifiedAt),
    ARN: parameterArn(host, parameter.name),
    DataType: parameter.dataType,
  });
  const notFound = (name: string | undefined) =>
    new AwsError('ParameterNotFound', `Parameter ${name} does not exist.`);

  const getParameter: Operation<GetParameterRequest, GetParameterResult> = {
    requires: ({ Name }) => access('GetParameter', Name),
    run: async ({ Name, WithDecryption }, { principal }) => {
      const found = find(Name);
      if (!found) throw notFound(Name);
      return { Parameter: await answer(found, WithDecryption, principal) };
    },
  };

  const getParameters: Operation<GetParametersRequest, GetParametersResult> = {
    requires: ({ Names = [] }) => Names.map((name) => access('GetParameters', name)),
    run: async ({ Names = [], WithDecryption }, { principal }) => ({
      Parameters: await Promise.all(
        Names.flatMap((name) => find(name) ?? []).map((one) => answer(one, WithDecryption, principal)),
      ),
      InvalidParameters: Names.filter((name) => !find(name)),
    }),
  };

  const getByPath: Operation<GetParametersByPathRequest, GetParametersByPathResult> = {
    requires: ({ Path }) => access('GetParametersByPath', Path),
    run: async ({ Path = '/', Recursive, WithDecryption, NextToken, MaxResults }, { principal }) => {
      const prefix = Path.endsWith('/') ? Path : `${Path}/`;
      const found = parameters
        .values()
        .filter(
          ({ name }) => name.startsWith(prefix) && (Recursive || !name.slice(prefix.length).includes('/')),
        );
      const { items, nextToken } = page(found, NextToken, MaxResults, pageError);
      return {
        Parameters: await Promise.all(items.map((one) => answer(one, WithDecryption, principal))),
        ...(nextToken && { NextToken: nextToken }),
      };
    },
  };

  const putParameter: Operation<PutParameterRequest, PutParameterResult> = {
    requires: ({ Name }) => access('PutParameter', Name),
    run: async (input, { principal }) => {
      const { Name = '', Value = '', Overwrite = false, Tags = [], Description } = input;
      checkParameter(Name, Value);
      const known = parameters.get(Name);
      if (known && !Overwrite)
        throw new AwsError(
          'ParameterAlreadyExists',
          'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
        );
      const type = input.Type ?? known?.type;
      if (type !== 'String' && type !== 'StringList' && type !== 'SecureString')
        throw new AwsError(
          'ValidationException',
          `Type must be String, StringList or SecureString; received ${type ?? 'nothing'}.`,
        );
      const isSecure = type === 'SecureString';
      if (input.KeyId !== undefined && !isSecure)
        throw new AwsError('ValidationException', 'KeyId is required for SecureString type parameter only.');
      const keyId = input.KeyId ?? known?.keyId ?? OWN_KEY;
      const dataType = input.DataType ?? known?.dataType ?? 'text';
      if (dataType !== 'text' && dataType !== IMAGE_TYPE)
        throw new AwsError(
          'ValidationException',
          `DataType must be text or ${IMAGE_TYPE}; received ${dataType}.`,
        );
      const description = Description ?? known?.description;
      const parameter: Parameter = {
        name: Name,
        type,
        dataType,
        value: isSecure ? await secureStrings.encrypt(Name, keyId, Value, principal) : Value,
        ...(isSecure && { keyId }),
        version: (known?.version ?? 0) + 1,
        modifiedAt: host.clock.now(),
        ...(description !== undefined && { description }),
        tags: known?.tags ?? Object.fromEntries(Tags.map((tag) => [tag.Key ?? '', tag.Value ?? ''])),
        ...(known?.owner !== undefined && { owner: known.owner }),
      };
      if (dataType === IMAGE_TYPE) checks.add({ parameter, principal });
      else parameters.put(Name, parameter);
      return { Version: parameter.version, Tier: 'Standard' };
    },
  };

  const deleteParameter: Operation<DeleteParameterRequest, Record<string, never>> = {
    requires: ({ Name }) => access('DeleteParameter', Name),
    run: ({ Name = '' }) => {
      if (!parameters.has(Name)) throw notFound(Name);
      parameters.delete(Name);
      return {};
    },
  };

  return {
    name: 'ssm',
    operations: {
      GetParameter: getParameter,
      GetParameters: getParameters,
      GetParametersByPath: getByPath,
      PutParameter: putParameter,
      DeleteParameter: deleteParameter,
    },
    resources: createSsmResources(host),
    start: checks.start,
    stop: checks.stop,
  };
};
