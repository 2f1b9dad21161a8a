import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { readConfig } from '../../infra/config.ts';
import { runIn } from './run-in.ts';

let directory: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'lockstep-init-'));
});
afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

const run = (...args: string[]) => runIn(directory, args);
const at = (name: string) => path.join(directory, name);
const read = (name: string) => fs.readFileSync(at(name), 'utf8');
const write = (files: Readonly<Record<string, string>>) => {
  fs.mkdirSync(at('shop'), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(at(`shop/${name}`)), { recursive: true });
    fs.writeFileSync(at(`shop/${name}`), text);
  }
};

type Files = Readonly<Record<string, string>>;
const pom = '<project><artifactId>shop</artifactId></project>';
const nodeServer = "if (url === '/healthz') end(); listen(process.env.PORT ?? 8080);\n";

const kinds: readonly (readonly [string, Files, object, string])[] = [
  [
    'Node.js with a plain start',
    { 'package.json': '{"scripts":{"start":"node server.js"}}', 'server.js': nodeServer },
    { runtime: 'nodejs', port: 8080, healthCheckPath: '/healthz' },
    'exec node server.js',
  ],
  [
    'Node.js with packages and a build',
    {
      'package.json':
        '{"scripts":{"start":"NODE_ENV=production node dist/x.js","build":"tsc"},"dependencies":{"x":"1"}}',
      'package-lock.json': '{}',
      'src/server.ts': nodeServer,
    },
    { runtime: 'nodejs', port: 8080, healthCheckPath: '/healthz' },
    'exec npm start',
  ],
  [
    'Node.js that listens on a port of its own',
    { 'package.json': '{"main":"index.js"}', 'index.js': 'app.listen(3000)\n' },
    { runtime: 'nodejs', port: 3000, healthCheckPath: '/' },
    'exec node index.js',
  ],
  [
    'Java with Maven',
    { 'pom.xml': `${pom}<!-- spring-boot-starter-actuator -->`, mvnw: '#!/bin/sh\n' },
    { runtime: 'java', port: 8080, healthCheckPath: '/actuator/health', build: {} },
    'exec java -jar "$jar"',
  ],
  [
    'Java with Gradle',
    { 'build.gradle.kts': '' },
    { runtime: 'java', healthCheckPath: '/' },
    'find build/libs',
  ],
  [
    'Python with Flask and gunicorn',
    { 'requirements.txt': 'Flask==3\ngunicorn\n', 'app.py': "app = Flask(__name__)\n@app.get('/health')\n" },
    { runtime: 'python', port: 8080, healthCheckPath: '/health' },
    `gunicorn --bind "\${HOST:-0.0.0.0}":"$PORT" app:app`,
  ],
  [
    'Python with FastAPI',
    {
      'pyproject.toml': '[project]\nname = "x"\ndependencies = ["fastapi", "uvicorn"]\n',
      'api/main.py': "api = fastapi.FastAPI()\n@api.get('/ping')\n",
    },
    { runtime: 'python', healthCheckPath: '/ping' },
    '--port "$PORT" api.main:api',
  ],
  [
    'Python with Django',
    {
      'requirements.txt': 'django\n',
      'manage.py': '',
      'shop/wsgi.py': '',
      'shop/urls.py': "path('/status')",
    },
    { runtime: 'python', healthCheckPath: '/status' },
    'exec python manage.py runserver --noreload',
  ],
  [
    'Python with a Procfile',
    { 'requirements.txt': 'x\n', Procfile: 'web: waitress-serve --port=$PORT a:b\n' },
    { runtime: 'python' },
    'exec waitress-serve --port=$PORT a:b',
  ],
  [
    'Go',
    { 'go.mod': 'module x\n', 'cmd/shop/main.go': 'package main\nhttp.HandleFunc("/health", ok)\n' },
    { healthCheckPath: '/health', build: {} },
    'exec bin/shop',
  ],
  [
    'a static site',
    { 'public/index.html': '<h1>x</h1>' },
    { runtime: 'nodejs', healthCheckPath: '/health' },
    'exec node deploy/serve.mjs public',
  ],
  [
    'a static site at the root',
    { 'index.html': '<h1>x</h1>' },
    { runtime: 'nodejs' },
    'exec node deploy/serve.mjs .',
  ],
  [
    'a site that Vite builds',
    {
      'index.html': '',
      'package.json': '{"scripts":{"build":"vite build","dev":"vite"},"devDependencies":{"vite":"7"}}',
    },
    { runtime: 'nodejs', healthCheckPath: '/health', build: {} },
    'exec node deploy/serve.mjs dist',
  ],
  ['nothing yet', {}, { runtime: 'nodejs', healthCheckPath: '/health' }, 'exec node deploy/serve.mjs public'],
];

describe.each(kinds)('%s', (_, files, entry, start) => {
  beforeEach(() => write(files));

  it('becomes promotable: what is written passes the check, and the configuration is valid', async () => {
    const { code, out, error } = await run('init', 'shop', '--write-configuration', 'c.json', '--json');
    expect([code, error]).toEqual([0, '']);
    const { application } = JSON.parse(out) as { application: object };
    expect(application).toMatchObject({ name: 'shop', ...entry });
    expect(read('shop/deploy/run.sh')).toContain(start);
    const configuration = JSON.parse(read('c.json')) as { applications: unknown[] };
    expect(configuration.applications).toEqual([application]);
    expect(() => readConfig(configuration)).not.toThrow();
    const checked = await run('check', 'shop', '--config', 'c.json', '--json');
    const { findings } = JSON.parse(checked.out) as { findings: { severity: string }[] };
    expect(findings).toEqual([]);
  });

  it('gets scripts that a shell can read, and keeps every file at the second time', async () => {
    await run('init', 'shop');
    const names = fs.readdirSync(at('shop'), { recursive: true, encoding: 'utf8' }).sort();
    const scripts = names.filter((name) => name.startsWith('deploy/') && name.endsWith('.sh'));
    expect(scripts).toHaveLength(7);
    for (const name of scripts) execFileSync('sh', ['-n', at(`shop/${name}`)]);
    const before = names.map((name) => fs.statSync(at(`shop/${name}`)).mtimeMs);
    const { code, out } = await run('init', 'shop', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ application: { name: 'shop', ...entry }, written: [] });
    expect(fs.readdirSync(at('shop'), { recursive: true, encoding: 'utf8' }).sort()).toEqual(names);
    expect(names.map((name) => fs.statSync(at(`shop/${name}`)).mtimeMs)).toEqual(before);
  });
});

it('writes a buildspec for compiled languages, whose artifact has what is deployed', async () => {
  write({ 'pom.xml': pom });
  const { out } = await run('init', 'shop');
  expect(parse(read('shop/buildspec.yml'))).toEqual({
    version: 0.2,
    phases: {
      install: { 'runtime-versions': { java: 'corretto21' } },
      build: { commands: ['mvn -B package'] },
    },
    artifacts: { files: ['appspec.yml', 'deploy/**/*', 'target/*.jar'] },
  });
  expect(out).toContain('The commit lacks target/*.jar. buildspec.yml makes it, once for each commit');
  expect(out).toContain('"build":{}');
});

it.each<[string, Files, boolean]>([
  ['Maven without a main class', { 'pom.xml': pom }, true],
  ['Maven with one', { 'pom.xml': '<project><mainClass>Shop</mainClass></project>' }, false],
  ['Spring Boot with Maven', { 'pom.xml': '<artifactId>spring-boot-maven-plugin</artifactId>' }, false],
  ['modules, one with Spring Boot', { 'pom.xml': pom, 'web/pom.xml': 'spring-boot-maven-plugin' }, false],
  ['Gradle without a main class', { 'build.gradle': "plugins { id 'application' }" }, true],
  ['Spring Boot with Gradle', { 'build.gradle': "plugins { id 'org.springframework.boot' }" }, false],
])('says of a jar that java cannot start, and of no other: %s', async (_, files, isSaid) => {
  write(files);
  const { notes } = JSON.parse((await run('init', 'shop', '--json')).out) as { notes: string[] };
  expect(notes.some((note) => note.includes('names no main class'))).toBe(isSaid);
});

it('leaves files that are there, and says so', async () => {
  write({ 'index.html': 'x', 'deploy/run.sh': 'mine', 'buildspec.yml': 'mine' });
  const { out } = await run('init', 'shop');
  expect(out).toContain('There already, and left as they are:\n  deploy/run.sh\n');
  expect([read('shop/deploy/run.sh'), read('shop/buildspec.yml')]).toEqual(['mine', 'mine']);
});

it('adds nothing to an application that has an appspec.yml of its own', async () => {
  write({ 'index.html': 'x', 'appspec.yml': 'version: 0.0\nos: linux\n' });
  const { code, out } = await run('init', 'shop');
  expect([code, fs.readdirSync(at('shop')).sort()]).toEqual([0, ['appspec.yml', 'index.html']]);
  expect(out).toContain('It has an appspec.yml of its own, so nothing was added.');
});

it('writes through no link', async () => {
  write({ 'index.html': 'x' });
  fs.mkdirSync(at('elsewhere'));
  fs.symlinkSync(at('elsewhere'), at('shop/deploy'));
  expect(await run('init', 'shop')).toMatchObject({
    code: 1,
    error: expect.stringContaining('deploy is a link'),
  });
  expect(fs.readdirSync(at('elsewhere'))).toEqual([]);
  expect(fs.readdirSync(at('shop')).sort()).toEqual(['deploy', 'index.html']);
});

it('works in a git repository, and changes nothing of it', async () => {
  write({ 'index.html': 'x' });
  execFileSync('git', ['-C', at('shop'), 'init', '--quiet']);
  const { code, out } = await run('init', 'shop');
  expect(code).toBe(0);
  expect(out).toContain('\n  git -C shop add --all');
  const status = execFileSync('git', ['-C', at('shop'), 'status', '--porcelain'], { encoding: 'utf8' });
  expect(status.split('\n').sort()).toEqual(['', '?? appspec.yml', '?? deploy/', '?? index.html']);
});

it('takes a name that the configuration takes', async () => {
  fs.mkdirSync(at('2nd Shop_of.Things with a very long name'));
  const { out } = await run('init', '2nd Shop_of.Things with a very long name', '--json');
  expect(JSON.parse(out)).toMatchObject({ application: { name: 'nd-shop-of-things-with-a' } });
  write({});
  const named = await run('init', 'shop', '--application', 'orders');
  expect([named.code, fs.existsSync(at('shop/deploy/orders.service'))]).toEqual([0, true]);
});

it.each<[string, string[], string]>([
  ['an application of no known kind', ['init', 'shop'], 'Looked for package.json, pom.xml'],
  [
    'a name that the configuration does not take',
    ['init', 'shop', '--application', 'My_App'],
    'got "My_App"',
  ],
  ['a directory that is not there', ['init', 'none'], 'none: there is no such directory'],
])('ends with 1 for %s, and writes nothing', async (_, args, message) => {
  write({ 'README.md': 'x' });
  expect(await run(...args)).toMatchObject({ code: 1, error: expect.stringContaining(message) });
  expect(fs.readdirSync(at('shop'))).toEqual(['README.md']);
});

it('writes no configuration over a file', async () => {
  write({});
  fs.writeFileSync(at('c.json'), 'mine');
  expect(await run('init', 'shop', '--write-configuration', 'c.json')).toMatchObject({
    code: 1,
    error: expect.stringContaining('c.json: it exists already'),
  });
  expect(read('c.json')).toBe('mine');
});
