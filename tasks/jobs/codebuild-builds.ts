import {
  BatchGetBuildsCommand,
  CodeBuildClient,
  ListBuildsForProjectCommand,
  StartBuildCommand,
} from '@aws-sdk/client-codebuild';
import type { CodeBuilds } from './code-build.ts';

/** Variable of a build that holds the token that it was started with: CodeBuild itself forgets the token after five minutes. */
const TOKEN_VARIABLE = 'LOCKSTEP_CLIENT_TOKEN';

/** Builds in CodeBuild. The newest 100 of a project are looked through: far more than start within a redrive's time. */
export const createCodeBuilds = (client = new CodeBuildClient({})): CodeBuilds => ({
  start: async ({ projectName, commitId }, idempotencyToken) => {
    const { build } = await client.send(
      new StartBuildCommand({
        projectName,
        sourceVersion: commitId,
        idempotencyToken,
        environmentVariablesOverride: [{ name: TOKEN_VARIABLE, value: idempotencyToken, type: 'PLAINTEXT' }],
      }),
    );
    if (build?.id === undefined)
      throw new Error(`CodeBuild started ${projectName} without naming the build; try again`);
    return build.id;
  },
  startedWith: async (projectName, clientToken) => {
    const { ids = [] } = await client.send(
      new ListBuildsForProjectCommand({ projectName, sortOrder: 'DESCENDING' }),
    );
    if (ids.length === 0) return undefined;
    const { builds = [] } = await client.send(new BatchGetBuildsCommand({ ids: ids.slice(0, 100) }));
    return builds.find(({ environment }) =>
      environment?.environmentVariables?.some(
        ({ name, value }) => name === TOKEN_VARIABLE && value === clientToken,
      ),
    )?.id;
  },
  build: async (id) => (await client.send(new BatchGetBuildsCommand({ ids: [id] }))).builds?.[0],
});
