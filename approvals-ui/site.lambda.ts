import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { handle } from 'hono/aws-lambda';
import { decideApproval } from '../tasks/approvals/decide.ts';
import { redriveAsked } from '../tasks/evidence/facts.ts';
import { createRecordedLedger } from '../tasks/evidence/recorded-dynamodb-ledger.ts';
import { createSfnExecutions } from '../tasks/executions/execution-history.ts';
import { logger } from '../tasks/log.ts';
import { readConfigurationVersions } from '../tasks/platform-parameters.ts';
import { readEnv, wholeNumber } from '../tasks/read-env.ts';
import { createSfnTaskCompletions } from '../tasks/sfn-task-completions.ts';
import { createSnsNotices } from '../tasks/sns-notices.ts';
import { createSite } from './app.tsx';
import { type EnvironmentRegions, REGIONS_VARIABLE } from './console-links.ts';
import { createCognitoPeople } from './sign-in/cognito-people.ts';
import type { CompanyProvider } from './sign-in/company-account.ts';
import { createOpenIdIdentity } from './sign-in/identity.ts';

const env = readEnv('approvals-site');
const stepFunctions = new SFNClient({});
const secrets = new SecretsManagerClient({});
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

/** The approvals site behind an HTTP API (payload format 2.0). */
export const handler = handle(
  createSite({
    siteUrl: env.SITE_URL,
    ledger,
    applications: Object.keys(JSON.parse(env.CONFIGURATION_VERSIONS)),
    environmentRegions,
    decide: decideApproval({
      ledger,
      tasks,
      policyOf,
      configurationVersion,
      notices: createSnsNotices(env.PROMOTIONS_TOPIC_ARN),
      siteUrl: env.SITE_URL,
      now: () => new Date(),
    }),
    policyOf,
    configurationVersion,
    ...createCognitoPeople(env.USER_POOL_ID, JSON.parse(env.SIGN_IN_PROVIDERS) as readonly CompanyProvider[]),
    executions: createSfnExecutions(stepFunctions),
    noteRedrive: (promotionId, redrive, { subject, name, verifiedEmail }) =>
      append(
        promotionId,
        redriveAsked(redrive, { type: 'person', subject, name, verifiedEmail }, new Date().toISOString()),
      ),
    identity: createOpenIdIdentity(env.OIDC_ISSUER, env.OIDC_CLIENT_ID),
    sessionSecret: async () => {
      const secret = await secrets.send(new GetSecretValueCommand({ SecretId: env.SESSION_SECRET_ARN }));
      return secret.SecretString ?? '';
    },
    now: Date.now,
    log: (event) => logger.info('Request', { ...event }),
  }),
);
