import type { RevisionFile } from '../../tasks/appspec/revision.ts';
import type { ApplicationKind } from './application-kind.ts';

type Files = readonly RevisionFile[];

const has = (files: Files, name: string) => files.some(({ path }) => path === name);
const textOf = (files: Files, name: string) => files.find(({ path }) => path === name)?.text ?? '';

const ADDRESS = `"\${HOST:-0.0.0.0}"`;

/** Where a module makes an application object, as `module:name`. */
const objectOf = (files: Files, type: string): string | undefined => {
  const pattern = new RegExp(`^(\\w+)\\s*(?::[^=]+)?=\\s*(?:\\w+\\.)?${type}\\(`, 'm');
  for (const { path, text = '' } of files) {
    const name = /\.py$/.test(path) && !/(?:^|\/)tests?\//.test(path) ? pattern.exec(text)?.[1] : undefined;
    if (name !== undefined) return `${path.replace(/(?:\/__init__)?\.py$/, '').replaceAll('/', '.')}:${name}`;
  }
  return undefined;
};

/** What a Procfile says of the process `web`, as the last command of a shell script. */
export const procfileStart = (files: Files): readonly string[] | undefined => {
  const web = /^web:\s*(.+)$/m.exec(textOf(files, 'Procfile'))?.[1]?.trim();
  if (web === undefined) return undefined;
  return [/[&;|]/.test(web) ? web : `exec ${web}`];
};

const startOf = (files: Files, needs: (name: string) => boolean): readonly string[] | undefined => {
  const procfile = procfileStart(files);
  if (procfile) return procfile;
  if (has(files, 'manage.py')) {
    const wsgi = files.find(({ path }) => /^\w+\/wsgi\.py$/.test(path))?.path.split('/')[0];
    return wsgi !== undefined && needs('gunicorn')
      ? [`exec gunicorn --bind ${ADDRESS}:"$PORT" ${wsgi}.wsgi`]
      : [`exec python manage.py runserver --noreload ${ADDRESS}:"$PORT"`];
  }
  const fastApi = objectOf(files, 'FastAPI');
  if (fastApi !== undefined) return [`exec uvicorn --host ${ADDRESS} --port "$PORT" ${fastApi}`];
  const flask = objectOf(files, 'Flask');
  if (flask !== undefined)
    return needs('gunicorn')
      ? [`exec gunicorn --bind ${ADDRESS}:"$PORT" ${flask}`]
      : [`exec flask --app ${flask} run --host ${ADDRESS} --port "$PORT"`];
  const main = ['main.py', 'app.py', 'server.py', 'src/main.py'].find((name) => has(files, name));
  return main === undefined ? undefined : [`exec python ${main}`];
};

/** An application in Python, by its requirements, project file or programs. */
export function pythonKind(files: Files): ApplicationKind | undefined {
  const because = ['requirements.txt', 'pyproject.toml', 'setup.py', 'manage.py'].find((name) =>
    has(files, name),
  );
  if (because === undefined) return undefined;
  const listed = `${textOf(files, 'requirements.txt')}\n${textOf(files, 'pyproject.toml')}`.toLowerCase();
  const needs = (name: string) => new RegExp(`(?:^|["'\\s])${name}\\b`, 'm').test(listed);
  const requirements = /^\s*[^#\s]/m.test(textOf(files, 'requirements.txt'));
  const isProject =
    !has(files, 'requirements.txt') &&
    has(files, 'pyproject.toml') &&
    /^\[(?:project|build-system)\]/m.test(textOf(files, 'pyproject.toml'));
  const install = requirements ? '--requirement requirements.txt' : isProject ? '.' : undefined;
  const start = startOf(files, needs);
  return {
    title: 'Python application',
    because,
    runtime: 'python',
    requirements: [
      '# The image has Python 3.11; a laptop any other.',
      'command -v python3.11 >/dev/null || command -v python3 >/dev/null || { echo "Python 3 is needed, and was not found." >&2; exit 1; }',
    ],
    setup: [
      'as_user "$(command -v python3.11 || command -v python3)" -m venv .venv',
      ...(install === undefined
        ? []
        : [`as_user .venv/bin/python -m pip install --quiet --disable-pip-version-check ${install}`]),
    ],
    start: ['PATH="$PWD/.venv/bin:$PATH"', ...(start ?? ['exec python main.py'])],
    notes: start === undefined ? ['How it starts is not known: write it into deploy/run.sh.'] : [],
  };
}
