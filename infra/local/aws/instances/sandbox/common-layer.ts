import fs from 'node:fs';
import path from 'node:path';
import { runProgram } from '../run-program.ts';
import { lookHere, mirrorDirectory } from './machine-look.ts';
import { SYSTEM_DIRECTORIES } from './view.ts';

/** Where a state directory keeps the layer that lies between the machine's files and every instance's own. */
export const layerDirectory = (stateDir: string): string => path.join(stateDir, 'sandbox', 'layer');

/** Where root may read what nobody else may, and programs keep no files of their own. */
const CONFIDENTIAL = ['/etc', '/var', '/opt', '/srv', '/usr/local'];

/** How deep in `/usr` directories can be written to by a user who is not root: others are many, and packages' own. */
const DEPTH = 4;

const isDeep = (directory: string) =>
  directory.split('/').length > DEPTH + 2 &&
  isWithin(directory, '/usr') &&
  !isWithin(directory, '/usr/local');

/** Of accounts, whose passwords are nobody's business. */
const ACCOUNTS = [
  { from: '/etc/passwd', to: '/etc/shadow', rest: ':*:19000:0:99999:7:::' },
  { from: '/etc/group', to: '/etc/gshadow', rest: ':*::' },
];

const isWithin = (file: string, directory: string) => file === directory || file.startsWith(`${directory}/`);

/**
 * Makes the layer, once. For root, it hides what only root may read, such as keys. For anybody else, it has the directories of the
 * machine and the files of `/etc` once more: they belong to root there, and to nobody here, so that nothing could be written without
 * it. Without passwords, there are accounts all the same.
 * @param left out: people's directories, and what is mounted for other purposes
 */
export const makeCommonLayer = async (
  stateDir: string,
  isRoot: boolean,
  left: readonly string[],
): Promise<void> => {
  const layer = layerDirectory(stateDir);
  const done = `${layer}.json`;
  const wanted = JSON.stringify({ isRoot });
  if (fs.existsSync(done) && fs.readFileSync(done, 'utf8') === wanted) return;
  fs.rmSync(layer, { recursive: true, force: true });
  const there = (file: string) => path.join(layer, file);
  const isLeft = new Set(left);
  const confidential: string[] = [];
  const walkAsRoot = (directory: string) => {
    for (const name of lookHere.in(directory)) {
      const file = path.join(directory, name);
      const stat = fs.lstatSync(file, { throwIfNoEntry: false });
      if (!stat || stat.isSymbolicLink() || isLeft.has(file)) continue;
      const bits = stat.isDirectory() ? 0o005 : 0o004;
      if ((stat.mode & bits) !== bits) confidential.push(file);
      else if (stat.isDirectory()) walkAsRoot(file);
    }
  };
  const walkAsUser = (directory: string) => {
    if (isLeft.has(directory) || isDeep(directory)) return;
    mirrorDirectory(directory, there(directory));
    for (const entry of entriesOf(directory)) {
      const file = path.join(directory, entry.name);
      if (entry.isDirectory()) walkAsUser(file);
      else if (entry.isFile() && isWithin(file, '/etc') && !couldCopy(file, there(file)))
        confidential.push(file);
    }
  };

  if (isRoot) for (const directory of CONFIDENTIAL) walkAsRoot(directory);
  else
    for (const name of SYSTEM_DIRECTORIES)
      if (lookHere.at(`/${name}`).kind === 'directory') walkAsUser(`/${name}`);
  for (const file of confidential) mirrorInLayer(stateDir, path.dirname(file));
  for (const directory of SYSTEM_DIRECTORIES)
    if (lookHere.at(`/${directory}`).kind === 'directory') mirrorInLayer(stateDir, `/${directory}`);
  const accounts = ACCOUNTS.filter(({ to }) => fs.existsSync(there(path.dirname(to))) && fs.existsSync(to));
  await whiteOut(confidential.filter((file) => !accounts.some(({ to }) => to === file)).map(there));
  for (const { from, to, rest } of accounts) {
    const names = fs
      .readFileSync(from, 'utf8')
      .split('\n')
      .flatMap((line) => line.split(':')[0] || []);
    fs.writeFileSync(there(to), names.map((name) => `${name}${rest}\n`).join(''), { mode: 0o600 });
  }
  fs.writeFileSync(done, wanted);
};

/** Makes a directory of the machine in the layer, with those above it. */
export const mirrorInLayer = (stateDir: string, directory: string): void => {
  const names = directory.split('/').slice(1);
  for (let depth = 1; depth <= names.length; depth++) {
    const one = `/${names.slice(0, depth).join('/')}`;
    mirrorDirectory(one, path.join(layerDirectory(stateDir), one));
  }
};

const entriesOf = (directory: string): fs.Dirent[] => {
  try {
    return fs.readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
};

/** A file that this user may not read can be in the way of one that root there makes. */
const couldCopy = (from: string, to: string): boolean => {
  try {
    fs.copyFileSync(from, to);
    return true;
  } catch {
    return false;
  }
};

/** Makes the devices that mean in a layer: what is below is not there (overlayfs.rst of Linux). */
const whiteOut = async (files: readonly string[]): Promise<void> => {
  if (files.length === 0) return;
  const script = 'while IFS= read -r -d "" file; do mknod "$file" c 0 0 || exit; done';
  const input = Buffer.from(files.map((file) => `${file}\0`).join(''));
  const { code, stderr } = await runProgram('/bin/bash', ['-c', script], { input });
  if (code !== 0) throw new Error(`What only root may read cannot be hidden: ${stderr}`);
};
