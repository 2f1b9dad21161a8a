import type { Build, BuildPhase } from '@aws-sdk/client-codebuild';
import { accountOf, codeBuildLink, consoleLine, regionOf } from '../console-links.ts';
import type { FailureCode } from '../failure-cause.ts';
import type { BuiltRevision, JobParameters } from '../payloads.ts';
import type { Inspection, JobActions } from './job-actions.ts';
import { jobErrors } from './job-errors.ts';

/** CodeBuild, as far as builds of revisions need it. */
export interface CodeBuilds {
  /** Starts a build of a revision, the same one for the same token within five minutes. @returns its id */
  readonly start: (parameters: JobParameters['code-build'], clientToken: string) => Promise<string>;
  /** The build that was started with a token, however long ago. @returns its id; undefined if there is none */
  readonly startedWith: (projectName: string, clientToken: string) => Promise<string | undefined>;
  readonly build: (id: string) => Promise<Build | undefined>;
  /** The version of an object that is there now; undefined if there is none. */
  readonly version: (bucket: string, key: string) => Promise<string | undefined>;
}

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

/** Bucket and key of `arn:aws:s3:::<bucket>/<key>`. */
const placeOf = (location: string): Pick<BuiltRevision, 'bucket' | 'key'> | undefined => {
  const [, bucket, key] = /^arn:[^:]+:s3:::([^/]+)\/(.+)$/.exec(location) ?? [];
  return bucket === undefined || key === undefined ? undefined : { bucket, key };
};

/** Builds of revisions. */
export const codeBuild = (builds: CodeBuilds): JobActions => {
  const inspect = async (id: string): Promise<Inspection> => {
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
    const { buildStatus, artifacts: { location = '', sha256sum: sha256 = '' } = {} } = build;
    if (buildStatus === 'IN_PROGRESS') return { state: 'running' };
    if (buildStatus !== 'SUCCEEDED') {
      const phase = failedPhase(build);
      return failed(
        [`ended ${buildStatus ?? 'without a status'}.`, ...(phase ? [phaseLine(phase)] : [])].join('\n'),
        buildStatus === 'FAILED' && phase ? codeOf(phase) : undefined,
      );
    }
    const place = placeOf(location);
    if (place === undefined || sha256 === '')
      return failed(
        "succeeded and made nothing: the buildspec's `artifacts` say which files are deployed, appspec.yml among them.",
        'CommitNotBuilt',
      );
    const version = await builds.version(place.bucket, place.key);
    if (version === undefined)
      return failed(
        `succeeded, but ${location} does not exist any more. A redrive builds again.`,
        'JobMissing',
      );
    return { state: 'succeeded', output: { ...place, version, sha256 } };
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
    inspect,
  };
};
