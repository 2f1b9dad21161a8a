import fs from 'node:fs';
import path from 'node:path';
import { answeredHealthCheck, listenedPorts } from '../../tasks/appspec/application-findings.ts';
import type { RevisionFile } from '../../tasks/appspec/revision.ts';
import { readConfiguration } from '../check/configured-application.ts';
import { readWorkingDirectory } from '../check/read-revision.ts';
import type { Outcome } from '../command-result.ts';
import type { Files } from '../evidence.ts';
import { printable } from '../format.ts';
import { CommandError } from '../system.ts';
import type { InitCommand } from '../working-directory-options.ts';
import type { ApplicationKind } from './application-kind.ts';
import { goKind, javaKind } from './compiled-kinds.ts';
import { type DeployedKind, deploymentFiles } from './deployment-files.ts';
import { promotedText, promoteOnce } from './promote-once.ts';
import { pythonKind } from './python-kind.ts';
import { nodeKind, siteKind } from './web-kinds.ts';

const DEFAULT_PORT = 8080;

/** A name that the configuration takes, from a directory's. */
const nameFrom = (text: string): string => {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 24)
    .replace(/-+$/, '');
  return name === '' || name === 'platform' ? 'application' : name;
};

const checkedName = (name: string): string => {
  if (/^[a-z](?:[a-z0-9-]{0,22}[a-z0-9])?$/.test(name) && name !== 'platform') return name;
  throw new CommandError(
    `--application takes 1 to 24 of a-z, 0-9 and -, beginning with a letter, and not platform; got ${JSON.stringify(name)}.`,
  );
};

/** What kind of application a directory holds. @throws CommandError if it is none that is known */
export function detectKind(files: readonly RevisionFile[], name: string): ApplicationKind {
  const kind =
    nodeKind(files) ?? javaKind(files) ?? goKind(files, name) ?? pythonKind(files) ?? siteKind(files, name);
  if (kind !== undefined) return kind;
  throw new CommandError(
    'Nothing here says what kind of application this is. Looked for package.json, pom.xml, build.gradle, go.mod, requirements.txt, pyproject.toml, setup.py, manage.py and index.html. Name the directory that has one of them.',
  );
}

/** A kind with where it listens and what it answers, as far as its code tells. */
const deployedKind = (kind: ApplicationKind, name: string, files: readonly RevisionFile[]): DeployedKind => {
  const [listened] = listenedPorts(files);
  const takesPort = listened === undefined || listenedPorts(files).some(({ isDefault }) => isDefault);
  const port = kind.port ?? (takesPort ? DEFAULT_PORT : listened.given);
  const health = kind.healthCheckPath ?? answeredHealthCheck(files);
  return {
    ...kind,
    name,
    port,
    healthCheckPath: health ?? '/',
    notes: [
      ...kind.notes,
      ...(takesPort
        ? []
        : [
            `It seems to listen on port ${port} and not to read PORT (${listened.path}:${listened.line}, a guess). On the local run all instances share one machine: let it read PORT.`,
          ]),
      ...(health === undefined
        ? [
            'No health check was found in the code (a guess): / must answer 200. Better answer a path of its own, such as /health, that says whether the application works, and set healthCheckPath in the configuration and in deploy/validate-service.sh.',
          ]
        : []),
    ],
  };
};

/** The configuration's entry of an application. */
const entryOf = ({ name, runtime, port, healthCheckPath, build }: DeployedKind) => ({
  name,
  runtime,
  port,
  healthCheckPath,
  // Without any keys: the buildspec has all that it needs.
  ...(build && { build: {} }),
});

const isExecutable = (file: string) => /^deploy\/.*\.sh$/.test(file) && file !== 'deploy/common.sh';

/** Writes what is not there. @returns which files, and which were there */
const writeNew = (place: string, contents: Readonly<Record<string, string>>) => {
  const written: string[] = [];
  const left: string[] = [];
  const parents = new Set(Object.keys(contents).map((name) => path.dirname(path.join(place, name))));
  for (const parent of parents)
    if (parent !== place && fs.lstatSync(parent, { throwIfNoEntry: false })?.isSymbolicLink())
      throw new CommandError(
        `${path.relative(place, parent)} is a link. Nothing is written through it; make it a directory.`,
      );
  for (const [name, text] of Object.entries(contents)) {
    const file = path.join(place, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    try {
      fs.writeFileSync(file, text, { flag: 'wx', mode: isExecutable(name) ? 0o755 : 0o644 });
      written.push(name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      left.push(name);
    }
  }
  return { written, left };
};

const listText = (title: string, names: readonly string[]): readonly string[] =>
  names.length === 0 ? [] : [title, ...names.map((name) => `  ${name}`), ''];

/** Whether an AppSpec file that is there is not one that `init` wrote. */
const isForeign = (files: readonly RevisionFile[]): boolean =>
  files.some(
    ({ path: name, text = '' }) =>
      /^appspec\.ya?ml$/.test(name) && !text.includes('location: deploy/application-start.sh'),
  );

/**
 * Makes a working directory promotable: detects what it holds, writes what its deployment needs, and gives the configuration's entry.
 * Never overwrites a file. If asked, it then promotes it once on a local run.
 * @param directory what paths are relative to
 * @param tell gets what the local run prints
 * @throws CommandError
 */
export async function init(
  command: InitCommand,
  directory: string,
  output: Pick<Files, 'create'>,
  tell: (line: string) => void = () => undefined,
): Promise<Outcome> {
  const place = path.resolve(directory, command.directory);
  const { files, isGit } = readWorkingDirectory(place, command.directory);
  const name =
    command.application === undefined ? nameFrom(path.basename(place)) : checkedName(command.application);
  const own = files.filter(({ path: file }) => !file.startsWith('deploy/') && file !== '.gitignore');
  const kind = deployedKind(detectKind(own, name), name, own);
  const entry = entryOf(kind);
  const keepsOwn = isForeign(files);
  const config = command.writeConfiguration;
  const base = command.config === undefined ? undefined : path.resolve(directory, command.config);
  const configuration = () => {
    const { lockstep } = readConfiguration(base, command.config);
    return `${JSON.stringify({ ...lockstep, applications: [entry] }, null, 2)}\n`;
  };
  if (config !== undefined) output.create(config, configuration());
  const { written, left } = keepsOwn
    ? { written: [], left: ['appspec.yml'] }
    : writeNew(place, deploymentFiles(kind));
  const notes = [
    ...(keepsOwn
      ? [
          'It has an appspec.yml of its own, so nothing was added. npm run lockstep -- check says what CodeDeploy thinks of it.',
        ]
      : []),
    ...kind.notes,
  ];
  const shown = printable(command.directory);
  const option = ` --config ${config ?? 'FILE'}`;
  const done: Outcome = {
    text: [
      `${shown} holds a ${kind.title} (${kind.because}); it is named ${name}.`,
      '',
      ...listText('Written:', written),
      ...listText('There already, and left as they are:', left.map(printable)),
      `Configuration, for "applications" in cdk.json${config === undefined ? '' : `; ${config} has it alone`}:`,
      `  ${JSON.stringify(entry)}`,
      '',
      ...listText('Look at:', notes.map(printable)),
      'Next:',
      `  npm run lockstep -- check ${shown}${option}`,
      ...(isGit ? [] : [`  git init ${shown}`]),
      `  git -C ${shown} add --all && git -C ${shown} commit -m "Deploy with CodeDeploy"`,
      `  npm start -- --app ${shown}${option}`,
      ...(config === undefined ? ['--write-configuration FILE makes that file.'] : []),
    ].join('\n'),
    json: { application: entry, kind: kind.title, because: kind.because, written, left, notes },
  };
  if (command.promote === undefined) return done;
  const { port, stateDirectory } = command.promote;
  const promoted = await promoteOnce({
    directory: place,
    asGiven: command.directory,
    configuration: configuration(),
    port,
    ...(stateDirectory !== undefined && { stateDirectory: path.resolve(directory, stateDirectory) }),
    tell,
  });
  return {
    text: `${done.text}\n\n${promotedText(promoted)}`,
    json: { ...(done.json as object), promoted },
    exitCode: promoted.exitCode,
  };
}
