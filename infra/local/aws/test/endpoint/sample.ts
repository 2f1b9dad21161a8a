import type { Member, Shape, Structure } from '../../endpoint/shapes.ts';

/** Characters that JSON, XML and forms each treat in their own way. */
const AWKWARD = 'x <&> "q" ü + %41';

/** Below this depth only scalars and required members are filled in: types refer to each other in circles. */
const DEPTH = 4;

const compound = new Set(['structure', 'list', 'map']);

/** A value for every member of a structure, so that none can be lost on the way unseen. */
export const sampleStructure = (structure: Structure, depth = 0): Record<string, unknown> =>
  Object.fromEntries(
    structure.members
      .filter(({ isRequired, shape }) => isRequired || depth < DEPTH || !compound.has(shape.kind))
      .map((member) => [member, sampleMember(member, depth)] as const)
      .filter(([{ isRequired }, value]) => isRequired || !isEmpty(value))
      .map(([{ name }, value]) => [name, value]),
  );

/** Forms have no way to say that an object without members is there. */
const isEmpty = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.some(isEmpty)
    : typeof value === 'object' &&
      value !== null &&
      !(value instanceof Date) &&
      Object.keys(value).length === 0;

const sampleMember = ({ http, name, shape }: Member, depth: number): unknown => {
  if (http?.in === 'status') return 202;
  if (http?.in === 'queryMap' || http?.in === 'prefix') return { first: '1', second: '2' };
  const isInHead = http && http.in !== 'payload';
  if (isInHead && shape.kind === 'string') return `${name} 1`;
  if (isInHead && shape.kind === 'list') return ['one', 'two'];
  return sampleShape(shape, depth + 1);
};

const sampleShape = (shape: Shape, depth: number): unknown => {
  switch (shape.kind) {
    case 'structure':
      return sampleStructure(shape, depth);
    case 'list':
      return [sampleShape(shape.item.shape, depth + 1), sampleShape(shape.item.shape, depth + 1)];
    case 'map':
      return {
        'a key': sampleShape(shape.value.shape, depth + 1),
        b: sampleShape(shape.value.shape, depth + 1),
      };
    case 'string':
      return AWKWARD;
    case 'number':
      return 7;
    case 'boolean':
      return true;
    case 'blob':
      return new Uint8Array([0, 128, 255, 10]);
    case 'timestamp':
      return new Date('2026-11-22T10:48:01.000Z');
    case 'document':
      return { any: [1, 'two'] };
  }
};
