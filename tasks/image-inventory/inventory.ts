import type { Image } from '@aws-sdk/client-imagebuilder';
import { digestOf } from '../canonical-json.ts';
import type { ParentImage } from '../images/parent-image.ts';
import { uuidOf } from '../uuid-of.ts';

/** Names the format in each inventory. */
export const INVENTORY_FORMAT = 'lockstep-image-inventory-1';

/** A package that an image has, as its package manager names it. */
export interface Package {
  readonly name: string;
  /** With epoch and release, if the package manager has them: `1:3.2.2-1.amzn2023.0.1`. */
  readonly version: string;
}

/** A component that an image was made with. */
export interface InventoryComponent {
  readonly arn: string;
  /** SHA-256 of its document, 64 hexadecimal digits; absent if Image Builder does not show it. */
  readonly digest?: string;
}

/** What is in an image and what it was made from, as its build told. */
export interface Inventory {
  readonly format: typeof INVENTORY_FORMAT;
  readonly imageId: string;
  readonly imageBuildVersionArn: string;
  /** When the build began, ISO 8601. */
  readonly createdAt: string;
  readonly recipe: {
    readonly arn: string;
    readonly name: string;
    readonly version: string;
    /** As the recipe names it, which may be "the newest". */
    readonly parentImage: string;
  };
  /** The AMI that it was really made from; absent if EC2 does not say. */
  readonly parent?: ParentImage;
  /** In the order of their installation. */
  readonly components: readonly InventoryComponent[];
  /** By name, then version. */
  readonly packages: readonly Package[];
}

const compareText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/** Packages in their order, each once. */
export const sortedPackages = (packages: readonly Package[]): readonly Package[] =>
  [...packages]
    .sort((one, other) => compareText(one.name, other.name) || compareText(one.version, other.version))
    .filter(({ name, version }, index, all) => {
      const before = all[index - 1];
      return before?.name !== name || before.version !== version;
    });

/** Makes the inventory of an image that Image Builder has built. */
export function inventoryOf(
  imageId: string,
  imageBuildVersionArn: string,
  image: Image,
  found: {
    readonly parent: ParentImage | undefined;
    readonly components: readonly InventoryComponent[];
    readonly packages: readonly Package[];
  },
): Inventory {
  const { arn = '', name = '', version = '', parentImage = '' } = image.imageRecipe ?? {};
  return {
    format: INVENTORY_FORMAT,
    imageId,
    imageBuildVersionArn,
    createdAt: image.dateCreated ?? '',
    recipe: { arn, name, version, parentImage },
    ...(found.parent && { parent: found.parent }),
    components: found.components,
    packages: sortedPackages(found.packages),
  };
}

/** SHA-256 of an inventory, by which candidates and evidence name it. */
export const inventoryDigest = (inventory: Inventory): string => digestOf(inventory);

/** A URN for the documents of an inventory, which follows from its digest. */
export const documentName = (inventory: Inventory): string =>
  `urn:uuid:${uuidOf(inventoryDigest(inventory))}`;
