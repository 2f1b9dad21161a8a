import type { AwsError } from '../host.ts';
import type { Reply } from './http-bindings.ts';
import { writeJsonMembers } from './json.ts';
import type { ErrorModel, ServiceModel } from './shapes.ts';
import { element, escapeXml } from './xml.ts';

/** The form of an answer, errors included. */
export type WireForm = 'json' | 'query' | 'ec2' | 'rest-json' | 'rest-xml';

/** What an error's form depends on, beside the error. */
export interface ErrorContext {
  readonly form: WireForm;
  readonly requestId: string;
  /** JSON protocols: the answer's content type. */
  readonly contentType?: string;
  /** JSON protocols: put before the error's name in `__type`. */
  readonly namespace?: string | undefined;
  readonly model?: ServiceModel | undefined;
}

/** Names that services throw for what the protocol says in another way; the others go out as they are. */
const renamed: Readonly<Record<'query' | 'ec2' | 'rest-xml', Readonly<Record<string, string>>>> = {
  query: { AccessDeniedException: 'AccessDenied', UnrecognizedClientException: 'InvalidClientTokenId' },
  ec2: { AccessDeniedException: 'UnauthorizedOperation', UnrecognizedClientException: 'AuthFailure' },
  'rest-xml': { AccessDeniedException: 'AccessDenied', UnrecognizedClientException: 'InvalidAccessKeyId' },
};

/** Errors of the frame that JSON services run in, rather than of their model. */
const frameNamespaces: Readonly<Record<string, string>> = {
  ValidationException: 'com.amazon.coral.validate#',
  AccessDeniedException: 'com.amazon.coral.service#',
  SerializationException: 'com.amazon.coral.service#',
  UnknownOperationException: 'com.amazon.coral.service#',
  UnrecognizedClientException: 'com.amazon.coral.service#',
};

/** Writes an error in the form in which the service's clients read it. */
export const writeError = (error: AwsError, context: ErrorContext): Reply => {
  const known = context.model?.errors.get(error.name);
  switch (context.form) {
    case 'json':
      return writeJsonError(error, known, context);
    case 'rest-json': {
      const { status, headers, body } = writeJsonError(error, known, context);
      return { status, headers: { ...headers, 'x-amzn-errortype': error.name }, body };
    }
    default:
      return writeXmlError(error, known, context.form, context.requestId);
  }
};

const statusOf = (error: AwsError, known: ErrorModel | undefined, denied: number): number => {
  if (error.statusCode !== 400) return error.statusCode;
  return error.name === 'AccessDeniedException' ? denied : (known?.status ?? 400);
};

const writeJsonError = (error: AwsError, known: ErrorModel | undefined, context: ErrorContext): Reply => {
  const { form, namespace = '', contentType = 'application/json' } = context;
  // A model's own ValidationException (Step Functions has one) still comes from the frame on AWS.
  const prefix = frameNamespaces[error.name] ?? namespace;
  const messageName = known?.shape.members.some(({ name }) => name === 'Message') ? 'Message' : 'message';
  const members = known ? writeJsonMembers(known.shape.members, error.members) : error.members;
  return {
    status: statusOf(error, known, form === 'json' ? 400 : 403),
    headers: { 'content-type': contentType },
    body: JSON.stringify({
      ...(form === 'json' && { __type: `${prefix}${error.name}` }),
      ...members,
      [messageName]: error.message,
    }),
  };
};

const writeXmlError = (
  error: AwsError,
  known: ErrorModel | undefined,
  form: keyof typeof renamed,
  requestId: string,
): Reply => {
  const code = renamed[form][error.name] ?? known?.code ?? error.name;
  const status = statusOf(error, known, 403);
  const prefix = code === 'UnauthorizedOperation' ? 'You are not authorized to perform this operation. ' : '';
  const text = element('Code', escapeXml(code)) + element('Message', escapeXml(prefix + error.message));
  const id = escapeXml(requestId);
  const body =
    form === 'query'
      ? `<ErrorResponse><Error><Type>${status < 500 ? 'Sender' : 'Receiver'}</Type>${text}</Error><RequestId>${id}</RequestId></ErrorResponse>`
      : form === 'ec2'
        ? `<Response><Errors><Error>${text}</Error></Errors><RequestID>${id}</RequestID></Response>`
        : `<Error>${text}<RequestId>${id}</RequestId></Error>`;
  return {
    status,
    headers: { 'content-type': form === 'rest-xml' ? 'application/xml' : 'text/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>${body}`,
  };
};
