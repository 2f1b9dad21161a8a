import fs from 'node:fs';
import path from 'node:path';

/** A resource of a synthesized template. */
export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}
/** Resources by logical id. */
export type Resources = Readonly<Record<string, Resource>>;

/** The templates of an assembly's directory, by stack. */
export const readTemplates = (directory: string): Readonly<Record<string, Resources>> =>
  Object.fromEntries(
    fs
      .readdirSync(directory)
      .filter((name) => name.endsWith('.template.json'))
      .sort()
      .map((name) => [
        name.slice(0, -'.template.json'.length),
        (JSON.parse(fs.readFileSync(path.join(directory, name), 'utf8')) as { Resources: Resources })
          .Resources,
      ]),
  );

/** Resources of one type. */
export const ofType = (resources: Resources, type: string): (Resource & { readonly id: string })[] =>
  Object.entries(resources).flatMap(([id, resource]) =>
    resource.Type === type ? [{ ...resource, id }] : [],
  );

/** Text of a value with its intrinsics in angle brackets: `arn:<AWS::Partition>:states:…`. */
export const text = (value: unknown): string => {
  if (typeof value === 'string') return value;
  const [[name, argument] = []] = Object.entries((value ?? {}) as Record<string, unknown>);
  if (name === 'Fn::Join') {
    const [separator, parts] = argument as [string, unknown[]];
    return parts.map(text).join(separator);
  }
  if (name === 'Ref') return `<${argument}>`;
  if (name === 'Fn::GetAtt') return `<${(argument as string[]).join('.')}>`;
  if (name === 'Fn::ImportValue') return `<import ${argument}>`;
  return `<${JSON.stringify(value)}>`;
};

/** One value or a list of them, as a list. */
export const listOf = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T];
