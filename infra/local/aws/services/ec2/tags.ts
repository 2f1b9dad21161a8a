import type {
  CreateTagsRequest,
  DeleteTagsRequest,
  DescribeTagsRequest,
  DescribeTagsResult,
  Filter,
  Tag,
  TagSpecification,
} from '@aws-sdk/client-ec2';
import { AwsError, type Host, type Operation } from '../../host.ts';
import { type Ec2Tables, ec2Arn } from './records.ts';

/** EC2's names of resource types by the prefix of their ids. */
const resourceTypes: Readonly<Record<string, string>> = {
  ami: 'image',
  i: 'instance',
  lt: 'launch-template',
  subnet: 'subnet',
  vpc: 'vpc',
  sg: 'security-group',
};

const typeOf = (resourceId: string): string =>
  resourceTypes[resourceId.slice(0, resourceId.lastIndexOf('-'))] ?? '*';

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
export type Filterable = (filterName: string) => string | readonly string[] | undefined;

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

/** CreateTags, DeleteTags, DescribeTags. */
export const tagOperations = (host: Host, tables: Ec2Tables): Record<string, Operation> => {
  const arnOf = (id: string) => ec2Arn(host, `${typeOf(id)}/${id}`);
  const createTags: Operation<CreateTagsRequest, object> = {
    requires: ({ Resources = [], Tags = [] }) =>
      Resources.map((id) => ({
        action: 'ec2:CreateTags',
        resource: arnOf(id),
        context: {
          ...resourceTags(tables.tags.get(id)),
          ...requestTags(Object.fromEntries(Tags.map(({ Key, Value }) => [Key ?? '', Value ?? '']))),
        },
      })),
    run: ({ Resources = [], Tags = [] }) => {
      const added = Object.fromEntries(Tags.map(({ Key, Value }) => [Key ?? '', Value ?? '']));
      for (const id of Resources) tables.tags.put(id, { ...tables.tags.get(id), ...added });
      return {};
    },
  };
  const deleteTags: Operation<DeleteTagsRequest, object> = {
    requires: ({ Resources = [] }) =>
      Resources.map((id) => ({ action: 'ec2:DeleteTags', resource: arnOf(id) })),
    run: ({ Resources = [], Tags }) => {
      for (const id of Resources) {
        const kept = Object.entries(tables.tags.get(id) ?? {}).filter(
          ([key, value]) =>
            Tags !== undefined &&
            !Tags.some((tag) => tag.Key === key && (tag.Value === undefined || tag.Value === value)),
        );
        tables.tags.put(id, Object.fromEntries(kept));
      }
      return {};
    },
  };
  const describeTags: Operation<DescribeTagsRequest, DescribeTagsResult> = {
    requires: () => ({ action: 'ec2:DescribeTags', resource: '*' }),
    run: ({ Filters }) => ({
      Tags: tables.tags.entries().flatMap(([id, tags]) =>
        Object.entries(tags)
          .map(([Key, Value]) => ({ ResourceId: id, ResourceType: typeOf(id) as 'instance', Key, Value }))
          .filter((tag) =>
            passes(Filters, tags, ['resource-id', 'resource-type', 'key', 'value'], (name) =>
              name === 'resource-id'
                ? tag.ResourceId
                : name === 'resource-type'
                  ? tag.ResourceType
                  : name === 'key'
                    ? tag.Key
                    : tag.Value,
            ),
          ),
      ),
    }),
  };
  return { CreateTags: createTags, DeleteTags: deleteTags, DescribeTags: describeTags };
};
