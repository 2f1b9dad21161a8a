import { CodeCommitClient } from '@aws-sdk/client-codecommit';
import { ensureLock, withLock } from '../environment-locks/ensure-lock.ts';
import { createRecordedLedger } from '../evidence/recorded-dynamodb-ledger.ts';
import { logged } from '../log.ts';
import { readEnv } from '../read-env.ts';
import { createCodeCommitFiles } from '../source/codecommit-files.ts';
import { createCodeCommitSource } from '../source/codecommit-source.ts';
import { createConnectedSource } from '../source/connected-source.ts';
import { isInCodeCommit } from '../source/revision-only-source.ts';
import { type ScannedRepository, scanCommit } from './scan-commit.ts';

const env = readEnv('scan-commit');
const now = () => new Date();
const { ledger } = createRecordedLedger(env.LEDGER_TABLE);

const inCodeCommit = (): ScannedRepository => {
  const client = new CodeCommitClient({});
  const { differences } = createCodeCommitSource(env.REPOSITORY_NAME, env.BRANCH, client);
  return { differences, readFile: createCodeCommitFiles(env.REPOSITORY_NAME, client) };
};

/** The configuration is checked: nothing is scanned that cannot be read. */
const notRead = async (): Promise<never> => {
  throw new Error(`The files of ${env.REPOSITORY_NAME} cannot be read. Give source.tokenSecretArn.`);
};

export const handler = logged(
  withLock(
    ensureLock({ ledger, now }),
    scanCommit({
      ledger,
      repository: isInCodeCommit(env.REPOSITORY_NAME)
        ? inCodeCommit()
        : (createConnectedSource(env) ?? { differences: notRead, readFile: notRead }),
      now,
    }),
  ),
);
