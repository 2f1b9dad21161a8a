/** Whether a value has fields. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** The list that a JSON text holds; undefined for anything else. */
export function parsedList(text: unknown): readonly unknown[] | undefined {
  const value = parsedJson(text);
  return Array.isArray(value) ? value : undefined;
}

/** The value that a JSON text holds; undefined for what is no JSON text. */
export function parsedJson(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}
