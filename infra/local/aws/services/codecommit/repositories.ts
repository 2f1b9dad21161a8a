import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { gitText } from '../../git.ts';
import { AwsError, type Host } from '../../host.ts';
import { replaceFile } from '../../replace-file.ts';

/** A repository, as the store keeps it under its name. */
export interface Repository {
  readonly id: string;
  readonly name: string;
  readonly arn: string;
  readonly description: string;
  /** In ms. */
  readonly createdAt: number;
}

/** Repositories by name. */
export const repositoriesOf = ({ store }: Host) => store.table<Repository>('codecommit.repositories');

/** The folder of all repositories. */
export const repositoriesFolder = (host: Host): string => path.resolve(host.stateDir, 'git');

/** The bare repository that `git push` reaches. */
export const repositoryPath = (host: Host, name: string): string =>
  path.join(repositoriesFolder(host), `${name}.git`);

/** Where the hook notes pushes, one JSON object per line. */
export const spoolPath = (host: Host, name: string): string =>
  path.join(repositoryPath(host, name), 'lockstep-pushes.ndjson');

/** In which a running Lockstep says where it is, for the hook's words to the pusher. */
export const presencePath = (host: Host): string => path.join(repositoriesFolder(host), 'running.json');

/** @throws AwsError `RepositoryDoesNotExistException` */
export const findRepository = (host: Host, name = ''): Repository => {
  const repository = repositoriesOf(host).get(name);
  if (!repository) throw new AwsError('RepositoryDoesNotExistException', `${name} does not exist`);
  return repository;
};

/** Makes the bare repository if it is not there, and writes its hook. Safe to run again after a crash. */
export const prepareRepository = async (host: Host, name: string): Promise<void> => {
  const directory = repositoryPath(host, name);
  if (!fs.existsSync(directory)) {
    fs.mkdirSync(repositoriesFolder(host), { recursive: true });
    const draft = path.join(repositoriesFolder(host), `.${randomUUID()}`);
    // An empty template: no hooks or attributes of the machine's git installation.
    await gitText(draft, 'init', '--quiet', '--bare', '--template=', '--initial-branch=main');
    fs.appendFileSync(path.join(draft, 'config'), '[receive]\n\tautogc = false\n[gc]\n\tauto = 0\n');
    // Every file is handed on as it was committed, even if the content's own attributes say otherwise: nothing is left out, converted
    // or run. Only `export-subst` counts, as in the archives of other hosts: it tells an application its commit.
    fs.mkdirSync(path.join(draft, 'info'), { recursive: true });
    const attributes = '* -export-ignore -text -eol -ident -filter -working-tree-encoding\n';
    fs.writeFileSync(path.join(draft, 'info', 'attributes'), attributes);
    fs.renameSync(draft, directory);
  }
  const hooks = path.join(directory, 'hooks');
  // The pusher's own git configuration may name another folder of hooks; the repository's wins.
  await gitText(directory, 'config', 'core.hooksPath', hooks);
  fs.mkdirSync(hooks, { recursive: true });
  const words = [
    process.execPath,
    path.join(import.meta.dirname, 'post-receive.mjs'),
    spoolPath(host, name),
    presencePath(host),
  ];
  const hook = `#!/bin/sh\nexec ${words.map(quoteForShell).join(' ')}\n`;
  replaceFile(path.join(hooks, 'post-receive'), hook, 0o755);
};

const quoteForShell = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

/** Branches and tags with what they point at. */
export const readReferences = async (host: Host, name: string): Promise<Record<string, string>> => {
  const format = '--format=%(refname) %(objectname)';
  const text = await gitText(repositoryPath(host, name), 'for-each-ref', format, 'refs/heads', 'refs/tags');
  const lines = text.split('\n').filter(Boolean);
  return Object.fromEntries(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), line.slice(space + 1)];
    }),
  );
};
