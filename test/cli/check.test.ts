import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runIn } from './run-in.ts';

let directory: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'lockstep-check-'));
});
afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

const run = (...args: string[]) => runIn(directory, args);

const write = (name: string, text: string, mode = 0o644) => {
  const file = path.join(directory, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text, { mode });
};
const git = (...args: string[]) => execFileSync('git', ['-C', path.join(directory, 'app'), ...args]);

const sample = path.resolve(import.meta.dirname, '../../infra/local/run/sample-app');

const hook = (location: string) =>
  `version: 0.0\nos: linux\nfiles:\n  - source: /\n    destination: /opt/app\nhooks:\n  ValidateService:\n    - location: ${location}\n      timeout: 9\n`;

it('ends with 0 for the sample application, and tells only what QAT cannot try', async () => {
  const { code, out, error } = await run('check', sample);
  expect([code, error]).toEqual([0, '']);
  expect(out).toContain(
    'Compared with orders of cdk.json: port 8080, health check /health, runtime nodejs, built by buildspec.yml.',
  );
  expect(out).toContain('appspec.yml:35 (BeforeBlockTraffic)');
  expect(out).toMatch(/\n2 notes\.$/);
});

it('ends with 1 if CodeDeploy would fail, and says where', async () => {
  write('app/appspec.yml', 'version: "0.0"\nos: linux\n');
  const { code, out } = await run('check', 'app');
  expect(code).toBe(1);
  expect(out).toContain(
    'CodeDeploy would fail:\n  appspec.yml:1 (BeforeInstall)\n    The deployment failed because an invalid version',
  );
  const { code: again, out: json } = await run('check', 'app', '--json');
  expect(again).toBe(1);
  expect(JSON.parse(json)).toMatchObject({
    wouldFail: true,
    files: 1,
    application: { name: 'orders' },
    findings: [{ severity: 'error', file: 'appspec.yml', line: 1, event: 'BeforeInstall' }, {}],
  });
});

it('reads a byte order mark as CodeDeploy does', async () => {
  write('app/appspec.yml', '\ufeffversion: 0.0\nos: linux\n');
  expect(await run('check', 'app')).toMatchObject({
    code: 1,
    out: expect.stringContaining('begins with a byte order mark'),
  });
});

it('ends with 0 if there are warnings alone', async () => {
  write('app/appspec.yml', hook('v.sh'));
  write('app/v.sh', '#!/bin/sh\n./validate &\n', 0o755);
  const { code, out } = await run('check', 'app');
  expect(code).toBe(0);
  expect(out).toContain('Likely to go wrong:\n');
  expect(out).toContain('  v.sh:2 (ValidateService)\n    "./validate" depends on the working directory');
});

it('runs nothing: no script, and nothing that the repository configures', async () => {
  write('app/appspec.yml', hook('v.sh'));
  const touch = `#!/bin/sh\ntouch ${path.join(directory, 'was-run')}\n`;
  write('app/v.sh', touch, 0o755);
  write('evil.sh', touch, 0o755);
  git('init', '--quiet');
  for (const key of ['core.fsmonitor', 'core.sshCommand', 'filter.x.clean'])
    git('config', key, path.join(directory, 'evil.sh'));
  write('app/.gitattributes', '* filter=x\n');
  expect(await run('check', 'app')).toMatchObject({ code: 0 });
  expect(fs.existsSync(path.join(directory, 'was-run'))).toBe(false);
});

it('takes what git ignores for missing, as a commit lacks it', async () => {
  write('app/appspec.yml', hook('dist/v.sh'));
  write('app/dist/v.sh', '#!/bin/sh\n', 0o755);
  expect(await run('check', 'app')).toMatchObject({ code: 0 });
  git('init', '--quiet');
  write('app/.gitignore', 'dist\n');
  expect(await run('check', 'app')).toMatchObject({
    code: 1,
    out: expect.stringContaining('hooks.ValidateService[0].location: dist/v.sh is not in the revision'),
  });
});

it('reads no file that a link leads to', async () => {
  write('app/appspec.yml', hook('v.sh'));
  write('secret', '-----BEGIN PRIVATE KEY-----\n');
  write('app/v.sh', '#!/bin/sh\n', 0o755);
  fs.symlinkSync(path.join(directory, 'secret'), path.join(directory, 'app/link'));
  expect((await run('check', 'app')).out).not.toContain('private key');
});

it('does not let names rewrite the terminal', async () => {
  write('app/appspec.yml', hook('v.sh'));
  write('app/v.sh', '#!/bin/sh\n', 0o755);
  write('app/\u001b[2J.pem', 'x');
  const { out } = await run('check', 'app');
  expect(out).toContain('\\u001b[2J.pem');
  expect(out).not.toContain('\u001b');
});

it('compares with the application and the file that are named', async () => {
  write('app/appspec.yml', hook('v.sh'));
  write('app/v.sh', '#!/bin/sh\njava -version\ncurl http://127.0.0.1/\n', 0o755);
  const applications = [
    { name: 'one', runtime: 'nodejs' },
    { name: 'two', runtime: 'java', port: 80, healthCheckPath: '/', image: { packages: ['a'] } },
  ];
  write('c.json', JSON.stringify({ applications }));
  write('cdk.json', JSON.stringify({ context: { lockstep: { applications } } }));
  expect((await run('check', 'app', '--config', 'c.json')).out).toContain('java is not in the image of one');
  for (const file of ['c.json', 'cdk.json'])
    expect((await run('check', 'app', '--config', file, '--application', 'two')).out).toMatch(
      new RegExp(
        `Compared with two of ${file}: port 80, health check /, runtime java.\n\nNothing is in the way.$`,
      ),
    );
});

it.each<[string, string[], string]>([
  ['a directory that is not there', ['check', 'none'], 'none: there is no such directory.'],
  ['a configuration that is not there', ['check', '.', '--config', 'x.json'], 'x.json cannot be read'],
  [
    'an application that is not there',
    ['check', '.', '--application', 'x'],
    'cdk.json has no application x; it has orders.',
  ],
])('ends with 1 for %s', async (_, args, message) => {
  expect(await run(...args)).toMatchObject({ code: 1, error: expect.stringContaining(message) });
});

it.each<[string, string[], string]>([
  ['no directory', ['check'], "check takes the application's directory"],
  ['two of them', ['check', 'a', 'b'], 'check does not take "b"'],
  [
    "another command's option",
    ['check', 'a', '--write-configuration', 'x'],
    '--write-configuration goes with init',
  ],
])('ends with 2 for %s', async (_, args, message) => {
  expect(await run(...args)).toMatchObject({ code: 2, error: expect.stringContaining(message) });
});
