import {
  type CodeCommitClient,
  FileDoesNotExistException,
  FileTooLargeException,
  GetFileCommand,
} from '@aws-sdk/client-codecommit';
import { ignoring } from '../ignoring.ts';
import type { ReadFile } from './source.ts';

/** Reads files of a CodeCommit repository, of at most 6 MB. */
export const createCodeCommitFiles =
  (repositoryName: string, client: Pick<CodeCommitClient, 'send'>): ReadFile =>
  async (commitId, path) =>
    (
      await client
        .send(new GetFileCommand({ repositoryName, commitSpecifier: commitId, filePath: path }))
        .catch(ignoring(FileDoesNotExistException))
        .catch(ignoring(FileTooLargeException))
    )?.fileContent;
