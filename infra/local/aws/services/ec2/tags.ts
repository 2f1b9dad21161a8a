import type { Filter, Tag, TagSpecification } from '@aws-sdk/client-ec2';
import { AwsError } from '../../host.ts';

/** Tags in the form that the API gives. */
export const tagList = (tags: Readonly<Record<string, string>> | undefined): Tag[] =>
  Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value }));

/** The tags that a request gives to resources of one type. */
export const tagsFor = (
  resourceType: string,
  specifications: readonly TagSpecification[] | undefined,
): Record<string, string> =>
  Object.fromEntries(
    (specifications ?? [])
      .filter(({ ResourceType }) => ResourceType === resourceType)
      .flatMap(({ Tags }) => Tags ?? [])
      .map(({ Key, Value }) => [Key ?? '', Value ?? '']),
  );

/** Condition keys of the tags that a request asks for. */
export const requestTags = (tags: Readonly<Record<string, string>>): Record<string, string | string[]> => ({
  ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
  'aws:TagKeys': Object.keys(tags),
});

/** Condition keys of the tags that a resource has. */
export const resourceTags = (tags: Readonly<Record<string, string>> | undefined): Record<string, string> =>
  Object.fromEntries(
    Object.entries(tags ?? {}).flatMap(([key, value]) => [
      [`aws:ResourceTag/${key}`, value],
      [`ec2:ResourceTag/${key}`, value],
    ]),
  );

/** What of a resource the filters can ask for. */
type Filterable = (filterName: string) => string | readonly string[] | undefined;

/**
 * Whether a resource passes every filter; `*` and `?` stand for any text and any character.
 * @param known names of the filters that `read` answers, beside `tag:<key>` and `tag-key`
 * @throws AwsError `InvalidParameterValue` for another filter
 */
export const passes = (
  filters: readonly Filter[] | undefined,
  tags: Readonly<Record<string, string>> | undefined,
  known: readonly string[],
  read: Filterable,
): boolean =>
  (filters ?? []).every(({ Name = '', Values = [] }) => {
    if (Name.startsWith('tag:')) return matchesAny(tags?.[Name.slice(4)], Values);
    if (Name === 'tag-key') return Object.keys(tags ?? {}).some((key) => matchesAny(key, Values));
    if (known.includes(Name)) return [read(Name) ?? []].flat().some((value) => matchesAny(value, Values));
    throw new AwsError(
      'InvalidParameterValue',
      `The filter '${Name}' is invalid. The emulator knows ${[...known, 'tag:<key>', 'tag-key'].join(', ')}.`,
    );
  });

const matchesAny = (value: string | undefined, patterns: readonly string[]): boolean =>
  value !== undefined &&
  patterns.some((pattern) => {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    return new RegExp(`^${source}$`, 's').test(value);
  });
