/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

/** Whether a value is a JSON object (not a list, not null). */
export const isJsonObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a value is a JSON list. */
export const isJsonArray = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

/** The value's type in JSON's own words: `null`, `boolean`, `number`, `string`, `array` or `object`. */
export const jsonType = (value: Json): string => {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
};

/** Whether a text takes more than `limit` bytes in UTF-8. */
export const exceedsBytes = (text: string, limit: number): boolean =>
  // A UTF-16 unit takes at most three bytes, so short texts need no count.
  text.length * 3 > limit && Buffer.byteLength(text) > limit;
