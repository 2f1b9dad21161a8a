import { isJsonArray, isJsonObject, type Json } from './json.ts';

/** A reference into the state's input, as a JSONPath state assigns it: `$`, `$.order.items[0]`. */
export interface ReferencePath {
  readonly kind: 'reference';
  readonly text: string;
  readonly steps: readonly (string | number)[];
}

const STEP = /\.([A-Za-z_][\w-]*)|\[(\d+)\]|\['([^']*)'\]/y;

/** Reads a reference path; undefined when the text is any other JSONPath. */
export const toReferencePath = (text: string): ReferencePath | undefined => {
  if (!text.startsWith('$')) return undefined;
  const steps: (string | number)[] = [];
  STEP.lastIndex = 1;
  while (STEP.lastIndex < text.length) {
    const match = STEP.exec(text);
    if (!match) return undefined;
    steps.push(match[2] === undefined ? (match[1] ?? match[3] ?? '') : Number(match[2]));
  }
  return { kind: 'reference', text, steps };
};

/** What a reference path points at; undefined when there is nothing. */
export const follow = (path: ReferencePath, input: Json): Json | undefined => {
  let value: Json | undefined = input;
  for (const step of path.steps) {
    if (typeof step === 'number') value = isJsonArray(value) ? value[step] : undefined;
    else value = isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  }
  return value;
};
