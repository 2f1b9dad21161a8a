import { z } from 'zod';

/** One key of the configuration. */
interface Row {
  /** From the root; `[]` stands for any index. */
  readonly key: string;
  readonly value: string;
  readonly default: string;
  readonly meaning: string;
}

/** What zod makes of a schema as JSON Schema, with the schema's own `fallback`. */
type Schema = z.core.JSONSchema.Schema & {
  /** What holds without the key, where no default of the schema says it. */
  readonly fallback?: string;
};

const code = (value: unknown): string => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
const each = (alternatives: unknown): readonly Schema[] => (alternatives ?? []) as readonly Schema[];

const bounds = (least: number | undefined, most: number | undefined): string => {
  if (least !== undefined && most !== undefined) return ` (${least} to ${most})`;
  if (least !== undefined) return ` (at least ${least})`;
  return most === undefined ? '' : ` (at most ${most})`;
};

/** What a value looks like. @throws TypeError for a kind of schema that nobody has described here */
const valueText = (schema: Schema): string => {
  if (schema.title !== undefined) return schema.title;
  if (schema.anyOf) return each(schema.anyOf).map(valueText).join(', or ');
  if (schema.enum) return schema.enum.map(code).join(', ');
  if (schema.format === 'email') return 'e-mail address';
  switch (schema.type) {
    case 'boolean':
      return '`true`, `false`';
    case 'integer':
      return `whole number${bounds(schema.minimum, schema.maximum)}`;
    case 'string':
      return 'text';
    case 'array':
      return `list${bounds(schema.minItems, schema.maxItems)}, each: ${valueText(schema.items as Schema)}`;
    case 'object':
      return schema.properties || typeof schema.additionalProperties !== 'object'
        ? 'object'
        : `object, each: ${valueText(schema.additionalProperties as Schema)}`;
    default:
      throw new TypeError(`The table cannot show a value of type ${schema.type}: extend valueText.`);
  }
};

/** What holds without the key. An object whose parts have defaults shows nothing of its own. */
const defaultOf = (schema: Schema, required: boolean): string => {
  if (required) return 'required';
  if (schema.fallback !== undefined) return schema.fallback;
  return schema.default === undefined || (schema.properties && schema.type === 'object')
    ? ''
    : code(schema.default);
};

/** Rows of every key below a schema; a function, since an object that two keys share is shown at the first one only. */
const rowsOf = () => {
  const shown = new Map<string, string>();
  const below = (schema: Schema, path: string): Row[] => {
    if (schema.type === 'array') return below(schema.items as Schema, `${path}[]`);
    if (schema.anyOf) return each(schema.anyOf).flatMap((one) => below(one, path));
    return Object.entries(schema.properties ?? {}).flatMap(([name, one]) =>
      rows(one as Schema, path === '' ? name : `${path}.${name}`, schema.required?.includes(name) ?? false),
    );
  };
  const rows = (schema: Schema, key: string, required: boolean): Row[] => {
    if (schema.description === undefined)
      throw new Error(
        `The key ${key} has no meaning: give it one with describe() in infra/config/schema.ts.`,
      );
    const parts = schema.properties && JSON.stringify(schema.properties);
    const same = parts === undefined ? undefined : shown.get(parts);
    if (parts !== undefined && same === undefined) shown.set(parts, key);
    const row = {
      key,
      value: same === undefined ? valueText(schema) : `as \`${same}\``,
      default: defaultOf(schema, required),
      meaning: schema.description,
    };
    return same === undefined ? [row, ...below(schema, key)] : [row];
  };
  return rows;
};

const table = (rows: readonly Row[]): string[] => [
  '| key | value | default | meaning |',
  '| --- | --- | --- | --- |',
  ...rows.map((row) => `| \`${row.key}\` | ${row.value} | ${row.default} | ${row.meaning} |`),
];

/**
 * The document docs/configuration.md.
 * @param configuration schema of everything under the context key `lockstep`
 * @throws Error for a key without a meaning
 */
export function configurationDocument(configuration: z.ZodType): string {
  const { properties = {}, required = [] } = z.toJSONSchema(configuration, { io: 'input' });
  const { applications, ...shared } = properties as Record<string, Schema>;
  const rows = rowsOf();
  return [
    '# Configuration',
    '',
    '<!-- Made by npm run configuration from infra/config/schema.ts: change the schema, not this file. -->',
    '',
    'The configuration stands in [cdk.json](../cdk.json), under the context key `lockstep`, or in a file of its own:',
    '`npm start -- --config FILE` on a laptop, `npx cdk deploy --all -c config=FILE` on AWS. [examples](../examples) has',
    'files to start from. Synthesis checks every key; an error names the key, the value received and the remedy.',
    '',
    'Where the default is empty, you may leave the key out; the keys below it show their own defaults.',
    '',
    '## For all applications',
    '',
    ...table(Object.entries(shared).flatMap(([key, one]) => rows(one, key, required.includes(key)))),
    '',
    '## For each application',
    '',
    ...table(applications ? rows(applications, 'applications', true) : []),
    '',
  ].join('\n');
}
