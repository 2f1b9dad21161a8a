import { randomBytes } from 'node:crypto';
import { CodeDeployClient } from '@aws-sdk/client-codedeploy';
import { environmentAccess } from '../environment-access.ts';
import { ensureLock } from '../environment-locks/ensure-lock.ts';
import { newerThan } from '../environment-locks/newer-than.ts';
import { createWakeLocks } from '../environment-locks/wake-locks.ts';
import { readWhenNewer } from '../environment-locks/when-newer.ts';
import { createRecordedLedger } from '../evidence/recorded-dynamodb-ledger.ts';
import { createDeployments } from '../jobs/codedeploy-deployments.ts';
import { createImageBuilds } from '../jobs/imagebuilder-builds.ts';
import { logged } from '../log.ts';
import { readEnv } from '../read-env.ts';
import { createSnsNotices } from '../sns-notices.ts';
import { createChange } from './change-in-codecommit.ts';
import { createChangeOutsideCodeCommit, isInCodeCommit } from './change-outside-codecommit.ts';
import { collectReview } from './collect-review.ts';
import { requestApproval } from './request-approval.ts';

const env = readEnv('request-approval');
const now = () => new Date();
const { ledger } = createRecordedLedger(env.LEDGER_TABLE);
const sources = {
  ledger,
  ...(isInCodeCommit(env.REPOSITORY_NAME)
    ? createChange(env.REPOSITORY_NAME)
    : createChangeOutsideCodeCommit(env.REPOSITORY_NAME, ledger)),
  image: createImageBuilds().image,
  targets: createDeployments(new CodeDeployClient(environmentAccess('qat'))).targets,
  configurationVersion: env.CONFIGURATION_VERSION,
  qatUrl: URL.canParse(env.QAT_URL) ? env.QAT_URL : undefined,
};

export const handler = logged(
  requestApproval({
    ledger,
    notices: createSnsNotices(env.PROMOTIONS_TOPIC_ARN),
    now,
    newApprovalId: () => randomBytes(16).toString('base64url'),
    collect: (promotionId, candidate) => collectReview(sources, promotionId, candidate),
    siteUrl: env.SITE_URL,
    ensureLock: ensureLock({ ledger, now }),
    newerThan: newerThan({ ledger, now, whenNewer: readWhenNewer(env.WHEN_NEWER) }),
    wakeLocks: createWakeLocks(env.ACQUIRE_LOCK_FUNCTION),
  }),
);
