import type { ListExecutionsOutput } from '@aws-sdk/client-sfn';
import { AwsError, administrator, type Host } from '@lockstep/aws-emulator';
import { UsageError } from '../../../cli/arguments.ts';
import type { PromotionInput } from '../../../tasks/payloads.ts';
import { failedAs, isFinal } from '../../../tasks/promotions/status.ts';
import { type ApplicationSource, isPushed, push } from './application-source.ts';
import { describeExecution, pause } from './follow.ts';
import { GitError } from './git.ts';
import { isStartQueued } from './queued-starts.ts';
import type { DeployedApplication } from './system.ts';
import type { UnreportedPromotion } from './unreported.ts';

/** How long a start may be queued, in ms, before the terminal says what is waited for. */
const TELL_AFTER_MS = 3_000;

/** The push did not become a promotion. */
export class NoPromotionError extends Error {
  override readonly name = 'NoPromotion';
}

/** Executions of an application's machine, newest first; none once the application is torn down. */
export const executionsOf = async (host: Host, application: DeployedApplication): Promise<string[]> => {
  const { stateMachineArn } = application;
  try {
    const { executions = [] }: ListExecutionsOutput = await host.call(
      administrator,
      'states',
      'ListExecutions',
      { stateMachineArn, maxResults: 100 },
    );
    return executions.map(({ executionArn = '' }) => executionArn);
  } catch (error) {
    if (error instanceof AwsError && error.name === 'StateMachineDoesNotExist') return [];
    throw error;
  }
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
    const { input = '{}', status, error } = await describeExecution(host, executionArn);
    if ((JSON.parse(input) as Partial<PromotionInput>).commitId === commitId)
      return { executionArn, status: status === 'FAILED' ? failedAs(error) : status };
  }
  return undefined;
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
  /** Whether a commit whose promotion has ended, or never began, is promoted again. */
  readonly again: boolean;
  /** What an earlier start has not reported is gone on with, also if it has ended. @default nothing is left to report */
  readonly unreported?: UnreportedPromotion;
  /** Is called right before a new promotion is set off. */
  readonly beforeStart: () => void;
  /** Calls denied so far, in words: why a push may lead nowhere. */
  readonly denials: () => readonly string[];
  /** Is told once, in words, what is waited for if that takes time. */
  readonly onWaiting: (what: string) => void;
  /** Ends the waiting; it throws the signal's reason. */
  readonly stop: AbortSignal;
}

/**
 * Sees that a commit is under way: pushes it, or, if the repository has it already, goes on with its promotion that runs (or
 * failed and will be redriven, or was not reported), or has the push told again. A start that is queued is waited for, however
 * long it takes.
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
  const { unreported } = options;
  const { commitId } = source;
  const isAlreadyPushed = await isPushed(source, application.remote, application.branch);
  // A run that died between a push and its promotion is taken up by the services.
  if (isAlreadyPushed) await startDequeued(host, application, commitId, options);
  const known = await newestOf(host, application, commitId, new Set());
  if (known && isAlreadyPushed) {
    const { executionArn, status } = known;
    const isTakenUp =
      status === 'RUNNING' ||
      (options.takeUp && !isFinal(status ?? '')) ||
      unreported?.is(commitId, executionArn) === true;
    if (isTakenUp) {
      if (!unreported?.is(commitId, executionArn)) unreported?.note(commitId, undefined);
      return { executionArn, standing: 'resumed' };
    }
  }
  if (isAlreadyPushed && !options.again)
    return known && { executionArn: known.executionArn, standing: 'ended' };

  const before = new Set(await executionsOf(host, application));
  unreported?.note(commitId, known?.executionArn);
  options.beforeStart();
  if (isAlreadyPushed) await application.pushAgain();
  else await pushOrExplain(application, source);
  const startedNow = () => newestOf(host, application, commitId, before);
  await startDequeued(host, application, commitId, options, startedNow);
  const started = await startedNow();
  if (started) return { executionArn: started.executionArn, standing: 'started' };
  throw new NoPromotionError(
    [
      `The push of ${commitId} to ${application.branch} started no promotion.`,
      ...options.denials(),
      'lockstep.log and logs/ in the state directory tell what the functions said.',
    ].join('\n'),
  );
};

/** Waits until no start of the commit's promotion is queued any more, it has started, or a call was denied. */
const startDequeued = async (
  host: Host,
  application: DeployedApplication,
  commitId: string,
  { denials, onWaiting, stop }: Pick<PromoteOptions, 'denials' | 'onWaiting' | 'stop'>,
  started: () => Promise<object | undefined> = async () => undefined,
): Promise<void> => {
  const since = performance.now();
  let isTold = false;
  while (
    isStartQueued(host, application, commitId) &&
    denials().length === 0 &&
    (await started()) === undefined
  ) {
    stop.throwIfAborted();
    if (!isTold && performance.now() - since > TELL_AFTER_MS) {
      isTold = true;
      onWaiting(
        `Waiting for the function start-promotion to start the promotion of ${commitId.slice(0, 7)} of ${application.name} …`,
      );
    }
    await pause(50);
  }
};

const pushOrExplain = async (application: DeployedApplication, source: ApplicationSource): Promise<void> => {
  try {
    await push(source, application.remote, application.branch);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    throw new UsageError(
      `${source.directory} could not be pushed to ${application.remote}:\n${error.message}\n` +
        'If the repository holds the history of another application, start with another --state-dir.',
    );
  }
};
