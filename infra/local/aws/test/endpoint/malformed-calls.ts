import type { Member, OperationModel, Shape } from '../../endpoint/shapes.ts';

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export const createRandom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** What a malformed request sends: the input as JSON has it. */
export interface MalformedInput {
  readonly [member: string]: unknown;
}

/** Part of the name of each file that a path out of its folder would make. */
export const ESCAPED = 'escaped-from-its-folder';

/** Texts that name nothing, or lead astray. */
const hostileTexts = [
  '',
  ' ',
  'a\0b',
  '\0',
  'x'.repeat(300),
  'x'.repeat(70_000),
  'ü'.repeat(200),
  `../../../../${ESCAPED}`,
  `..%2f..%2f${ESCAPED}`,
  `/tmp/${ESCAPED}`,
  '..',
  '.',
  '/',
  '-rf',
  '--upload-pack=true',
  '{{resolve:ssm:x}}',
  '__proto__',
  'constructor',
  '[',
  '{"a":',
  '$[?(',
  '*',
  'a\nb',
  '\u{1f600}',
  '-1',
  '1e400',
  'NaN',
  'arn:aws:sns:us-east-1:000000000000',
  'arn:',
  ':::::::',
  'https://user:secret@[::1',
];

const wrongValues: readonly unknown[] = [
  0,
  -1,
  1.5,
  1e300,
  true,
  [],
  {},
  [[]],
  [null],
  { a: { b: [] } },
  'text',
  null,
];

/** Makes inputs of one operation that its service cannot want. */
export const createMalformer = (random: () => number, knownTexts: readonly string[]) => {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const text = () => (random() < 0.5 ? pick(knownTexts) : pick(hostileTexts));

  const valueFor = (shape: Shape, wrongness: number, depth = 0): unknown => {
    if (random() < wrongness) return pick(wrongValues);
    switch (shape.kind) {
      case 'string':
        return text();
      case 'number':
        return pick([0, 1, -1, 1e9, 2 ** 53, 0.5]);
      case 'boolean':
        return random() < 0.5;
      case 'timestamp':
        return pick([0, -1, 1e15, 1_700_000_000]);
      case 'blob':
        return pick(['', 'AAAA', Buffer.from('a\0b').toString('base64'), '****']);
      case 'document':
        return pick(wrongValues);
      case 'list':
        return Array.from({ length: pick([0, 1, 3]) }, () =>
          valueFor(shape.item.shape, wrongness, depth + 1),
        );
      case 'map':
        return Object.fromEntries([[text(), valueFor(shape.value.shape, wrongness, depth + 1)]]);
      case 'structure':
        return depth > 4 ? {} : membersOf(shape.members, wrongness, 0.6, depth + 1);
    }
  };

  const membersOf = (
    members: readonly Member[],
    wrongness: number,
    presence: number,
    depth = 0,
  ): MalformedInput =>
    Object.fromEntries(
      members
        .filter(({ isRequired }) => random() < (isRequired ? Math.max(presence, 0.9) : presence))
        .map(({ name, shape }) => [name, valueFor(shape, wrongness, depth)]),
    );

  return ({ input }: Pick<OperationModel, 'input'>): MalformedInput =>
    membersOf(input.members, pick([0, 0, 0.1, 0.5]), pick([0, 0.2, 0.5, 1]));
};

/** A request as it goes over the wire. */
export interface WireCall {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** The fields of a form, as the query protocols flatten an input. */
const flatten = (value: unknown, prefix: string, fields: [string, string][]): void => {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      flatten(item, `${prefix}.member.${index + 1}`, fields);
      flatten(item, `${prefix}.${index + 1}`, fields);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) flatten(item, prefix ? `${prefix}.${key}` : key, fields);
  } else fields.push([prefix, String(value)]);
};

/** A header's value can hold no control characters, and only bytes. */
const headerText = (value: unknown) =>
  String(value)
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 1000);

/** Longer ones the HTTP server does not take, in characters. */
const LONGEST_IN_URL = 1500;

/** Writes an input as a request of the service's protocol. */
export const writeCall = (
  form: string,
  operation: Pick<OperationModel, 'name' | 'http' | 'input'>,
  input: MalformedInput,
): WireCall => {
  const { name, http } = operation;
  if (form === 'json')
    return {
      method: 'POST',
      path: '/',
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `Service.${name}` },
      body: JSON.stringify(input),
    };
  if (form === 'query' || form === 'ec2') {
    const fields: [string, string][] = [['Action', name]];
    flatten(input, '', fields);
    return {
      method: 'POST',
      path: '/',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(fields).toString(),
    };
  }
  const { method = 'POST', uri = '/' } = http ?? {};
  const [template = '/', fixed = ''] = uri.split('?');
  const query = new URLSearchParams(fixed);
  const headers: Record<string, string> = {};
  const body: Record<string, unknown> = {};
  let payload: string | undefined;
  const labels = new Map<string, string>();
  for (const { name: member, http: binding } of operation.input.members) {
    const value = input[member];
    if (binding?.in === 'label')
      labels.set(member, encodeURIComponent(String(value ?? '-').slice(0, LONGEST_IN_URL)));
    else if (value === undefined) continue;
    else if (binding?.in === 'query') query.append(binding.name, String(value).slice(0, LONGEST_IN_URL));
    // A length that is not the body's would have the server wait for the rest.
    else if (binding?.in === 'header' && binding.name === 'content-length') continue;
    else if (binding?.in === 'header') headers[binding.name] = headerText(value);
    else if (binding?.in === 'payload') payload = typeof value === 'string' ? value : JSON.stringify(value);
    else if (!binding) body[member] = value;
  }
  const named = template.replace(/\{(\w+)\+?\}/g, (_, label: string) => {
    const value = labels.get(label) ?? '-';
    labels.delete(label);
    return value;
  });
  // S3's bucket stands in no template.
  const path = [...labels.values(), named.replace(/^\//, '')].join('/');
  const text = payload ?? (Object.keys(body).length > 0 ? JSON.stringify(body) : '');
  return {
    method,
    path: `/${path}${query.size > 0 ? `?${query}` : ''}`,
    headers,
    body: method === 'GET' || method === 'HEAD' ? '' : text,
  };
};
