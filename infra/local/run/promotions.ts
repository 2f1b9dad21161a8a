import type { ListExecutionsOutput } from '@aws-sdk/client-sfn';
import { administrator, type Host } from '@lockstep/aws-emulator';
import type { PromotionInput } from '../../../tasks/payloads.ts';
import { type ApplicationSource, isPushed, push } from './application-source.ts';
import { describeExecution, pause } from './follow.ts';
import { GitError } from './git.ts';
import { UsageError } from './options.ts';
import type { DeployedApplication } from './system.ts';

/** How long a push may take to become an execution, in ms, before something must be wrong. */
const PATIENCE_MS = 30_000;

/** How long a push that an earlier run did not live to tell may take to become an execution, in ms. */
const TAKE_UP_PATIENCE_MS = 4_000;

/** The push did not become a promotion. */
export class NoPromotionError extends Error {
  override readonly name = 'NoPromotion';
}

/** Executions of an application's machine, newest first. */
export const executionsOf = async (host: Host, application: DeployedApplication): Promise<string[]> => {
  const { executions = [] }: ListExecutionsOutput = await host.call(
    administrator,
    'states',
    'ListExecutions',
    {
      stateMachineArn: application.stateMachineArn,
      maxResults: 100,
    },
  );
  return executions.map(({ executionArn = '' }) => executionArn);
};

/** The newest execution that promotes a commit, and how it stands. */
const newestOf = async (
  host: Host,
  application: DeployedApplication,
  commitId: string,
  except: ReadonlySet<string>,
) => {
  for (const executionArn of await executionsOf(host, application)) {
    if (except.has(executionArn)) continue;
    const { input = '{}', status } = await describeExecution(host, executionArn);
    if ((JSON.parse(input) as Partial<PromotionInput>).commitId === commitId) return { executionArn, status };
  }
  return undefined;
};

/** Tells the push again, as an event of its own: the branch is at that commit already. */
const announceAgain = (host: Host, application: DeployedApplication, commitId: string) => {
  host.emit({
    source: 'aws.codecommit',
    detailType: 'CodeCommit Repository State Change',
    resources: [`arn:${host.partition}:codecommit:${host.region}:${host.accountId}:${application.name}`],
    detail: {
      event: 'referenceUpdated',
      repositoryName: application.name,
      repositoryId: application.name,
      referenceType: 'branch',
      referenceName: application.branch,
      referenceFullName: `refs/heads/${application.branch}`,
      commitId,
      oldCommitId: commitId,
      callerUserArn: `arn:${host.partition}:iam::${host.accountId}:user/operator`,
    },
  });
};

/** A commit's promotion: just started, already under way, or ended before and left as it is. */
export interface CommitPromotion {
  readonly executionArn: string;
  readonly standing: 'started' | 'resumed' | 'ended';
}

/** How a commit's promotion comes about. */
export interface PromoteOptions {
  /** Whether a promotion that failed before is to be gone on with, because it will be redriven. */
  readonly takeUp: boolean;
  /** Whether a commit whose promotion has ended, or never began, is promoted anew. */
  readonly again: boolean;
  /** Is called right before a new promotion is set off. */
  readonly beforeStart: () => void;
  /** Calls denied so far, in words: why a push may lead nowhere. */
  readonly denials: () => readonly string[];
}

/**
 * Sees that a commit is under way: pushes it, or, if the repository has it already, goes on with its promotion that runs (or
 * failed and will be redriven), or has the push told again.
 * @returns undefined if the repository had it already, no promotion came of that, and none is asked for
 * @throws UsageError if the repository holds another history
 * @throws NoPromotionError if no promotion comes of it
 */
export const promote = async (
  host: Host,
  application: DeployedApplication,
  source: ApplicationSource,
  options: PromoteOptions,
): Promise<CommitPromotion | undefined> => {
  const before = new Set(await executionsOf(host, application));
  if (await isPushed(source, application.repositoryPath, application.branch)) {
    const known = await newestOrAwaited(host, application, source.commitId);
    if (known?.status === 'RUNNING' || (known && options.takeUp && known.status !== 'SUCCEEDED')) {
      return { executionArn: known.executionArn, standing: 'resumed' };
    }
    if (!options.again) return known && { executionArn: known.executionArn, standing: 'ended' };
    options.beforeStart();
    announceAgain(host, application, source.commitId);
  } else {
    options.beforeStart();
    await pushOrExplain(application, source);
  }
  const found = await awaitPromotion(
    host,
    application,
    source.commitId,
    before,
    PATIENCE_MS,
    options.denials,
  );
  if (found) return { executionArn: found.executionArn, standing: 'started' };
  throw new NoPromotionError(
    [
      `The push of ${source.commitId} to ${application.branch} started no promotion.`,
      ...options.denials(),
      'lockstep.log and logs/ in the state directory tell what the functions said.',
    ].join('\n'),
  );
};

/** Looks for a commit's promotion that was not there before, until it shows up, a call is denied, or time is up. */
const awaitPromotion = async (
  host: Host,
  application: DeployedApplication,
  commitId: string,
  before: ReadonlySet<string>,
  patienceMs: number,
  denials: () => readonly string[],
) => {
  const deadline = Date.now() + patienceMs;
  while (Date.now() < deadline && denials().length === 0) {
    const found = await newestOf(host, application, commitId, before);
    if (found) return found;
    await pause(50);
  }
  return undefined;
};

/** A run that died between a push and its promotion is taken up by the services: that promotion is waited for. */
const newestOrAwaited = async (host: Host, application: DeployedApplication, commitId: string) =>
  (await newestOf(host, application, commitId, new Set())) ??
  awaitPromotion(host, application, commitId, new Set(), TAKE_UP_PATIENCE_MS, () => []);

const pushOrExplain = async (application: DeployedApplication, source: ApplicationSource): Promise<void> => {
  try {
    await push(source, application.repositoryPath, application.branch);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    throw new UsageError(
      `${source.directory} could not be pushed to ${application.repositoryPath}:\n${error.message}\n` +
        'If the repository holds the history of another application, start with another --state-dir.',
    );
  }
};
