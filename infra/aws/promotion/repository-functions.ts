import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { FunctionEnvironment } from '../../../tasks/functions.ts';
import { LockstepFunction } from '../lockstep-function.ts';
import type { Source } from '../source/source.ts';
import type { PromotionParameters } from './promotion-grants.ts';

/** What functions that read the repository get. */
interface RepositoryFunctionProps extends Pick<PromotionParameters, 'application' | 'ledger'> {
  readonly bundles: string;
  readonly source: Source;
}

/** Mails what happens in the repository, if the configuration wants any of it. */
export const createTellRepository = (
  scope: Construct,
  id: string,
  {
    application: { name, branch },
    bundles,
    source,
    ...mail
  }: RepositoryFunctionProps &
    Pick<FunctionEnvironment<'tell-repository'>, 'PROMOTIONS_TOPIC_ARN' | 'DEVELOPERS'>,
): LockstepFunction<'tell-repository'> =>
  new LockstepFunction(scope, id, {
    name: 'tell-repository',
    bundles,
    isAsynchronous: true,
    description: 'Mails what happens in the repository',
    environment: {
      APPLICATION: name,
      BRANCH: branch,
      REPOSITORY_NAME: source.repositoryName,
      PROMOTIONS_TOPIC_ARN: mail.PROMOTIONS_TOPIC_ARN,
      DEVELOPERS: mail.DEVELOPERS,
    },
  });

/** Looks for secrets in what a commit changes, if the configuration wants that. */
export function createScanCommit(
  scope: Construct,
  id: string,
  {
    application: { name, branch },
    ledger,
    bundles,
    source,
    sourceApi,
  }: RepositoryFunctionProps & {
    readonly sourceApi: Pick<
      FunctionEnvironment<'scan-commit'>,
      'SOURCE_PROVIDER' | 'SOURCE_API_URL' | 'SOURCE_TOKEN_SECRET_ARN'
    >;
  },
): LockstepFunction<'scan-commit'> {
  const scanCommit = new LockstepFunction(scope, id, {
    name: 'scan-commit',
    bundles,
    description: 'Looks for secrets in what a commit changes',
    environment: {
      LEDGER_TABLE: ledger.table.tableName,
      BRANCH: branch,
      REPOSITORY_NAME: source.repositoryName,
      ...sourceApi,
    },
    // It reads the files one by one, and a provider may ask to wait for a minute.
    timeout: Duration.minutes(10),
  });
  for (const { actions, resources } of source.files) scanCommit.allow(actions, resources);
  ledger.allow(scanCommit, name, 'GetItem', 'PutItem', 'Query', 'UpdateItem');
  return scanCommit;
}
