import type { InventoryDifference, PackageChange } from './compare-inventories.ts';
import type { InventoryComponent } from './inventory.ts';

/** How the packages of the Prod image may differ from those of the approved QAT image. */
export const imageDrifts = ['none', 'security-updates', 'any'] as const;

/** `security-updates`: a package may be newer; none may be added, removed or older. */
export type ImageDrift = (typeof imageDrifts)[number];

const isAllowed = (drift: ImageDrift, { change }: PackageChange): boolean =>
  drift === 'any' || (drift === 'security-updates' && change === 'up');

/** A changed package in words. */
export function packageChangeText(one: PackageChange): string {
  switch (one.change) {
    case 'added':
      return `${one.name} ${one.now} was added`;
    case 'removed':
      return `${one.name} ${one.before} was removed`;
    case 'up':
      return `${one.name} went up from ${one.before} to ${one.now}`;
    case 'down':
      return `${one.name} went down from ${one.before} to ${one.now}`;
    case 'other':
      return `${one.name} changed from ${one.before} to ${one.now}`;
  }
}

const componentText = ({ arn, digest }: InventoryComponent): string =>
  digest === undefined ? arn : `${arn} (SHA-256 ${digest.slice(0, 12)}…)`;

/**
 * What of a difference between the approved QAT image and the Prod image is not allowed, in words. Recipe, parent and components must always be
 * equal: they are what was approved.
 */
export function forbiddenDrift(
  { recipe, parent, components, packages }: InventoryDifference,
  drift: ImageDrift,
): readonly string[] {
  return [
    ...(recipe ? [`The recipe was ${recipe.before} and is ${recipe.now}.`] : []),
    ...(parent
      ? [
          `The parent image was ${parent.before?.imageId ?? 'unknown'} and is ${parent.now?.imageId ?? 'unknown'}.`,
        ]
      : []),
    ...components.added.map((one) => `The component ${componentText(one)} was added.`),
    ...components.removed.map((one) => `The component ${componentText(one)} is missing.`),
    ...packages
      .filter((one) => !isAllowed(drift, one))
      .map((one) => `The package ${packageChangeText(one)}.`),
  ];
}
