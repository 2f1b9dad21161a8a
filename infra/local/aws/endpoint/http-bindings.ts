import type { Missing } from './required-members.ts';
import { memberPath } from './required-members.ts';
import type { RequestTarget } from './routes.ts';
import type { Member, OperationModel, Structure } from './shapes.ts';
import { readText, writeText } from './text-values.ts';

/** Reads and writes what is in the body: JSON or XML. */
export interface BodyCodec {
  readonly contentType: string;
  readonly read: (members: readonly Member[], body: Buffer, missing: Missing) => Record<string, unknown>;
  /** The body that a structure makes, or nothing when there is nothing to say. */
  readonly write: (structure: Structure, members: readonly Member[], value: Values) => string;
}

/** What an operation took or gave, by member. */
export type Values = Readonly<Record<string, unknown>>;

/** What goes onto the wire. */
export interface Reply {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array;
}

/** Reads the input of a REST operation from path, query, headers and body. */
export const readBindings = (
  { input }: OperationModel,
  labels: Readonly<Record<string, string>>,
  target: RequestTarget,
  body: Buffer,
  codec: BodyCodec,
  missing: Missing,
): Record<string, unknown> => {
  const result: Record<string, unknown> = {};
  const inBody: Member[] = [];
  for (const member of input.members) {
    if (!member.http) {
      inBody.push(member);
      continue;
    }
    const value = readBinding(member, labels, target, body, codec, missing);
    if (value !== undefined) result[member.name] = value;
    else if (member.isRequired) missing.push(memberPath('', member.name));
  }
  if (inBody.length > 0) Object.assign(result, codec.read(inBody, body, missing));
  return result;
};

const readBinding = (
  { http, name, shape, ...member }: Member,
  labels: Readonly<Record<string, string>>,
  { query, headers }: RequestTarget,
  body: Buffer,
  codec: BodyCodec,
  missing: Missing,
): unknown => {
  const path = memberPath('', name);
  switch (http?.in) {
    case 'label':
      return labels[name] === undefined ? undefined : readText(shape, labels[name], path);
    case 'query': {
      const texts = query.getAll(http.name);
      if (shape.kind === 'list')
        return texts.length ? texts.map((text) => readText(shape.item.shape, text, path)) : undefined;
      return texts[0] === undefined ? undefined : readText(shape, texts[0], path);
    }
    case 'queryMap':
      return Object.fromEntries(query);
    case 'header': {
      const text = headers[http.name]?.toString();
      if (text === undefined || shape.kind !== 'list')
        return text === undefined ? undefined : readText(shape, text, path);
      return text.split(',').map((item) => readText(shape.item.shape, item.trim(), path));
    }
    case 'prefix': {
      const { name: prefix } = http;
      const entries = Object.entries(headers).filter(([header]) => header.startsWith(prefix));
      if (entries.length === 0) return undefined;
      return Object.fromEntries(entries.map(([header, text]) => [header.slice(prefix.length), String(text)]));
    }
    case 'payload': {
      if (shape.kind === 'blob')
        return body.length > 0 || member.isRequired ? new Uint8Array(body) : undefined;
      if (body.length === 0) return undefined;
      return shape.kind === 'structure' ? codec.read(shape.members, body, missing) : body.toString('utf8');
    }
    default:
      return undefined;
  }
};

/** Writes the output of a REST operation as status, headers and body. */
export const writeBindings = ({ output, http }: OperationModel, value: Values, codec: BodyCodec): Reply => {
  const headers: Record<string, string> = {};
  const inBody: Member[] = [];
  let status = http?.status ?? 200;
  let payload: Member | undefined;
  for (const member of output.members) {
    const item = value[member.name];
    if (member.http?.in === 'payload') payload = member;
    else if (!member.http) inBody.push(member);
    else if (item === undefined || item === null) continue;
    else if (member.http.in === 'status') status = Number(item);
    else writeHeader(member, item, headers);
  }
  if (payload) {
    const { body, contentType } = writePayload(payload, value[payload.name], codec);
    return { status, headers: { 'content-type': contentType, ...headers }, body };
  }
  const body = inBody.length > 0 ? codec.write(output, inBody, value) : '';
  return { status, headers: { ...(body !== '' && { 'content-type': codec.contentType }), ...headers }, body };
};

const writeHeader = ({ http, shape }: Member, value: unknown, headers: Record<string, string>): void => {
  if (http?.in === 'prefix') {
    for (const [key, item] of Object.entries(value as Values)) headers[`${http.name}${key}`] = String(item);
  }
  if (http?.in !== 'header') return;
  headers[http.name] =
    shape.kind === 'list'
      ? (value as readonly unknown[]).map((item) => writeText(shape.item.shape, item, 'http-date')).join(', ')
      : writeText(shape, value, 'http-date');
};

const writePayload = ({ shape }: Member, value: unknown, codec: BodyCodec) => {
  if (value === undefined || value === null) return { body: '', contentType: codec.contentType };
  if (shape.kind === 'structure') {
    return { body: codec.write(shape, shape.members, value as Values), contentType: codec.contentType };
  }
  return value instanceof Uint8Array
    ? { body: value, contentType: 'application/octet-stream' }
    : { body: String(value), contentType: 'text/plain' };
};
