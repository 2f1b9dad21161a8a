import type { Build, BuildPhase } from '@aws-sdk/client-codebuild';
import { accountOf, codeBuildLink, consoleLine, regionOf } from '../console-links.ts';
import type { FailureCode } from '../failure-cause.ts';
import type { JobParameters, SignBuildOutput, SignBuildRequest } from '../payloads.ts';
import { builtArchive } from './built-archive.ts';
import type { Inspection, JobActions } from './job-actions.ts';
import { jobErrors } from './job-errors.ts';

/** CodeBuild, as far as builds of revisions need it. */
export interface CodeBuilds {
  /** Starts a build of a revision, the same one for the same token within five minutes. @returns its id */
  readonly start: (parameters: JobParameters['code-build'], clientToken: string) => Promise<string>;
  /** The build that was started with a token, however long ago. @returns its id; undefined if there is none */
  readonly startedWith: (projectName: string, clientToken: string) => Promise<string | undefined>;
  readonly build: (id: string) => Promise<Build | undefined>;
}

/** Has a statement signed of where an archive comes from. @throws Error if that failed */
export type SignBuild = (request: SignBuildRequest) => Promise<SignBuildOutput>;

/** Phases before any command of the commit runs. */
const beforeCommands: ReadonlySet<string | undefined> = new Set([
  'SUBMITTED',
  'QUEUED',
  'PROVISIONING',
  'DOWNLOAD_SOURCE',
]);

/** Phases that run the commit's commands. */
const commands: ReadonlySet<string | undefined> = new Set(['INSTALL', 'PRE_BUILD', 'BUILD', 'POST_BUILD']);

/** CodeBuild's words when the files that the buildspec names as artifacts are not there. */
const noArtifacts = /no matching (artifact|base directory)/i;

/** Whose fault a failed phase is; undefined if nobody can tell. */
function codeOf({ phaseType, phaseStatus, contexts = [] }: BuildPhase): FailureCode | undefined {
  if (phaseStatus === 'FAULT' || phaseStatus === 'TIMED_OUT' || phaseStatus === 'STOPPED') return undefined;
  // The buildspec is the commit's.
  if (contexts.some(({ statusCode }) => statusCode === 'YAML_FILE_ERROR')) return 'CommitNotBuilt';
  if (beforeCommands.has(phaseType)) return 'BuildNotStarted';
  if (commands.has(phaseType)) return 'CommitNotBuilt';
  return contexts.some(({ message = '' }) => noArtifacts.test(message)) ? 'CommitNotBuilt' : undefined;
}

const failedPhase = ({ phases = [] }: Build): BuildPhase | undefined =>
  phases.find(({ phaseStatus }) => phaseStatus !== undefined && phaseStatus !== 'SUCCEEDED');

const phaseLine = ({ phaseType, contexts = [] }: BuildPhase): string =>
  `  ${phaseType}: ${
    contexts
      .map(({ statusCode, message }) => [statusCode, message].filter(Boolean).join(': '))
      .filter((text) => text !== '')
      .join('; ') || 'no reason was given'
  }`;

/** Builds of revisions. One has succeeded when a statement says where its archive comes from. */
export const codeBuild = (builds: CodeBuilds, signBuild: SignBuild): JobActions => {
  const inspect = async (id: string, promotionId: string): Promise<Inspection> => {
    const build = await builds.build(id);
    const failed = (
      text: string,
      code?: FailureCode,
      state: 'failed' | 'missing' = 'failed',
    ): Inspection => ({
      state,
      error: jobErrors.buildFailed,
      ...(code && { code }),
      cause: [
        `Build ${id} ${text}`,
        ...(build?.logs?.deepLink === undefined ? [] : [`Log: ${build.logs.deepLink}`]),
        ...(build?.arn === undefined
          ? []
          : consoleLine(codeBuildLink(regionOf(build.arn), accountOf(build.arn), id))),
      ].join('\n'),
    });
    if (build === undefined)
      return failed('no longer exists. A redrive builds again.', 'JobMissing', 'missing');
    const { buildStatus } = build;
    if (buildStatus === 'IN_PROGRESS') return { state: 'running' };
    if (buildStatus !== 'SUCCEEDED') {
      const phase = failedPhase(build);
      return failed(
        [`ended ${buildStatus ?? 'without a status'}.`, ...(phase ? [phaseLine(phase)] : [])].join('\n'),
        buildStatus === 'FAILED' && phase ? codeOf(phase) : undefined,
      );
    }
    const archive = builtArchive(build);
    if (archive === undefined)
      return failed(
        "succeeded and made nothing: the buildspec's `artifacts` say which files are deployed, appspec.yml among them.",
        'CommitNotBuilt',
      );
    const signed = await signBuild({ promotionId, buildId: id });
    if (signed.isGone)
      return failed(
        `succeeded, but ${archive.key} in ${archive.bucket} does not exist any more. A redrive builds again.`,
        'JobMissing',
      );
    return {
      state: 'succeeded',
      output: { ...archive, version: signed.version, statement: signed.statement },
    };
  };
  return {
    startError: jobErrors.buildFailed,
    start: async (job) => {
      const parameters = job.parameters as JobParameters['code-build'];
      const { clientToken } = job;
      return (
        (await builds.startedWith(parameters.projectName, clientToken)) ??
        builds.start(parameters, clientToken)
      );
    },
    inspect: (id, _live, { promotionId }) => inspect(id, promotionId),
  };
};
