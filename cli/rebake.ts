import type { Outcome } from './command-result.ts';
import type { System } from './system.ts';

/** Asks for new images of an application, also if earlier ones are equal. */
export async function rebake(system: Pick<System, 'rebake'>, application: string): Promise<Outcome> {
  const { at } = await system.rebake(application);
  return {
    text: `No image of ${application} from before now is used again: the next promotion builds its images. (Without image.reuse, each promotion does.)`,
    json: { application, at },
  };
}
