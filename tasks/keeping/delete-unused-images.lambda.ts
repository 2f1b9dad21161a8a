import { CodeDeployClient } from '@aws-sdk/client-codedeploy';
import { EC2Client } from '@aws-sdk/client-ec2';
import { S3Client } from '@aws-sdk/client-s3';
import { SSMClient } from '@aws-sdk/client-ssm';
import { environmentAccess } from '../environment-access.ts';
import { createSsmImageParameters } from '../images/ssm-image-parameters.ts';
import { createDeployments } from '../jobs/codedeploy-deployments.ts';
import { createPipelineRuns } from '../jobs/codepipeline-runs.ts';
import { createDynamoDbLedger } from '../ledger/dynamodb-ledger.ts';
import { logged, logger } from '../log.ts';
import type { Environment } from '../payloads.ts';
import { createDeploymentGroups } from '../prod-fleet/deployment-groups.ts';
import { readEnv, wholeNumber } from '../read-env.ts';
import { sourceArtifactOf } from '../source/revision-appspec.ts';
import { deleteUnusedImages } from './delete-unused-images.ts';
import { createAmiPlace } from './ec2-amis.ts';
import { environmentUse, revisionOf } from './environment-use.ts';
import { createPipelineImages } from './imagebuilder-images.ts';
import { createRevisionStore } from './s3-revisions.ts';

const env = readEnv('delete-unused-images');

const sourcesOf = (environment: Environment) => {
  const access = environmentAccess(environment);
  const codeDeploy = new CodeDeployClient(access);
  return {
    parameters: createSsmImageParameters(new SSMClient(access)),
    groups: createDeploymentGroups(codeDeploy),
    deployments: createDeployments(codeDeploy),
  };
};
const sources = { qat: sourcesOf('qat'), prod: sourcesOf('prod') };
const runs = createPipelineRuns();
const elsewhere = [environmentAccess('qat'), environmentAccess('prod')].filter(
  (access) => access.region !== undefined,
);
const buckets = JSON.parse(env.REVISION_BUCKETS) as { readonly bucket: string; readonly region: string }[];

export const handler = logged(
  deleteUnusedImages({
    ledger: createDynamoDbLedger(env.LEDGER_TABLE),
    revisionOf: (environment, deploymentId) => revisionOf(sources[environment])(deploymentId),
    sourceOf: async (pipelineName, id) => sourceArtifactOf(await runs.actions(pipelineName, id)),
    builds: createPipelineImages([env.QAT_IMAGE_PIPELINE_ARN, env.PROD_IMAGE_PIPELINE_ARN]),
    places: [{ region: env.AWS_REGION }, ...elsewhere].map((access) =>
      createAmiPlace(new EC2Client(access), env.APPLICATION, access.region ?? env.AWS_REGION),
    ),
    stores: buckets.map(({ bucket, region }) => createRevisionStore(bucket, new S3Client({ region }))),
    environments: [
      environmentUse(sources.qat, {
        imageParameterName: env.QAT_IMAGE_PARAMETER,
        applicationName: env.QAT_CODEDEPLOY_APPLICATION,
        deploymentGroupName: env.QAT_DEPLOYMENT_GROUP,
      }),
      environmentUse(sources.prod, {
        imageParameterName: env.PROD_IMAGE_PARAMETER,
        applicationName: env.PROD_CODEDEPLOY_APPLICATION,
        deploymentGroupName: env.PROD_DEPLOYMENT_GROUP,
      }),
    ],
    now: () => new Date(),
    application: env.APPLICATION,
    releases: wholeNumber('KEEP_RELEASES', env.KEEP_RELEASES),
    reuseDays: wholeNumber('REUSE_DAYS', env.REUSE_DAYS),
    deleted: (what, keys) => logger.info(`Unused ${what} deleted`, { ...keys }),
  }),
);
