import { randomBytes } from 'node:crypto';
import { SFNClient } from '@aws-sdk/client-sfn';
import { handle } from 'hono/aws-lambda';
import { endAbsence, handOver, readAbsencesOf } from '../tasks/approvals/absences.ts';
import { decideApproval } from '../tasks/approvals/decide.ts';
import { askerFrom } from '../tasks/approvals/same-person.ts';
import { declareFreeze, endFreeze } from '../tasks/calendar/freezes.ts';
import { askOverride, decideOverride } from '../tasks/calendar/overrides.ts';
import { advanceLocks } from '../tasks/environment-locks/advance-lock.ts';
import { redriveAsked, stopAsked } from '../tasks/evidence/facts.ts';
import { createRecordedLedger } from '../tasks/evidence/recorded-dynamodb-ledger.ts';
import { readObject } from '../tasks/evidence/s3-archive.ts';
import { createSfnExecutions } from '../tasks/executions/execution-history.ts';
import { goBack } from '../tasks/go-back/go-back.ts';
import { askRebake } from '../tasks/images/ask-rebake.ts';
import { logger } from '../tasks/log.ts';
import { markBad, unmarkBad } from '../tasks/marks/mark-bad.ts';
import { createSnsNotices } from '../tasks/notices/sns-notices.ts';
import { applicationsOf, readConfigurationVersions } from '../tasks/platform-parameters.ts';
import { createExecutions, createStartExecutions } from '../tasks/promotions/promotion-executions.ts';
import { readEnv, wholeNumber } from '../tasks/read-env.ts';
import { noteDespiteAlarms } from '../tasks/redrive/despite-alarms.ts';
import { createSfnTaskCompletions } from '../tasks/sfn-task-completions.ts';
import { createAskSoak } from '../tasks/soak/invoke-soak.ts';
import { acceptFinding } from '../tasks/vulnerabilities/accept-finding.ts';
import { createSite } from './app.tsx';
import { type EnvironmentRegions, REGIONS_VARIABLE } from './console-links.ts';
import { createCognitoPeople } from './sign-in/cognito-people.ts';
import type { CompanyProvider } from './sign-in/company-account.ts';
import { createDynamoDbSessions } from './sign-in/dynamodb-sessions.ts';
import { createOpenIdIdentity } from './sign-in/identity.ts';

const env = readEnv('approvals-site');
const stepFunctions = new SFNClient({});
const { ledger, append } = createRecordedLedger(env.LEDGER_TABLE);
const tasks = createSfnTaskCompletions(stepFunctions);
const makersMayDecide = JSON.parse(env.MAKERS_MAY_DECIDE) as readonly string[];
const freshSignInMinutes = wholeNumber('FRESH_SIGN_IN_MINUTES', env.FRESH_SIGN_IN_MINUTES);
const policyOf = (application: string) => ({
  makersMayDecide: makersMayDecide.includes(application),
  freshSignInMinutes,
});
// Set only if an environment is in another region.
const environmentRegions = JSON.parse(process.env[REGIONS_VARIABLE] ?? '{}') as EnvironmentRegions;
const configurationVersion = readConfigurationVersions(env.CONFIGURATION_VERSIONS);
const now = () => new Date();
const { findPerson, ...people } = createCognitoPeople(
  env.USER_POOL_ID,
  JSON.parse(env.SIGN_IN_PROVIDERS) as readonly CompanyProvider[],
);
const absencesOf = readAbsencesOf({ ledger, groupsNow: people.groupsNow, now });
const absences = {
  ledger,
  findPerson,
  now,
  newAbsenceId: () => randomBytes(16).toString('base64url'),
};

const freezes = { ledger, now, newFreezeId: () => randomBytes(16).toString('base64url') };
const notices = createSnsNotices(env.PROMOTIONS_TOPIC_ARN);
const readEvidence = readObject(env.EVIDENCE_BUCKET);
const overrides = { ledger, policyOf, absencesOf, notices, siteUrl: env.SITE_URL, now };
const trackedExecutions = createExecutions();
/**
 * Ends promotions that wait and of which something is bad, and lets those go on that the calendar holds no more. If this fails, acquire-lock
 * does it within five minutes.
 */
const advanceWaiting = (application: string) =>
  advanceLocks({
    application,
    ledger,
    readEvidence,
    tasks,
    notices,
    siteUrl: env.SITE_URL,
    now,
    execution: async (executionArn) => {
      const found = await trackedExecutions.find(executionArn);
      return found && { status: found.status ?? 'RUNNING', redrives: found.redriveCount ?? 0 };
    },
    // Newer promotions are not the site's matter.
    whenNewer: 'wait',
  })().catch((error: unknown) =>
    logger.error('The environment locks could not be advanced yet', String(error)),
  );

const startGoBack = goBack({
  ledger,
  readEvidence,
  now,
  startExecution: createStartExecutions(stepFunctions),
});
const goBackByOne = JSON.parse(env.GO_BACK_BY_ONE) as readonly string[];

/** The approvals site behind an HTTP API (payload format 2.0). */
export const handler = handle(
  createSite({
    siteUrl: env.SITE_URL,
    ledger,
    applications: applicationsOf(env.CONFIGURATION_VERSIONS),
    environmentRegions,
    decide: decideApproval({
      ledger,
      tasks,
      policyOf,
      configurationVersion,
      notices,
      siteUrl: env.SITE_URL,
      absencesOf,
      now,
    }),
    policyOf,
    configurationVersion,
    ...people,
    absencesOf,
    handOver: handOver(absences),
    endAbsence: endAbsence(absences),
    declareFreeze: declareFreeze(freezes),
    endFreeze: async (by, asked) => {
      const outcome = await endFreeze(freezes)(by, asked);
      if (outcome.kind === 'done') await advanceWaiting(asked.application);
      return outcome;
    },
    askOverride: askOverride(overrides),
    decideOverride: async (promotion, ...decided) => {
      const outcome = await decideOverride(overrides)(promotion, ...decided);
      if (outcome.kind === 'done') await advanceWaiting(promotion.application);
      return outcome;
    },
    executions: createSfnExecutions(stepFunctions),
    noteRedrive: (promotionId, redrive, person) =>
      append(promotionId, redriveAsked(redrive, askerFrom(person), new Date().toISOString())),
    noteDespiteAlarms: (promotionId, reason, person) =>
      noteDespiteAlarms(ledger, now)(promotionId, reason, askerFrom(person)),
    noteStop: (promotionId, reason, person) =>
      append(promotionId, stopAsked(reason, askerFrom(person), new Date().toISOString())),
    goBack: ({ promotionId, application }, reason, person) =>
      startGoBack({
        promotionId,
        reason,
        askedBy: askerFrom(person),
        approvals: goBackByOne.includes(application) ? 'one' : 'both',
      }),
    markBad: async ({ application, commitId }, reason, person) => {
      const marking = { by: askerFrom(person), at: now().toISOString(), reason };
      const outcome = await markBad(ledger, { application, commitId }, marking);
      await advanceWaiting(application);
      return outcome;
    },
    unmarkBad: ({ application, commitId }, reason, person) =>
      unmarkBad(
        ledger,
        { application, commitId },
        { by: askerFrom(person), at: now().toISOString(), reason },
      ),
    rebake: (application, person) => askRebake(ledger, now)(application, askerFrom(person)),
    acceptFinding: (promotion, asked, person) =>
      acceptFinding({ ledger, now })(promotion, asked, askerFrom(person)),
    readImageDocument: readEvidence,
    askSoak: createAskSoak(),
    identity: createOpenIdIdentity(env.OIDC_ISSUER, env.OIDC_CLIENT_ID),
    sessions: createDynamoDbSessions(env.LEDGER_TABLE),
    now: Date.now,
    log: (event) => logger.info('Request', { ...event }),
  }),
);
