import { listed } from '../words.ts';
import type { Finding, RevisionFile } from './revision.ts';
import { type ShellCommand, shellCommands, unquoted } from './shell-commands.ts';

/** A script of the revision that hooks run. */
export interface HookScript {
  readonly file: RevisionFile;
  /** The events that name it; none for one that other scripts call. */
  readonly events: readonly string[];
}

const INTERPRETERS = /^(?:sh|bash|node|python[\d.]*|ruby|perl|java)$/;
const PROGRAM = /\.(?:sh|[cm]?[jt]s|py|rb|pl|jar)$/;
const IN_DIRECTORY = /^(?:npm|npx|yarn|pnpm|mvn|gradle|make|bundle|composer|docker-compose)$/;
const OWN_DIRECTORY = /^(?:--prefix|--cwd|--dir|-C|-f|--file|-g|--global|--version|-v|--project-directory)/;

const isRelative = (word: string): boolean => !/^["']?(?:[/~$`]|-)/.test(word);

/** What of a command depends on the directory that it is run in. */
const relativePart = ({ words }: ShellCommand, paths: ReadonlySet<string>): string | undefined => {
  const [command = '', ...operands] = words.map(unquoted);
  if (command.startsWith('./') || command.startsWith('../')) return command;
  const [first] = operands;
  if ((command === '.' || command === 'source' || command === 'cd') && first && isRelative(first))
    return `${command} ${first}`;
  if (IN_DIRECTORY.test(command) && !operands.some((one) => OWN_DIRECTORY.test(one))) return command;
  if (INTERPRETERS.test(command)) {
    const program = operands.find((one) => !one.startsWith('-'));
    if (program && !operands.includes('-c') && isRelative(program) && PROGRAM.test(program))
      return `${command} ${program}`;
  }
  if (command === 'echo' || command === 'printf') return undefined;
  return operands.find(
    (one) => /^\.\.?\//.test(one) || (paths.has(one) && (one.includes('/') || one === 'appspec.yml')),
  );
};

/** A18. After a change to a directory that is written out, or found by the script's own place, relative paths are fine. */
const ofWorkingDirectory = (
  commands: readonly ShellCommand[],
  paths: ReadonlySet<string>,
): readonly (readonly [number, string])[] => {
  const found: [number, string][] = [];
  for (const command of commands) {
    const [name] = command.words;
    const part = relativePart(command, paths);
    if (part !== undefined)
      found.push([
        command.line,
        `"${part}" depends on the working directory, and CodeDeploy's agent does not change to the revision's. Begin with cd "$(dirname "$0")/..", or write an absolute path.`,
      ]);
    if (name === 'cd' || name === 'pushd') break;
  }
  return found;
};

const redirects = (source: string, descriptor: 1 | 2): boolean =>
  />&\s*[^\s\d]|&>/.test(source) ||
  (descriptor === 1 ? /(?:^|[^\d&>])1?>>?\s*[^&\s>]/ : /2>>?\s*(?:[^&\s>]|&\s*[13-9-])/).test(source);

/** A19. */
const ofBackground = (commands: readonly ShellCommand[]): readonly (readonly [number, string])[] => {
  const found: [number, string][] = [];
  for (const [index, { line, source, words, isBackground }] of commands.entries()) {
    if (/^exec\s+\d?[>&]/.test(source) && redirects(source, 1) && redirects(source, 2)) return found;
    if (!isBackground || words.length === 0) continue;
    if (commands.slice(index + 1).some((one) => one.words[0] === 'wait')) continue;
    const open = [...(redirects(source, 1) ? [] : ['stdout']), ...(redirects(source, 2) ? [] : ['stderr'])];
    if (open.length > 0)
      found.push([
        line,
        `"${source} &" keeps ${listed(open)} open in the background${/^nohup\b/.test(source) ? ', nohup alone does not change that' : ''}, so the hook ends only with its timeout and fails. Write ${words[0]} … >/dev/null 2>&1 </dev/null &, or start it with systemd.`,
      ]);
  }
  return found;
};

const SERVERS =
  /^(?:(?:npm|yarn|pnpm)(?: run)? (?:start|serve|dev)|(?:node|nodemon) \S*(?:server|app|index|main)\.[cm]?js|java .*-jar|gunicorn|uvicorn|flask run|python[\d.]* \S*manage\.py runserver|docker run|docker[ -]compose up|rails s)\b/;
const DETACHED = /(?:^|\s)(?:-d|-D|--daemon|--detach|-dit?|-itd)(?:\s|$)/;

const ofForeground = (commands: readonly ShellCommand[]): readonly (readonly [number, string])[] =>
  commands.flatMap(({ line, words, isBackground }): (readonly [number, string])[] => {
    const text = words.map(unquoted).join(' ');
    return !isBackground && SERVERS.test(text) && !DETACHED.test(text)
      ? [
          [
            line,
            `"${text}" seems to run a server in the foreground: the hook then waits for it and fails at its timeout. Start it with systemd.`,
          ],
        ]
      : [];
  });

const INSTALLS = /^(?:yum|dnf|apt|apt-get) (?:.* )?(?:install|update|upgrade|remove)\b/;
const ofQuestions = (commands: readonly ShellCommand[]): readonly (readonly [number, string])[] =>
  commands.flatMap(({ line, words }): (readonly [number, string])[] => {
    const text = words.map(unquoted).join(' ');
    const isAsking = INSTALLS.test(text) && !/ -\w*y\b| --assumeyes| -q?y/.test(text);
    return isAsking ? [[line, `"${text}" asks before it acts, and nobody answers in a hook. Add -y.`]] : [];
  });

const ofFile = ({ file, events }: HookScript): readonly Finding[] => {
  const { path, text } = file;
  const [event] = events;
  if (text === undefined || event === undefined) return [];
  const [first = ''] = text.split('\n', 1);
  const found: Finding[] = [];
  if (first.startsWith('#!') && first.endsWith('\r'))
    found.push({
      severity: 'error',
      file: path,
      line: 1,
      event,
      text: `"${first.trim()}" ends with a carriage return (a Windows line end), so Linux finds no such interpreter. Save the script with LF, and write "*.sh text eol=lf" into .gitattributes.`,
    });
  else if (text.includes('\r\n'))
    found.push({
      severity: 'warning',
      file: path,
      line: text.slice(0, text.indexOf('\r\n')).split('\n').length,
      text: 'Windows line ends (CRLF): the shell takes the carriage returns for parts of words. Save the script with LF.',
    });
  if (!first.startsWith('#!'))
    found.push({
      severity: 'warning',
      file: path,
      line: 1,
      event,
      text: `It begins with ${JSON.stringify(first.slice(0, 40))} instead of the name of its interpreter, so Linux may not run it. Begin it with #!/bin/sh or #!/bin/bash.`,
    });
  if (!file.isExecutable)
    found.push({
      severity: 'note',
      file: path,
      text: "It may not be executed. CodeDeploy's agent changes that on the instance; other programs do not. Run chmod +x, and commit.",
    });
  return found;
};

const isShell = ({ path, text }: RevisionFile): boolean =>
  text !== undefined &&
  (/^#!.*\b(?:ba|da|k|z)?sh\b/.test(text) || (!text.startsWith('#!') && /\.sh$|\/[^.]+$/.test(path)));

/** What usually goes wrong with the scripts of hooks on an instance (A18, A19, A22). Read, never run. */
export function scriptFindings(
  scripts: readonly HookScript[],
  paths: ReadonlySet<string>,
): readonly Finding[] {
  const changesDirectory = scripts.some(
    ({ file, events }) =>
      events.length > 0 && shellCommands(file.text ?? '').some(({ words }) => words[0] === 'cd'),
  );
  return scripts.flatMap((script) => {
    const { file, events } = script;
    if (!isShell(file)) return ofFile(script);
    const commands = shellCommands(file.text ?? '');
    const [event] = events;
    const isCalled = event === undefined;
    const found = [
      // Where a script that others call is run is known only if none of them changes the directory.
      ...(isCalled && changesDirectory ? [] : ofWorkingDirectory(commands, paths)),
      ...ofBackground(commands),
      ...(isCalled ? [] : ofForeground(commands)),
      ...ofQuestions(commands),
    ];
    return [
      ...ofFile(script),
      ...found.map(
        ([line, text]): Finding => ({
          severity: 'warning',
          file: file.path,
          line,
          ...(event !== undefined && { event }),
          text,
        }),
      ),
    ];
  });
}
