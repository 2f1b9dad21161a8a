import type { EmulatorHost } from '../create-host.ts';
import { AwsError, type Principal, type Service } from '../host.ts';
import { decodeAwsChunked, isAwsChunked } from './chunked.ts';
import { type ErrorContext, writeError } from './error-replies.ts';
import { readForm } from './form-body.ts';
import { type BodyCodec, type Reply, readBindings, type Values, writeBindings } from './http-bindings.ts';
import { parseJson, parseJsonObject, readJsonMembers, writeJsonMembers } from './json.ts';
import type { ServiceProtocol } from './protocols.ts';
import { checkMissing, type Missing } from './required-members.ts';
import { createRouter, type RequestTarget, type RouteMatch } from './routes.ts';
import { type OperationModel, readModel, type ServiceModel } from './shapes.ts';
import { element, escapeXml, readXml, writeXmlMembers } from './xml.ts';

/** A whole request. */
export interface WireRequest extends RequestTarget {
  readonly body: Buffer;
  readonly requestId: string;
}

/** Answers the requests for one service, errors in its protocol's form included. */
export type ServiceHandler = (request: WireRequest, identify: () => Principal) => Promise<Reply>;

/** One protocol's way of finding an operation, reading its input and writing its output. */
interface Wire {
  readonly findOperation: (request: WireRequest) => FoundOperation | undefined;
  readonly read: (found: FoundOperation, request: WireRequest) => object;
  readonly write: (found: FoundOperation, output: Values, request: WireRequest) => Reply;
}

interface FoundOperation {
  readonly name: string;
  /** Nothing for services that take the wire's own JSON. */
  readonly model?: OperationModel;
  readonly labels?: RouteMatch['labels'];
}

/** Makes the handler of a service. Loads the SDK client that holds its model. */
export const createServiceHandler = async (
  host: EmulatorHost,
  service: Service,
  protocol: ServiceProtocol,
): Promise<ServiceHandler> => {
  const model = service.wire === 'json' || !protocol.client ? undefined : readModel(await protocol.client());
  const wire = createWire(protocol, model);

  return async (request, identify) => {
    const context: ErrorContext = {
      form: protocol.form,
      requestId: request.requestId,
      contentType: contentTypeOf(request, protocol),
      namespace: protocol.errorNamespace,
      model,
    };
    try {
      const principal = identify();
      const found = wire.findOperation(request);
      const operation =
        found && Object.hasOwn(service.operations, found.name) && service.operations[found.name];
      if (!found || !operation) throw notServed(service, found?.name ?? describeTarget(request));
      const input = wire.read(found, request);
      const output = await host.perform(principal, operation, input, request.requestId);
      return wire.write(found, (output ?? {}) as Values, request);
    } catch (error) {
      if (error instanceof AwsError) return writeError(error, context);
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      host.log('endpoint', `${service.name} failed: ${message}`, { target: describeTarget(request) });
      return writeError(new AwsError('InternalFailure', firstLine(message), 500), context);
    }
  };
};

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

const notServed = (service: Service, operation: string): AwsError =>
  new AwsError(
    'UnknownOperationException',
    `The emulator's ${service.name} does not serve ${operation}. ` +
      `It serves: ${Object.keys(service.operations).sort().join(', ') || 'no operations over HTTP'}.`,
    501,
  );

const describeTarget = ({ method, path, headers }: WireRequest): string =>
  headers['x-amz-target']?.toString() ?? `${method} ${path}`;

const contentTypeOf = ({ headers }: WireRequest, { form }: ServiceProtocol): string => {
  if (form !== 'json') return 'application/json';
  const given = headers['content-type']?.toString() ?? '';
  return given.startsWith('application/x-amz-json') ? given : 'application/x-amz-json-1.1';
};

const createWire = (protocol: ServiceProtocol, model: ServiceModel | undefined): Wire => {
  if (!model) return plainJsonWire(protocol);
  switch (protocol.form) {
    case 'json':
      return jsonWire(protocol, model);
    case 'query':
    case 'ec2':
      return formWire(protocol, protocol.form, model);
    case 'rest-json':
      return restWire(model, jsonBody, 'ValidationException');
    case 'rest-xml':
      return restWire(model, xmlBody(protocol.xmlNamespace), 'InvalidRequest');
  }
};

/** `X-Amz-Target: AWSStepFunctions.StartExecution`. */
const targetOperation = ({ headers }: WireRequest): string | undefined => {
  const target = headers['x-amz-target']?.toString();
  return target?.slice(target.lastIndexOf('.') + 1);
};

const plainJsonWire = (protocol: ServiceProtocol): Wire => ({
  findOperation: (request) => {
    const name = targetOperation(request);
    return name === undefined ? undefined : { name };
  },
  read: ({ name }, { body }) => {
    const input = parseJsonObject(body);
    const expected = protocol.inputs?.[name];
    if (!expected) return input;
    const missing: Missing = [];
    const read = readJsonMembers(expected.members, input, '', missing);
    checkMissing(missing, 'ValidationException');
    return read;
  },
  write: (_found, output, request) => ({
    status: 200,
    headers: { 'content-type': contentTypeOf(request, protocol) },
    body: JSON.stringify(output),
  }),
});

const jsonWire = (protocol: ServiceProtocol, model: ServiceModel): Wire => ({
  findOperation: (request) => byName(model, targetOperation(request)),
  read: ({ model: operation }, { body }) => {
    const missing: Missing = [];
    const input = readJsonMembers(operation?.input.members ?? [], parseJson(body), '', missing);
    checkMissing(missing, 'ValidationException');
    return input;
  },
  write: ({ model: operation }, output, request) => ({
    status: 200,
    headers: { 'content-type': contentTypeOf(request, protocol) },
    body: JSON.stringify(writeJsonMembers(operation?.output.members ?? [], output)),
  }),
});

const byName = (model: ServiceModel, name: string | undefined): FoundOperation | undefined => {
  if (name === undefined) return undefined;
  const operation = model.operations.get(name);
  return operation ? { name, model: operation } : { name };
};

/** The form is read once for the operation's name and once more for its input. */
const formWire = ({ xmlNamespace }: ServiceProtocol, dialect: 'query' | 'ec2', model: ServiceModel): Wire => {
  const fieldsOf = ({ body, query }: WireRequest) =>
    body.length > 0 ? new URLSearchParams(body.toString('utf8')) : query;
  const attributes = xmlNamespace ? ` xmlns="${xmlNamespace}"` : '';
  return {
    findOperation: (request) => byName(model, fieldsOf(request).get('Action') ?? undefined),
    read: ({ model: operation }, request) => {
      const missing: Missing = [];
      const input = readForm(operation?.input.members ?? [], fieldsOf(request), dialect, missing);
      if (dialect === 'ec2' && missing.length > 0) {
        throw new AwsError(
          'MissingParameter',
          `The request must contain the parameter ${missing.join(', ')}`,
        );
      }
      checkMissing(missing, 'ValidationError');
      return input;
    },
    write: ({ name, model: operation }, output, { requestId }) => {
      const members = operation?.output.members ?? [];
      const content = writeXmlMembers(members, output);
      const id = escapeXml(requestId);
      const inside =
        dialect === 'ec2'
          ? element('requestId', id) + content
          : (members.length > 0 ? element(`${name}Result`, content) : '') +
            element('ResponseMetadata', element('RequestId', id));
      return {
        status: 200,
        headers: { 'content-type': 'text/xml' },
        body: `<?xml version="1.0" encoding="UTF-8"?>${element(`${name}Response`, inside, attributes)}`,
      };
    },
  };
};

const restWire = (model: ServiceModel, codec: BodyCodec, missingCode: string): Wire => {
  const route = createRouter(model);
  return {
    findOperation: (request) => {
      const match = route(request);
      return match && { name: match.operation.name, model: match.operation, labels: match.labels };
    },
    read: ({ model: operation, labels = {} }, request) => {
      if (!operation) return {};
      const missing: Missing = [];
      const body = isAwsChunked(request.headers) ? decodeAwsChunked(request.body) : request.body;
      const input = readBindings(operation, labels, request, body, codec, missing);
      checkMissing(missing, missingCode);
      return input;
    },
    write: ({ model: operation }, output) =>
      operation ? writeBindings(operation, output, codec) : { status: 200, headers: {}, body: '' },
  };
};

const jsonBody: BodyCodec = {
  contentType: 'application/json',
  read: (members, body, missing) => readJsonMembers(members, parseJson(body), '', missing),
  write: (_structure, members, value) => JSON.stringify(writeJsonMembers(members, value)),
};

const xmlBody = (xmlNamespace: string | undefined): BodyCodec => ({
  contentType: 'application/xml',
  read: readXml,
  write: ({ name, xmlName }, members, value) =>
    `<?xml version="1.0" encoding="UTF-8"?>${element(
      xmlName ?? name,
      writeXmlMembers(members, value),
      xmlNamespace ? ` xmlns="${xmlNamespace}"` : '',
    )}`,
});
