import { isDeepStrictEqual } from 'node:util';
import { AssemblyError } from './assembly-errors.ts';
import { cidrBlocks } from './cidr.ts';

/** What the intrinsic functions of one stack look things up in. Each throws AssemblyError for a name it does not know. */
export interface Scope {
  /** Where the expression stands, for error texts: `stack/logical id`. */
  readonly where: string;
  /** Value of a parameter, pseudo parameter or resource; `noValue` for `AWS::NoValue`. */
  readonly ref: (name: string) => unknown;
  readonly attribute: (logicalId: string, name: string) => unknown;
  readonly importValue: (exportName: string) => unknown;
  /** `undefined` if the mapping has no such entry. */
  readonly mapping: (map: string, topKey: string, secondKey: string) => unknown;
  readonly condition: (name: string) => boolean;
  readonly availabilityZones: (region: string) => readonly string[];
}

/** What `AWS::NoValue` resolves to: the property or list element that holds it is left out. */
export const noValue: unique symbol = Symbol('AWS::NoValue');

type Argument = { readonly value: unknown; readonly name: string; readonly scope: Scope };

/**
 * Resolves every intrinsic function in a part of a template. `noValue` is left out of objects and lists.
 * @throws AssemblyError for an unknown function or reference, naming function, stack and logical id
 */
export const resolveIntrinsics = (value: unknown, scope: Scope): unknown => {
  if (Array.isArray(value))
    return value.map((item) => resolveIntrinsics(item, scope)).filter((item) => item !== noValue);
  if (typeof value !== 'object' || value === null) return value;
  const call = functionCall(value, scope);
  if (call) return (functions[call.name] as Intrinsic)({ ...call, scope });
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]) => [key, resolveIntrinsics(item, scope)] as const)
      .filter(([, item]) => item !== noValue),
  );
};

/**
 * Evaluates a condition: `Fn::Equals`, `Fn::And`, `Fn::Or`, `Fn::Not`, or `Condition` naming another.
 * @throws AssemblyError as `resolveIntrinsics`, and for what is not a condition
 */
export const evaluateCondition = (value: unknown, scope: Scope): boolean => {
  const [name, argument] = onlyEntry(value) ?? [];
  const list = () => asList({ value: argument, name: name ?? '', scope });
  switch (name) {
    case 'Condition':
      return scope.condition(String(argument));
    case 'Fn::Equals': {
      const [left, right] = list();
      return isDeepStrictEqual(comparable(left, scope), comparable(right, scope));
    }
    case 'Fn::And':
      return list().every((item) => evaluateCondition(item, scope));
    case 'Fn::Or':
      return list().some((item) => evaluateCondition(item, scope));
    case 'Fn::Not':
      return !evaluateCondition(list()[0], scope);
    default:
      throw new AssemblyError(`${scope.where}: ${JSON.stringify(value)} is not a condition.`);
  }
};

/** CloudFormation compares scalars as text. */
const comparable = (value: unknown, scope: Scope): unknown => {
  const resolved = resolveIntrinsics(value, scope);
  return typeof resolved === 'object' ? resolved : String(resolved);
};

const onlyEntry = (value: unknown): [string, unknown] | undefined => {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return entries.length === 1 ? entries[0] : undefined;
};

const functionCall = (value: object, scope: Scope): { name: string; value: unknown } | undefined => {
  const name = Object.keys(value).find((key) => key === 'Ref' || key.startsWith('Fn::'));
  if (name === undefined) return undefined;
  const entry = onlyEntry(value);
  // A map may well have a key that is called Ref; the function stands alone and names something.
  if (name === 'Ref' && typeof entry?.[1] !== 'string') return undefined;
  if (!entry) throw new AssemblyError(`${scope.where}: ${name} must stand alone in its object.`);
  if (!functions[name]) {
    throw new AssemblyError(
      `${scope.where}: the function ${name} is not known to the emulator (${Object.keys(functions).join(', ')}).`,
    );
  }
  return { name, value: entry[1] };
};

const fail = ({ scope, name, value }: Argument, problem: string): never => {
  throw new AssemblyError(`${scope.where}: ${name} ${problem}; received ${JSON.stringify(value)}.`);
};

const asList = (argument: Argument): readonly unknown[] =>
  Array.isArray(argument.value) ? argument.value : fail(argument, 'takes a list');

const resolved = (argument: Argument): readonly unknown[] => {
  const list = resolveIntrinsics(argument.value, argument.scope);
  return Array.isArray(list) ? list : fail(argument, 'takes a list');
};

const text = (argument: Argument, value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : fail(argument, `needs text where it has ${JSON.stringify(value)}`);

const listOf = (argument: Argument, value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : fail(argument, `needs a list where it has ${JSON.stringify(value)}`);

type Intrinsic = (argument: Argument) => unknown;

const getAtt: Intrinsic = (argument) => {
  const { value, scope } = argument;
  const [logicalId, ...rest] = typeof value === 'string' ? value.split('.') : asList(argument);
  const name = rest.map((part) => text(argument, resolveIntrinsics(part, scope))).join('.');
  return scope.attribute(text(argument, logicalId), name);
};

const join: Intrinsic = (argument) => {
  const [delimiter, items] = resolved(argument);
  return listOf(argument, items)
    .map((item) => text(argument, item))
    .join(text(argument, delimiter));
};

const sub: Intrinsic = (argument) => {
  const { value, scope } = argument;
  const [template, variables] = typeof value === 'string' ? [value] : asList(argument);
  const own = (resolveIntrinsics(variables ?? {}, scope) ?? {}) as Record<string, unknown>;
  return text(argument, template).replace(/\$\{(!?)([^}]*)\}/g, (_, literal: string, expression: string) => {
    const name = expression.trim();
    if (literal) return `\${${expression}}`;
    if (Object.hasOwn(own, name)) return text(argument, own[name]);
    const dot = name.indexOf('.');
    return text(
      argument,
      dot < 0 ? scope.ref(name) : scope.attribute(name.slice(0, dot), name.slice(dot + 1)),
    );
  });
};

const select: Intrinsic = (argument) => {
  const [index, items] = resolved(argument);
  const list = listOf(argument, items);
  const item = list[Number(text(argument, index))];
  return item === undefined
    ? fail(argument, `has no element ${String(index)} in ${JSON.stringify(list)}`)
    : item;
};

const findInMap: Intrinsic = (argument) => {
  const [map, top, second, options] = resolved(argument);
  const found = argument.scope.mapping(text(argument, map), text(argument, top), text(argument, second));
  if (found !== undefined) return found;
  const fallback = (options as { DefaultValue?: unknown } | undefined)?.DefaultValue;
  return fallback === undefined ? fail(argument, 'finds no entry') : fallback;
};

const chooseIf: Intrinsic = (argument) => {
  const [condition, yes, no] = asList(argument);
  return resolveIntrinsics(argument.scope.condition(text(argument, condition)) ? yes : no, argument.scope);
};

const cidr: Intrinsic = (argument) => {
  const [block, count, bits] = resolved(argument);
  try {
    return cidrBlocks(text(argument, block), Number(count), Number(bits ?? 8));
  } catch (error) {
    return fail(argument, (error as Error).message);
  }
};

const functions: Readonly<Record<string, Intrinsic>> = {
  Ref: ({ value, scope }) => scope.ref(value as string),
  'Fn::GetAtt': getAtt,
  'Fn::Join': join,
  'Fn::Sub': sub,
  'Fn::Select': select,
  'Fn::Split': (argument) => {
    const [delimiter, source] = resolved(argument);
    return text(argument, source).split(text(argument, delimiter));
  },
  'Fn::If': chooseIf,
  'Fn::ImportValue': (argument) =>
    argument.scope.importValue(text(argument, resolveIntrinsics(argument.value, argument.scope))),
  'Fn::FindInMap': findInMap,
  'Fn::Base64': (argument) =>
    Buffer.from(text(argument, resolveIntrinsics(argument.value, argument.scope))).toString('base64'),
  'Fn::GetAZs': (argument) => {
    const region = text(argument, resolveIntrinsics(argument.value, argument.scope));
    return argument.scope.availabilityZones(region || text(argument, argument.scope.ref('AWS::Region')));
  },
  'Fn::Cidr': cidr,
  'Fn::Length': (argument) => resolved(argument).length,
  'Fn::ToJsonString': ({ value, scope }) => JSON.stringify(resolveIntrinsics(value, scope)),
};
