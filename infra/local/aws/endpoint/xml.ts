import { XMLParser } from 'fast-xml-parser';
import { itemPath, type Missing, memberPath } from './required-members.ts';
import type { Member, Shape, Slot } from './shapes.ts';
import { readText, serializationError, writeText } from './text-values.ts';

/** A parsed element: its text, or its children by name (a list where a name repeats; attributes with `@` in front). */
type Element = string | { readonly [name: string]: Element | readonly Element[] };

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  ignoreDeclaration: true,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  htmlEntities: true,
});

/**
 * The content of a document's root element.
 * @throws AwsError `MalformedXML`-like `SerializationException` for text that is not XML
 */
const parseXml = (body: Buffer): Element => {
  try {
    const document = parser.parse(body, true) as Record<string, Element>;
    const root = Object.keys(document).find((name) => !name.startsWith('?') && !name.startsWith('#'));
    return root === undefined ? '' : (document[root] ?? '');
  } catch (error) {
    throw serializationError(
      `The request's body is not XML: ${error instanceof Error ? error.message : error}`,
    );
  }
};

/** Reads a structure from an XML document, under any root element. */
export const readXml = (
  members: readonly Member[],
  body: Buffer,
  missing: Missing,
): Record<string, unknown> => readMembers(members, body.length === 0 ? '' : parseXml(body), '', missing);

const readMembers = (members: readonly Member[], element: Element, path: string, missing: Missing) => {
  const result: Record<string, unknown> = {};
  for (const member of members) {
    const key = `${member.isAttribute ? '@' : ''}${member.xmlName ?? member.name}`;
    const child = typeof element === 'string' ? undefined : element[key];
    const at = memberPath(path, member.name);
    if (child !== undefined) result[member.name] = readElement(member, child, at, missing);
    else if (member.isRequired) missing.push(at);
  }
  return result;
};

const readElement = (
  { shape, isFlattened }: Slot,
  found: Element | readonly Element[],
  path: string,
  missing: Missing,
): unknown => {
  const elements = asList(found);
  const [first = ''] = elements;
  switch (shape.kind) {
    case 'structure':
      return readMembers(shape.members, first, path, missing);
    case 'list': {
      const items = isFlattened ? elements : childrenOf(first, shape.item.xmlName ?? 'member');
      return items.map((item, index) => readElement(shape.item, item, itemPath(path, index), missing));
    }
    case 'map': {
      const entries = isFlattened ? elements : childrenOf(first, 'entry');
      return Object.fromEntries(
        entries.map((entry) => {
          const [key = ''] = childrenOf(entry, shape.key.xmlName ?? 'key');
          const [value = ''] = childrenOf(entry, shape.value.xmlName ?? 'value');
          return [textOf(key), readElement(shape.value, value, memberPath(path, textOf(key)), missing)];
        }),
      );
    }
    default:
      return readText(shape, textOf(first), path);
  }
};

const isList = (found: Element | readonly Element[]): found is readonly Element[] => Array.isArray(found);

const asList = (found: Element | readonly Element[] | undefined): readonly Element[] =>
  found === undefined ? [] : isList(found) ? found : [found];

const childrenOf = (element: Element, name: string): readonly Element[] =>
  typeof element === 'string' ? [] : asList(element[name]);

const textOf = (element: Element): string => {
  const text = typeof element === 'string' ? element : element['#text'];
  return typeof text === 'string' ? text : '';
};

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#xD;',
};

/** Text as an element or attribute may hold it. */
export const escapeXml = (text: string): string =>
  text.replace(/[&<>"\r]/g, (found) => entities[found] ?? found);

/** One element; no element for no content is `<Name/>`, which clients read as empty. */
export const element = (name: string, content: string, attributes = ''): string =>
  content === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${content}</${name}>`;

/** Writes the members of a structure as the content of its element. */
export const writeXmlMembers = (
  members: readonly Member[],
  value: Readonly<Record<string, unknown>>,
): string => {
  let xml = '';
  for (const member of members) {
    const item = value[member.name];
    if (item === undefined || item === null || member.isAttribute) continue;
    xml += writeElement(member, member.xmlName ?? member.name, item);
  }
  return xml;
};

const writeElement = ({ shape, isFlattened }: Slot, name: string, value: unknown): string => {
  switch (shape.kind) {
    case 'structure': {
      const object = value as Readonly<Record<string, unknown>>;
      return element(name, writeXmlMembers(shape.members, object), writeAttributes(shape, object));
    }
    case 'list': {
      const itemName = isFlattened ? name : (shape.item.xmlName ?? 'member');
      const items = (value as readonly unknown[])
        .map((item) => writeElement(shape.item, itemName, item))
        .join('');
      return isFlattened ? items : element(name, items);
    }
    case 'map': {
      const entries = Object.entries(value as Readonly<Record<string, unknown>>).map(([key, item]) =>
        element(
          isFlattened ? name : 'entry',
          writeElement(shape.key, shape.key.xmlName ?? 'key', key) +
            writeElement(shape.value, shape.value.xmlName ?? 'value', item),
        ),
      );
      return isFlattened ? entries.join('') : element(name, entries.join(''));
    }
    default:
      return element(name, escapeXml(writeText(shape, value, 'date-time')));
  }
};

const writeAttributes = (shape: Shape, value: Readonly<Record<string, unknown>>): string =>
  shape.kind !== 'structure'
    ? ''
    : shape.members
        .filter(({ isAttribute, name }) => isAttribute && value[name] !== undefined)
        .map(({ name, xmlName }) => ` ${xmlName ?? name}="${escapeXml(String(value[name]))}"`)
        .join('');
