import type { Build } from '@aws-sdk/client-codebuild';
import type { BuiltRevision } from '../../../tasks/payloads.ts';
import { COMMIT } from '../doubles/samples.ts';

export const BUILD_ID = 'lockstep-shop-build:0d3b5a5e';
export const IMAGE_DIGEST = 'd'.repeat(64);

/** What that build made, without the statement of it. */
export const BUILT: BuiltRevision = {
  bucket: 'artifacts',
  key: 'lockstep-builds/0d3b5a5e/revision.zip',
  version: 'v1',
  sha256: 'a1'.repeat(32),
};

/** A build that has succeeded, as CodeBuild tells it. */
export const sampleBuild = (change: Partial<Build> = {}): Build => ({
  id: BUILD_ID,
  arn: `arn:aws:codebuild:us-east-1:000000000000:build/${BUILD_ID}`,
  projectName: 'lockstep-shop-build',
  buildStatus: 'SUCCEEDED',
  sourceVersion: COMMIT,
  resolvedSourceVersion: COMMIT,
  source: {
    type: 'CODECOMMIT',
    location: 'https://git-codecommit.us-east-1.amazonaws.com/v1/repos/shop',
    buildspec: 'buildspec.yml',
  },
  environment: {
    type: 'LINUX_CONTAINER',
    image: `registry.example.com/build@sha256:${IMAGE_DIGEST}`,
    computeType: 'BUILD_GENERAL1_SMALL',
  },
  startTime: new Date('2026-11-22T10:00:00.000Z'),
  endTime: new Date('2026-11-22T10:03:00.000Z'),
  artifacts: { location: `arn:aws:s3:::${BUILT.bucket}/${BUILT.key}`, sha256sum: BUILT.sha256 },
  ...change,
});
