import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { findAsset } from '../../assembly/assets.ts';
import { type PropertyReader, readProperties } from '../../assembly/properties.ts';
import {
  AwsError,
  type Host,
  type PolicyStatement,
  type ResourceContext,
  type ResourceProperties,
  type ResourceProvider,
  type ResourceState,
} from '../../host.ts';
import { executionPrincipal } from './environment.ts';
import { eventSourceMappingProvider } from './event-source-mappings.ts';
import {
  type EventInvokeConfig,
  eventInvokeConfigs,
  type FunctionRecord,
  findFunction,
  functionArn,
  functionTable,
  permissionTable,
} from './functions.ts';
import type { Invoker } from './invoker.ts';

const FUNCTION = 'AWS::Lambda::Function';
const PERMISSION = 'AWS::Lambda::Permission';
const EVENT_INVOKE_CONFIG = 'AWS::Lambda::EventInvokeConfig';

/** Lambda's CloudFormation types. */
export const lambdaResources = (
  host: Host,
  invoker: Invoker,
): Readonly<Record<string, ResourceProvider>> => ({
  [FUNCTION]: functionProvider(host, invoker),
  [PERMISSION]: permissionProvider(host),
  [EVENT_INVOKE_CONFIG]: eventInvokeConfigProvider(host),
  'AWS::Lambda::EventSourceMapping': eventSourceMappingProvider(host),
});

const functionProvider = (host: Host, invoker: Invoker): ResourceProvider => {
  const put = (properties: ResourceProperties, context: ResourceContext): ResourceState => {
    const record = readFunction(host, properties, context);
    try {
      executionPrincipal(host, record);
    } catch (error) {
      throw new AwsError(
        'InvalidParameterValueException',
        `The role defined for the function cannot be assumed by Lambda. (${(error as Error).message})`,
      );
    }
    functionTable(host).put(record.name, record);
    return { physicalId: record.name, attributes: { Arn: record.arn } };
  };
  return {
    create: put,
    update: put,
    delete: ({ physicalId }) => {
      functionTable(host).delete(physicalId);
      invoker.retire(physicalId);
    },
  };
};

const readFunction = (
  host: Host,
  properties: ResourceProperties,
  context: ResourceContext,
): FunctionRecord => {
  const read = readProperties(FUNCTION, context, properties);
  read.only(
    ...['Code', 'DeadLetterConfig', 'Description', 'Environment', 'FunctionName', 'Handler', 'LoggingConfig'],
    ...['MemorySize', 'ReservedConcurrentExecutions', 'Role', 'Runtime', 'Timeout'],
    // No difference locally: processor, encryption at rest, disk, network, tracing, tags, updates of the runtime.
    ...['Architectures', 'EphemeralStorage', 'KmsKeyArn', 'RecursiveLoop', 'RuntimeManagementConfig', 'Tags'],
    ...['TracingConfig', 'VpcConfig'],
  );
  const name = read.optionalString('FunctionName') ?? context.generatedName(64);
  const runtime = read.string('Runtime');
  if (!runtime.startsWith('nodejs'))
    throw read.error('Runtime', 'must be a Node.js runtime, the only kind that the emulator has');
  const reserved = read.optionalNumber('ReservedConcurrentExecutions');
  if (reserved === 0) throw read.error('ReservedConcurrentExecutions', 'must be at least 1, or nothing runs');
  const logging = read.optionalAt('LoggingConfig');
  const deadLetterArn = read.optionalAt('DeadLetterConfig')?.optionalString('TargetArn');
  return {
    name,
    arn: functionArn(host, name),
    role: read.string('Role'),
    handler: read.string('Handler'),
    runtime,
    description: read.optionalString('Description') ?? '',
    timeout: read.optionalNumber('Timeout') ?? 3,
    memorySize: read.optionalNumber('MemorySize') ?? 128,
    environment: read.optionalAt('Environment')?.stringMap('Variables') ?? {},
    code: readCode(host, name, read.at('Code')),
    revisionId: createHash('sha256').update(JSON.stringify(properties)).digest('hex').slice(0, 32),
    ...(reserved !== undefined && { reservedConcurrency: reserved }),
    logGroup: logging?.optionalString('LogGroup') ?? `/aws/lambda/${name}`,
    logFormat: logging?.optionalString('LogFormat') ?? 'Text',
    logLevel: logging?.optionalString('ApplicationLogLevel') ?? 'INFO',
    ...(deadLetterArn !== undefined && { deadLetterArn }),
    modifiedAt: host.clock.now(),
  };
};

/** Code is an asset's folder, or stands in the template and is written to a folder of its own. */
const readCode = (host: Host, name: string, code: PropertyReader): FunctionRecord['code'] => {
  code.only('S3Bucket', 'S3Key', 'ZipFile');
  const source = code.optionalString('ZipFile');
  if (source !== undefined) {
    const hash = createHash('sha256').update(source).digest('hex').slice(0, 16);
    const directory = path.join(host.stateDir, 'lambda', name, hash);
    fs.mkdirSync(directory, { recursive: true });
    fs.writeFileSync(path.join(directory, 'index.js'), source);
    return { directory };
  }
  const bucket = code.string('S3Bucket');
  const key = code.string('S3Key');
  const asset = findAsset(host.store, bucket, key);
  if (!asset) throw code.error('S3Key', `must name an asset of the assembly (bucket ${bucket})`);
  if (asset.packaging !== 'zip')
    throw code.error('S3Key', 'must name a folder that CDK packs; a ready zip file is not unpacked locally');
  return { bucket, key };
};

const permissionProvider = (host: Host): ResourceProvider => {
  const put = (properties: ResourceProperties, context: ResourceContext): ResourceState => {
    const read = readProperties(PERMISSION, context, properties);
    read.only('Action', 'FunctionName', 'Principal', 'SourceAccount', 'SourceArn');
    const { name, arn } = findFunction(host, read.string('FunctionName'));
    const id = context.generatedName(100);
    permissionTable(host).put(`${name}/${id}`, statementOf(read, id, arn));
    return { physicalId: `${name}/${id}`, attributes: { Id: id } };
  };
  return {
    create: put,
    update: put,
    delete: ({ physicalId }) => permissionTable(host).delete(physicalId),
  };
};

/** As Lambda's AddPermission writes it into the function's policy. */
const statementOf = (read: PropertyReader, sid: string, resource: string): PolicyStatement => {
  const principal = read.string('Principal');
  const sourceArn = read.optionalString('SourceArn');
  const sourceAccount = read.optionalString('SourceAccount');
  const condition = {
    ...(sourceAccount && { StringEquals: { 'AWS:SourceAccount': sourceAccount } }),
    ...(sourceArn && { ArnLike: { 'AWS:SourceArn': sourceArn } }),
  };
  return {
    Sid: sid,
    Effect: 'Allow',
    Principal:
      principal === '*' ? '*' : principal.includes('.') ? { Service: principal } : { AWS: principal },
    Action: read.string('Action'),
    Resource: resource,
    ...(Object.keys(condition).length > 0 && { Condition: condition }),
  };
};

const eventInvokeConfigProvider = (host: Host): ResourceProvider => {
  const put = (properties: ResourceProperties, context: ResourceContext): ResourceState => {
    const read = readProperties(EVENT_INVOKE_CONFIG, context, properties);
    read.only(
      ...[
        'DestinationConfig',
        'FunctionName',
        'MaximumEventAgeInSeconds',
        'MaximumRetryAttempts',
        'Qualifier',
      ],
    );
    const { name } = findFunction(host, read.string('FunctionName'), read.string('Qualifier'));
    const maximumRetryAttempts = read.optionalNumber('MaximumRetryAttempts');
    const maximumEventAge = read.optionalNumber('MaximumEventAgeInSeconds');
    const onFailureArn = read
      .optionalAt('DestinationConfig')
      ?.optionalAt('OnFailure')
      ?.optionalString('Destination');
    const config: EventInvokeConfig = {
      ...(maximumRetryAttempts !== undefined && { maximumRetryAttempts }),
      ...(maximumEventAge !== undefined && { maximumEventAge }),
      ...(onFailureArn !== undefined && { onFailureArn }),
    };
    eventInvokeConfigs(host).put(name, config);
    return { physicalId: name, attributes: {} };
  };
  return {
    create: put,
    update: put,
    delete: ({ physicalId }) => eventInvokeConfigs(host).delete(physicalId),
  };
};
