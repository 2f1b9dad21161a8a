import { execFileSync } from 'node:child_process';
import { type Engine, findEngine } from '../../../instances/container/engine.ts';

/** An image with systemd, bash and ip, made of the distribution's own packages by `.ci/make-test-image`. */
export const TEST_IMAGE = 'localhost/lockstep-test-base';

const hasImage = (): boolean => {
  for (const engine of ['podman', 'docker'])
    try {
      execFileSync(engine, ['image', 'inspect', TEST_IMAGE], { stdio: 'ignore' });
      return true;
    } catch {
      // The other engine may have it.
    }
  return false;
};

/** `it` and `describe` of what needs an engine with the test image; elsewhere they are counted as skipped. */
export const isEngineThere = hasImage();
export const describeWithEngine = isEngineThere ? describe : describe.skip;

/** The engine, where there is one. */
export const testEngine = async (): Promise<Engine> => {
  const found = await findEngine();
  if ('why' in found) throw new Error(`No container engine answers: ${found.why}`);
  return found;
};
