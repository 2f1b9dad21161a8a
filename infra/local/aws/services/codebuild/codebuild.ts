import type {
  BatchGetBuildsInput,
  BatchGetBuildsOutput,
  Build,
  ListBuildsForProjectInput,
  ListBuildsForProjectOutput,
  SourceType,
  StartBuildInput,
  StartBuildOutput,
  StopBuildInput,
  StopBuildOutput,
} from '@aws-sdk/client-codebuild';
import { AwsError, type Host, type Operation, type Service } from '../../host.ts';
import type { ConnectedProvider } from '../shared/connected-provider.ts';
import { stableUuid } from '../shared/ids.ts';
import { metricsOf } from '../shared/metrics.ts';
import { createBuilder } from './builder.ts';
import {
  type BuildRecord,
  buildArn,
  buildUrl,
  type Project,
  projectArn,
  tablesOf,
  type Variable,
} from './records.ts';
import { projectProvider } from './resources.ts';

/** How long an idempotency token counts, in ms (API reference, `StartBuild`). */
const TOKEN_MS = 5 * 60_000;

/**
 * Creates CodeBuild: runs the commands of a buildspec in a directory of this machine.
 * @param connected what connections lead to
 */
export const createCodeBuildService = (host: Host, connected?: ConnectedProvider): Service => {
  const { projects, builds } = tablesOf(host);
  const builder = createBuilder(host, connected, (build) => {
    announce(host, build);
    measure(host, build);
  });
  const onProject = (action: string, name = '') => ({
    action: `codebuild:${action}`,
    resource: projectArn(host, name),
  });
  const projectOf = (buildId = '') => buildId.split('/').at(-1)?.split(':')[0];

  const start: Operation<StartBuildInput, StartBuildOutput> = {
    requires: ({ projectName }) => onProject('StartBuild', projectName),
    run: ({ projectName = '', sourceLocationOverride, sourceVersion, idempotencyToken: token, ...input }) => {
      const project = projects.get(projectName);
      if (!project)
        throw new AwsError('ResourceNotFoundException', `Project cannot be found: ${projectName}`);
      const own = builds.values().filter((build) => build.project.name === projectName);
      const known = own.find(
        (build) =>
          token !== undefined && build.token === token && host.clock.now() - build.startedAt < TOKEN_MS,
      );
      const number = own.length + 1;
      const id = known?.id ?? `${projectName}:${stableUuid('codebuild', projectName, token ?? '', number)}`;
      if (known === undefined) {
        const build: BuildRecord = {
          id,
          number,
          project,
          ...archiveOf(project, sourceLocationOverride),
          ...(sourceVersion !== undefined && { sourceVersion }),
          variables: (input.environmentVariablesOverride ?? []).map(
            ({ name = '', value = '', type = 'PLAINTEXT' }): Variable => ({ name, value, type }),
          ),
          ...(token !== undefined && { token }),
          isToFail: host.faults.take(projectName, id, builds.has),
          status: 'IN_PROGRESS',
          startedAt: host.clock.now(),
        };
        announce(host, build);
        builds.put(id, build);
      }
      builder.launch(id);
      return { build: describe(host, builds.get(id)) };
    },
  };

  const list: Operation<ListBuildsForProjectInput, ListBuildsForProjectOutput> = {
    requires: ({ projectName }) => onProject('ListBuildsForProject', projectName),
    run: ({ projectName, sortOrder = 'DESCENDING' }) => {
      const ids = builds
        .values()
        .filter(({ project }) => project.name === projectName)
        .sort((a, b) => a.number - b.number)
        .map(({ id }) => id);
      return { ids: (sortOrder === 'ASCENDING' ? ids : ids.reverse()).slice(0, 100) };
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
    operations: {
      StartBuild: start,
      BatchGetBuilds: batchGet,
      ListBuildsForProject: list,
      StopBuild: stop,
    },
    resources: { 'AWS::CodeBuild::Project': projectProvider(host) },
    start: () => {
      for (const id of builds.keys()) builder.launch(id);
    },
    stop: builder.stop,
  };
};

/** The archive that a build is started with; a project of pipelines has no other source. */
const archiveOf = (project: Project, location: string | undefined): Pick<BuildRecord, 'source'> => {
  if (location === undefined && project.source.type !== 'CODEPIPELINE') return {};
  const [bucket = '', ...key] = (location ?? '').split('/');
  if (key.length === 0)
    throw new AwsError(
      'InvalidInputException',
      `sourceLocationOverride must be <bucket>/<key>; received ${JSON.stringify(location ?? '')}`,
    );
  return { source: { bucket, key: key.join('/') } };
};

/**
 * Tells the event bus of a build's start or end; the id is stable, so telling again after a crash is harmless.
 * @see https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications.html
 */
const announce = (host: Host, build: BuildRecord): void =>
  host.emit({
    id: stableUuid('codebuild', build.id, build.status),
    source: 'aws.codebuild',
    detailType: 'CodeBuild Build State Change',
    resources: [buildArn(host, build.id)],
    detail: {
      'build-status': build.status,
      'project-name': build.project.name,
      'build-id': buildArn(host, build.id),
      'current-phase': build.status === 'IN_PROGRESS' ? 'SUBMITTED' : 'COMPLETED',
      version: '1',
    },
  });

/** Builds that somebody stopped are no failures. */
const measure = (host: Host, { status, project }: BuildRecord): void => {
  if (status === 'STOPPED') return;
  const name = status === 'SUCCEEDED' ? 'SucceededBuilds' : 'FailedBuilds';
  metricsOf(host).add({ namespace: 'AWS/CodeBuild', name, dimensions: { ProjectName: project.name } }, 1);
};

const describeSource = ({ source, buildspec }: Project): Build['source'] => {
  switch (source.type) {
    case 'CODEPIPELINE':
      return { type: source.type, buildspec };
    case 'S3':
      return { type: source.type, location: `${source.bucket}/${source.key}`, buildspec };
    case 'CODECOMMIT':
      return { type: source.type, location: source.location, buildspec };
    case 'CONNECTION':
      return { type: source.provider as SourceType, location: source.location, buildspec };
  }
};

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
    environment: {
      type: 'LINUX_CONTAINER',
      image: 'this machine',
      computeType: 'BUILD_GENERAL1_SMALL',
      environmentVariables: [...build.project.variables, ...build.variables],
    },
    ...(build.artifact && {
      artifacts: {
        location: `arn:${host.partition}:s3:::${build.artifact.bucket}/${build.artifact.key}`,
        sha256sum: build.artifact.sha256,
        md5sum: build.artifact.md5,
      },
    }),
    source: describeSource(build.project),
    ...(build.sourceVersion !== undefined && {
      sourceVersion: build.sourceVersion,
      // Of an object in S3 there is no other.
      ...(build.project.source.type !== 'S3' && { resolvedSourceVersion: build.sourceVersion }),
    }),
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
