import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { UsageError } from '../../../../cli/arguments.ts';
import {
  existingApplication,
  isPushed,
  nameRemote,
  push,
} from '../../../../infra/local/run/application-source.ts';
import { git } from '../../../../infra/local/run/git.ts';

describe('application to promote', () => {
  let directory: string;
  beforeEach(() => {
    directory = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'lockstep-app-')));
  });
  afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

  const commit = async (file: string) => {
    fs.writeFileSync(path.join(directory, file), 'version: 0.0\n');
    await git(directory, ['add', '--all']);
    await git(directory, [
      '-c',
      'user.name=Dana',
      '-c',
      'user.email=dana@example.com',
      'commit',
      '--quiet',
      '-m',
      file,
    ]);
  };

  it.each<[string, () => Promise<unknown> | undefined, string]>([
    [
      'a directory that does not exist',
      async () => fs.rmSync(directory, { recursive: true }),
      'there is no such directory',
    ],
    ['a directory that is no repository', () => undefined, 'takes a git working tree'],
    ['a repository without a commit', () => git(directory, ['init', '--quiet']), 'has no commit yet'],
    [
      'a commit without appspec.yml',
      async () => {
        await git(directory, ['init', '--quiet']);
        await commit('README.md');
      },
      'has no appspec.yml at its root',
    ],
  ])('fails on %s with what to do', async (_, prepare, message) => {
    await prepare();
    await expect(existingApplication(directory)).rejects.toThrow(UsageError);
    await expect(existingApplication(directory)).rejects.toThrow(message);
  });

  it('fails on a folder below the root', async () => {
    await git(directory, ['init', '--quiet']);
    await commit('appspec.yml');
    const below = path.join(directory, 'below');
    fs.mkdirSync(below);
    await expect(existingApplication(below)).rejects.toThrow(
      `takes the root of a git working tree: that of ${below} is ${directory}`,
    );
  });

  it('pushes HEAD, and knows when there is nothing to push', async () => {
    await git(directory, ['init', '--quiet', '--initial-branch=work']);
    await commit('appspec.yml');
    const remote = path.join(directory, 'remote.git');
    await git(directory, ['init', '--quiet', '--bare', remote]);
    const source = await existingApplication(directory);
    expect(await isPushed(source, remote, 'main')).toBe(false);
    await push(source, remote, 'main');
    expect(await git(remote, ['rev-parse', 'refs/heads/main'])).toBe(source.commitId);
    expect(await isPushed(source, remote, 'main')).toBe(true);
  });

  it('makes a plain "git push" reach the branch', async () => {
    await git(directory, ['init', '--quiet', '--initial-branch=main']);
    await commit('appspec.yml');
    const remote = path.join(directory, 'remote.git');
    await git(directory, ['init', '--quiet', '--bare', remote]);
    await nameRemote(directory, remote, 'release');
    await nameRemote(directory, remote, 'release');
    await git(directory, ['push', '--quiet']);
    expect(await git(remote, ['rev-parse', 'refs/heads/release'])).toBe(
      await git(directory, ['rev-parse', 'HEAD']),
    );
  });
});
