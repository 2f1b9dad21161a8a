import type { ChangedFile } from './source.ts';

/** Files that differ, by path. @param before what each file was, by its path */
export const filesBetween = (
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly ChangedFile[] =>
  [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((path): ChangedFile[] => {
    const [was, is] = [before.get(path), after.get(path)];
    if (was === is) return [];
    return [{ path, change: was === undefined ? 'added' : is === undefined ? 'removed' : 'changed' }];
  });
