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

/** Whether an image is built or an equal one is used again (D-142): time and costs follow it. */
export function buildOutlook(
  { reuse, way = [] }: Pick<PlanFacts, 'reuse' | 'way'>,
  environment: Environment,
  state: string,
): BuildOutlook {
  const outlook = reuseOutlook({ reuse }, environment, state);
  return environment === 'prod' && way.includes('Is Prod image as approved?')
    ? { ...outlook, text: `${outlook.text}; ${ASKS}` }
    : outlook;
}

/** What follows where people are asked about a Prod image. */
const ASKS =
  'if it differs from the approved QAT image in more than image.drift allows, QC and PMO are asked about it';

function reuseOutlook(
  { reuse }: { readonly reuse: PlanFacts['reuse'] },
  environment: Environment,
  state: string,
): BuildOutlook {
  const ruling = reuse?.[environment];
  if (reuse === undefined)
    return { environment, state, text: 'builds a new image, unless an equal one is used again' };
  if (ruling === undefined) return { environment, state, text: 'builds a new image' };
  return ruling.do === 'reuse'
    ? {
        environment,
        state,
        reuses: ruling.image.build,
        text: `uses ${ruling.image.build} again: it is equal`,
      }
    : { environment, state, text: `builds a new image. ${ruling.choice.sentence}` };
}

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
