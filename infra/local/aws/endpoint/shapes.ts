import { NormalizedSchema } from '@smithy/core/schema';

/*
 * The SDK clients carry the model of their service as nested tuples, an internal format. This file alone reads it; the
 * SDK's version is pinned, and every operation that is served has a round-trip test.
 */

/** How a timestamp stands on the wire. */
export type TimestampFormat = 'date-time' | 'http-date' | 'epoch-seconds';

/** A type of a service's model. */
export type Shape =
  | { readonly kind: 'string' | 'number' | 'boolean' | 'blob' | 'document' }
  | { readonly kind: 'timestamp'; readonly format: TimestampFormat | undefined }
  | { readonly kind: 'list'; readonly item: Slot }
  | { readonly kind: 'map'; readonly key: Slot; readonly value: Slot }
  | Structure;

/** A structure or union. An operation without input or output has an empty one. */
export interface Structure {
  readonly kind: 'structure';
  readonly name: string;
  readonly xmlName: string | undefined;
  readonly members: readonly Member[];
}

/** A place for a value of a shape, with what the wire needs to know of it. */
export interface Slot {
  readonly shape: Shape;
  readonly xmlName: string | undefined;
  readonly ec2QueryName: string | undefined;
  readonly isFlattened: boolean;
  readonly isAttribute: boolean;
}

/** A member of a structure. */
export interface Member extends Slot {
  readonly name: string;
  readonly isRequired: boolean;
  readonly isStreaming: boolean;
  /** Where HTTP carries it; nothing: in the body. */
  readonly http: HttpBinding | undefined;
}

/** Where HTTP carries a member outside the body, or as the body. */
type HttpBinding =
  | { readonly in: 'label' | 'payload' | 'status' | 'queryMap' }
  | { readonly in: 'query' | 'header' | 'prefix'; readonly name: string };

/** An operation of a service's model. */
export interface OperationModel {
  readonly name: string;
  /** Method, URI template and status of REST protocols. */
  readonly http: { readonly method: string; readonly uri: string; readonly status: number } | undefined;
  readonly input: Structure;
  readonly output: Structure;
}

/** An error of a service's model. */
export interface ErrorModel {
  readonly name: string;
  /** The code on the wire where it differs from the name (query protocols). */
  readonly code: string;
  /** HTTP status, where the model says one. */
  readonly status: number | undefined;
  readonly shape: Structure;
}

/** A service's model, as its SDK client carries it. */
export interface ServiceModel {
  readonly operations: ReadonlyMap<string, OperationModel>;
  /** By name and by code. */
  readonly errors: ReadonlyMap<string, ErrorModel>;
}

type Traits = Readonly<Record<string, unknown>>;
type Tuple = readonly unknown[];

/** Positions in the clients' tuples, and their first elements. */
const OPERATION = 9;
const ERROR = -3;
const REQUIRED_COUNT = 6;

const timestampFormats: Readonly<Record<number, TimestampFormat>> = {
  5: 'date-time',
  6: 'http-date',
  7: 'epoch-seconds',
};

const shapes = new WeakMap<object, Shape>();

/** Reads the model that an SDK client module exports. */
export const readModel = (client: Readonly<Record<string, unknown>>): ServiceModel => {
  const operations = new Map<string, OperationModel>();
  const errors = new Map<string, ErrorModel>();
  for (const exported of Object.values(client)) {
    if (!Array.isArray(exported)) continue;
    if (exported[0] === OPERATION) operations.set(String(exported[2]), readOperation(exported));
    if (exported[0] === ERROR) {
      const error = readError(exported);
      errors.set(error.name, error);
      errors.set(error.code, error);
    }
  }
  return { operations, errors };
};

const readOperation = (tuple: Tuple): OperationModel => {
  const [, , name, traits, input, output] = tuple;
  const http = typeof traits === 'object' && traits ? (traits as { http?: unknown }).http : undefined;
  const binding = Array.isArray(http) ? (http as [string, string, number]) : undefined;
  return {
    name: String(name),
    http: binding && { method: binding[0], uri: binding[1], status: binding[2] },
    // The model is read when the operation is first called: large clients hold hundreds.
    get input() {
      return structureOf(input);
    },
    get output() {
      return structureOf(output);
    },
  };
};

const readError = (tuple: Tuple): ErrorModel => {
  const name = String(tuple[2]);
  const traits = (typeof tuple[3] === 'object' && tuple[3] ? tuple[3] : {}) as Traits;
  const [code, queryStatus] = Array.isArray(traits.awsQueryError) ? traits.awsQueryError : [];
  const status = traits.httpError ?? queryStatus;
  return {
    name,
    code: typeof code === 'string' ? code : name,
    status: typeof status === 'number' ? status : undefined,
    get shape() {
      return structureOf(tuple);
    },
  };
};

const structureOf = (schema: unknown): Structure => {
  const shape = shapeOf(NormalizedSchema.of(schema as never));
  return shape.kind === 'structure'
    ? shape
    : { kind: 'structure', name: 'Unit', xmlName: undefined, members: [] };
};

const shapeOf = (schema: NormalizedSchema): Shape => {
  const raw: unknown = schema.getSchema();
  const known = typeof raw === 'object' && raw !== null ? shapes.get(raw) : undefined;
  if (known) return known;
  const shape = readShape(schema, raw);
  if (typeof raw === 'object' && raw !== null) shapes.set(raw, shape);
  return shape;
};

const readShape = (schema: NormalizedSchema, raw: unknown): Shape => {
  if (schema.isStructSchema()) return readStructure(schema, raw as Tuple);
  if (schema.isListSchema()) {
    return lazy({ kind: 'list' as const, item: () => itemSlot(schema.getValueSchema()) });
  }
  if (schema.isMapSchema()) {
    return lazy({
      kind: 'map' as const,
      key: () => itemSlot(schema.getKeySchema()),
      value: () => itemSlot(schema.getValueSchema()),
    });
  }
  if (schema.isTimestampSchema()) return { kind: 'timestamp', format: timestampFormats[Number(raw)] };
  if (schema.isStringSchema()) return { kind: 'string' };
  if (schema.isNumericSchema()) return { kind: 'number' };
  if (schema.isBooleanSchema()) return { kind: 'boolean' };
  if (schema.isBlobSchema()) return { kind: 'blob' };
  if (schema.isDocumentSchema() || schema.isUnitSchema()) return { kind: 'document' };
  throw new Error(`The SDK's model has a type that the endpoint does not know: ${schema.getName(true)}.`);
};

/** Types refer to each other in circles, so what a type is made of is read when it is first needed. */
const readStructure = (schema: NormalizedSchema, raw: Tuple): Structure => {
  const requiredCount = Number(raw[REQUIRED_COUNT] ?? 0);
  return lazy({
    kind: 'structure' as const,
    name: schema.getName() ?? '',
    xmlName: text((schema.getOwnTraits() as Traits).xmlName),
    members: () =>
      [...schema.structIterator()].map(([name, member], index) =>
        readMember(name, member, index < requiredCount),
      ),
  });
};

const readMember = (name: string, schema: NormalizedSchema, isRequired: boolean): Member => {
  const traits: Traits = schema.getMergedTraits() as Traits;
  return {
    name,
    isRequired,
    isStreaming: schema.isStreaming(),
    http: readBinding(traits),
    ...slotOf(schema),
  };
};

/** Items of lists and maps go by the XML name of their type where they have none of their own. */
const itemSlot = (schema: NormalizedSchema): Slot => slotOf(schema, schema.getMergedTraits() as Traits);

const slotOf = (schema: NormalizedSchema, traits = schema.getMemberTraits() as Traits): Slot => {
  return {
    shape: shapeOf(schema),
    xmlName: text(traits.xmlName),
    ec2QueryName: text(traits.ec2QueryName),
    isFlattened: Boolean((schema.getMergedTraits() as Traits).xmlFlattened),
    isAttribute: Boolean(traits.xmlAttribute),
  };
};

const readBinding = (traits: Traits): HttpBinding | undefined => {
  if (traits.httpLabel) return { in: 'label' };
  if (traits.httpPayload) return { in: 'payload' };
  if (traits.httpResponseCode) return { in: 'status' };
  if (traits.httpQueryParams) return { in: 'queryMap' };
  if (traits.httpQuery) return { in: 'query', name: String(traits.httpQuery) };
  if (traits.httpHeader) return { in: 'header', name: String(traits.httpHeader).toLowerCase() };
  if (traits.httpPrefixHeaders) return { in: 'prefix', name: String(traits.httpPrefixHeaders).toLowerCase() };
  return undefined;
};

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

type Resolved<Parts> = {
  readonly [Key in keyof Parts]: Parts[Key] extends () => infer Value ? Value : Parts[Key];
};

/** An object whose function-valued properties are computed once, at first use. */
const lazy = <Parts extends object>(parts: Parts): Resolved<Parts> => {
  const result = {};
  for (const [key, part] of Object.entries(parts)) {
    if (typeof part !== 'function') {
      Object.defineProperty(result, key, { value: part, enumerable: true });
      continue;
    }
    Object.defineProperty(result, key, {
      enumerable: true,
      configurable: true,
      get: () => {
        const value: unknown = part();
        Object.defineProperty(result, key, { value, enumerable: true });
        return value;
      },
    });
  }
  return result as Resolved<Parts>;
};
