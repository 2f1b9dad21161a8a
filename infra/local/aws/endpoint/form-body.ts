import { itemPath, type Missing, memberPath } from './required-members.ts';
import type { Member, Slot } from './shapes.ts';
import { readText } from './text-values.ts';

/** A form's fields as a tree: `Tags.member.1.Key=x` stands at Tags → member → 1 → Key. */
interface Node {
  text?: string;
  readonly children: Map<string, Node>;
}

/** `ec2`: lists are always flat, and names come from EC2's own rule. */
type FormDialect = 'query' | 'ec2';

const newNode = (): Node => ({ children: new Map() });

const childOf = (node: Node, name: string): Node => {
  let child = node.children.get(name);
  if (!child) {
    child = newNode();
    node.children.set(name, child);
  }
  return child;
};

/** Reads an operation's input from the fields of a form, by the rules of the query protocols. */
export const readForm = (
  members: readonly Member[],
  fields: URLSearchParams,
  dialect: FormDialect,
  missing: Missing,
): Record<string, unknown> => {
  const root = newNode();
  for (const [key, text] of fields) key.split('.').reduce(childOf, root).text = text;
  return readMembers(members, root, dialect, '', missing);
};

const readMembers = (
  members: readonly Member[],
  node: Node,
  dialect: FormDialect,
  path: string,
  missing: Missing,
): Record<string, unknown> => {
  const result: Record<string, unknown> = {};
  for (const member of members) {
    const child = node.children.get(fieldName(member, dialect));
    const at = memberPath(path, member.name);
    if (child) result[member.name] = readNode(member, child, dialect, at, missing);
    else if (member.isRequired) missing.push(at);
  }
  return result;
};

const fieldName = ({ name, xmlName, ec2QueryName }: Member, dialect: FormDialect): string => {
  if (dialect === 'query') return xmlName ?? name;
  const key = xmlName ?? name;
  return ec2QueryName ?? key.charAt(0).toUpperCase() + key.slice(1);
};

const readNode = (slot: Slot, node: Node, dialect: FormDialect, path: string, missing: Missing): unknown => {
  const { shape } = slot;
  const isFlat = dialect === 'ec2' || slot.isFlattened;
  switch (shape.kind) {
    case 'structure':
      return readMembers(shape.members, node, dialect, path, missing);
    case 'list': {
      const items = isFlat ? node : node.children.get(shape.item.xmlName ?? 'member');
      return inOrder(items).map((item, index) =>
        readNode(shape.item, item, dialect, itemPath(path, index), missing),
      );
    }
    case 'map': {
      const entries = inOrder(isFlat ? node : node.children.get('entry'));
      return Object.fromEntries(
        entries.map((entry) => {
          const key = entry.children.get(shape.key.xmlName ?? 'key')?.text ?? '';
          const value = entry.children.get(shape.value.xmlName ?? 'value') ?? newNode();
          return [key, readNode(shape.value, value, dialect, memberPath(path, key), missing)];
        }),
      );
    }
    default:
      return readText(shape, node.text ?? '', path);
  }
};

/** The numbered children, in the order of their numbers. */
const inOrder = (node: Node | undefined): readonly Node[] =>
  [...(node?.children ?? [])]
    .sort(([left], [right]) => Number(left) - Number(right))
    .map(([, child]) => child);
