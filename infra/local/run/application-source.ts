import fs from 'node:fs';
import path from 'node:path';
import { UsageError } from '../../../cli/arguments.ts';
import { GitError, git } from './git.ts';
import { developer } from './people.ts';

/** A git working tree to promote from. */
export interface ApplicationSource {
  /** The working tree's root. */
  readonly directory: string;
  /** 40 hexadecimal digits: what HEAD is. */
  readonly commitId: string;
}

const sampleDirectory = path.resolve(import.meta.dirname, './sample-app');

/** Who makes the sample's commits. */
const authorship = {
  GIT_AUTHOR_NAME: 'Dana',
  GIT_AUTHOR_EMAIL: developer.email,
  GIT_COMMITTER_NAME: 'Dana',
  GIT_COMMITTER_EMAIL: developer.email,
};

/**
 * The HEAD of a person's own working tree. Nothing in it is changed.
 * @param isBuilt whether a build makes what is deployed of a commit, and may put appspec.yml there
 * @throws UsageError if it is no git working tree, has no commit, or its root holds no appspec.yml
 */
export const existingApplication = async (
  directory: string,
  isBuilt: (source: ApplicationSource) => Promise<boolean> = async () => false,
): Promise<ApplicationSource> => {
  if (!fs.existsSync(directory)) {
    throw new UsageError(`--app names ${directory}, and there is no such directory.`);
  }
  const root = await git(directory, ['rev-parse', '--show-toplevel']).catch((error: unknown) => {
    throw new UsageError(
      `--app takes a git working tree, and ${directory} is none (${reason(error)}). Run "git init" there, commit, and try again.`,
    );
  });
  if (fs.realpathSync(root) !== fs.realpathSync(directory)) {
    throw new UsageError(
      `--app takes the root of a git working tree: that of ${directory} is ${root}. Name that, or run "git init" in ${directory}.`,
    );
  }
  const commitId = await git(directory, ['rev-parse', '--verify', '--end-of-options', 'HEAD^{commit}']).catch(
    () => {
      throw new UsageError(
        `The repository ${directory} has no commit yet. Commit something, with an appspec.yml at its root, and try again.`,
      );
    },
  );
  if (await isBuilt({ directory, commitId })) return { directory, commitId };
  await git(directory, ['cat-file', '-e', `${commitId}:appspec.yml`]).catch(() => {
    throw new UsageError(
      `The commit ${commitId.slice(0, 7)} of ${directory} has no appspec.yml at its root; CodeDeploy needs one to deploy it. ` +
        'Add it, commit, and try again.',
    );
  });
  return { directory, commitId };
};

/**
 * The sample application in a working tree of its own, made at the first call.
 * @param directory where the working tree is, or will be
 */
export const sampleApplication = async (directory: string): Promise<ApplicationSource> => {
  const complete = path.join(directory, '.git', 'lockstep-sample');
  if (!fs.existsSync(complete)) {
    fs.rmSync(directory, { recursive: true, force: true });
    fs.cpSync(sampleDirectory, directory, { recursive: true });
    await git(directory, ['init', '--quiet', '--initial-branch=main']);
    const { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email } = authorship;
    const settings = `[user]\n\tname = ${name}\n\temail = ${email}\n[commit]\n\tgpgsign = false\n`;
    fs.appendFileSync(path.join(directory, '.git', 'config'), settings);
    await git(directory, ['add', '--all']);
    await git(directory, ['commit', '--quiet', '--message', 'Serve the sample application'], authorship);
    fs.writeFileSync(complete, '');
  }
  return { directory, commitId: await git(directory, ['rev-parse', 'HEAD']) };
};

/**
 * Names the repository as the working tree's remote `lockstep`, with the branch to push to, so that `git push` does it.
 * Only for the sample's own working tree.
 */
export const nameRemote = async (directory: string, remote: string, branch: string): Promise<void> => {
  const remotes = await git(directory, ['remote']);
  await git(directory, [
    'remote',
    remotes.split('\n').includes('lockstep') ? 'set-url' : 'add',
    'lockstep',
    remote,
  ]);
  await git(directory, ['config', 'branch.main.remote', 'lockstep']);
  await git(directory, ['config', 'branch.main.merge', `refs/heads/${branch}`]);
  await git(directory, ['config', 'push.default', 'upstream']);
};

/** Notes in a repository which branch of it is promoted, for its hook's words to the pusher. */
export const notePromotedBranch = async (repository: string, branch: string): Promise<void> => {
  await git(repository, ['config', 'lockstep.promotedBranch', branch]);
};

/** The machine's proxy and its store of passwords have no part in what stays on the machine. */
const overHttp = ['-c', 'http.proxy=', '-c', 'credential.helper='];

/** Whether the repository's branch is at the source's commit already, so that a push would tell nothing. */
export const isPushed = async (
  source: ApplicationSource,
  remote: string,
  branch: string,
): Promise<boolean> => {
  const before = await git(source.directory, [
    ...overHttp,
    'ls-remote',
    remote,
    `refs/heads/${branch}`,
  ]).catch(() => '');
  return before.startsWith(source.commitId);
};

/**
 * Pushes the source's commit to a branch of the repository.
 * @throws GitError with git's reason, for example a push that is no fast-forward
 */
export const push = async (source: ApplicationSource, remote: string, branch: string): Promise<void> => {
  await git(source.directory, [
    ...overHttp,
    'push',
    '--quiet',
    remote,
    `${source.commitId}:refs/heads/${branch}`,
  ]);
};

const reason = (error: unknown) => (error instanceof GitError ? error.message.split('\n')[0] : String(error));
