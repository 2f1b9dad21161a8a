import type {
  BatchGetBuildsInput,
  BatchGetBuildsOutput,
  Build,
  StartBuildInput,
  StartBuildOutput,
  StopBuildInput,
  StopBuildOutput,
} from '@aws-sdk/client-codebuild';
import { AwsError, type Host, type Operation, type Service } from '../../host.ts';
import { stableUuid } from '../shared/ids.ts';
import { createBuilder } from './builder.ts';
import { type BuildRecord, buildArn, buildUrl, projectArn, tablesOf } from './records.ts';
import { projectProvider } from './resources.ts';

/** Creates CodeBuild: runs the commands of a buildspec in a directory of this machine. */
export const createCodeBuildService = (host: Host): Service => {
  const { projects, builds } = tablesOf(host);
  const builder = createBuilder(host);
  const onProject = (action: string, name = '') => ({
    action: `codebuild:${action}`,
    resource: projectArn(host, name),
  });
  const projectOf = (buildId = '') => buildId.split('/').at(-1)?.split(':')[0];

  const start: Operation<StartBuildInput, StartBuildOutput> = {
    requires: ({ projectName }) => onProject('StartBuild', projectName),
    run: ({
      projectName = '',
      sourceLocationOverride = '',
      sourceVersion,
      idempotencyToken,
      environmentVariablesOverride = [],
    }) => {
      const project = projects.get(projectName);
      if (!project)
        throw new AwsError('ResourceNotFoundException', `Project cannot be found: ${projectName}`);
      const [bucket = '', ...key] = sourceLocationOverride.split('/');
      if (key.length === 0)
        throw new AwsError(
          'InvalidInputException',
          `sourceLocationOverride must be <bucket>/<key>; received ${JSON.stringify(sourceLocationOverride)}`,
        );
      const number = builds.values().filter((build) => build.project.name === projectName).length + 1;
      const id = `${projectName}:${stableUuid('codebuild', projectName, idempotencyToken ?? number)}`;
      if (!builds.has(id))
        builds.put(id, {
          id,
          number,
          project: withOverrides(project, environmentVariablesOverride),
          source: { bucket, key: key.join('/') },
          ...(sourceVersion !== undefined && { sourceVersion }),
          status: 'IN_PROGRESS',
          startedAt: host.clock.now(),
        });
      builder.launch(id);
      return { build: describe(host, builds.get(id)) };
    },
  };

  const batchGet: Operation<BatchGetBuildsInput, BatchGetBuildsOutput> = {
    requires: ({ ids = [] }) => ids.map((id) => onProject('BatchGetBuilds', projectOf(id))),
    run: ({ ids = [] }) => ({
      builds: ids.flatMap((id) => describe(host, builds.get(id)) ?? []),
      buildsNotFound: ids.filter((id) => !builds.has(id)),
    }),
  };

  const stop: Operation<StopBuildInput, StopBuildOutput> = {
    requires: ({ id }) => onProject('StopBuild', projectOf(id)),
    run: async ({ id = '' }) => {
      if (!builds.has(id)) throw new AwsError('ResourceNotFoundException', `Build cannot be found: ${id}`);
      await builder.stopBuild(id);
      return { build: describe(host, builds.get(id)) };
    },
  };

  return {
    name: 'codebuild',
    operations: { StartBuild: start, BatchGetBuilds: batchGet, StopBuild: stop },
    resources: { 'AWS::CodeBuild::Project': projectProvider(host) },
    start: () => {
      for (const id of builds.keys()) builder.launch(id);
    },
    stop: builder.stop,
  };
};

/** The project as one build has it: variables that the start gives replace those of the same name. */
const withOverrides = (
  project: BuildRecord['project'],
  overrides: NonNullable<StartBuildInput['environmentVariablesOverride']>,
): BuildRecord['project'] => ({
  ...project,
  variables: [
    ...project.variables.filter(({ name }) => !overrides.some((one) => one.name === name)),
    ...overrides.map(({ name = '', value = '', type }) => ({
      name,
      value,
      type: type === 'PARAMETER_STORE' ? ('PARAMETER_STORE' as const) : ('PLAINTEXT' as const),
    })),
  ],
});

const describe = (host: Host, build: BuildRecord | undefined): Build | undefined =>
  build && {
    id: build.id,
    arn: buildArn(host, build.id),
    buildNumber: build.number,
    projectName: build.project.name,
    buildStatus: build.status,
    buildComplete: build.status !== 'IN_PROGRESS',
    currentPhase: build.status === 'IN_PROGRESS' ? 'BUILD' : 'COMPLETED',
    startTime: new Date(build.startedAt),
    ...(build.endedAt !== undefined && { endTime: new Date(build.endedAt) }),
    ...(build.sourceVersion !== undefined && { resolvedSourceVersion: build.sourceVersion }),
    ...(build.failure && {
      phases: [
        {
          phaseType: build.failure.phase as NonNullable<Build['phases']>[number]['phaseType'],
          phaseStatus: build.status === 'TIMED_OUT' ? ('TIMED_OUT' as const) : ('FAILED' as const),
          contexts: [{ statusCode: build.failure.code, message: build.failure.message }],
        },
      ],
    }),
    logs: { deepLink: buildUrl(host, build.id) },
  };
