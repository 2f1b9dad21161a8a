import type { RevisionFile } from '../../tasks/appspec/revision.ts';
import { isObject, parsedJson } from '../../tasks/json.ts';
import type { ApplicationKind, BuildSpec } from './application-kind.ts';
import { buildNote } from './compiled-kinds.ts';
import { procfileStart } from './python-kind.ts';
import { STATIC_SERVER } from './static-server.ts';

type Files = readonly RevisionFile[];

const has = (files: Files, name: string) => files.some(({ path }) => path === name);
const fields = (value: unknown): Readonly<Record<string, unknown>> => (isObject(value) ? value : {});

const REQUIREMENTS = [
  'command -v node >/dev/null || { echo "Node.js is needed, and node was not found." >&2; exit 1; }',
];

const QUIETLY = '--no-audit --no-fund';

const npmInstall = (files: Files): string => {
  const isLocked = has(files, 'package-lock.json') || has(files, 'npm-shrinkwrap.json');
  return `npm ${isLocked ? 'ci' : 'install'} ${QUIETLY}`;
};

/** Installs packages on the instance. */
const npmSetup = (files: Files): readonly string[] => [`as_user ${npmInstall(files)} --omit=dev`];

/** Bundles or compiles before the deployment. @param artifacts what is deployed of it */
const npmBuild = (
  files: Files,
  artifacts: Pick<BuildSpec, 'artifacts' | 'excluded'>,
  ...after: readonly string[]
): BuildSpec => ({
  runtimeVersions: { nodejs: '22' },
  commands: [npmInstall(files), 'npm run build', ...after],
  ...artifacts,
});

const nodeStart = (files: Files, start: unknown, main: unknown): readonly string[] | undefined => {
  const procfile = procfileStart(files);
  if (procfile) return procfile;
  if (typeof start === 'string')
    return /^node [\w./-]+$/.test(start.trim()) ? [`exec ${start.trim()}`] : ['exec npm start'];
  const file = [
    typeof main === 'string' ? main : '',
    'server.js',
    'index.js',
    'app.js',
    'server.mjs',
    'index.mjs',
  ].find((name) => name !== '' && has(files, name));
  return file === undefined ? undefined : [`exec node ${file}`];
};

const staticKind = (
  directory: string,
  because: string,
  setup: readonly string[],
  notes: readonly string[] = [],
  build?: BuildSpec,
) =>
  ({
    title: 'static site',
    because,
    runtime: 'nodejs',
    requirements: REQUIREMENTS,
    setup,
    start: [`exec node deploy/serve.mjs ${directory}`],
    files: { 'deploy/serve.mjs': STATIC_SERVER },
    healthCheckPath: '/health',
    ...(build && { build }),
    notes,
  }) satisfies ApplicationKind;

/** An application for Node.js, or a site that one builds, by its package.json. */
export function nodeKind(files: Files): ApplicationKind | undefined {
  const file = files.find(({ path }) => path === 'package.json');
  if (file === undefined) return undefined;
  const content = fields(parsedJson(file.text));
  const scripts = fields(content.scripts);
  const packages = Object.keys({ ...fields(content.dependencies), ...fields(content.devDependencies) });
  const isBuilt = scripts.build !== undefined;
  const start = nodeStart(files, scripts.start, content.main);
  const isSite = start === undefined && has(files, 'index.html');
  if (isSite && isBuilt)
    return staticKind(
      'dist',
      'package.json with a build, index.html',
      [],
      [
        buildNote('dist'),
        'It serves dist, where Vite builds to. If the build writes elsewhere, change deploy/run.sh and buildspec.yml.',
      ],
      npmBuild(files, { artifacts: ['dist/**/*'] }),
    );
  if (isSite) return undefined;
  return {
    title: 'Node.js application',
    because: 'package.json',
    runtime: 'nodejs',
    requirements: REQUIREMENTS,
    // A build brings its packages along.
    setup: !isBuilt && packages.length > 0 ? npmSetup(files) : [],
    start: start ?? ['exec npm start'],
    ...(isBuilt && {
      build: npmBuild(
        files,
        { artifacts: ['**/*'], excluded: ['.git/**/*'] },
        `npm prune --omit=dev ${QUIETLY}`,
      ),
    }),
    notes: [
      ...(start === undefined
        ? ['package.json has no script "start": add one, or write into deploy/run.sh how it starts.']
        : []),
      ...(isBuilt ? [buildNote('what npm run build makes, and its packages')] : []),
    ],
  };
}

/** A static site, by its index.html. An empty directory becomes one. @param name what the first page says */
export function siteKind(files: Files, name: string): ApplicationKind | undefined {
  const index = ['', 'public/', 'dist/', 'site/', 'www/', 'build/', '_site/'].find((one) =>
    has(files, `${one}index.html`),
  );
  if (index !== undefined)
    return staticKind(index === '' ? '.' : index.slice(0, -1), `${index}index.html`, []);
  if (files.length > 0) return undefined;
  const page = `<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>${name}</title>\n<h1>${name}</h1>\n`;
  const kind = staticKind('public', 'the directory is empty: a first page', []);
  return { ...kind, files: { ...kind.files, 'public/index.html': page } };
}
