import type { BusEvent } from '../../host.ts';
import { compilePath } from './json-path.ts';

/** What a rule hands to a target instead of the event; at most one of them. */
export interface InputSettings {
  readonly input?: string;
  readonly inputPath?: string;
  readonly inputTransformer?: {
    readonly inputPathsMap: Readonly<Record<string, string>>;
    readonly inputTemplate: string;
  };
}

/** What a transformer may name beside its own paths. */
interface RuleIdentity {
  readonly arn: string;
  readonly name: string;
}

/**
 * Compiles a target's settings into the text that it receives.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 * @throws Error for an input that is not JSON, for a path that cannot be read, for an undeclared placeholder
 */
export const compileInput = (
  settings: InputSettings,
  rule: RuleIdentity,
): ((event: BusEvent, now: number) => string) => {
  const { input, inputPath, inputTransformer } = settings;
  if ([input, inputPath, inputTransformer].filter((setting) => setting !== undefined).length > 1)
    throw new Error('Only one of Input, InputPath and InputTransformer may be given.');
  if (input !== undefined) {
    try {
      JSON.parse(input);
    } catch {
      throw new Error(`Input must be JSON text; received ${input}.`);
    }
    return () => input;
  }
  if (inputPath !== undefined) {
    const read = compilePath(inputPath);
    return (event) => JSON.stringify(read(event)) ?? 'null';
  }
  if (inputTransformer) return compileTemplate(inputTransformer, rule);
  return (event) => JSON.stringify(event);
};

const compileTemplate = (transformer: NonNullable<InputSettings['inputTransformer']>, rule: RuleIdentity) => {
  const readers = new Map<string, (event: BusEvent, now: number) => unknown>([
    ['aws.events.rule-arn', () => rule.arn],
    ['aws.events.rule-name', () => rule.name],
    ['aws.events.event.ingestion-time', (_event, now) => new Date(now).toISOString()],
    ['aws.events.event', ({ detail: _detail, ...envelope }) => envelope],
    ['aws.events.event.json', (event) => event],
  ]);
  for (const [name, path] of Object.entries(transformer.inputPathsMap)) readers.set(name, compilePath(path));
  const parts = splitTemplate(transformer.inputTemplate);
  for (const part of parts)
    if (part.name !== undefined && !readers.has(part.name))
      throw new Error(`InputTemplate uses <${part.name}>, which InputPathsMap does not declare.`);
  return (event: BusEvent, now: number) =>
    parts
      .map((part) => {
        if (part.name === undefined) return part.text;
        const value = readers.get(part.name)?.(event, now);
        return part.isQuoted ? withinQuotes(value) : (JSON.stringify(value) ?? 'null');
      })
      .join('');
};

interface TemplatePart {
  readonly text: string;
  readonly name?: string;
  readonly isQuoted?: boolean;
}

/** Splits at `<name>`; a placeholder within a JSON string is filled in without quotes of its own. */
const splitTemplate = (template: string): TemplatePart[] => {
  const parts: TemplatePart[] = [];
  let isQuoted = false;
  let text = '';
  for (let index = 0; index < template.length; index++) {
    const character = template[index] ?? '';
    const placeholder = character === '<' ? /^<([A-Za-z0-9_.-]+)>/.exec(template.slice(index)) : undefined;
    if (placeholder?.[1] !== undefined) {
      parts.push({ text }, { text: '', name: placeholder[1], isQuoted });
      text = '';
      index += placeholder[0].length - 1;
      continue;
    }
    if (character === '\\') {
      text += character + (template[++index] ?? '');
      continue;
    }
    if (character === '"') isQuoted = !isQuoted;
    text += character;
  }
  return [...parts, { text }];
};

const withinQuotes = (value: unknown): string => {
  if (value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return JSON.stringify(text).slice(1, -1);
};
