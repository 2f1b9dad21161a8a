import type { ParentImage } from '../images/parent-image.ts';
import type { Inventory, InventoryComponent, Package } from './inventory.ts';
import { compareVersions } from './package-versions.ts';

/** One package that differs between two images. */
export type PackageChange =
  | { readonly change: 'added'; readonly name: string; readonly now: string }
  | { readonly change: 'removed'; readonly name: string; readonly before: string }
  | {
      /** `other`: several versions are installed at once, and they are not the same. */
      readonly change: 'up' | 'down' | 'other';
      readonly name: string;
      readonly before: string;
      readonly now: string;
    };

/** A part that is one thing before and another now. */
interface Changed<Part> {
  readonly before: Part;
  readonly now: Part;
}

/** What differs between two images; nothing of what is equal. */
export interface InventoryDifference {
  readonly recipe?: Changed<string>;
  /** Absent of an image whose parent EC2 does not tell. */
  readonly parent?: Changed<ParentImage | undefined>;
  readonly components: {
    readonly added: readonly InventoryComponent[];
    readonly removed: readonly InventoryComponent[];
  };
  /** By name. */
  readonly packages: readonly PackageChange[];
}

const byName = (packages: readonly Package[]): ReadonlyMap<string, readonly string[]> => {
  const versions = new Map<string, string[]>();
  for (const { name, version } of packages) versions.set(name, [...(versions.get(name) ?? []), version]);
  return versions;
};

function packageChange(
  name: string,
  before: readonly string[],
  now: readonly string[],
): PackageChange | undefined {
  const [was, is] = [before.join(', '), now.join(', ')];
  if (was === is) return undefined;
  if (before.length === 0) return { change: 'added', name, now: is };
  if (now.length === 0) return { change: 'removed', name, before: was };
  if (before.length > 1 || now.length > 1) return { change: 'other', name, before: was, now: is };
  const compared = compareVersions(was, is);
  return { change: compared < 0 ? 'up' : compared > 0 ? 'down' : 'other', name, before: was, now: is };
}

const packageChanges = (before: readonly Package[], now: readonly Package[]): readonly PackageChange[] => {
  const [was, is] = [byName(before), byName(now)];
  return [...new Set([...was.keys(), ...is.keys()])]
    .sort()
    .flatMap((name) => packageChange(name, was.get(name) ?? [], is.get(name) ?? []) ?? []);
};

const identityOf = ({ arn, digest = '' }: InventoryComponent): string => `${arn} ${digest}`;

const componentsOnlyIn = (
  one: readonly InventoryComponent[],
  other: readonly InventoryComponent[],
): readonly InventoryComponent[] => {
  const known = new Set(other.map(identityOf));
  return one.filter((component) => !known.has(identityOf(component)));
};

/** What differs in an image from an earlier one, or from the one of another environment. */
export function compareInventories(before: Inventory, now: Inventory): InventoryDifference {
  const recipes = { before: before.recipe.arn, now: now.recipe.arn };
  return {
    ...(recipes.before !== recipes.now && { recipe: recipes }),
    ...(before.parent?.imageId !== now.parent?.imageId && {
      parent: { before: before.parent, now: now.parent },
    }),
    components: {
      added: componentsOnlyIn(now.components, before.components),
      removed: componentsOnlyIn(before.components, now.components),
    },
    packages: packageChanges(before.packages, now.packages),
  };
}

/** Whether two images differ in nothing that inventories tell. */
export const isEqual = ({ recipe, parent, components, packages }: InventoryDifference): boolean =>
  recipe === undefined &&
  parent === undefined &&
  components.added.length + components.removed.length + packages.length === 0;
