import type { Build } from '@aws-sdk/client-codebuild';
import type { BuiltRevision } from '../payloads.ts';
import { type ExpectedStatement, PROVENANCE, REVISION_BUILD, STATEMENT } from './statement.ts';

/** Where the evidence bucket has the statements of what an application's commits were built into. */
export const buildsPrefix = (application: string): string => `${application}/builds/`;

/** Where the evidence bucket has one of them. @param statement its SHA-256 */
export const buildStatementKey = (application: string, statement: string): string =>
  `${buildsPrefix(application)}${statement}/provenance.json`;

/** One version of an archive, as statements name it: what is under its key may be overwritten. */
const archiveName = ({ bucket, key, version }: Omit<BuiltRevision, 'sha256' | 'statement'>): string =>
  `s3://${bucket}/${key}?versionId=${version}`;

/** The statement that what a commit was built into must have. */
export const expectedOfBuild = (
  application: string,
  commitId: string,
  built: BuiltRevision,
): ExpectedStatement => ({
  buildType: REVISION_BUILD,
  subject: archiveName(built),
  sha256: built.sha256,
  application,
  commitId,
});

/** A commit of git names its content; the version of an object in S3 does not. */
const gitCommit = /^[0-9a-f]{40}$/;

/**
 * What says where an archive comes from that a build made: an in-toto statement with SLSA provenance. All but application and promotion is what
 * CodeBuild says of the build.
 * @see https://slsa.dev/spec/v1.0/provenance
 */
export function buildStatement(
  build: Build,
  {
    application,
    promotionId,
    built,
  }: { readonly application: string; readonly promotionId: string; readonly built: BuiltRevision },
) {
  const { arn = '', source = {} as Partial<NonNullable<Build['source']>>, startTime, endTime } = build;
  const { location: repository = '', buildspec = '' } = source;
  // What CodeBuild resolves does not apply to S3: there, what counts is the version that the build was started with.
  const resolved = source.type === 'S3' ? undefined : build.resolvedSourceVersion;
  const commitId = resolved ?? build.sourceVersion ?? '';
  const image = build.environment?.image ?? '';
  const imageDigest = /@sha256:([0-9a-f]{64})$/.exec(image)?.[1];
  return {
    _type: STATEMENT,
    subject: [{ name: archiveName(built), digest: { sha256: built.sha256 } }],
    predicateType: PROVENANCE,
    predicate: {
      buildDefinition: {
        buildType: REVISION_BUILD,
        externalParameters: { application, promotionId, repository, commitId, buildspec },
        resolvedDependencies: [
          {
            name: 'commit',
            uri: repository,
            ...(gitCommit.test(commitId) && { digest: { gitCommit: commitId } }),
          },
          { name: 'build image', uri: image, ...(imageDigest && { digest: { sha256: imageDigest } }) },
        ],
      },
      runDetails: {
        // The build's ARN is `…:build/<project>:<id>`.
        builder: { id: arn.replace(/:build\/([^:]+):.+$/, ':project/$1') },
        metadata: {
          invocationId: arn,
          ...(startTime && { startedOn: startTime.toISOString() }),
          ...(endTime && { finishedOn: endTime.toISOString() }),
        },
      },
    },
  };
}
