import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { failureIn, writeDriver } from '../../../services/codebuild/build-script.ts';
import { parseBuildspec } from '../../../services/codebuild/buildspec.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) fs.rmSync(directory, { recursive: true, force: true });
});

/** Runs phases for real. @returns what the commands printed, and the first command that failed */
const run = (phases: object) => {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'lockstep-driver-'));
  directories.push(directory);
  const driver = writeDriver(directory, parseBuildspec(JSON.stringify({ version: 0.2, phases })));
  const { stdout, status } = spawnSync(driver, {
    cwd: directory,
    env: { PATH: process.env.PATH ?? '', LOCKSTEP_BUILD: directory },
    encoding: 'utf8',
  });
  const printed = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('[Container]'));
  return { printed, status, failure: failureIn(directory), log: stdout };
};

it('runs all phases in one shell, so that later commands have what earlier ones exported', () => {
  const { printed, failure, log } = run({
    install: { commands: ["export NAME='a b'", 'cd /'] },
    build: { commands: ['echo "$NAME in $(pwd)"', 'for i in 1 2; do\n  echo $i\ndone'] },
    post_build: { commands: ['echo ok $CODEBUILD_BUILD_SUCCEEDING'] },
  });
  expect(printed).toEqual(['a b in /', '1', '2', 'ok 1']);
  expect(failure).toBeUndefined();
  expect(log).toContain('[Container] Entering phase BUILD\n');
});

it('ends a phase at the command that fails, and runs what stands under finally', () => {
  const { printed, failure } = run({
    pre_build: { commands: ['echo one', 'sh -c "exit 3"', 'echo two'], finally: ['echo finally'] },
    build: { commands: ['echo build'] },
    post_build: { commands: ['echo post'] },
  });
  expect(printed).toEqual(['one', 'finally']);
  expect(failure).toEqual({ phase: 'pre_build', command: 'sh -c "exit 3"', exitCode: 3 });
});

it('runs post_build after a failed build, which it is told', () => {
  const { printed, failure } = run({
    build: { commands: ['false'] },
    post_build: { commands: ['echo $CODEBUILD_BUILD_SUCCEEDING'] },
  });
  expect(printed).toEqual(['0']);
  expect(failure).toMatchObject({ phase: 'build', command: 'false', exitCode: 1 });
});

it('goes on after a failed phase that says so', () => {
  const { printed, failure } = run({
    install: { commands: ['false'], 'on-failure': 'CONTINUE' },
    build: { commands: ['echo build'] },
  });
  expect(printed).toEqual(['build']);
  expect(failure).toMatchObject({ phase: 'install' });
});

it('notes a command that ends the shell itself', () => {
  const { printed, failure } = run({ build: { commands: ['echo one', 'exit 7', 'echo two'] } });
  expect(printed).toEqual(['one']);
  expect(failure).toEqual({ phase: 'build', command: 'exit 7', exitCode: 7 });
});
