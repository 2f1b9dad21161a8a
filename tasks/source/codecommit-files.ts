import {
  type CodeCommitClient,
  FileDoesNotExistException,
  FileTooLargeException,
  GetFileCommand,
} from '@aws-sdk/client-codecommit';
import { ignoring } from '../ignoring.ts';

/** A file in a commit; undefined if there is none, or if it is too large to be read (6 MB). */
export type ReadFile = (commitId: string, path: string) => Promise<Uint8Array | undefined>;

/** Reads files of a CodeCommit repository. */
export const createCodeCommitFiles =
  (repositoryName: string, client: Pick<CodeCommitClient, 'send'>): ReadFile =>
  async (commitId, path) =>
    (
      await client
        .send(new GetFileCommand({ repositoryName, commitSpecifier: commitId, filePath: path }))
        .catch(ignoring(FileDoesNotExistException))
        .catch(ignoring(FileTooLargeException))
    )?.fileContent;
