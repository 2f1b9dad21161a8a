import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { replaceFile } from '../../replace-file.ts';
import type { Engine } from './engine.ts';

/** Names the state directory that a container or image belongs to. */
const DIRECTORY = 'aws-emulator.state-directory';
/** Tells it from another one at the same path. */
const OWNER = 'aws-emulator.owner';
/** The machine that the state directory is on: others may use the same engine, and see none of our directories. */
const HOST = 'aws-emulator.host';
/** The instance or build that a container stands for. */
const MACHINE = 'aws-emulator.machine';

const ownerFile = (stateDir: string) => path.join(stateDir, 'container-owner');
const readOwner = (stateDir: string): string | undefined =>
  fs.existsSync(ownerFile(stateDir)) ? fs.readFileSync(ownerFile(stateDir), 'utf8') : undefined;

/** Whose the containers of a state directory are; made at the first call. */
export const ownerOf = (stateDir: string): string => {
  const before = readOwner(stateDir);
  if (before !== undefined) return before;
  const owner = randomUUID().slice(0, 8);
  fs.mkdirSync(stateDir, { recursive: true });
  replaceFile(ownerFile(stateDir), owner);
  return owner;
};

const pairs = (stateDir: string, machine: string): string[] => [
  `${DIRECTORY}=${stateDir}`,
  `${OWNER}=${ownerOf(stateDir)}`,
  `${HOST}=${os.hostname()}`,
  `${MACHINE}=${machine}`,
];

/** Options that label a container. */
export const labelOptions = (stateDir: string, machine: string): string[] =>
  pairs(stateDir, machine).map((pair) => `--label=${pair}`);

/** Options that label an image when it is made of a container. */
export const imageLabelOptions = (stateDir: string, machine: string): string[] =>
  pairs(stateDir, machine).map((pair) => `--change=LABEL ${pair.replace('=', '="')}"`);

/** A container or image with its labels. */
interface Labelled {
  readonly id: string;
  readonly directory: string;
  readonly owner: string;
  readonly machine: string;
}

const listed = async (engine: Engine, kind: 'container' | 'image'): Promise<Labelled[]> => {
  const which = kind === 'container' ? ['ps', '--all'] : ['image', 'ls'];
  const ids = await engine.call([
    ...which,
    '--quiet',
    '--no-trunc',
    `--filter=label=${HOST}=${os.hostname()}`,
  ]);
  const unique = [...new Set(ids.split('\n').filter(Boolean))];
  if (unique.length === 0) return [];
  const label = (name: string) => `{{index .Config.Labels "${name}"}}`;
  const format = `{{.Id}}\t${label(DIRECTORY)}\t${label(OWNER)}\t${label(MACHINE)}`;
  // One that is gone meanwhile makes an error beside the others' lines.
  const { stdout } = await engine.ask([kind, 'inspect', '--format', format, ...unique]);
  return stdout
    .toString('utf8')
    .split('\n')
    .flatMap((line) => {
      const [id, directory, owner, machine] = line.split('\t');
      return id && directory && owner && machine ? [{ id, directory, owner, machine }] : [];
    });
};

const remove = async (engine: Engine, kind: 'container' | 'image', ids: readonly string[]) => {
  if (ids.length === 0) return;
  const { code, stderr } = await engine.ask([kind, 'rm', '--force', ...ids]);
  if (code !== 0 && !/no such|not known|unable to find/i.test(stderr))
    throw new Error(`${engine.name} could not remove leftovers: ${stderr}`);
};

/**
 * Removes containers and images whose state directory has been deleted.
 * @returns how many
 */
export const removeAbandoned = async (engine: Engine): Promise<number> => {
  const isAbandoned = ({ directory, owner }: Labelled) => readOwner(directory) !== owner;
  const containers = (await listed(engine, 'container')).filter(isAbandoned);
  await remove(
    engine,
    'container',
    containers.map(({ id }) => id),
  );
  // A container may come from the image.
  const images = (await listed(engine, 'image')).filter(isAbandoned);
  await remove(
    engine,
    'image',
    images.map(({ id }) => id),
  );
  return containers.length + images.length;
};

/** Removes a state directory's containers that stand for none of these machines. */
export const removeOthers = async (
  engine: Engine,
  stateDir: string,
  machines: ReadonlySet<string>,
): Promise<void> => {
  const owner = ownerOf(stateDir);
  const others = (await listed(engine, 'container')).filter(
    (one) => one.owner === owner && !machines.has(one.machine),
  );
  await remove(
    engine,
    'container',
    others.map(({ id }) => id),
  );
};
