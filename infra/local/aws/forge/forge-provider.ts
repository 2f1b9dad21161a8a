import type { Host } from '../host.ts';
import type { ConnectedProvider } from '../services/shared/connected-provider.ts';
import { archiveForgeCommit, forgeTables, readForgeBranches, readForgeCommits } from './repositories.ts';

/** The forge as connections reach it. */
export const forgeProvider = (host: Host): ConnectedProvider => {
  const isThere = (repository: string): boolean => forgeTables(host).repositories.has(repository);
  return {
    head: async (repository, branch) =>
      isThere(repository) ? (await readForgeBranches(host, repository))[`refs/heads/${branch}`] : undefined,
    commit: async (repository, commitId) =>
      isThere(repository)
        ? (await readForgeCommits(host, repository, commitId, { skip: 0, most: 1 }))?.[0]
        : undefined,
    archive: (repository, commitId) => archiveForgeCommit(host, repository, commitId),
  };
};
