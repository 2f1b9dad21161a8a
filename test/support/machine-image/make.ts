import { execFileSync, spawnSync } from 'node:child_process';
import { TEST_IMAGE } from '../../../infra/local/aws/test/instances/container/test-engine.ts';

/** The engine that has the image of the container tests, if one has. */
export const engineWithTestImage = (): string | undefined =>
  ['podman', 'docker'].find(
    (engine) => spawnSync(engine, ['image', 'inspect', TEST_IMAGE], { stdio: 'ignore' }).status === 0,
  );

/** Makes the image that stands for Amazon Linux 2023, which `Containerfile` describes. */
export const makeMachineImage = (engine: string): void => {
  execFileSync(
    engine,
    ['build', '--quiet', '--tag', `${TEST_IMAGE}-machine`, '--file', 'Containerfile', '.'],
    { cwd: import.meta.dirname, stdio: 'ignore' },
  );
};
