import { isMap, isPair, isScalar, isSeq, parseAllDocuments, visit } from 'yaml';

/** An `appspec.yml` cannot be used. */
export class AppSpecError extends Error {
  override readonly name = 'AppSpecError';
}

/**
 * Reads the YAML of an AppSpec file as the agent does: YAML 1.1, of a key that is there twice the last, of several documents the first.
 * @returns the first document's content
 * @throws AppSpecError with the line
 */
export const readAppSpecYaml = (bytes: Uint8Array): unknown => {
  const document = parseAllDocuments(decoded(bytes), { version: '1.1', uniqueKeys: false })[0];
  if (!document || document.contents === null) {
    throw new AppSpecError(
      'The deployment failed because the application specification file is empty. It needs at least version and os.',
    );
  }
  const error = document.errors[0];
  if (error) {
    throw new AppSpecError(
      `The deployment failed because appspec.yml, the application specification file, is not valid YAML. ${error.message.trim()}`,
    );
  }
  visit(document, {
    Alias: (_, { source }) => {
      throw new AppSpecError(
        `The deployment failed because the application specification file uses the YAML alias *${source}, which the agent does not read. Write the value out.`,
      );
    },
  });
  return document.contents;
};

const decoded = (bytes: Uint8Array): string => {
  const problem = (what: string) =>
    new AppSpecError(
      `The deployment failed because the application specification file ${what}. Save appspec.yml as UTF-8 without a byte order mark.`,
    );
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf)
    throw problem('begins with a byte order mark');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw problem('is not UTF-8');
  }
};

/** A value as it is written, for messages. */
export const written = (node: unknown): string => {
  if (node === undefined || node === null) return 'nothing';
  const isPlain = isScalar(node) && (node.type === 'PLAIN' || typeof node.value !== 'string');
  const text = isPlain ? (node.source ?? String(node.value)) : JSON.stringify(node);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
};

/** Whether a value is missing: no key, or a key without a value. */
const isAbsent = (node: unknown): boolean =>
  node === undefined || node === null || (isScalar(node) && node.value === null);

/** Names and values, the last of each name. Values that are missing are left out. @throws AppSpecError for anything else */
export const mapOf = (node: unknown, place: string): ReadonlyMap<string, unknown> => {
  if (isAbsent(node)) return new Map();
  if (!isMap(node)) throw unexpected(place, 'names and values', node);
  return new Map(
    node.items.flatMap((pair) =>
      isPair(pair) && isScalar(pair.key) && !isAbsent(pair.value)
        ? [[pair.key.source ?? String(pair.key.value), pair.value] as const]
        : [],
    ),
  );
};

/** The values of a list; none if it is missing. @throws AppSpecError for anything else */
export const listOf = (node: unknown, place: string): readonly unknown[] => {
  if (isAbsent(node)) return [];
  if (!isSeq(node)) throw unexpected(place, 'a list', node);
  return node.items;
};

/** A text, or a number as it is written; undefined if it is missing. @throws AppSpecError for anything else */
export const optionalText = (node: unknown, place: string): string | undefined => {
  if (isAbsent(node)) return undefined;
  if (!isScalar(node)) throw unexpected(place, 'a text', node);
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
};

/** A number, or the one that a text begins with, cut to a whole one; undefined if it is missing, not a number for any other. */
export const optionalNumber = (node: unknown): number | undefined => {
  if (isAbsent(node)) return undefined;
  const value = isScalar(node) ? node.value : undefined;
  if (typeof value === 'number') return Math.trunc(value);
  return typeof value === 'string' ? Number.parseInt(value.replace(/(?<=\d)_(?=\d)/g, ''), 10) : Number.NaN;
};

/** Whether a value is a number, not a text that looks like one. */
export const isNumber = (node: unknown, wanted: number): boolean => isScalar(node) && node.value === wanted;

const unexpected = (place: string, wanted: string, node: unknown) =>
  new AppSpecError(
    `The deployment failed because ${place} in the application specification file is ${written(node)} instead of ${wanted}.`,
  );
