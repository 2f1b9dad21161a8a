import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { BUILT_PREFIX } from '../../../tasks/keeping/s3-revisions.ts';
import type { BuildConfig } from '../../config.ts';
import type { Source } from '../source/source.ts';
import { CodeBuildProject, type CodeBuildProjectProps } from './code-build-project.ts';

interface RevisionBuildProps extends Omit<CodeBuildProjectProps, 'config'> {
  readonly build: BuildConfig;
  readonly source: Source;
}

/** Name of what a build writes, below a folder of the build's id. */
const ARCHIVE = 'revision.zip';

/**
 * Builds a commit: reads the source itself, pinned by who starts it, and writes one archive under a key of its own, so that builds that
 * overlap never share one (D-135).
 */
export function revisionBuild(scope: Construct, id: string, props: RevisionBuildProps): CodeBuildProject {
  const { build, source, artifacts } = props;
  if (source.clone === undefined)
    throw new Error(`CodeBuild cannot read ${source.repositoryName}: give source.cloneUrl.`);
  return new CodeBuildProject(scope, id, {
    ...props,
    config: build,
    purpose: 'build',
    description: `Builds of ${props.application}: what QAT and Prod get`,
    source: source.clone.source,
    output: {
      type: 'S3',
      location: artifacts.bucketName,
      path: BUILT_PREFIX,
      namespaceType: 'BUILD_ID',
      name: ARCHIVE,
      packaging: 'ZIP',
      // A name in the buildspec does not count.
      overrideArtifactName: false,
    },
    grants: [
      ...source.clone.grants,
      {
        actions: ['s3:PutObject'],
        resources: [artifacts.arnForObjects(`${BUILT_PREFIX}/*`)],
        wildcard: 'What it builds: CodeBuild names each folder by its build.',
      },
    ],
  });
}

/**
 * The source of both pipelines where commits are built: the archive that a run is started with, by its key and version. Without these a
 * run finds nothing.
 */
export const builtSource = (artifacts: Bucket): Pick<Source, 'action' | 'read'> => ({
  action: {
    provider: 'S3',
    configuration: {
      S3Bucket: artifacts.bucketName,
      S3ObjectKey: `${BUILT_PREFIX}/none`,
      AllowOverrideForS3ObjectKey: true,
      PollForSourceChanges: false,
    },
  },
  // The pipelines' roles read all that is in the bucket.
  read: [
    {
      actions: ['s3:GetObjectTagging', 's3:GetObjectVersionTagging'],
      resources: [artifacts.arnForObjects('*')],
    },
  ],
});
