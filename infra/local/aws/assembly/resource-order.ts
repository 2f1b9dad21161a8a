import { AssemblyError } from './assembly-errors.ts';
import type { TemplateResource } from './load-assembly.ts';

/**
 * Logical ids that a resource refers to by `Ref`, `Fn::GetAtt`, `Fn::Sub` or `DependsOn`, among the given ones.
 * @param known logical ids that exist (conditions hold)
 */
export const dependenciesOf = (resource: TemplateResource, known: ReadonlySet<string>): string[] => {
  const found = new Set<string>();
  const add = (name: string) => {
    if (known.has(name)) found.add(name);
  };
  for (const name of [resource.DependsOn ?? []].flat()) add(name);
  collect(resource.Properties, add);
  return [...found];
};

const collect = (value: unknown, add: (name: string) => void): void => {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) collect(item, add);
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    if (key === 'Ref' && typeof item === 'string') add(item);
    else if (key === 'Fn::GetAtt') {
      add(typeof item === 'string' ? (item.split('.')[0] as string) : String((item as unknown[])[0]));
    } else if (key === 'Fn::Sub') {
      const template = typeof item === 'string' ? item : String((item as unknown[])[0]);
      for (const match of template.matchAll(/\$\{([^!}][^}]*)\}/g))
        add((match[1] as string).trim().split('.')[0] as string);
    }
    collect(item, add);
  }
};

/**
 * Orders names so that each comes after those that it depends on; otherwise they keep their order.
 * @param whenCircular `ignore` for deletions, where old and new references may mix
 * @throws AssemblyError listing a circle
 */
export const inOrder = (
  stackName: string,
  dependencies: ReadonlyMap<string, readonly string[]>,
  whenCircular: 'fail' | 'ignore' = 'fail',
): string[] => {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (name: string) => {
    if (done.has(name) || !dependencies.has(name)) return;
    const start = path.indexOf(name);
    if (start >= 0) {
      if (whenCircular === 'ignore') return;
      const circle = [...path.slice(start), name].join(' → ');
      throw new AssemblyError(`Stack ${stackName}: resources depend on each other in a circle: ${circle}.`);
    }
    path.push(name);
    for (const dependency of dependencies.get(name) ?? []) visit(dependency);
    path.pop();
    done.add(name);
  };
  for (const name of dependencies.keys()) visit(name);
  return [...done];
};
