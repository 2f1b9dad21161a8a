import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Engine } from '@lockstep/aws-emulator';
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

/**
 * An image like it, with a library in that version, and a package repository that has 1.0 as well.
 * @returns its name; it is the caller's to remove
 */
export const makeLibraryImage = async (engine: Engine, version: string): Promise<string> => {
  const name = `lockstep-test-library-${version}-${process.pid}`;
  await engine.call(
    [
      ...['run', '--interactive', `--name=${name}`, ...engine.runOptions],
      ...[`${TEST_IMAGE}-machine`, '/bin/bash', '-s', '--', version],
    ],
    { input: fs.readFileSync(path.join(import.meta.dirname, 'install-library.sh')) },
  );
  await engine.call(['commit', name, `localhost/${name}`]);
  await engine.call(['rm', '--force', name]);
  return `localhost/${name}`;
};
