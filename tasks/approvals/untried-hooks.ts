import path from 'node:path/posix';
import { type AppSpecFile, appSpecContent } from '../appspec/appspec-file.ts';
import { isObject } from '../json.ts';
import { listed } from '../words.ts';

/**
 * Hooks that run on instances that lose their traffic. A deployment in place without a load balancer, as in QAT, never runs them; in
 * Prod they run when the next promotion replaces this one (T70).
 */
const blockTrafficHooks = ['BeforeBlockTraffic', 'AfterBlockTraffic'] as const;

/** Such a hook, and files that it needs. */
export interface UntriedHook {
  readonly name: (typeof blockTrafficHooks)[number];
  /** Paths from the root of the revision. */
  readonly files: readonly string[];
}

const scriptsOf = (hooks: unknown, name: string): readonly string[] => {
  const scripts = isObject(hooks) ? hooks[name] : undefined;
  return Array.isArray(scripts)
    ? scripts.flatMap((one: unknown) =>
        isObject(one) && typeof one.location === 'string' ? [one.location] : [],
      )
    : [];
};

/** The hooks that an AppSpec file names scripts for, each with these and the file itself. @throws if it is not YAML */
export function hooksOf({ path: file, text }: AppSpecFile): readonly UntriedHook[] {
  const appSpec = appSpecContent(text);
  const hooks = isObject(appSpec) ? appSpec.hooks : undefined;
  return blockTrafficHooks.flatMap((name) => {
    const scripts = scriptsOf(hooks, name);
    if (scripts.length === 0) return [];
    const paths = scripts.map((location) => path.join(path.dirname(file), location).replace(/^\/+/, ''));
    return [{ name, files: [...new Set([path.normalize(file), ...paths])] }];
  });
}

/**
 * What of these hooks a change brings: each with those of its files that differ. Files that the scripts call are not known.
 * @param changed paths of all files that differ from Prod; undefined if they are not all known
 * @param unknown why they are not
 * @throws Error that names the hooks, if these files are not known
 */
export function changedHooks(
  hooks: readonly UntriedHook[],
  changed: ReadonlySet<string> | undefined,
  unknown = 'not all changed files are known',
): readonly UntriedHook[] {
  if (hooks.length === 0) return [];
  if (changed === undefined)
    throw new Error(
      `${unknown}; the commit has ${listed(hooks.map(({ name, files }) => `${name} (${files.join(', ')})`))}`,
    );
  return hooks
    .map(({ name, files }) => ({ name, files: files.filter((file) => changed.has(file)) }))
    .filter(({ files }) => files.length > 0);
}
