import { type PropertyReader, readProperties } from '../../assembly/properties.ts';
import type { Host, ResourceContext, ResourceProperties, ResourceProvider } from '../../host.ts';
import { type ApiTables, apiEndpoint, stableId } from './apis.ts';
import { isRouteKey } from './routing.ts';

const API = 'AWS::ApiGatewayV2::Api';
const INTEGRATION = 'AWS::ApiGatewayV2::Integration';
const ROUTE = 'AWS::ApiGatewayV2::Route';
const STAGE = 'AWS::ApiGatewayV2::Stage';

/** The CloudFormation types of HTTP APIs. */
export const apiGatewayResources = (
  host: Host,
  tables: ApiTables,
): Readonly<Record<string, ResourceProvider>> => ({
  [API]: api(host, tables),
  [INTEGRATION]: integration(tables),
  [ROUTE]: route(tables),
  [STAGE]: stage(tables),
});

const api = (host: Host, tables: ApiTables): ResourceProvider => {
  const apply = (id: string, properties: ResourceProperties, context: ResourceContext) => {
    const read = readProperties(API, context, properties);
    read.only('Name', 'ProtocolType', 'Description', 'DisableExecuteApiEndpoint', 'IpAddressType', 'Tags');
    if (read.string('ProtocolType') !== 'HTTP') throw read.error('ProtocolType', 'must be HTTP');
    const other = tables.apis.values().find((known) => known.id !== id);
    if (other)
      throw read.error('Name', `cannot be served beside ${other.name}: the emulator has one HTTP API`);
    tables.apis.put(id, { id, name: read.string('Name') });
    return { physicalId: id, attributes: { ApiId: id, ApiEndpoint: apiEndpoint(host) } };
  };
  return {
    create: (properties, context) => apply(stableId(10, 'api', context.generatedName()), properties, context),
    update: (properties, context, { state }) => apply(state.physicalId, properties, context),
    delete: ({ physicalId }) => tables.apis.delete(physicalId),
  };
};

const apiIdOf = (read: PropertyReader, tables: ApiTables): string => {
  const apiId = read.string('ApiId');
  if (!tables.apis.has(apiId)) throw read.error('ApiId', 'must be an HTTP API of this run');
  return apiId;
};

/** Another API, or another kind of thing, is another resource: the id follows what cannot change in place. */
const idFor = (kind: string, context: ResourceContext, properties: ResourceProperties): string =>
  stableId(7, kind, context.generatedName(), String(properties.ApiId));

const integration = (tables: ApiTables): ResourceProvider => {
  const apply = (properties: ResourceProperties, context: ResourceContext) => {
    const read = readProperties(INTEGRATION, context, properties);
    read.only(
      'ApiId',
      'IntegrationType',
      'IntegrationUri',
      'PayloadFormatVersion',
      'Description',
      'IntegrationMethod',
      'TimeoutInMillis',
    );
    const apiId = apiIdOf(read, tables);
    if (read.string('IntegrationType') !== 'AWS_PROXY')
      throw read.error('IntegrationType', 'must be AWS_PROXY');
    if (read.string('PayloadFormatVersion') !== '2.0')
      throw read.error('PayloadFormatVersion', 'must be 2.0');
    const functionArn = /arn:[\w-]+:lambda:[\w-]+:\d{12}:function:[^/]+/.exec(
      read.string('IntegrationUri'),
    )?.[0];
    if (!functionArn) throw read.error('IntegrationUri', 'must be the ARN of a Lambda function');
    const id = idFor('integration', context, properties);
    tables.integrations.put(id, { id, apiId, functionArn });
    return { physicalId: id, attributes: { IntegrationId: id } };
  };
  return {
    create: apply,
    update: apply,
    delete: ({ physicalId }) => tables.integrations.delete(physicalId),
  };
};

const route = (tables: ApiTables): ResourceProvider => {
  const apply = (properties: ResourceProperties, context: ResourceContext) => {
    const read = readProperties(ROUTE, context, properties);
    read.only('ApiId', 'RouteKey', 'Target', 'AuthorizationType', 'OperationName');
    const apiId = apiIdOf(read, tables);
    const routeKey = read.string('RouteKey');
    if (!isRouteKey(routeKey)) throw read.error('RouteKey', 'must be $default, or a method and a path');
    if ((read.optionalString('AuthorizationType') ?? 'NONE') !== 'NONE') {
      throw read.error('AuthorizationType', 'must be NONE: the function decides who is let in');
    }
    const integrationId = /^integrations\/(\w+)$/.exec(read.string('Target'))?.[1];
    if (!integrationId || !tables.integrations.has(integrationId)) {
      throw read.error('Target', 'must be integrations/<id> of an integration of this run');
    }
    const id = idFor('route', context, properties);
    tables.routes.put(id, { id, apiId, routeKey, integrationId });
    return { physicalId: id, attributes: { RouteId: id } };
  };
  return { create: apply, update: apply, delete: ({ physicalId }) => tables.routes.delete(physicalId) };
};

const stage = (tables: ApiTables): ResourceProvider => {
  const apply = (properties: ResourceProperties, context: ResourceContext) => {
    const read = readProperties(STAGE, context, properties);
    read.only(
      'ApiId',
      'StageName',
      'AutoDeploy',
      'DefaultRouteSettings',
      'AccessLogSettings',
      'Description',
      'Tags',
    );
    const apiId = apiIdOf(read, tables);
    const name = read.string('StageName');
    if (name !== '$default') throw read.error('StageName', 'must be $default');
    if (read.optionalBoolean('AutoDeploy') !== true) throw read.error('AutoDeploy', 'must be true');
    const settings = read.optionalAt('DefaultRouteSettings');
    settings?.only('ThrottlingBurstLimit', 'ThrottlingRateLimit', 'DetailedMetricsEnabled');
    const rateLimit = settings?.optionalNumber('ThrottlingRateLimit');
    const burstLimit = settings?.optionalNumber('ThrottlingBurstLimit');
    tables.stages.put(apiId, {
      apiId,
      name,
      ...(rateLimit === undefined ? {} : { rateLimit }),
      ...(burstLimit === undefined ? {} : { burstLimit }),
    });
    return { physicalId: name, attributes: {} };
  };
  return {
    create: apply,
    update: apply,
    delete: (_state, _context, properties) => tables.stages.delete(String(properties.ApiId)),
  };
};
