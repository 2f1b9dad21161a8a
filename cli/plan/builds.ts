import type { RecipeContents } from '../../tasks/approvals/image-contents.ts';
import type { Environment } from '../../tasks/payloads.ts';
import type { PlanFacts, PlannedImages } from './facts.ts';

/** What a state that builds an image would do. */
export interface BuildOutlook {
  readonly environment: Environment;
  readonly state: string;
  /** The image that it takes instead of a new one. Absent if it builds one. */
  readonly reuses?: string;
  readonly text: string;
}

/**
 * Whether an image is built or an equal one is reused. Every promotion builds its images (D-139): a rule that reuses one belongs here,
 * and time and costs follow it.
 */
export const buildOutlook = (_facts: PlanFacts, environment: Environment, state: string): BuildOutlook => ({
  environment,
  state,
  text: 'builds a new image',
});

/** How the next image differs from the one that Prod runs, in words; empty if their recipes are equal. */
export function imageChanges({ next, live }: PlannedImages): readonly string[] {
  if (live === undefined) return ['Prod runs no promoted image yet.'];
  const to: RecipeContents = next.prod;
  const missing = live.components.filter((one) => !to.components.includes(one));
  const added = to.components.filter((one) => !live.components.includes(one));
  const changes = [
    ...(live.parentImage === to.parentImage
      ? []
      : [`Starts from ${to.parentImage} instead of ${live.parentImage}.`]),
    ...added.map((one) => `Adds ${one}.`),
    ...missing.map((one) => `Leaves out ${one}.`),
  ];
  return changes.length === 0 && live.recipe !== to.recipe
    ? [`Made by the recipe ${to.recipe} instead of ${live.recipe}, with the same components.`]
    : changes;
}
