import { randomBytes } from 'node:crypto';
import { CodeDeployClient } from '@aws-sdk/client-codedeploy';
import { createRecordedLedger } from '../evidence/recorded-dynamodb-ledger.ts';
import { createDeployments } from '../jobs/codedeploy-deployments.ts';
import { createImageBuilds } from '../jobs/imagebuilder-builds.ts';
import { logged } from '../log.ts';
import { reach } from '../reach.ts';
import { readEnv } from '../read-env.ts';
import { createSnsNotices } from '../sns-notices.ts';
import { ensureTurn } from '../turns/ensure-turn.ts';
import { newerThan } from '../turns/newer-than.ts';
import { whenNewerOf } from '../turns/turn-settings.ts';
import { createWakeTurns } from '../turns/wake-turns.ts';
import { createChangeElsewhere, isInCodeCommit } from './change-elsewhere.ts';
import { createChange } from './change-in-codecommit.ts';
import { collectDossier } from './collect-dossier.ts';
import { requestApproval } from './request-approval.ts';

const env = readEnv(
  'LEDGER_TABLE',
  'PROMOTIONS_TOPIC_ARN',
  'SITE_URL',
  'REPOSITORY_NAME',
  'CONFIGURATION_VERSION',
  'QAT_URL',
  'TAKE_TURN_FUNCTION',
  'WHEN_NEWER',
);
const now = () => new Date();
const { ledger } = createRecordedLedger(env.LEDGER_TABLE);
const sources = {
  ledger,
  ...(isInCodeCommit(env.REPOSITORY_NAME)
    ? createChange(env.REPOSITORY_NAME)
    : createChangeElsewhere(env.REPOSITORY_NAME, ledger)),
  image: createImageBuilds().image,
  targets: createDeployments(new CodeDeployClient(reach('qat'))).targets,
  configurationVersion: env.CONFIGURATION_VERSION,
  qatUrl: URL.canParse(env.QAT_URL) ? env.QAT_URL : undefined,
};

export const handler = logged(
  requestApproval({
    ledger,
    notices: createSnsNotices(env.PROMOTIONS_TOPIC_ARN),
    now,
    newApprovalId: () => randomBytes(16).toString('base64url'),
    collect: (promotionId, subject) => collectDossier(sources, promotionId, subject),
    siteUrl: env.SITE_URL,
    ensureTurn: ensureTurn({ ledger, now }),
    newerThan: newerThan({ ledger, now, whenNewer: whenNewerOf(env.WHEN_NEWER) }),
    wakeTurns: createWakeTurns(env.TAKE_TURN_FUNCTION),
  }),
);
