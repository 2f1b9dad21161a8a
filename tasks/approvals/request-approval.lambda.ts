import { randomBytes } from 'node:crypto';
import { CodeDeployClient } from '@aws-sdk/client-codedeploy';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { S3Client } from '@aws-sdk/client-s3';
import { environmentAccess } from '../environment-access.ts';
import { ensureLock } from '../environment-locks/ensure-lock.ts';
import { newerThan } from '../environment-locks/newer-than.ts';
import { createWakeLocks } from '../environment-locks/wake-locks.ts';
import { readWhenNewer } from '../environment-locks/when-newer.ts';
import { createRecordedLedger } from '../evidence/recorded-dynamodb-ledger.ts';
import { readObject } from '../evidence/s3-archive.ts';
import { NONE } from '../functions.ts';
import { createImages } from '../images/ec2-image.ts';
import { parentReader } from '../images/parent-image.ts';
import { createDeployments } from '../jobs/codedeploy-deployments.ts';
import { createPipelineRuns } from '../jobs/codepipeline-runs.ts';
import { createImageBuilds } from '../jobs/imagebuilder-builds.ts';
import { liveBefore } from '../ledger/live-promotion.ts';
import { logged } from '../log.ts';
import { createSnsNotices } from '../notices/sns-notices.ts';
import { tellMakers } from '../notices/tell-makers.ts';
import type { Candidate } from '../payloads.ts';
import { readEnv } from '../read-env.ts';
import { createCodeCommitSource } from '../source/codecommit-source.ts';
import { createConnectedSource } from '../source/connected-source.ts';
import { createObjectSource } from '../source/object-source.ts';
import { createRevisionAppSpecs } from '../source/revision-appspec.ts';
import { createRevisionOnlySource, isInCodeCommit } from '../source/revision-only-source.ts';
import { readApprovalCounts } from './approval-counts.ts';
import { collectReview } from './collect-review.ts';
import { developersAmong, readDevelopers } from './developers.ts';
import { createKeptCommits } from './dynamodb-kept-commits.ts';
import { nothingKept } from './read-change.ts';
import { requestApproval } from './request-approval.ts';
import { createRoleMembers } from './role-members.ts';
import { shortageOf } from './shortage.ts';

const env = readEnv('request-approval');
const now = () => new Date();
const { ledger } = createRecordedLedger(env.LEDGER_TABLE);
const s3 = new S3Client({});
const table = new DynamoDBClient({});
/** In ms. The function has ten minutes (promotion-functions.ts): the rest is for keeping what was read, and for the mail. */
const MOST_READING = 8 * 60_000;
const readable = isInCodeCommit(env.REPOSITORY_NAME)
  ? createCodeCommitSource(env.REPOSITORY_NAME, env.BRANCH)
  : createConnectedSource(env);
/** An archive in S3: its signed manifest says what it was made of, if the configuration has a key. */
const archive = async (promotionId: string, { application, commitId }: Candidate) => {
  const live = await liveBefore(ledger, application, promotionId);
  const versions = { versionId: commitId, liveVersionId: live?.commitId };
  return createObjectSource(env, versions, s3) ?? createRevisionOnlySource(env.REPOSITORY_NAME, ledger);
};
/** Of a company's people the pool knows the roles only after they have signed in. */
const members = env.USER_POOL_ID === NONE ? undefined : createRoleMembers(env.USER_POOL_ID);
const developers = readDevelopers(env);
const notices = createSnsNotices(env.PROMOTIONS_TOPIC_ARN);
const sources = {
  ledger,
  image: createImageBuilds().image,
  parent: parentReader(createImages(new EC2Client())),
  readEvidence: readObject(env.EVIDENCE_BUCKET, s3),
  targets: createDeployments(new CodeDeployClient(environmentAccess('qat'))).targets,
  appSpec: createRevisionAppSpecs(createPipelineRuns().actions, s3),
  configurationVersion: env.CONFIGURATION_VERSION,
  people: developers.people,
  dotsIgnoredIn: developers.dotsIgnoredIn,
  qatUrl: URL.canParse(env.QAT_URL) ? env.QAT_URL : undefined,
};

export const handler = logged(
  requestApproval({
    ledger,
    readEvidence: sources.readEvidence,
    notices,
    tellMakers: tellMakers(notices, developersAmong(developers)),
    now,
    newApprovalId: () => randomBytes(16).toString('base64url'),
    collect: async (promotionId, candidate) => {
      const until = Date.now() + MOST_READING;
      return collectReview(
        {
          ...sources,
          ...(readable ?? (await archive(promotionId, candidate))),
          kept: readable ? createKeptCommits(env.LEDGER_TABLE, candidate.application, table) : nothingKept,
          isTimeUp: () => Date.now() > until,
        },
        promotionId,
        candidate,
      );
    },
    counts: readApprovalCounts(env.APPROVAL_COUNTS),
    shortage: async (request) =>
      members &&
      shortageOf(request, await members(request.role), await ledger.approvals(request.promotionId), {
        makersMayDecide: env.MAKERS_MAY_DECIDE === 'yes',
      }),
    siteUrl: env.SITE_URL,
    ensureLock: ensureLock({ ledger, now, readEvidence: sources.readEvidence }),
    newerThan: newerThan({
      ledger,
      now,
      readEvidence: sources.readEvidence,
      whenNewer: readWhenNewer(env.WHEN_NEWER),
    }),
    wakeLocks: createWakeLocks(env.ACQUIRE_LOCK_FUNCTION),
  }),
);
