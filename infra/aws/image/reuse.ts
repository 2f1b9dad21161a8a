import type { ApplicationConfig } from '../../config.ts';
import { isImageParameter } from '../../config.ts';
import { publicImageParameter } from './image-recipe.ts';

/** How earlier images are used again, as the state machine hands it to `start-job`. */
export interface ImageReuseParts {
  readonly days: number;
  /** Name of the public parameter of the newest Amazon Linux 2023. */
  readonly releaseParameter: string;
  /** Name of the parameter that images start from. Absent if the recipe names an AMI or image that never changes. */
  readonly parentParameter?: string;
}

/** How an application uses earlier images again; undefined if each push makes its own. */
export function imageReuseOf({
  image: { reuse, reuseDays, parent },
  instanceTypes,
}: Pick<ApplicationConfig, 'image' | 'instanceTypes'>): ImageReuseParts | undefined {
  if (reuse === 'never') return undefined;
  const releaseParameter = publicImageParameter(instanceTypes.image);
  const parentParameter =
    parent === undefined ? releaseParameter : isImageParameter(parent) ? parent : undefined;
  return { days: reuseDays, releaseParameter, ...(parentParameter !== undefined && { parentParameter }) };
}
