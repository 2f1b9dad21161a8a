import path from 'node:path/posix';
import {
  type BytePath,
  bytePath,
  type FileChange,
  type FileKind,
  textOf,
} from '../../../instances/instance-system.ts';
import { AppSpecError, listOf, mapOf, optionalText } from './appspec-nodes.ts';

/** One entry of `permissions`. */
export interface PermissionRule {
  readonly object: string;
  readonly pattern: string;
  readonly except: readonly string[];
  readonly types: readonly FileKind[];
  /** Permission bits. */
  readonly mode?: number;
  readonly owner?: string;
  readonly group?: string;
  /** As `setfacl` takes them. */
  readonly acls?: readonly string[];
  readonly context?: { readonly user?: string; readonly type: string; readonly range?: string };
}

const EVERYTHING = '**';

const failed = (why: string) => new AppSpecError(`The deployment failed because ${why}`);

/** @throws AppSpecError */
export const readPermission = (node: unknown, index: number): PermissionRule => {
  const place = `permissions[${index}]`;
  const rule = mapOf(node, place);
  const text = (name: string) => optionalText(rule.get(name), `${place}.${name}`);
  const texts = (name: string) =>
    listOf(rule.get(name), `${place}.${name}`).map(
      (one, at) => optionalText(one, `${place}.${name}[${at}]`) ?? '',
    );
  const object = text('object')?.trim();
  if (!object) {
    throw failed(
      `a permission listed in the application specification file has no object value (${place}). Add it.`,
    );
  }
  const types = texts('type').map((type) => {
    if (type === 'file' || type === 'directory') return type;
    throw failed(
      `the application specification file specifies a permission for an object type not supported (${type}). Write file or directory.`,
    );
  });
  const mode = text('mode');
  const [owner, group] = [text('owner'), text('group')];
  const context = rule.has('context') ? readContext(rule.get('context'), `${place}.context`) : undefined;
  return {
    object,
    pattern: text('pattern') ?? EVERYTHING,
    except: texts('except'),
    types: rule.has('type') ? types : ['file', 'directory'],
    ...(mode === undefined ? {} : { mode: readMode(mode) }),
    ...(owner ? { owner } : {}),
    ...(group ? { group } : {}),
    ...(rule.has('acls') ? { acls: texts('acls').map(readAcl) } : {}),
    ...(context ? { context } : {}),
  };
};

/** Octal digits as they are written: the second generation of the agent takes `0755` for 755, with quotes and without. */
const readMode = (mode: string): number => {
  if (/^[0-7]{1,4}$/.test(mode)) return Number.parseInt(mode, 8);
  throw failed(
    `the permissions mode (${mode}) in the application specification file is invalid. Write 1 to 4 octal digits, as "0755".`,
  );
};

const aclTypes: Readonly<Record<string, string>> = { u: 'user', g: 'group', m: 'mask', o: 'other' };

/** Reads `[default:]type:name:permissions`. @returns it with every part spelled out */
const readAcl = (entry: string): string => {
  const invalid = (why: string) =>
    failed(
      `of a problem with the acls permission settings in the application specification file. Invalid acl entry (${entry}): ${why}.`,
    );
  const parts = entry.split(':');
  const isDefault = parts[0] === 'd' || parts[0] === 'default';
  const [kind = '', name, permissions, ...more] = isDefault ? parts.slice(1) : parts;
  const type = aclTypes[kind] ?? (Object.values(aclTypes).includes(kind) ? kind : undefined);
  if (!type || name === undefined || permissions === undefined || more.length > 0)
    throw invalid('write [default:]user|group|mask|other:name:permissions');
  const isNamed = type === 'user' || type === 'group';
  if (!isNamed && name !== '') throw invalid(`a ${type} has no name`);
  if (isNamed && name === '' && !isDefault) throw invalid('use mode to set the base acl entry');
  const digit = /^[0-7]$/.test(permissions) ? Number(permissions) : undefined;
  if (digit === undefined && !/^[rwx-]*$/.test(permissions)) throw invalid('write rwx, - or one octal digit');
  const has = (letter: string, bit: number) =>
    (digit === undefined ? permissions.includes(letter) : (digit & bit) !== 0) ? letter : '-';
  return `${isDefault ? 'default:' : ''}${type}:${name}:${has('r', 4)}${has('w', 2)}${has('x', 1)}`;
};

const readContext = (node: unknown, place: string): NonNullable<PermissionRule['context']> => {
  const context = mapOf(node, place);
  const text = (name: string) => optionalText(context.get(name), `${place}.${name}`);
  const [user, type, range] = [text('name'), text('type'), text('range')];
  if (type === undefined) {
    throw failed(
      `the application specification file specifies an invalid context type (${place} has none). Add it.`,
    );
  }
  return { ...(user === undefined ? {} : { user }), type, ...(range === undefined ? {} : { range }) };
};

/** What a deployment has put on an instance, by path. */
export type Installed = ReadonlyMap<BytePath, FileKind>;

/** Of what a deployment copied and made, what a rule is about. @throws AppSpecError */
const reached = (rule: PermissionRule, installed: Installed): readonly BytePath[] => {
  const object = bytePath(path.resolve('/', rule.object));
  if (installed.get(object) === 'file') {
    if (!rule.types.includes('file')) return [];
    checkFileRule(rule);
    return [object];
  }
  const base = object === '/' ? object : `${object}/`;
  const found = [...installed].filter(
    ([file, kind]) =>
      file.startsWith(base) && rule.types.includes(kind) && covers(rule, file.slice(base.length)),
  );
  if (found.some(([, kind]) => kind === 'file')) checkNoDefaults(rule);
  return found.map(([file]) => file);
};

const checkFileRule = (rule: PermissionRule) => {
  const [what, value] =
    rule.pattern !== EVERYTHING ? ['pattern', rule.pattern] : ['except', rule.except.join(', ')];
  if (rule.pattern !== EVERYTHING || rule.except.length > 0) {
    throw failed(
      `the application specification file includes an object (${rule.object}) with an invalid ${what} (${value}): the object is a file. Remove it, or name the file's directory.`,
    );
  }
  checkNoDefaults(rule);
};

const checkNoDefaults = ({ acls = [], object }: PermissionRule) => {
  if (acls.some((entry) => entry.startsWith('default:'))) {
    throw failed(
      `a default acl setting applies to a file (${object}). It is supported for directories only: add type: [directory].`,
    );
  }
};

const covers = ({ pattern, except }: PermissionRule, name: string): boolean =>
  (pattern === EVERYTHING || matches(pattern, name)) && !except.some((one) => matches(one, name));

/** A pattern is about direct children only. */
const matches = (pattern: string, name: string): boolean => {
  const source = bytePath(pattern)
    .replace(/[.+^${}()|[\]\\?]/g, '\\$&')
    .replace(/\*+/g, '.*');
  return !name.includes('/') && new RegExp(`^${source}$`, 's').test(name);
};

/**
 * The changes that `permissions` ask for, each object in the agent's order: mode, ACL, context, owner.
 * @throws AppSpecError for an object that two rules reach
 */
export const permissionChanges = (
  rules: readonly PermissionRule[],
  installed: Installed,
): readonly FileChange[] => {
  const done = new Set<BytePath>();
  return rules.flatMap((rule) =>
    reached(rule, installed).flatMap((file): FileChange[] => {
      if (done.has(file)) {
        throw failed(
          `the permissions setting for (${textOf(file)}) is specified more than once in the application specification file. Leave one of the rules that reach it.`,
        );
      }
      done.add(file);
      const { mode, acls, context, owner, group } = rule;
      return [
        ...(mode === undefined ? [] : [{ kind: 'mode', path: file, mode } as const]),
        ...(acls ? [{ kind: 'acl', path: file, entries: acls } as const] : []),
        ...(context ? [{ kind: 'context', path: file, ...context } as const] : []),
        ...(owner || group
          ? [{ kind: 'owner', path: file, ...(owner && { owner }), ...(group && { group }) } as const]
          : []),
      ];
    }),
  );
};
