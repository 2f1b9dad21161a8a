import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { handle } from 'hono/aws-lambda';
import { decideApproval } from '../tasks/approvals/decide.ts';
import { redriveAsked } from '../tasks/evidence/facts.ts';
import { createRecordedLedger } from '../tasks/evidence/recorded-dynamodb-ledger.ts';
import { logger } from '../tasks/log.ts';
import { readEnv } from '../tasks/read-env.ts';
import { createSfnTaskCompletions } from '../tasks/sfn-task-completions.ts';
import { createSite } from './app.tsx';
import { createSfnExecutions } from './sfn-executions.ts';
import { createOpenIdIdentity } from './sign-in/identity.ts';

const env = readEnv('LEDGER_TABLE', 'SITE_URL', 'OIDC_ISSUER', 'OIDC_CLIENT_ID', 'SESSION_SECRET_ARN');
const stepFunctions = new SFNClient({});
const secrets = new SecretsManagerClient({});
const { ledger, append } = createRecordedLedger(env.LEDGER_TABLE);
const tasks = createSfnTaskCompletions(stepFunctions);

/** The approvals site behind an HTTP API (payload format 2.0). */
export const handler = handle(
  createSite({
    siteUrl: env.SITE_URL,
    ledger,
    decide: decideApproval({ ledger, tasks, now: () => new Date() }),
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
