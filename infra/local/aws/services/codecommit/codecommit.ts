import { pathToFileURL } from 'node:url';
import type {
  BatchGetCommitsInput,
  BatchGetCommitsOutput,
  GetBranchInput,
  GetBranchOutput,
  GetCommitInput,
  GetCommitOutput,
  GetDifferencesInput,
  GetDifferencesOutput,
  GetFileInput,
  GetFileOutput,
  GetRepositoryInput,
  GetRepositoryOutput,
} from '@aws-sdk/client-codecommit';
import { AwsError, type Host, type Operation, type Service } from '../../host.ts';
import { arnOf } from '../shared/arns.ts';
import { page } from '../shared/paging.ts';
import { createPushes, type Pushes } from './pushes.ts';
import {
  archiveCommit,
  readBranches,
  readCommit,
  readCommits,
  readDifferences,
  readFile,
} from './read-repository.ts';
import { findRepository, repositoryPath } from './repositories.ts';
import { createCodeCommitResources } from './resources.ts';

/** Argument of `UploadArchive`, which AWS has as a permission and lets only CodePipeline call. */
interface UploadArchiveInput {
  readonly repositoryName: string;
  readonly commitId: string;
}

/** A commit's files as a zip archive. */
interface UploadArchiveOutput {
  readonly archive: Uint8Array;
}

/** CodeCommit, as the run asks it for more than its AWS operations. */
interface CodeCommitService extends Service, Pick<Pushes, 'pushAgain'> {}

/** Creates CodeCommit: real bare repositories below `<stateDir>/git`, whose pushes raise events. */
export const createCodeCommitService = (host: Host): CodeCommitService => {
  const pushes = createPushes(host);
  const pageError = { errorName: 'InvalidContinuationTokenException' };
  const on =
    (action: string) =>
    ({ repositoryName = '*' }: { readonly repositoryName?: string | undefined }) => ({
      action: `codecommit:${action}`,
      resource: arnOf(host, 'codecommit', repositoryName),
    });

  const getRepository: Operation<GetRepositoryInput, GetRepositoryOutput> = {
    requires: on('GetRepository'),
    run: async ({ repositoryName }) => {
      const repository = findRepository(host, repositoryName);
      const branches = Object.keys(await readBranches(host, repository.name));
      const defaultBranch = branches.includes('main') ? 'main' : branches[0];
      const url = pathToFileURL(repositoryPath(host, repository.name)).href;
      return {
        repositoryMetadata: {
          accountId: host.accountId,
          repositoryId: repository.id,
          repositoryName: repository.name,
          repositoryDescription: repository.description,
          ...(defaultBranch !== undefined && { defaultBranch }),
          creationDate: new Date(repository.createdAt),
          lastModifiedDate: new Date(repository.createdAt),
          cloneUrlHttp: url,
          cloneUrlSsh: url,
          Arn: repository.arn,
        },
      };
    },
  };

  const getBranch: Operation<GetBranchInput, GetBranchOutput> = {
    requires: on('GetBranch'),
    run: async ({ repositoryName = '', branchName = '' }) => {
      const commitId = (await readBranches(host, repositoryName))[branchName];
      if (commitId === undefined)
        throw new AwsError(
          'BranchDoesNotExistException',
          `Branch ${branchName} does not exist in ${repositoryName}`,
        );
      return { branch: { branchName, commitId } };
    },
  };

  const getCommit: Operation<GetCommitInput, GetCommitOutput> = {
    requires: on('GetCommit'),
    run: async ({ repositoryName = '', commitId }) => ({
      commit: await readCommit(host, repositoryName, commitId),
    }),
  };

  const batchGetCommits: Operation<BatchGetCommitsInput, BatchGetCommitsOutput> = {
    requires: on('BatchGetCommits'),
    run: async ({ repositoryName = '', commitIds = [] }) => {
      const found = await readCommits(host, repositoryName, commitIds);
      const missing = commitIds.filter((commitId) => !found.has(commitId));
      return {
        commits: [...found.values()],
        errors: missing.map((commitId) => ({
          commitId,
          errorCode: 'CommitIdDoesNotExistException',
          errorMessage: `The commit ${commitId} does not exist`,
        })),
      };
    },
  };

  const getDifferences: Operation<GetDifferencesInput, GetDifferencesOutput> = {
    requires: on('GetDifferences'),
    run: async (input) => {
      const {
        repositoryName = '',
        afterCommitSpecifier = '',
        beforeCommitSpecifier,
        beforePath,
        afterPath,
      } = input;
      const all = await readDifferences(host, repositoryName, afterCommitSpecifier, beforeCommitSpecifier);
      const within = (path: string | undefined, folder: string | undefined) =>
        folder === undefined || path === undefined || path === folder || path.startsWith(`${folder}/`);
      const wanted = all.filter(
        ({ beforeBlob, afterBlob }) =>
          within(beforeBlob?.path, beforePath) && within(afterBlob?.path, afterPath),
      );
      const { items, nextToken } = page(wanted, input.NextToken, input.MaxResults, pageError);
      return { differences: items, ...(nextToken && { NextToken: nextToken }) };
    },
  };

  const getFile: Operation<GetFileInput, GetFileOutput> = {
    requires: on('GetFile'),
    // Without a commit, AWS takes the default branch.
    run: ({ repositoryName = '', filePath = '', commitSpecifier = 'main' }) =>
      readFile(host, repositoryName, commitSpecifier, filePath),
  };

  const uploadArchive: Operation<UploadArchiveInput, UploadArchiveOutput> = {
    requires: (input) => [on('UploadArchive')(input), on('GetUploadArchiveStatus')(input)],
    run: async ({ repositoryName, commitId }) => {
      const { commitId: id } = await readCommit(host, repositoryName, commitId);
      return { archive: await archiveCommit(host, repositoryName, id) };
    },
  };

  return {
    name: 'codecommit',
    operations: {
      GetRepository: getRepository,
      GetBranch: getBranch,
      GetCommit: getCommit,
      BatchGetCommits: batchGetCommits,
      GetDifferences: getDifferences,
      GetFile: getFile,
      UploadArchive: uploadArchive,
    },
    resources: createCodeCommitResources(host),
    start: pushes.start,
    stop: pushes.stop,
    pushAgain: pushes.pushAgain,
  };
};
