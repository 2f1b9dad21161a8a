import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

const run = (...args: readonly string[]) =>
  spawnSync(process.execPath, ['scripts/run.mjs', ...args], { cwd: root, encoding: 'utf8' });

it('runs a program with its arguments', () => {
  const { status, stdout } = run('infra/local/run/main.ts', '--help');
  expect(stdout).toContain('--unattended');
  expect(status).toBe(0);
});

it('fails with 2 on what is no program, and names those that are', () => {
  const { status, stderr } = run('infra/main.ts');
  expect(stderr).toContain('"infra/main.ts" is no program. These are: infra/local/run/main.ts, infra/app.ts');
  expect(status).toBe(2);
});
